//! Whether the device is still there.

use crate::GpuError;
use std::sync::{Arc, Mutex, PoisonError};

/// The first thing that went wrong, shared with the callbacks that are told so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    fault: Arc<Mutex<Option<GpuError>>>,
}

impl Health {
    /// Takes a note of what went wrong, unless something has before. That the device is lost goes first.
    pub(crate) fn report(&self, error: GpuError) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let is_lost = matches!(error, GpuError::Lost { .. });
        let was_lost = matches!(*fault, Some(GpuError::Lost { .. }));
        if fault.is_none() || (is_lost && !was_lost) {
            *fault = Some(error);
        }
    }

    /// # Errors
    /// What went wrong. A lost device stays lost; other faults are told once.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match &*fault {
            None => Ok(()),
            Some(lost @ GpuError::Lost { .. }) => Err(lost.clone()),
            Some(_) => fault.take().map_or(Ok(()), Err),
        }
    }

    /// Has wgpu tell of lost devices, and of errors nobody waits for.
    pub(crate) fn watch(&self, device: &wgpu::Device) {
        let health = self.clone();
        device.set_device_lost_callback(move |reason, message| {
            let reason = match message.as_str() {
                "" => format!("{reason:?}"),
                message => message.to_owned(),
            };
            health.report(GpuError::Lost { reason });
        });
        let health = self.clone();
        device.on_uncaptured_error(Arc::new(move |error| health.report(named(&error))));
    }
}

fn named(error: &wgpu::Error) -> GpuError {
    match error {
        wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory { bytes: 0 },
        error => GpuError::Validation {
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_told_once_and_a_loss_for_ever() {
        let health = Health::default();
        let fault = |reason: &str| GpuError::Validation {
            reason: reason.to_owned(),
        };
        let lost = GpuError::Lost {
            reason: "unplugged".to_owned(),
        };
        health.report(fault("first"));
        health.report(fault("second"));
        assert_eq!(health.check(), Err(fault("first")));
        assert_eq!(health.check(), Ok(()));
        health.report(fault("third"));
        health.report(lost.clone());
        assert_eq!(health.check(), Err(lost.clone()));
        health.report(fault("fourth"));
        assert_eq!(health.check(), Err(lost));
    }
}
