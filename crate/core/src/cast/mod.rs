//! What each narrower format would lose, by carrying the cast out on every value.
//!
//! The targets are rows of one table ([`CASTS`]). What can follow from counts does:
//! casts without a scale and with one scale for the tensor from the census, MX casts of
//! 16-bit types from the census by block. All others, and all casts of wider
//! and narrower types that a census does not settle, take a *second look* at the values, when the largest
//! magnitudes of rows, squares and the tensor are known ([`Caster`]).
//!
//! The rules stand in `docs/how-it-knows.md` under *Casts*.

mod advice;
mod caster;
mod counted;
mod level;
mod loss;
mod outliers;
mod rule;
mod scale;
mod select;
mod table;
mod tally;
mod unit;

pub use advice::{Advice, Level, Subject, advise};
pub(crate) use level::nearest as nearest_nf4;
pub(crate) use rule::{Rule, Scale};
pub(crate) use scale::ScaleRule;

pub use caster::{CastTask, Caster, Losses};
pub use counted::{Remaining, from_counts};
pub use loss::{ByKey, CastIntervals, CastTotals, Loss, LossTable, Sums};
pub use outliers::outliers_db;
pub use select::{CastSet, Casting};
pub use table::{CASTS, Cast, Codes, Group, Scaling};
pub use tally::Tally;
