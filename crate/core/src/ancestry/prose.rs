//! Numbers as words, without the standard library's printing of floats, which is large.

/// "12.3 %": rounded to a tenth.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0, 1))
}

/// A number with so many digits behind the point, rounded half up.
pub(crate) fn decimal(value: f64, digits: u32) -> String {
    let unit = 10u64.pow(digits);
    let scaled = (value.abs() * unit as f64 + 0.5) as u64;
    let sign = if value < 0.0 && scaled > 0 { "−" } else { "" };
    match digits {
        0 => format!("{sign}{scaled}"),
        _ => format!(
            "{sign}{}.{:0width$}",
            scaled / unit,
            scaled % unit,
            width = digits as usize
        ),
    }
}

/// "1 row", "1,234 rows".
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// With a comma every three digits.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded() {
        assert_eq!(percent(0.562_5), "56.3 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(decimal(-0.04, 1), "0.0");
        assert_eq!(decimal(-1.25, 1), "−1.3");
        assert_eq!(decimal(0.5625, 4), "0.5625");
        assert_eq!(decimal(12.5, 0), "13");
        assert_eq!(counted(1_234_567, "row", "rows"), "1,234,567 rows");
    }
}
