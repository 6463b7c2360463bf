//! How small and how large products and sums can be: where WGSL vouches for their bits.
//!
//! WGSL lets a driver take subnormal FP32 numbers for 0, and says nothing of what is infinite. So bounds of
//! the weights and of the inputs are compared before a product is handed over, and nothing is left to luck.

use crate::product::Problem;
use crate::shaders::Stored;
use crate::{Gpu, GpuError, Model, Weights};

/// The lowest bit of FP32's subnormal numbers, and of its normal ones.
const LOWEST: i32 = -149;
const LOWEST_NORMAL: i32 = -126;

/// Bounds of some numbers; zeros are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    /// No bit of a number is lower than 2 to this.
    lowest: i32,
    /// Numbers are less than 2 to this.
    below: i32,
}

impl Reach {
    /// No numbers, or zeros.
    const NOTHING: Self = Self {
        lowest: 0,
        below: LOWEST,
    };

    /// Of FP16 codes; `None` where one is not finite.
    fn of_f16(codes: &[[u8; 2]]) -> Option<Self> {
        let magnitudes = codes.iter().map(|code| u16::from_le_bytes(*code) & 0x7fff);
        let most = magnitudes.max().unwrap_or(0);
        (most < 0x7c00).then_some(Self {
            lowest: -24,
            below: i32::from(most >> 10).max(1) - 14,
        })
    }

    /// Of BF16 codes; `None` where one is not finite.
    fn of_bf16(codes: &[[u8; 2]]) -> Option<Self> {
        let (mut least, mut most) = (u16::MAX, 0);
        for code in codes {
            let magnitude = u16::from_le_bytes(*code) & 0x7fff;
            // A zero becomes the largest, so that the loop has no branch.
            least = least.min(magnitude.wrapping_sub(1));
            most = most.max(magnitude);
        }
        let [least, most] = [least.wrapping_add(1), most].map(|code| u32::from(code) << 16);
        Self::between(least, most, 8)
    }

    /// Of inputs that have 16 significant bits at most, as exact products want them.
    fn of_inputs(inputs: &[f32]) -> Option<Self> {
        let (mut least, mut most) = (u32::MAX, 0);
        for input in inputs {
            let magnitude = input.to_bits() & 0x7fff_ffff;
            least = least.min(magnitude.wrapping_sub(1));
            most = most.max(magnitude);
        }
        Self::between(least.wrapping_add(1), most, 16)
    }

    /// From the bits of the least magnitude but zero, of the largest, and the significant bits.
    fn between(least: u32, most: u32, bits: i32) -> Option<Self> {
        let exponent = |magnitude: u32| (magnitude >> 23).max(1) as i32 - 127;
        match most {
            0 => Some(Self::NOTHING),
            0x7f80_0000.. => None,
            _ => Some(Self {
                lowest: exponent(least) - (bits - 1),
                below: exponent(most) + 1,
            }),
        }
    }
}

impl Gpu {
    /// Whether [`product_under`](Self::product_under) must give the bits of the rule's definition on this adapter:
    /// products are exact, no weight or input is NaN or infinite, and no product or sum can be too small or
    /// too large for what WGSL vouches for.
    ///
    /// # Errors
    /// [`GpuError::Inexact`] and [`GpuError::Extreme`] where it need not, and the CPU should multiply;
    /// [`GpuError::Unsupported`] and [`GpuError::WrongLength`] of what was handed in.
    pub fn vouch(
        &self,
        model: Model,
        weights: &Weights<'_>,
        inputs: &[f32],
        tokens: usize,
    ) -> Result<(), GpuError> {
        let problem = Problem::new(weights, inputs, tokens)?;
        problem.must_be_exact()?;
        let codes = weights.bytes.as_chunks::<2>().0;
        let of_weights = match problem.stored {
            Stored::Bf16 => Reach::of_bf16(codes),
            Stored::F16 => Reach::of_f16(codes),
            Stored::F32 => None,
        };
        let pair = of_weights.zip(Reach::of_inputs(inputs));
        let keeps_subnormals = self.facts.keeps_subnormals == Some(true);
        let is_within = |(weights, inputs)| {
            is_within(
                model,
                problem.extent.columns,
                [weights, inputs],
                keeps_subnormals,
            )
        };
        let dtype = weights.dtype;
        match pair.is_some_and(is_within) {
            true => Ok(()),
            false => Err(GpuError::Extreme { dtype }),
        }
    }
}

