//! What every processor has: plain arrays, of which compilers make vectors.

use super::decode::from_f16;
use super::tiles::{Lanes, ROWS, Run, add_tile};

/// Half a run.
#[derive(Clone, Copy)]
pub(super) struct Four([f32; 4]);

impl Four {
    pub(super) const NAME: &str = "portable";
}

impl Lanes for Four {
    const PARTS: usize = 2;

    #[inline(always)]
    fn load(run: &Run, part: usize) -> Self {
        Self(run.as_chunks().0[part])
    }
    #[inline(always)]
    fn store(self, run: &mut Run, part: usize) {
        run.as_chunks_mut().0[part] = self.0;
    }
    #[inline(always)]
    fn add_product<const IS_FUSED: bool>(mut self, a: Self, b: Self) -> Self {
        for lane in 0..4 {
            self.0[lane] += a.0[lane] * b.0[lane];
        }
        self
    }
    fn add_tile<const T: usize, const IS_FUSED: bool>(
        weights: &[[Run; ROWS]],
        inputs: &[[Run; T]],
        sums: &mut [[Run; T]],
    ) {
        add_tile::<Self, T, IS_FUSED>(weights, inputs, sums);
    }
    type Magnitudes = [[u16; 8]; 2];
    fn no_magnitudes() -> Self::Magnitudes {
        [[u16::MAX; 8], [0; 8]]
    }
    #[inline(always)]
    fn decode_bf16(codes: &[u8; 16], run: &mut Run, [least, most]: &mut Self::Magnitudes) {
        for (lane, code) in codes.as_chunks::<2>().0.iter().enumerate() {
            let code = u16::from_le_bytes(*code);
            run[lane] = f32::from_bits(u32::from(code) << 16);
            let magnitude = code & 0x7fff;
            least[lane] = least[lane].min(magnitude.wrapping_sub(1));
            most[lane] = most[lane].max(magnitude);
        }
    }
    fn bounds([least, most]: Self::Magnitudes) -> [u16; 2] {
        let least = least.into_iter().min();
        [least, most.into_iter().max()].map(|bound| bound.expect("eight lanes"))
    }
    #[inline(always)]
    fn decode_f16(codes: &[u8; 16], run: &mut Run) {
        for (number, code) in run.iter_mut().zip(codes.as_chunks::<2>().0) {
            *number = from_f16(u16::from_le_bytes(*code));
        }
    }
    #[inline(always)]
    fn decode_f32(bytes: &[u8; 32], run: &mut Run) {
        for (number, word) in run.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *number = f32::from_le_bytes(*word);
        }
    }
}
