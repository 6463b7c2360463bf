//! Dequantised values: few codes times one scale for each group of elements.
//!
//! Rounding commutes with powers of two, so a group shows few distinct significands and
//! holes between them, where native values are met by chance only.

mod book;
mod fit;
mod groups;
mod occupied;
mod offset;
mod power_of_two;
mod search;
mod trial;

pub(crate) use book::{Book, books};
pub(crate) use fit::Detour;
pub(crate) use groups::Portions;
pub(crate) use offset::search as search_offsets;
pub(crate) use power_of_two::search as search_powers_of_two;
pub(crate) use search::{Found, Search, search};