/// Whether each product and sum is 0 or a number that every driver keeps.
///
/// All products are multiples of 2 to the sum of both lowest bits, and so are all sums, however they are
/// rounded. Rounding adds to a sum at most what the product has added, and so a sum of K products
/// is below 2·K times the bound of a product.
fn is_within(
    model: Model,
    columns: usize,
    [weights, inputs]: [Reach; 2],
    keeps_subnormals: bool,
) -> bool {
    let lowest = match keeps_subnormals {
        true => LOWEST,
        false => LOWEST_NORMAL,
    };
    let highest = match model {
        // Beyond, FP16 is infinite.
        Model::F16 => 15,
        _ => 127,
    };
    let doublings = columns.next_power_of_two().trailing_zeros() as i32 + 1;
    let numbers_are_normal = weights.lowest.min(inputs.lowest) >= LOWEST_NORMAL;
    weights.lowest + inputs.lowest >= lowest
        && (keeps_subnormals || numbers_are_normal)
        && weights.below + inputs.below + doublings <= highest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bf16(numbers: &[f32]) -> Option<Reach> {
        let codes: Vec<[u8; 2]> = numbers
            .iter()
            .map(|number| {
                let [_, _, low, high] = number.to_le_bytes();
                [low, high]
            })
            .collect();
        Reach::of_bf16(&codes)
    }

    #[test]
    fn bounds_are_those_of_the_numbers() {
        let reach = |lowest, below| Some(Reach { lowest, below });
        assert_eq!(bf16(&[0.0, -0.0]), Some(Reach::NOTHING));
        assert_eq!(bf16(&[1.0]), reach(-7, 1));
        assert_eq!(bf16(&[0.0, -0.25, 3.0, 1.0]), reach(-9, 2));
        assert_eq!(bf16(&[1.0, f32::INFINITY]), None);
        assert_eq!(bf16(&[f32::NAN, 1.0]), None);
        assert_eq!(Reach::of_inputs(&[0.0, -1.0, 0.5]), reach(-16, 1));
        assert_eq!(
            Reach::of_inputs(&[f32::MIN_POSITIVE / 2.0]),
            reach(-141, -125)
        );
        assert_eq!(Reach::of_inputs(&[f32::NEG_INFINITY, 1.0]), None);
        assert_eq!(Reach::of_f16(&[[0, 0x7c]]), None);
        assert_eq!(Reach::of_f16(&[[0xff, 0xfb]]), reach(-24, 16));
    }

    #[test]
    fn what_is_too_small_or_too_large_is_not_vouched_for() {
        let at = |exponent: i32| Reach {
            lowest: exponent - 7,
            below: exponent + 1,
        };
        let within = |a, b, keeps| is_within(Model::F32, 1024, [at(a), at(b)], keeps);
        assert!(within(0, 0, false) && within(-60, -52, false));
        // 2⁻⁶⁰ · 2⁻⁵³ has a bit at 2⁻¹²⁷ at most.
        assert!(!within(-60, -53, false) && within(-60, -53, true));
        assert!(within(-60, -75, true) && !within(-60, -76, true));
        // 1,024 products below 2 to the sum, twice.
        assert!(within(60, 54, false) && !within(60, 55, false));
        // A subnormal weight may be taken for 0, even where its products are normal.
        assert!(!within(-120, 60, false) && within(-120, 60, true));
        let under = |model, exponent| is_within(model, 2, [at(0), at(exponent)], true);
        assert!(under(Model::F16, 11) && !under(Model::F16, 12));
        assert!(under(Model::Bf16, 12));
    }
}
