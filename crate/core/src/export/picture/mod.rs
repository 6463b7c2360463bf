//! Pictures as SVG text, drawn here so that command and page give the same bytes: they
//! hold nothing but shapes and words, and take their colours from the page's style.

mod map;
mod markup;
mod palette;
mod shares;
mod spectrum;

pub(super) use map::{MapPicture, module_map};
pub(super) use markup::Markup;
pub(super) use palette::{colour, colour_on_white};
pub(super) use shares::{Share, share_bar};
pub(super) use spectrum::spectrum;
