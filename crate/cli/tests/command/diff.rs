//! Two checkpoints compared.

mod options;
mod outputs;
mod shown;
mod statuses;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::checkpoints::{Tensor, cut, f32_bytes, file, normal};
use crate::support::{Outcome, Scratch, floatscope, outcome};

/// Runs `floatscope diff`.
fn diff<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    outcome(floatscope().arg("diff").args(arguments))
}

/// With these two checkpoints and more.
fn diff_of(a: &Path, b: &Path, more: &[&str]) -> Outcome {
    let paths = [a, b].map(Path::as_os_str);
    diff(paths.into_iter().chain(more.iter().map(OsStr::new)))
}

fn tensor<'a>(name: &'a str, values: &[f32]) -> Tensor<'a> {
    (name, "F32", vec![values.len() as u64], f32_bytes(values))
}

trait Tensors {
    /// FP32 tensors of these names, each of other values, under a file's name.
    fn singles(&self, name: &str, tensors: &[(&str, Vec<f32>)]) -> PathBuf;
}

impl Tensors for Scratch {
    fn singles(&self, name: &str, tensors: &[(&str, Vec<f32>)]) -> PathBuf {
        let tensors: Vec<Tensor> = tensors
            .iter()
            .map(|(name, values)| tensor(name, values))
            .collect();
        self.write(name, file(&tensors))
    }
}

/// Two checkpoints: `same` in both, `cut` as BF16 in the second one, `other` of other values.
fn two(scratch: &Scratch) -> [PathBuf; 2] {
    let (same, whole) = (normal(300, 1), normal(300, 2));
    let a = [
        ("same", same.clone()),
        ("cut", whole.clone()),
        ("other", normal(300, 3)),
    ];
    let b = [
        ("same", same),
        ("cut", cut(&whole)),
        ("other", normal(300, 4)),
    ];
    [
        scratch.singles("a.safetensors", &a),
        scratch.singles("b.safetensors", &b),
    ]
}

/// What a refusal says, which is all that it does.
fn refusal(outcome: &Outcome) -> &str {
    assert_eq!(
        (outcome.status, &*outcome.stdout),
        (Some(2), ""),
        "{}",
        outcome.stderr
    );
    outcome
        .stderr
        .strip_prefix("floatscope: ")
        .unwrap_or(&outcome.stderr)
}
