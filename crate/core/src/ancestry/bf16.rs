//! BF16: native, or rounded to FP16 or TF32 first?

use super::draft::Draft;
use super::gaps::Gaps;
use super::grid::{self, Grid};
use super::odds::log10_normal_tail;
use super::parity::{Profile, Shape, TWICE_ROUNDED};
use super::prose::{counted, decimal, grouped};
use super::view::View;
use super::{Evidence, Fraction, Label};

/// log10 of the odds that decide between FP16 and TF32, once it is one of them.
const F16_NOT_TF32: f64 = 2.5;
/// Values that TF32 needs: of fewer, too few are small enough for averages to fade there.
const ENOUGH_FOR_TF32: f64 = 32_768.0;
/// Of fewer than these, averages of close values fade among so few that the profile must
/// be level to so many standard errors.
const MANY_FOR_TF32: f64 = 200_000.0;
const LEVEL_OF_FEW: f64 = 2.0;
/// Values that a binade should hold before its being empty says something.
const MISSED: f64 = 8.0;

/// Share of a second rounding's excess, and its standard errors, that native values do
/// not reach.
const LEANING: f64 = 0.08;
const LEANING_ERRORS: f64 = 6.0;

/// What both tests show of a view, or of several tensors together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Traces {
    pub(crate) grid: Grid,
    pub(crate) profile: Profile,
    gaps: Gaps,
    /// Even filling of an interval: the grid proves nothing.
    pub(crate) is_uniform: bool,
    /// Values that should lie under 2^-14 where there are none; else 0.
    pub(crate) flushed: f64,
}

impl Traces {
    pub(crate) fn of(view: &View) -> Self {
        Self {
            grid: Grid::of(view),
            profile: Profile::of(view),
            gaps: Gaps::of(view),
            is_uniform: grid::is_uniform_on_grid(view),
            flushed: grid::flushed(view),
        }
    }

    /// Adds what another tensor shows.
    pub(crate) fn merge(&mut self, other: &Self) {
        // Random numbers of a uniform initialisation would forge the others' grid.
        if !other.is_uniform {
            self.grid.merge(&other.grid);
        }
        self.profile.merge(&other.profile);
        self.gaps.merge(&other.gaps);
    }

    /// Whether the parity of native values is clearly not quite flat, as if a few had
    /// been rounded twice.
    pub(crate) fn leans(&self) -> bool {
        self.profile.share().0 >= LEANING && self.profile.z() >= LEANING_ERRORS
    }

    /// The label, with the path's stops before BF16.
    pub(crate) fn judge(&self, is_excluded: bool) -> Draft {
        // Below FP16's normal range other things show as well: the grid of random numbers,
        // a part that went through FP16. That range is asked only where nothing else is there.
        let shape = match self.profile.shape(false) {
            Shape::Unknown if self.grid.excludes_f16() => match self.profile.shape(true) {
                Shape::Other | Shape::Diluted => Shape::Unknown,
                shape => shape,
            },
            shape => shape,
        };
        let draft = match shape {
            Shape::RoundedTwice | Shape::Diluted if self.gaps.are_clear() => {
                Draft::new(Label::Arithmetic)
            }
            Shape::RoundedTwice => self.rounded_twice(),
            // The grid of random numbers forges parity where it is coarser than BF16.
            Shape::Other if self.is_uniform => Draft::new(Label::Inconclusive),
            Shape::Other => Draft::new(Label::Arithmetic),
            Shape::Diluted => Draft::new(Label::Unexplained),
            Shape::Flat | Shape::Unknown => self.rounded_once(shape, is_excluded),
        };
        self.explain(draft, shape)
    }

    /// FP16 or TF32?
    fn rounded_twice(&self) -> Draft {
        // Of two normal deviates' squares, half the difference is their likelihoods' ratio.
        let of_profile = self.profile.favours_f16() / 2.0 / std::f64::consts::LN_10;
        let of_grid = if self.grid.off == 0 {
            self.grid.odds()
        } else {
            0.0
        };
        // TF32's profile goes on below FP16's normal range; averages' does not.
        let goes_on = self.profile.shape(true) == Shape::RoundedTwice;
        let label = if self.grid.excludes_f16() && goes_on && self.is_level() {
            Label::Tf32
        } else if self.grid.allows_f16()
            && (self.grid.is_f16()
                || of_grid + of_profile >= F16_NOT_TF32
                || self.flushed >= MISSED)
        {
            Label::F16
        } else {
            return Draft::new(Label::Inconclusive);
        };
        Draft::new(label).via(label.name())
    }

    /// Whether no part of the profile stands out, as far as values are enough to tell.
    fn is_level(&self) -> bool {
        let values = self.profile.values();
        values >= MANY_FOR_TF32
            || values >= ENOUGH_FOR_TF32 && self.profile.tilt(i32::MIN) < LEVEL_OF_FEW
    }

    fn rounded_once(&self, shape: Shape, is_excluded: bool) -> Draft {
        let on_grid = self.grid.is_f16() && self.grid.has_odd_multiples();
        if on_grid && !self.is_uniform {
            let draft = Draft::new(Label::F16);
            return match shape {
                Shape::Flat => draft.via("bf16").via("f16"),
                _ => draft.via("f16"),
            };
        }
        let is_open = self.grid.hints_at_f16() || self.gaps.are_clear();
        if shape == Shape::Flat && !is_open && is_excluded {
            return Draft::new(Label::Native);
        }
        Draft::new(Label::Inconclusive)
    }

