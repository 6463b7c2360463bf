//! What all exports say alike.

use super::decimal::NOTHING;
use super::survey::Group;
use crate::ancestry::Label;
use crate::format::{Dtype, Encoding};
use crate::report::{Checkpoint, Collector, Problem, bytes, counted, grouped};

/// Where Floatscope lives.
pub(super) const HOME: &str = env!("CARGO_PKG_REPOSITORY");
/// Which Floatscope wrote it.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What has to be said of all figures together.
pub(super) struct Caveat {
    /// In two words, for a badge.
    pub(super) short: &'static str,
    /// As a sentence.
    pub(super) says: String,
}

/// Where figures are no exact ones of the whole checkpoint: every export for people says it
/// below its headline.
pub(super) fn caveat(report: &Collector) -> Option<Caveat> {
    if let Some(sample) = report.sampled() {
        let (read, all) = (bytes(sample.bytes), bytes(sample.of));
        let sampled = counted(sample.sampled, "tensor", "tensors");
        return Some(Caveat {
            short: "by a sample",
            says: format!(
                "Estimates from a sample of {read} of {all}: rows of {sampled}. The JSON report has the 95 % interval of each figure."
            ),
        });
    }
    let missing = report.len() as u64 - report.finished();
    (missing > 0).then(|| Caveat {
        short: "partly read",
        says: format!(
            "What is not read, {}, is in no figure below.",
            counted(missing, "tensor", "tensors")
        ),
    })
}

/// "272 tensors, 134,515,008 parameters, 269.0 MB."
pub(super) fn size(checkpoint: &Checkpoint) -> String {
    format!(
        "{}, {}, {}.",
        counted(checkpoint.tensors, "tensor", "tensors"),
        counted(checkpoint.parameters, "parameter", "parameters"),
        bytes(checkpoint.bytes)
    )
}

/// What smaller forms would save, as a sentence; nothing where that is nothing.
pub(super) fn wasted(report: &Collector) -> Option<String> {
    let wasted = report.wasted_bytes();
    (wasted > 0).then(|| {
        format!(
            "Smaller forms would save {} and lose nothing.",
            bytes(wasted)
        )
    })
}

/// "3 × 4".
pub(super) fn shape(sizes: &[u64]) -> String {
    let sizes: Vec<String> = sizes.iter().map(|size| grouped(*size)).collect();
    match sizes.is_empty() {
        true => "scalar".to_owned(),
        false => sizes.join(" × "),
    }
}

/// "576 × 576, 576 × 192, …".
pub(super) fn shapes(group: &Group) -> String {
    let mut shapes: Vec<String> = group.shapes.iter().map(|sizes| shape(sizes)).collect();
    if group.has_more_shapes {
        shapes.push("…".to_owned());
    }
    shapes.join(", ")
}

/// "native", or "28 native, 2 FP16".
pub(super) fn verdicts(group: &Group) -> String {
    let verdicts = group.by_frequency();
    let says = verdicts.iter().map(|of| match verdicts.len() {
        1 => verdict(of.label).to_owned(),
        _ => format!("{} {}", grouped(of.tensors), verdict(of.label)),
    });
    says.collect::<Vec<_>>().join(", ")
}

/// "10.4 of 16": entropy of a code, out of its width; an upper bound where that is all
/// that is known.
pub(super) fn bits_used(group: &Group) -> String {
    let Some(millionths) = group.entropy_millionths() else {
        return NOTHING.to_owned();
    };
    let tenths = (millionths + 50_000) / 100_000;
    let bound = if group.is_exact { "" } else { "≤ " };
    let width = group.dtype.bits() / parts_of(group.dtype);
    format!("{bound}{}.{} of {width}", tenths / 10, tenths % 10)
}

fn parts_of(dtype: Dtype) -> u32 {
    match dtype.format().encoding {
        Encoding::Complex(_) => 2,
        _ => 1,
    }
}

/// Whether a cast of this key would store what a type holds already.
pub(super) fn is_cast_of(dtype: &str, key: &str) -> bool {
    dtype.eq_ignore_ascii_case(key)
}

/// The last part of a path: where it lies is nobody's business.
fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// What a type is called: "BF16", "FP8 E4M3", "signed 8-bit integer".
pub(super) fn stored(dtype: Dtype) -> &'static str {
    match dtype.format().encoding {
        Encoding::Float(_) => dtype.format().title,
        _ => dtype.name(),
    }
}

/// What a verdict is called on its own; a dash where none was asked for.
pub(super) fn verdict(label: Option<Label>) -> &'static str {
    match label {
        None => NOTHING,
        Some(Label::FewLevels) => "few levels",
        Some(Label::Arithmetic) => "arithmetic",
        Some(Label::NotFloat) => "not float",
        Some(label) => label.title(),
    }
}

/// A label by its name in the JSON.
pub(super) fn label(raw: &str) -> Option<Label> {
    let name = raw.trim_matches('"');
    Label::ALL
        .iter()
        .copied()
        .find(|label| label.name() == name)
}

/// What a picture or a table calls what has this name, which may be the empty one: that of a
/// tensor, or of a module whose one tensor has it.
pub(super) fn named(name: &str) -> &str {
    match name {
        "" => "(no name)",
        name => name,
    }
}

/// A name with what is hidden in it made visible: control characters, and such as turn
/// the text around them.
pub(super) fn visible(name: &str) -> String {
    if name.is_empty() {
        return "\"\"".to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            ' '..='~' => out.push(character),
            _ => out.extend(character.escape_debug()),
        }
    }
    out
}

/// "model.safetensors: tensor a.b: what is wrong (where)", without the file's folders.
pub(super) fn problem(problem: &Problem) -> String {
    let mut problem = problem.clone();
    problem.file = last_part(&problem.file).to_owned();
    visible(&problem.to_string())
}

/// The command that writes this again, for a POSIX shell. Names are those of files, without
/// their folders: where they lie is nobody's business.
pub(super) fn command(report: &Collector, option: &str, arguments: &str) -> String {
    let files = &report.checkpoint().files;
    let name = &report.checkpoint().name;
    let path = match &files[..] {
        // A repository of a hub: files and folders of this machine go by their last part.
        _ if name.contains('/') => quoted(name),
        [one] => quoted(last_part(&one.name)),
        _ => ".".to_owned(),
    };
    let sample = report
        .sampled()
        .map(|sample| format!(" --sample {}", sample.size));
    let sample = sample.unwrap_or_default();
    format!("floatscope scan {path}{arguments}{sample} {option}")
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", visible(word).replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(visible("a.重み.w"), "a.重み.w");
        assert_eq!(
            visible("a\n\u{202e}\u{200f}\x1bb"),
            r"a\n\u{202e}\u{200f}\u{1b}b"
        );
        assert_eq!(visible(""), "\"\"");
        assert_eq!(visible("a\\n'\""), "a\\n'\"");
    }

    #[test]
    fn words_are_safe_in_a_shell() {
        assert_eq!(quoted("model-1.safetensors"), "model-1.safetensors");
        assert_eq!(quoted("a b'$(c)"), r"'a b'\''$(c)'");
        assert_eq!(quoted("-rf"), "'-rf'");
    }
}
