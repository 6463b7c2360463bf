//! How the values of options are read from words.

use std::convert::Infallible;
use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use floatscope_core::cast::{CASTS, Cast};
use globset::{GlobBuilder, GlobMatcher};

use super::{Part, Target};

pub(super) fn part(word: &str) -> Result<Part, String> {
    match word {
        "stats" => Ok(Part::Stats),
        "ancestry" => Ok(Part::Ancestry),
        "casts" => Ok(Part::Casts),
        _ => Err("it must be stats, ancestry or casts".to_owned()),
    }
}

pub(super) fn cast(key: &str) -> Result<&'static Cast, String> {
    Cast::of_key(key).ok_or_else(|| {
        let keys: Vec<&str> = CASTS.iter().map(|cast| cast.key).collect();
        format!("it must be one of {}", keys.join(", "))
    })
}

/// A number of bytes with or without a unit, decimal or binary.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" | "k" => 1e3,
        "mb" | "m" => 1e6,
        "gb" | "g" => 1e9,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        _ => return Err("its unit must be kB, MB, GB, KiB, MiB or GiB".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "it must be a number of bytes, such as 8MB")?;
    let bytes = number * unit;
    if !(1.0..=1e18).contains(&bytes) {
        return Err("it must be a number of bytes, such as 8MB".to_owned());
    }
    Ok(bytes as u64)
}

pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    let value: Result<f64, _> = text.parse();
    value
        .ok()
        .filter(|value| *value >= 0.0)
        .ok_or_else(|| "it must be a number that is not negative".to_owned())
}

pub(super) fn target() -> ValueParser {
    let parse = |value: OsString| -> Result<Target, Infallible> {
        Ok(if value == "-" {
            Target::Stdout
        } else {
            Target::File(value.into())
        })
    };
    ValueParser::new(OsStringValueParser::new().try_map(parse))
}

/// Names are no paths: `*` matches every character.
pub(super) fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern)
        .literal_separator(false)
        .backslash_escape(true)
        .build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_of_whole_names() {
        let matches = |pattern: &str, name: &str| glob(pattern).expect("a glob").is_match(name);
        assert!(matches(
            "model.layers.*.weight",
            "model.layers.3.mlp/up.weight"
        ));
        assert!(matches("*.{q,k}_proj.weight", "h.0.k_proj.weight"));
        assert!(matches("h.?", "h.1"));
        assert!(matches("\\*", "*"));
        assert!(!matches("h.?", "h.11"));
        assert!(!matches("layers", "model.layers.3"));
        assert!(glob("[a").is_err());
    }

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        let cases = [
            ("5", 5),
            ("8MB", 8_000_000),
            ("1.5 gb", 1_500_000_000),
            ("8MiB", 8 << 20),
            ("2k", 2000),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "0", "-1", "8 furlongs", "1e99", "1..5"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