    fn explain(&self, mut draft: Draft, shape: Shape) -> Draft {
        let (share, error) = self.profile.share();
        let z = self.profile.z();
        draft.odds = match draft.label {
            Label::F16 | Label::Tf32 => {
                let of_parity = if shape == Shape::RoundedTwice {
                    -log10_normal_tail(z)
                } else {
                    0.0
                };
                let of_grid = if draft.label == Label::F16 {
                    self.grid.odds()
                } else {
                    0.0
                };
                of_parity + of_grid - 2.0
            }
            Label::Arithmetic | Label::Unexplained => -log10_normal_tail(z.abs()) - 2.0,
            _ => 0.0,
        };
        if matches!(draft.label, Label::F16 | Label::Tf32 | Label::Native) {
            let one = Fraction {
                value: 1.0,
                low: 1.0f64.min((share - 2.0 * error).max(0.0)),
                high: 1.0,
            };
            draft.fraction = Some(if shape == Shape::RoundedTwice {
                one
            } else {
                Fraction::exact(1.0)
            });
        }
        if draft.label == Label::Native && self.grid.on + self.grid.off == 0 {
            draft.blind_spots.push(
                "No value lies under 2^-17: BF16 → FP16 → BF16 would have changed nothing here.",
            );
        }
        draft
            .evidence
            .push(self.parity_evidence(shape, draft.label));
        draft.evidence.push(self.grid_evidence());
        if draft.label != Label::F16 && self.gaps.are_clear() {
            draft.evidence.push(self.gaps.evidence());
        }
        if self.flushed >= MISSED {
            draft.evidence.push(self.flush_evidence());
        }
        draft
    }

    fn parity_evidence(&self, shape: Shape, label: Label) -> Evidence {
        let all = self.profile.normal();
        let even = decimal((1.0 + all.excess()) / 2.0, 4);
        let says = match shape {
            Shape::RoundedTwice if label == Label::Arithmetic => format!(
                "{even} of the last bits are even, as rounding twice would leave them."
            ),
            Shape::RoundedTwice => format!(
                "{even} of the last bits are even, where rounding twice leaves 0.5625 and native values 0.5000, and evenly so in every binade."
            ),
            Shape::Flat => format!(
                "{even} of the last bits are even: the values were not rounded to FP16 or TF32 before, which would have left 0.5625."
            ),
            Shape::Other => format!(
                "{even} of the last bits are even, more in some binades than in others: sums or averages of BF16 values look like this, a conversion does not."
            ),
            Shape::Diluted if label == Label::Arithmetic => format!(
                "{even} of the last bits are even, more than the 0.5000 of native values."
            ),
            Shape::Diluted => format!(
                "{even} of the last bits are even, less than the 0.5625 of rounding twice and more than 0.5000: a part of the values may have been rounded twice."
            ),
            Shape::Unknown if all.blocks() < 8.0 => {
                "The values are too few, or spread over too few codes, for the parity of their last bits to say anything.".to_owned()
            }
            Shape::Unknown => format!(
                "{even} of the last bits are even; there are too few values, or all of one binade, to tell 0.5000 from the 0.5625 of rounding twice."
            ),
        };
        let evidence = Evidence::new("parity", all.values() as u64, says)
            .expected(0.5 + TWICE_ROUNDED / 2.0, (1.0 + all.excess()) / 2.0)
            .power(power(
                TWICE_ROUNDED / all.error(),
                4.9 + 45.0 / all.blocks().max(1.0),
            ));
        match label {
            Label::F16 | Label::Tf32 | Label::Arithmetic => {
                evidence.chance(log10_normal_tail(self.profile.z()))
            }
            _ => evidence,
        }
    }

    fn grid_evidence(&self) -> Evidence {
        let grid = &self.grid;
        let n = grid.on + grid.off;
        let says = if n == 0 {
            "No value is smaller than 2^-17, where FP16 would have left a trace.".to_owned()
        } else if self.is_uniform && grid.off == 0 {
            format!(
                "Multiples of 2^-24, as random numbers are that fill an interval evenly: {} of {} below 2^-17.",
                grouped(n),
                counted(n, "different value", "different values")
            )
        } else if grid.off == 0 {
            format!(
                "Multiples of 2^-24, as FP16 leaves them: {} of {} below 2^-17; chance would do that once in 10^{}.",
                grouped(n),
                counted(n, "different value", "different values"),
                decimal(grid.odds(), 1)
            )
        } else {
            format!(
                "Not multiples of 2^-24, so that FP16 cannot hold them: {} of {} below 2^-17.",
                grouped(grid.off),
                counted(n, "different value", "different values")
            )
        };
        let evidence = Evidence::new("fp16_grid", n, says)
            .chance(-grid.odds())
            .power(if n >= 12 { 1.0 } else { 0.0 });
        if n == 0 {
            return evidence;
        }
        evidence.expected(1.0, grid.on as f64 / n as f64)
    }

    fn flush_evidence(&self) -> Evidence {
        let says = format!(
            "No value is smaller than 2^-14, where about {} should be: FP16's subnormal numbers were flushed to zero.",
            grouped(self.flushed as u64)
        );
        Evidence::new("flush_to_zero", 0, says).expected(self.flushed, 0.0)
    }
}

/// Chance that a deviate around `mean` exceeds `threshold`.
fn power(mean: f64, threshold: f64) -> f64 {
    if mean.is_finite() {
        libm::erfc((threshold - mean) / std::f64::consts::SQRT_2) / 2.0
    } else {
        0.0
    }
}
