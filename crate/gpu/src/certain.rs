//! Products that a GPU multiplies only where its bits are certain: what the command and the page share.

use crate::{Gpu, GpuError, Model, Weights};
use floatscope_core::format::Dtype;
use floatscope_core::lab::Accumulate;
use std::borrow::Cow;

impl Gpu {
    /// Y = X·Wᵀ under a rule of the lab, `[token, row]`, to the bit; `None` where no GPU gives these bits for
    /// certain, or the product is too large for this one, and the CPU should multiply.
    ///
    /// # Errors
    /// Where no product can be had from this device any more, or a length is wrong.
    pub async fn certain_product(
        &mut self,
        rule: Accumulate,
        weights: &Weights<'_>,
        inputs: &[f32],
        tokens: usize,
    ) -> Result<Option<Vec<f32>>, GpuError> {
        let Some(model) = Model::parse(&rule.key()) else {
            return Ok(None);
        };
        let (dtype, bytes) = narrowed(weights);
        let weights = Weights {
            dtype,
            bytes: &bytes,
            ..*weights
        };
        let outputs = match self.vouch(model, &weights, inputs, tokens) {
            Ok(()) => self.product_under(model, &weights, inputs, tokens).await,
            Err(error) => Err(error),
        };
        match outputs {
            Ok(outputs) => Ok(Some(outputs)),
            Err(
                GpuError::Inexact { .. }
                | GpuError::Extreme { .. }
                | GpuError::Unsupported { .. }
                | GpuError::TooSmall { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// FP32 weights as BF16 where they are no wider: so are those that a policy has cast and rounded.
fn narrowed<'a>(weights: &Weights<'a>) -> (Dtype, Cow<'a, [u8]>) {
    let numbers = weights.bytes.as_chunks::<4>().0;
    let is_narrow = |[low, lower, ..]: &[u8; 4]| *low == 0 && *lower == 0;
    if weights.dtype != Dtype::F32 || !numbers.iter().all(is_narrow) {
        return (weights.dtype, Cow::Borrowed(weights.bytes));
    }
    let upper = numbers.iter().flat_map(|[_, _, low, high]| [*low, *high]);
    (Dtype::BF16, Cow::Owned(upper.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_weights_go_narrow_where_they_are_no_wider() {
        let bytes = |numbers: [f32; 4]| numbers.map(f32::to_le_bytes).concat();
        let cut = [1.5f32, -0.0, 3.0e38, 1e-40].map(|it| f32::from_bits(it.to_bits() >> 16 << 16));
        let of = |bytes: &[u8]| {
            let (dtype, bytes) = narrowed(&Weights {
                dtype: Dtype::F32,
                bytes,
                rows: 2,
                columns: 2,
            });
            (dtype, bytes.into_owned())
        };
        let upper = |number: f32| (number.to_bits() >> 16) as u16;
        let narrow = cut.map(|it| upper(it).to_le_bytes()).concat();
        assert_eq!(of(&bytes(cut)), (Dtype::BF16, narrow));
        let wide = bytes([1.0, 2.0, 4.0, 0.1]);
        assert_eq!(of(&wide), (Dtype::F32, wide.clone()));
    }
}
