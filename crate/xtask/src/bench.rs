//! `cargo xtask bench`.

use crate::options::Options;
use anyhow::Result;

pub(crate) fn command(options: &mut Options) -> Result<()> {
    let _ = options.take_word();
    Ok(())
}
