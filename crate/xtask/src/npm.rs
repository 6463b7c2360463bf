//! `cargo xtask npm`: the scan as a package for npm.
//!
//! Its module is made of parts that a worker of the page is made of, too, and of `npm/`.

use crate::options::Options;
use crate::{build, shell};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// What the module is made of, in this order.
const PARTS: &[&str] = &[
    "www/engine/worker-remote.js",
    "www/engine/worker-source.js",
    "www/engine/worker-looking.js",
    "www/engine/worker-headers.js",
    "www/engine/worker-written.js",
    "www/engine/worker-kept.js",
    "www/engine/worker-jobs.js",
    "npm/start.js",
    "npm/error.js",
    "npm/sources.js",
    "npm/disk.js",
    "npm/scanning.js",
];

/// The parts are scripts, which have neither imports nor exports.
const HEAD: &str = "\
import * as wasm_bindgen from './floatscope.js';
import { select } from './selection.js';

/** Bundlers see this and take the file along. */
const WASM = new URL('./floatscope_bg.wasm', import.meta.url);
";
const TAIL: &str = "\nexport { FloatscopeError, init, scan };\n";

/// Files that are copied, and their names in the package.
const COPIED: &[(&str, &str)] = &[
    ("npm/README.md", "README.md"),
    ("npm/index.d.ts", "index.d.ts"),
    ("www/report.d.ts", "report.d.ts"),
    ("www/engine/selection.js", "selection.js"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
];

/// `npm [--out DIR]`.
pub(crate) fn command(mut options: Options) -> Result<()> {
    let out = options.take_value("--out")?.map(PathBuf::from);
    options.finish()?;
    make(&out.unwrap_or_else(usual))
}

/// Where it is written unless something else is said.
pub(crate) fn usual() -> PathBuf {
    shell::target_dir().join("npm")
}

/// Makes the package in `out`; files of an earlier one are removed first.
pub(crate) fn make(out: &Path) -> Result<()> {
    let built = build::compile_scan()?;
    build::clear(out)?;
    build::bind_for_npm(&built, out)?;
    fs::write(out.join("index.js"), module()?)?;
    fs::write(
        out.join("package.json"),
        manifest(&source("npm/package.json")?)?,
    )?;
    for (from, to) in COPIED {
        fs::write(out.join(to), source(from)?)?;
    }
    println!("built {}", out.display());
    Ok(())
}

fn module() -> Result<String> {
    let mut module = HEAD.to_owned();
    for part in PARTS {
        module += "\n";
        module += source(part)?.trim_start_matches("// @ts-check\n");
    }
    Ok(module + TAIL)
}

fn source(path: &str) -> Result<String> {
    let path = shell::root().join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The version, the licence and the place of the sources are the workspace's.
fn manifest(template: &str) -> Result<String> {
    let mut manifest = template.to_owned();
    for (what, instead) in [
        ("VERSION", env!("CARGO_PKG_VERSION")),
        ("LICENSE", env!("CARGO_PKG_LICENSE")),
        ("REPOSITORY", env!("CARGO_PKG_REPOSITORY")),
    ] {
        let what = format!("\"{what}\"");
        ensure!(
            manifest.matches(&what).count() == 1,
            "one {what} in package.json"
        );
        manifest = manifest.replace(&what, &format!("\"{instead}\""));
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::{PARTS, manifest, module};

    #[test]
    fn the_manifest_is_the_workspaces() {
        let template = r#"{"version": "VERSION", "license": "LICENSE", "url": "REPOSITORY"}"#;
        let manifest = manifest(template).unwrap();
        assert!(
            manifest.contains(r#""license": "MIT OR Apache-2.0""#),
            "{manifest}"
        );
        assert!(super::manifest("{}").is_err());
    }

    #[test]
    fn the_module_has_every_part_and_one_export() {
        let module = module().unwrap();
        assert!(module.matches("\nexport ").count() == 1 && !module.contains("@ts-check"));
        assert!(PARTS.iter().all(|part| super::source(part).is_ok()));
    }
}
