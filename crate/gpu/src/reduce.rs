//! How far two outputs lie apart, found on the device.

use crate::buffers::WORDS_BYTES;
use crate::layout::stretches;
use crate::product::{Piece, Sink, same_length};
use crate::shaders::Kernel;
use crate::{Gpu, GpuError};

/// Elements of one token whose figures come back as one.
pub(crate) const BLOCK: usize = 4096;
/// Bins of distances: 0, 1, 2, 3 to 4, 5 to 8 and so on; then infinite, then NaN.
pub const BINS: usize = 36;
/// Words of the shader's `Block` and `Counts`.
pub(crate) const BLOCK_WORDS: usize = 4;
pub(crate) const COUNTS_WORDS: usize = BINS + 3;

/// The differences of two outputs a and b. Sums add 4,096 elements at most in FP32, in units of a power of two in
/// which none overflows or vanishes, and the rest in FP64: each is within a relative 2⁻¹⁸ of the exact one.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Reduction {
    /// Pairs.
    pub count: u64,
    /// Pairs of one value, −0 and +0 being one and NaN none.
    pub equal: u64,
    /// Pairs of which one at least, or the difference, is not finite; they are in no sum.
    pub not_finite: u64,
    /// The largest |a − b|.
    pub max_abs: f64,
    /// Σ |a − b|.
    pub sum_abs: f64,
    /// Σ (a − b)².
    pub sum_squares: f64,
    /// How many places of BF16 lie between both rounded to it: bins of 0, 1, 2, 3 to 4, 5 to 8 and so on,
    /// then infinite, then NaN, as a comparison of checkpoints counts them.
    #[serde(serialize_with = "as_list")]
    pub bins: [u64; BINS],
    /// The largest finite distance in places of BF16.
    pub max_places: u32,
}

fn as_list<S: serde::Serializer>(bins: &[u64; BINS], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bins)
}

impl Reduction {
    /// Of no pairs.
    pub fn empty() -> Self {
        Self {
            count: 0,
            equal: 0,
            not_finite: 0,
            max_abs: 0.0,
            sum_abs: 0.0,
            sum_squares: 0.0,
            bins: [0; BINS],
            max_places: 0,
        }
    }

    /// Mean of |a − b| over finite pairs; `None` where there is none.
    pub fn mean_abs(&self) -> Option<f64> {
        self.over_finite(self.sum_abs)
    }

    /// √ of the mean of (a − b)² over finite pairs; `None` where there is none.
    pub fn rms(&self) -> Option<f64> {
        self.over_finite(self.sum_squares).map(f64::sqrt)
    }

    fn over_finite(&self, sum: f64) -> Option<f64> {
        let finite = self.count - self.not_finite;
        (finite > 0).then(|| sum / finite as f64)
    }

    /// Adds the figures of one dispatch: the words of its blocks and of its counts.
    fn add(&mut self, count: usize, words: &[u32], blocks: usize) {
        let (blocks, counts) = words.split_at(blocks * BLOCK_WORDS);
        for [most, unit, sum, squares] in blocks.as_chunks().0 {
            let [most, sum, squares] =
                [most, sum, squares].map(|bits| f64::from(f32::from_bits(*bits)));
            let unit = libm::ldexp(1.0, *unit as i32 - 127);
            self.max_abs = self.max_abs.max(most);
            self.sum_abs += sum * unit;
            self.sum_squares += squares * (unit * unit);
        }
        self.count += count as u64;
        for (bin, more) in self.bins.iter_mut().zip(counts) {
            *bin += u64::from(*more);
        }
        self.equal += u64::from(counts[BINS]);
        self.not_finite += u64::from(counts[BINS + 1]);
        self.max_places = self.max_places.max(counts[BINS + 2]);
    }
}

/// Adds up the differences of both buffers of outputs.
pub(crate) struct Reducing(pub(crate) Reduction);

impl Sink for Reducing {
    async fn take(&mut self, gpu: &mut Gpu, piece: &Piece) -> Result<(), GpuError> {
        let stride = piece.layout.rows;
        gpu.reduce(piece.rows.len(), stride, piece.tokens.len(), &mut self.0)
            .await
    }
}

impl Gpu {
    /// The differences of two outputs that the host has.
    pub(crate) async fn reduce_uploaded(
        &mut self,
        a: &[f32],
        b: &[f32],
    ) -> Result<Reduction, GpuError> {
        same_length("the second outputs", "numbers", Some(a.len()), b.len())?;
        self.device.prepare(Kernel::Compare).await?;
        let mut reduction = Reduction::empty();
        let most = self.facts.largest_binding_bytes as usize / 4;
        for stretch in stretches(a.len(), most) {
            for (slot, numbers) in self.buffers.outputs.iter_mut().zip([a, b]) {
                let bytes: &[u8] = bytemuck::cast_slice(&numbers[stretch.clone()]);
                slot.fit(&self.device.device, bytes.len() as u64).await?;
                self.device.queue.write_buffer(slot.buffer(), 0, bytes);
            }
            let count = stretch.len();
            self.reduce(count, count, 1, &mut reduction).await?;
        }
        Ok(reduction)
    }

    /// Adds to `reduction` what the buffers of outputs differ by: `rows` of every `stride` of each token.
    async fn reduce(
        &mut self,
        rows: usize,
        stride: usize,
        tokens: usize,
        reduction: &mut Reduction,
    ) -> Result<(), GpuError> {
        let per_token = rows.div_ceil(BLOCK);
        let blocks = per_token * tokens;
        let [blocks_bytes, counts_bytes] =
            [blocks * BLOCK_WORDS, COUNTS_WORDS].map(|words| words as u64 * 4);
        let output_bytes = (stride * tokens * 4) as u64;
        let words = [rows, stride, per_token, 0].map(|word| word as u32);
        self.buffers.send_words(&self.device, words).await?;
        let buffers = &mut self.buffers;
        buffers
            .blocks
            .fit(&self.device.device, blocks_bytes)
            .await?;
        buffers
            .counts
            .fit(&self.device.device, counts_bytes)
            .await?;
        let zeros = [0u8; COUNTS_WORDS * 4];
        self.device
            .queue
            .write_buffer(buffers.counts.buffer(), 0, &zeros);
        let bound = [
            buffers.words.bound(WORDS_BYTES),
            buffers.outputs[0].bound(output_bytes),
            buffers.outputs[1].bound(output_bytes),
            buffers.blocks.bound(blocks_bytes),
            buffers.counts.bound(counts_bytes),
        ];
        let workgroups = [per_token as u32, tokens as u32];
        self.device.dispatch(Kernel::Compare, &bound, workgroups, 1);
        let parts = [
            (&buffers.blocks, blocks_bytes),
            (&buffers.counts, counts_bytes),
        ];
        let read = self.device.read(&parts).await?;
        let words: Vec<u32> = read
            .as_chunks()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word))
            .collect();
        reduction.add(rows * tokens, &words, blocks);
        Ok(())
    }
}
