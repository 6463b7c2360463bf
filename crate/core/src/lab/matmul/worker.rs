//! A block of rows on its way from bytes to a reduction.

use floatscope_simd::decode;

use super::{Block, Multiplier, Probe, Reduction, Rows, Settings};
use crate::format::Dtype;

/// Probes kept: the widths of a model's layers are few.
const PROBES: usize = 4;

/// Multiplies one block after another.
pub struct Worker<M> {
    settings: Settings,
    multiplier: M,
    block: Option<Block>,
    /// The rows that are being fed, one of them perhaps in part.
    bytes: Vec<u8>,
    weights: Vec<f32>,
    /// The last one used comes last.
    probes: Vec<Probe>,
    reduction: Reduction,
}

impl<M: Multiplier> Worker<M> {
    /// A worker with nothing to do.
    pub fn new(settings: Settings, multiplier: M) -> Self {
        Self {
            settings,
            multiplier,
            block: None,
            bytes: Vec::new(),
            weights: Vec::new(),
            probes: Vec::new(),
            reduction: Reduction::default(),
        }
    }

    /// Starts a block; what was seen of another is forgotten.
    pub fn begin(&mut self, block: &Block) {
        self.take();
        self.block = Some(*block);
    }

    /// The block's next bytes, cut anywhere.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        let Some(block) = self.block else {
            return;
        };
        let row_bytes = block.row_bytes() as usize;
        let chunk_bytes = (self.multiplier.chunk_bytes() / row_bytes).max(1) * row_bytes;
        while !bytes.is_empty() {
            let room = chunk_bytes - self.bytes.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.bytes.extend_from_slice(now);
            if self.bytes.len() == chunk_bytes {
                self.multiply(&block);
            }
            bytes = later;
        }
    }

    /// What the whole rows that were fed came to. What is left of a row is forgotten.
    pub fn take(&mut self) -> Reduction {
        if let Some(block) = self.block.take() {
            let whole = self.bytes.len() - self.bytes.len() % block.row_bytes() as usize;
            self.bytes.truncate(whole);
            self.multiply(&block);
        }
        std::mem::take(&mut self.reduction)
    }

    fn multiply(&mut self, block: &Block) {
        self.weights.clear();
        match block.dtype {
            Dtype::BF16 => decode::extend_from_bf16(&self.bytes, &mut self.weights),
            Dtype::F16 => decode::extend_from_f16(&self.bytes, &mut self.weights),
            _ => decode::extend_from_f32(&self.bytes, &mut self.weights),
        }
        self.bring_probe(block.columns);
        let Some(probe) = self.probes.last() else {
            return;
        };
        let models = [self.settings.a, self.settings.b];
        let rows = Rows {
            dtype: block.dtype,
            bytes: &self.bytes,
            numbers: &self.weights,
        };
        let seen = self.multiplier.reduce(&rows, probe, models);
        self.reduction.merge(&seen);
        self.bytes.clear();
    }

    /// Brings the probe of this width to the end of the list.
    fn bring_probe(&mut self, columns: u64) {
        let of_width = |probe: &Probe| probe.columns() as u64 == columns;
        let probe = match self.probes.iter().position(of_width) {
            Some(at) => self.probes.remove(at),
            None => Probe::new(self.settings.seed, self.settings.tokens, columns),
        };
        if self.probes.len() == PROBES {
            self.probes.remove(0);
        }
        self.probes.push(probe);
    }
}
