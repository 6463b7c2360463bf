//! Figures of the report, shortened digit by digit: what is shown is what the JSON
//! has, rounded, on every target.

use std::cmp::Ordering;

/// A figure that does not exist.
pub(super) const NOTHING: &str = "–";

/// Beyond so many digits before the point, or zeros behind it, a power of ten is written.
const LARGEST: i32 = 6;
const SMALLEST: i32 = -3;

/// A number of the JSON: ± 0.d₁d₂d₃… × 10^point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    /// From 0 to 9, neither the first nor the last of them 0; none is zero.
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// A number as it stands in JSON, or the digits of a large integer.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let all = || whole.bytes().chain(part.bytes());
        if whole.is_empty() || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let leading = all().take_while(|byte| *byte == b'0').count();
        let mut digits: Vec<u8> = all().skip(leading).map(|byte| byte - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Some(Self {
            is_negative: is_negative && !digits.is_empty(),
            point: match digits.is_empty() {
                true => 0,
                false => whole.len() as i32 - leading as i32 + exponent,
            },
            digits,
        })
    }

    /// In millionths, rounded half up; for numbers that are not negative and not large.
    pub(super) fn millionths(&self) -> u64 {
        let rounded = self.clone().rounded(self.point + 6);
        let zeros = rounded.point + 6 - rounded.digits.len() as i32;
        let digits = rounded.digits.iter();
        let value = digits.fold(0u64, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u64::from(*digit))
        });
        (0..zeros).fold(value, |value, _| value.saturating_mul(10))
    }

    /// In so many significant digits, without zeros that say nothing: "−0.2148",
    /// "1.235e−10", "12,345".
    pub(super) fn short(&self, significant: i32) -> String {
        let is_integer = self.digits.len() as i32 <= self.point;
        if is_integer && self.point <= 9 {
            return self.signed(&self.plain(0));
        }
        let rounded = self.clone().rounded(significant);
        if rounded.point > LARGEST || rounded.point < SMALLEST {
            return rounded.scientific();
        }
        self.signed(&rounded.plain(0))
    }

    /// With so many digits behind the point, zeros among them: "30.10".
    pub(super) fn fixed(&self, places: i32) -> String {
        let rounded = self.clone().rounded(self.point + places);
        rounded.signed(&rounded.plain(places as usize))
    }

    /// To the first `count` digits, half up.
    fn rounded(mut self, count: i32) -> Self {
        let Ok(keep) = usize::try_from(count) else {
            self.digits.clear();
            return Self {
                point: 0,
                is_negative: false,
                ..self
            };
        };
        let goes_up = self.digits.get(keep).is_some_and(|digit| *digit >= 5);
        self.digits.truncate(keep);
        if goes_up {
            self.increase();
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        self.is_negative &= !self.digits.is_empty();
        self
    }

    /// One more in the last digit.
    fn increase(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            *digit = (*digit + 1) % 10;
            if *digit > 0 {
                return;
            }
        }
        self.digits.insert(0, 1);
        self.point += 1;
    }

    fn digit(&self, at: i32) -> char {
        let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }

    /// Without a power of ten, at least so many digits behind the point.
    fn plain(&self, places: usize) -> String {
        let mut whole = String::new();
        for at in 0..self.point.max(0) {
            if at > 0 && (self.point - at) % 3 == 0 {
                whole.push(',');
            }
            whole.push(self.digit(at));
        }
        if whole.is_empty() {
            whole.push('0');
        }
        let behind = (self.digits.len() as i32 - self.point).max(0) as usize;
        let behind = match self.digits.is_empty() {
            true => places,
            false => behind.max(places),
        };
        if behind > 0 {
            whole.push('.');
            whole.extend((0..behind as i32).map(|at| self.digit(self.point + at)));
        }
        whole
    }

    fn scientific(&self) -> String {
        let mut text = String::from(self.digit(0));
        if self.digits.len() > 1 {
            text.push('.');
            text.extend((1..self.digits.len() as i32).map(|at| self.digit(at)));
        }
        let exponent = self.point - 1;
        let sign = if exponent < 0 { "−" } else { "" };
        self.signed(&format!("{text}e{sign}{}", exponent.unsigned_abs()))
    }

    fn signed(&self, size: &str) -> String {
        match self.is_negative && !self.digits.is_empty() {
            true => format!("−{size}"),
            false => size.to_owned(),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.digits.is_empty(), decimal.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = || (self.point, &self.digits).cmp(&(other.point, &other.digits));
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if self.is_negative => size().reverse(),
            Ordering::Equal if sign(self) > 0 => size(),
            order => order,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A figure of the JSON in `significant` digits: numbers, "NaN" and "Infinity" in
/// quotes, or null.
pub(super) fn short(raw: &str, significant: i32) -> String {
    let text = raw.trim_matches('"');
    match Decimal::parse(text) {
        Some(number) => number.short(significant),
        None if text == "null" => NOTHING.to_owned(),
        None => text.replace('-', "−"),
    }
}

/// An SQNR of the JSON: "30.1 dB", "lossless".
pub(super) fn decibels(raw: &str) -> String {
    let text = raw.trim_matches('"');
    match Decimal::parse(text) {
        Some(number) => format!("{} dB", number.fixed(1)),
        None if text == "Infinity" => "lossless".to_owned(),
        None => NOTHING.to_owned(),
    }
}

/// A share as a percentage with one digit behind the point; what is not all of it does
/// not read as all, nor what is something as nothing.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NOTHING.to_owned();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    match tenths {
        0 if part > 0 => "< 0.1 %".to_owned(),
        1000 if part < whole => "> 99.9 %".to_owned(),
        0 => "0 %".to_owned(),
        1000 => "100 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            ("0", "0"),
            ("-0.0", "0"),
            ("0.0", "0"),
            ("1.0", "1"),
            ("-12345", "−12,345"),
            ("0.0199967", "0.02"),
            ("-0.21484375", "−0.2148"),
            ("1234.5", "1,235"),
            ("99999.96", "100,000"),
            ("999999.9", "1e6"),
            ("1e-5", "1e−5"),
            ("1.23456e-10", "1.235e−10"),
            ("0.00012345", "0.0001235"),
            ("3.4028234663852886e38", "3.403e38"),
            ("9.9999e-5", "0.0001"),
            ("18446744073709551615", "1.845e19"),
            ("134217728", "134,217,728"),
        ];
        for (text, shown) in cases {
            assert_eq!(number(text).short(4), shown, "{text}");
        }
        assert_eq!(short("null", 4), NOTHING);
        assert_eq!(short("\"-Infinity\"", 4), "−Infinity");
        assert_eq!(short("\"9223372036854775807\"", 4), "9.223e18");
        assert!(Decimal::parse("NaN").is_none());
    }

    #[test]
    fn places_are_kept() {
        assert_eq!(number("30.0999").fixed(1), "30.1");
        assert_eq!(number("30").fixed(1), "30.0");
        assert_eq!(number("0.04").fixed(1), "0.0");
        assert_eq!(number("-0.04").fixed(1), "0.0");
        assert_eq!(number("0.05").fixed(1), "0.1");
        assert_eq!(number("1e-9").fixed(1), "0.0");
        assert_eq!(number("9.96").fixed(1), "10.0");
        assert_eq!(decibels("\"Infinity\""), "lossless");
        assert_eq!(decibels("-3.25"), "−3.3 dB");
    }

    #[test]
    fn they_are_in_order() {
        let ascending = [
            "-1e10", "-2.5", "-2.25", "-1e-9", "0", "1e-30", "0.5", "0.51", "3", "12", "1e3",
        ];
        for pair in ascending.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn millionths_are_whole() {
        assert_eq!(number("10.437264778655328").millionths(), 10_437_265);
        assert_eq!(number("16").millionths(), 16_000_000);
        assert_eq!(number("0.0000004").millionths(), 0);
        assert_eq!(number("0").millionths(), 0);
    }

    #[test]
    fn shares_do_not_overstate() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(percent(1, 1_000_000), "< 0.1 %");
        assert_eq!(percent(0, 5), "0 %");
        assert_eq!(percent(5, 5), "100 %");
        assert_eq!(percent(5, 0), NOTHING);
    }
}
