//! Products on a graphics card, one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use floatscope_gpu::{Gpu, GpuError, Options, Weights};
use pollster::block_on;

use super::{Task, Used};

/// An adapter that has passed its test.
pub(super) struct Card {
    name: String,
    /// Those of the test.
    first_dispatches: u64,
    state: Mutex<State>,
}

struct State {
    /// `None` after it was lost.
    gpu: Option<Gpu>,
    dispatches: u64,
    products: u64,
    all: u64,
    lost: Option<String>,
}

impl Card {
    /// The fastest adapter. One that computes on the processor is of use for tests alone.
    pub(super) fn open(allow_software: bool) -> Result<Self, String> {
        let options = Options {
            allow_software,
            ..Options::default()
        };
        let gpu = block_on(Gpu::open(&options)).map_err(|error| error.to_string())?;
        Ok(Self::of(gpu))
    }

    fn of(gpu: Gpu) -> Self {
        let facts = gpu.facts();
        let interface = match &*facts.backend {
            "vulkan" => "Vulkan",
            other => other,
        };
        Self {
            name: format!("{} ({interface})", facts.title()),
            first_dispatches: gpu.dispatches(),
            state: Mutex::new(State {
                dispatches: gpu.dispatches(),
                gpu: Some(gpu),
                products: 0,
                all: 0,
                lost: None,
            }),
        }
    }

    pub(super) fn outputs(&self, task: &Task) -> Option<Vec<f32>> {
        self.lock().outputs(task)
    }

    pub(super) fn used(&self) -> Used {
        let state = self.lock();
        Used {
            name: self.name.clone(),
            dispatches: state.dispatches - self.first_dispatches,
            products: state.products,
            all: state.all,
            lost: state.lost.clone(),
        }
    }

    /// A thread that has panicked may have left the device amid a call, which its next answer shows.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn outputs(&mut self, task: &Task) -> Option<Vec<f32>> {
        self.all += 1;
        let gpu = self.gpu.as_mut()?;
        let outputs = multiplied(gpu, task);
        self.dispatches = gpu.dispatches();
        match outputs {
            Ok(outputs) => {
                self.products += u64::from(outputs.is_some());
                outputs
            }
            Err(error) => {
                self.lost = Some(error.to_string());
                self.gpu = None;
                None
            }
        }
    }
}

/// The product by the card; `None` where its bits are not certain or it is too large.
///
/// # Errors
/// Where no product can be had from this device any more.
fn multiplied(gpu: &mut Gpu, task: &Task) -> Result<Option<Vec<f32>>, GpuError> {
    let weights = Weights {
        dtype: task.dtype,
        bytes: task.weights,
        rows: task.rows,
        columns: task.columns,
    };
    block_on(gpu.certain_product(task.model, &weights, task.inputs, task.tokens()))
}

#[cfg(test)]
mod tests;
