//! A build without graphics cards.

use super::{Task, Used};

/// Nothing that could be opened.
pub(super) enum Card {}

impl Card {
    pub(super) fn open(_: bool) -> Result<Self, String> {
        let says = "this build multiplies on the processor only";
        Err(says.to_owned())
    }

    pub(super) fn outputs(&self, _: &Task) -> Option<Vec<f32>> {
        match *self {}
    }

    pub(super) fn used(&self) -> Used {
        match *self {}
    }
}
