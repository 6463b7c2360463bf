//! What multiplies for the lab: the processor, or a graphics card where the bits are the same.
//!
//! A card gets what it must give the processor's bits for, and the processor all the rest: so a report
//! does not depend on the device.

#[cfg(feature = "gpu")]
mod gpu;
#[cfg(not(feature = "gpu"))]
mod none;

use floatscope_core::format::Dtype;
use floatscope_core::lab::Accumulate;

#[cfg(feature = "gpu")]
use gpu::Card;
#[cfg(not(feature = "gpu"))]
use none::Card;

use crate::arguments;
use crate::numbers;

/// So many multiplications take one core ten seconds or more. With fewer, the processor may well be done
/// before a card has been opened, tried out and sent the weights.
const WORTH_A_CARD: u64 = 1 << 37;

/// Y\[token, row\] = Σₖ W\[row, k\] · X\[token, k\], under a model.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "no card reads it"))]
pub(super) struct Task<'a> {
    pub(super) model: Accumulate,
    pub(super) dtype: Dtype,
    /// Rows of W, one after the other, little-endian.
    pub(super) weights: &'a [u8],
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// X, `[tokens, columns]`.
    pub(super) inputs: &'a [f32],
}

impl Task<'_> {
    #[cfg(feature = "gpu")]
    fn tokens(&self) -> usize {
        self.inputs.len() / self.columns.max(1)
    }
}

/// The device that was chosen.
pub(super) struct Device {
    asked: arguments::Device,
    /// The card, or why the processor multiplies.
    card: Result<Card, String>,
}

impl Device {
    /// Takes what is asked for; of the work, `multiplications` may be a card's.
    ///
    /// # Errors
    /// Says why there is no card to use, where nothing else will do.
    pub(super) fn choose(asked: arguments::Device, multiplications: u64) -> Result<Self, String> {
        let card = match asked {
            arguments::Device::Cpu => Err("as it was asked to".to_owned()),
            arguments::Device::Auto if multiplications < WORTH_A_CARD => {
                Err("there is too little to multiply for a graphics card".to_owned())
            }
            arguments::Device::Auto => Card::open(false),
            arguments::Device::Gpu => {
                Ok(Card::open(true).map_err(|why| format!("--device gpu: {why}"))?)
            }
        };
        Ok(Self { asked, card })
    }

    /// `[tokens, rows]` by the card; `None` where the processor should multiply.
    pub(super) fn outputs(&self, task: &Task) -> Option<Vec<f32>> {
        self.card.as_ref().ok()?.outputs(task)
    }

    /// Whether a card is there to multiply.
    pub(super) fn has_card(&self) -> bool {
        self.card.is_ok()
    }

    /// The key of what was asked for.
    pub(super) fn asked(&self) -> &'static str {
        match self.asked {
            arguments::Device::Auto => "auto",
            arguments::Device::Cpu => "cpu",
            arguments::Device::Gpu => "gpu",
        }
    }

    /// What there is to say of the card when the work is done.
    pub(super) fn used(&self) -> Result<Used, &str> {
        let card = self.card.as_ref().map_err(String::as_str)?;
        Ok(card.used())
    }

    /// A sentence for standard error, where the card was lost on the way.
    pub(super) fn complaint(&self) -> Option<String> {
        let lost = self.used().ok()?.lost?;
        Some(format!("{lost}: the processor has multiplied the rest"))
    }
}

/// What a card did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    /// The adapter and its interface.
    pub(super) name: String,
    pub(super) dispatches: u64,
    /// Products that the card has multiplied, and all.
    pub(super) products: u64,
    pub(super) all: u64,
    /// Why it could not go on.
    pub(super) lost: Option<String>,
}

impl Used {
    /// In words: how much was done, and why not all.
    pub(super) fn says(&self) -> String {
        let noun = if self.dispatches == 1 {
            "dispatch"
        } else {
            "dispatches"
        };
        let dispatches = numbers::count(self.dispatches);
        let mut says = format!("{}, {dispatches} {noun}", self.name);
        if self.products < self.all {
            let by_cpu = numbers::count(self.all - self.products);
            let all = numbers::plural(self.all, "product");
            let why = match &self.lost {
                Some(lost) => lost,
                None => "no GPU gives their bits for certain",
            };
            says += &format!("; {by_cpu} of {all} on the CPU: {why}");
        }
        says
    }
}
