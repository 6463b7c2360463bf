//! How counts and lists are written in sentences. Integers only: printing floats
//! is code that the page would have to download.

pub(crate) use crate::ancestry::prose::{counted, grouped};

/// "a, b and c".
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        items => items.concat(),
    }
}

/// "134.5 million": rounded to a tenth, half up.
pub(crate) fn about(count: u64) -> String {
    match count {
        0..1_000_000 => grouped(count),
        1_000_000..1_000_000_000 => format!("{} million", tenths(count, 1_000_000)),
        _ => format!("{} billion", tenths(count, 1_000_000_000)),
    }
}

/// "2.1 GB", "269.0 MB": decimal units, as disks are sold.
pub(crate) fn bytes(count: u64) -> String {
    let units = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    // From where on it would be rounded to the next unit's 1.0.
    let unit = units.iter().find(|(unit, _)| count >= unit - unit / 20_000);
    match unit {
        Some((unit, name)) => format!("{} {name}", tenths(count, *unit)),
        None => counted(count, "byte", "bytes"),
    }
}

fn tenths(count: u64, unit: u64) -> String {
    // Whole units apart, so that nothing overflows.
    let tenths = (count % unit * 10 + unit / 2) / unit;
    format!("{}.{}", grouped(count / unit + tenths / 10), tenths % 10)
}

/// A sentence behind the words that limit it: "By a sample, no value …".
pub(super) fn limited(by: &str, sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    let sentence: String = first.chain(letters).collect();
    format!("{by}, {sentence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        assert_eq!(about(999_999), "999,999");
        assert_eq!(about(134_515_008), "134.5 million");
        assert_eq!(about(1_949_999), "1.9 million");
        assert_eq!(about(7_615_616_512), "7.6 billion");
        assert_eq!(counted(1, "tensor", "tensors"), "1 tensor");
    }

    #[test]
    fn bytes_have_the_unit_that_people_use() {
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(949), "949 bytes");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(999_949), "999.9 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(bytes(2_100_000_000), "2.1 GB");
        assert_eq!(bytes(u64::MAX), "18,446,744.1 TB");
    }
}
