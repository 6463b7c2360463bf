//! What a wasm module is made of, and how one is run outside a browser.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use wasmparser::{Validator, WasmFeatures};

/// The target of the modules that Node runs: core's tests and benches.
pub(crate) const WASI: &str = "wasm32-wasip1";

/// The words that run a program for WASI, to be followed by its path.
///
/// Without incremental marking, because Node 20 now and then aborts in it
/// (`Check failed: marking_state_->GreyToBlack`) when a module's memory grows.
pub(crate) const WASI_RUNNER: [&str; 4] = [
    "node",
    "--no-warnings",
    "--no-incremental-marking",
    concat!(env!("CARGO_MANIFEST_DIR"), "/wasi.mjs"),
];

/// The same for programs with relaxed SIMD, which a Node that is not sure of it yet has to be told.
pub(crate) fn relaxed_runner() -> Result<Vec<&'static str>> {
    let [node, options @ ..] = WASI_RUNNER;
    let known = Command::new(node).arg("--v8-options").output();
    let known = known.context("node --v8-options")?.stdout;
    let flag = "--experimental-wasm-relaxed-simd";
    let is_asked_for = String::from_utf8_lossy(&known).contains(flag);
    Ok([node]
        .into_iter()
        .chain(is_asked_for.then_some(flag))
        .chain(options)
        .collect())
}

/// Whether any function uses the 128-bit SIMD instructions, relaxed ones or others.
pub(crate) fn has_simd(module: &[u8]) -> Result<bool> {
    needs(module, WasmFeatures::SIMD | WasmFeatures::RELAXED_SIMD)
}

/// Whether a file's module uses relaxed SIMD instructions.
pub(crate) fn file_has_relaxed_simd(path: &Path) -> Result<bool> {
    let module = std::fs::read(path).with_context(|| path.display().to_string())?;
    needs(&module, WasmFeatures::RELAXED_SIMD).with_context(|| path.display().to_string())
}

/// Whether any function uses an instruction of these.
///
/// Decided by validation, not by the `target_features` section, which only
/// repeats what the compiler was asked for: a module that is valid with them
/// and invalid without them holds such an instruction.
fn needs(module: &[u8], features: WasmFeatures) -> Result<bool> {
    validate(module, WasmFeatures::all()).context("not a valid wasm module")?;
    Ok(validate(module, WasmFeatures::all() - features).is_err())
}

/// [`has_simd`] of a file.
pub(crate) fn file_has_simd(path: &Path) -> Result<bool> {
    let module = std::fs::read(path).with_context(|| path.display().to_string())?;
    has_simd(&module).with_context(|| path.display().to_string())
}

fn validate(module: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    Validator::new_with_features(features)
        .validate_all(module)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::has_simd;

    /// A module of one function of no arguments and results with this body.
    fn module(body: &[u8]) -> Vec<u8> {
        let length = |bytes: usize| u8::try_from(bytes).unwrap();
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0]); // types: one, () -> ()
        module.extend([3, 2, 1, 0]); // functions: one, of type 0
        module.extend([10, length(body.len() + 4), 1, length(body.len() + 2), 0]);
        module.extend(body);
        module.push(0x0b); // end
        module
    }

    #[test]
    fn one_simd_instruction_is_found() {
        let i32_const_drop = [0x41, 0, 0x1a];
        // i32.const 0, i8x16.splat, drop
        let splat_drop = [0x41, 0, 0xfd, 0x0f, 0x1a];
        assert!(!has_simd(&module(&i32_const_drop)).unwrap());
        assert!(has_simd(&module(&splat_drop)).unwrap());
    }

    #[test]
    fn what_is_no_module_is_an_error_and_no_answer() {
        assert!(has_simd(b"no wasm").is_err());
    }
}
