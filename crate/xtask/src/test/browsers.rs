//! The page in real browsers: what is built for them, and which test files run when.

use super::steps::{large_checkpoints, native_command};
use super::tally::{Tally, counted};
use crate::setup::{self, Browser};
use crate::{build, npm, shell, single_file};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Says to a step in a process of its own that what browsers open is there.
pub(super) const PREPARED: &str = "FLOATSCOPE_BROWSERS_PREPARED";

/// What browsers open: checkpoints, the page, the page as one file, the package. Once is enough for all steps.
pub(super) fn prepare() -> Result<()> {
    static PREPARED_HERE: Once = Once::new();
    if std::env::var_os(PREPARED).is_some() || PREPARED_HERE.is_completed() {
        return Ok(());
    }
    setup::node_packages()?;
    for browser in [Browser::Chromium, Browser::Firefox] {
        browser.program()?;
    }
    large_checkpoints()?;
    native_command()?;
    build::build(&build::dist())?;
    single_file::make(&build::dist(), &single_file::usual())?;
    npm::make(&npm::usual())?;
    PREPARED_HERE.call_once(|| {});
    Ok(())
}

/// The test files that may run beside those of the other browser.
pub(super) fn together(browser: Browser) -> Result<Tally> {
    run(browser, |path| !is_alone(path))
}

/// The others, in one browser after the other.
pub(super) fn alone() -> Result<Tally> {
    let both = [Browser::Chromium, Browser::Firefox];
    both.into_iter().map(|it| run(it, is_alone)).sum()
}

fn run(browser: Browser, is_wanted: fn(&Path) -> bool) -> Result<Tally> {
    prepare()?;
    let program = browser.program()?;
    let mut node = shell::in_root("node");
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    node.args(browser_tests()?.iter().filter(|path| is_wanted(path)));
    node.env("BROWSER", browser.name());
    node.env(browser.variable(), program);
    node.env("FLOATSCOPE", native_command()?);
    node.env("ORACLE_DIR", setup::oracle_folder());
    node.env("FLOATSCOPE_NPM", npm::usual());
    counted(&mut node)
}

/// The test files, by name.
fn browser_tests() -> Result<Vec<PathBuf>> {
    let folder = shell::root().join("tests/browser");
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| is_test(path));
    paths.sort();
    Ok(paths)
}

/// Test files that measure, or that wait for what takes long: beside another browser they would measure that.
const ALONE: [&str; 6] = [
    "casts",
    "compare-view",
    "lab-large",
    "large",
    "memory",
    "trouble",
];

fn is_alone(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".test.mjs");
    name.is_some_and(|name| ALONE.contains(&name))
}

fn is_test(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".test.mjs")
}
