//! How much of a tensor's energy its largest values hold.
//!
//! A signal-to-noise ratio compares sums of squares. One value a million times larger than
//! all others makes any cast that keeps it look good, though every other value were to vanish.
//! So recommendations ask how much a thousandth of the values, the largest, holds of the signal. Of
//! weights that are spread like a normal distribution that is a twentieth of a decibel.

use crate::format::{Dtype, Format};
use crate::scan::{Census, Observations, Stream};

/// One value in so many that are not zero is left out.
const ONE_IN: u64 = 1000;
/// Stands for less than a double can tell: all other squares vanish beside the largest.
const NOTHING_ELSE: f64 = -10_000.0;

/// 10 log10 of the share of Σx² that is left without the largest values: 0 or less. From counts,
/// exactly for types of up to 16 bits; for wider ones from the upper 16 bits of each value,
/// which is right to 0.07 dB for FP32 and to 0.6 dB for FP64 where values are normal: subnormal
/// numbers have fewer bits there, and the smallest of them none.
pub fn outliers_db(seen: &Observations) -> f64 {
    let (census, bits, deep) = match &seen.streams[..] {
        [Stream::Codes(census)] => (census, seen.dtype.bits(), 0),
        [Stream::Float(float)] => (&float.tops, 16, float.deep.iter().sum()),
        _ => return 0.0,
    };
    let format = seen.dtype.format();
    let squares = squares(census, bits, |magnitude| {
        value(seen.dtype, format, magnitude)
    });
    let values: u64 = squares.iter().map(|(_, count)| count).sum();
    // Deep subnormal numbers look like zeros, and are values nonetheless.
    let mut left_out = (values + deep) / ONE_IN;
    let (mut all, mut rest) = (0.0, 0.0);
    for (square, count) in squares {
        let outliers = count.min(left_out);
        left_out -= outliers;
        all += square * count as f64;
        rest += square * (count - outliers) as f64;
    }
    match (all > 0.0, rest > 0.0) {
        (false, _) => 0.0,
        (true, false) => NOTHING_ELSE,
        (true, true) => 10.0 * libm::log10(rest / all),
    }
}

/// What a code without a sign stands for, or the upper 16 bits of one.
fn value(dtype: Dtype, format: &Format, magnitude: u16) -> f64 {
    match dtype.bits() {
        32 => f64::from(f32::from_bits(u32::from(magnitude) << 16)),
        64 => f64::from_bits(u64::from(magnitude) << 48),
        _ => format.decode(magnitude.into()),
    }
}

/// Squares of the finite values that are not zero, and their counts, the largest first; as
/// parts of the largest, so that none is beyond all doubles.
fn squares(census: &Census, bits: u32, value: impl Fn(u16) -> f64) -> Vec<(f64, u64)> {
    let sign = 1 << (bits - 1);
    let cells = census.as_slice();
    let (positive, negative) = cells.split_at(cells.partition_point(|cell| cell.0 < sign));
    let (mut left, mut right) = (
        positive.iter().rev().peekable(),
        negative.iter().rev().peekable(),
    );
    let largest_first = std::iter::from_fn(|| {
        let of_left = left.peek().map(|cell| cell.0);
        let of_right = right.peek().map(|cell| cell.0 & !sign);
        if of_left >= of_right {
            left.next()
        } else {
            right.next()
        }
    });
    let values = largest_first.map(|(code, count)| (value(code & !sign), *count));
    let finite: Vec<(f64, u64)> = values
        .filter(|(value, _)| value.is_finite() && *value != 0.0)
        .collect();
    let largest = finite.first().map_or(1.0, |first| first.0);
    let part = |(value, count): (f64, u64)| ((value / largest) * (value / largest), count);
    finite.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::power_of_two;
    use crate::scan::{Scanner, Span};

    fn seen(dtype: Dtype, bytes: &[u8]) -> Observations {
        let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
        let mut scanner = Scanner::new();
        scanner.begin(Span::whole(dtype, &[elements]));
        scanner.feed(bytes);
        scanner.finish().expect("all of it was fed")
    }

    fn of_f32(values: &[f32]) -> f64 {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        outliers_db(&seen(Dtype::F32, &bytes))
    }

    /// The same values in BF16, which holds those of these tests.
    fn of_bf16(values: &[f32]) -> f64 {
        let upper = |x: &f32| [x.to_le_bytes()[2], x.to_le_bytes()[3]];
        let bytes: Vec<u8> = values.iter().flat_map(upper).collect();
        outliers_db(&seen(Dtype::BF16, &bytes))
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn one_value_in_a_thousand_is_left_out_whatever_its_sign() {
        for outlier in [-1024.0, 1024.0] {
            let mut values = vec![1.0; 1999];
            values.push(outlier);
            let expected = 10.0 * libm::log10(1998.0 / (1999.0 + 1024.0 * 1024.0));
            // Of 2,000 two are left out, and here the second is a one.
            assert_near(of_bf16(&values), expected);
            assert_near(of_f32(&values), expected);
            // Of 999 none is.
            assert_near(of_bf16(&values[1001..]), 0.0);
        }
    }

    /// The smallest number has nothing in its upper bits.
    #[test]
    fn deep_subnormal_numbers_are_values() {
        let mut values = vec![1.0; 998];
        values.extend([1e5, f32::from_bits(1)]);
        let expected = 10.0 * libm::log10(998.0 / (998.0 + 1e10));
        assert!((of_f32(&values) - expected).abs() < 0.07);
        values.pop();
        assert_near(of_f32(&values), 0.0);
    }

    #[test]
    fn zeros_are_no_values_that_outliers_could_stand_out_of() {
        let mut values = vec![0.0; 5000];
        values[7] = 3.0;
        assert_near(of_bf16(&values), 0.0);
        assert_near(of_bf16(&[0.0; 100]), 0.0);
        assert_near(of_bf16(&[]), 0.0);
        assert_near(of_bf16(&[f32::NAN, f32::INFINITY, 1.0]), 0.0);
    }

    /// Squares of such doubles are beyond all doubles.
    #[test]
    fn the_largest_doubles_have_squares() {
        let mut values = vec![power_of_two(1000); 1000];
        values[0] = power_of_two(1020);
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let expected = 10.0 * libm::log10(999.0) - 400.0 * libm::log10(2.0);
        let found = outliers_db(&seen(Dtype::F64, &bytes));
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        let subnormal = vec![f64::from_bits(1 << 49); 1000];
        let bytes: Vec<u8> = subnormal.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert!(outliers_db(&seen(Dtype::F64, &bytes)) > -0.01);
    }

    #[test]
    fn where_all_else_vanishes_it_is_a_number_still() {
        let mut values = vec![f32::MIN_POSITIVE; 999];
        values.push(1e38);
        let found = of_f32(&values);
        assert!((-1600.0..-1400.0).contains(&found), "{found}");
        let mut values = vec![power_of_two(-600); 999];
        values.push(1.0);
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(outliers_db(&seen(Dtype::F64, &bytes)), NOTHING_ELSE);
    }
}
