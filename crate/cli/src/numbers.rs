//! How figures are written in the table. Everything here formats; nothing computes.

use floatscope_core::report::Number;

/// A figure that does not exist.
pub(crate) const NOTHING: &str = "–";

/// With a comma every three digits.
pub(crate) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// "1 tensor", "2 tensors".
pub(crate) fn plural(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// A count for a narrow column: exact while it fits.
pub(crate) fn brief_count(number: u64) -> String {
    if number < 100_000 {
        count(number)
    } else {
        scaled(number, &["", "k", "M", "B", "T", "q", "Q"])
    }
}

/// Decimal units, as disks are sold.
pub(crate) fn bytes(number: u64) -> String {
    scaled(number, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// A statistic in `digits` significant ones, or in fewer where those are exact:
/// 0.5 is a half, 0.5000 is about a half.
pub(crate) fn value(number: Option<Number>, digits: usize) -> String {
    match number {
        None => NOTHING.to_owned(),
        Some(Number::Integer(integer)) if integer.unsigned_abs() < 1_000_000_000 => {
            grouped(&integer.to_string())
        }
        Some(number) => real(number.to_f64(), digits),
    }
}

fn real(number: f64, digits: usize) -> String {
    let size = number.abs();
    if !number.is_finite() {
        return number.to_string();
    }
    if number == number.trunc() && size < 1e6 {
        // The sum is without the sign of a negative zero.
        return grouped(&format!("{}", number + 0.0));
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let (significand, exponent) = scientific.split_once('e').expect("`e` writes an exponent");
    let places: i32 = exponent.parse().expect("an exponent is a number");
    let (shown, exponent) = if (-4..6).contains(&places) {
        let decimals = usize::try_from(digits as i32 - 1 - places).unwrap_or(0);
        (format!("{number:.decimals$}"), String::new())
    } else {
        (significand.to_owned(), format!("e{exponent}"))
    };
    let exact = scientific.parse() == Ok(number);
    let shown = if exact { without_zeros(&shown) } else { &shown };
    format!("{}{exponent}", grouped(shown))
}

/// Without the zeros at the end of its decimals.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// Three significant digits and the unit that leaves one to three before the point.
fn scaled(number: u64, units: &[&str]) -> String {
    let mut step = 0;
    let mut scaled = number as f64;
    while scaled >= 999.5 && step + 1 < units.len() {
        scaled /= 1000.0;
        step += 1;
    }
    let digits = match scaled {
        _ if step == 0 => count(number),
        ..9.995 => format!("{scaled:.2}"),
        ..99.95 => format!("{scaled:.1}"),
        _ => format!("{scaled:.0}"),
    };
    format!("{digits} {}", units[step]).trim_end().to_owned()
}

/// With a comma every three digits before the point.
fn grouped(number: &str) -> String {
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", number),
    };
    let whole = number.find('.').unwrap_or(number.len());
    let mut out = sign.to_owned();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
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
    fn counts_and_sizes() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "tensor"), "1 tensor");
        assert_eq!(brief_count(99_999), "99,999");
        assert_eq!(brief_count(123_456), "123 k");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(999_600), "1.00 MB");
        assert_eq!(bytes(269_030_016), "269 MB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
    }

    #[test]
    fn values_are_short() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-12_345.0, "-12,345"),
            (0.019_996_7, "0.02000"),
            (1.000_000_1, "1.000"),
            (-1.5, "-1.5"),
            (-0.214_843_75, "-0.2148"),
            (1234.5, "1,234"),
            (99_999.96, "100,000"),
            (123.456, "123.5"),
            (1e-5, "1e-5"),
            (1.234_56e-10, "1.235e-10"),
            (3.4e38, "3.4e38"),
            (999_999.9, "1.000e6"),
            (1e6, "1e6"),
            (f64::INFINITY, "inf"),
        ];
        for (number, shown) in cases {
            assert_eq!(value(Some(Number::Real(number)), 4), shown);
        }
        assert_eq!(value(Some(Number::Integer(-1000)), 4), "-1,000");
        assert_eq!(
            value(Some(Number::Integer(i128::from(u64::MAX))), 4),
            "1.845e19"
        );
        assert_eq!(value(None, 4), NOTHING);
    }
}
