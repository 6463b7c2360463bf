//! The product by tiles: the sums of some rows and some tokens stay in registers while columns
//! go by.
//!
//! Weights are made FP32 numbers a panel at a time, which is some rows of some columns. A panel
//! and what it is multiplied with are arranged as they are needed and fit into the first cache.
//! From one block of columns to the next, partial sums wait in memory.
//!
//! A tile is small, because engines for WebAssembly load all that a step needs before they add:
//! 3 by 3 sums and 3 numbers for either side are 15 vectors, and processors have 16.

use super::{Elements, Extent, Inputs, PARTIAL_SUMS, total};

/// The numbers of one run of columns.
pub(super) type Run = [f32; PARTIAL_SUMS];

/// Tokens of a tile, at most.
pub(super) const TOKENS: usize = 3;

/// Rows of a tile.
pub(super) const ROWS: usize = 3;

/// Rows of a panel, whole tiles of them.
const PANEL_ROWS: usize = 12;

/// Runs of a block of columns, at most.
const BLOCK: usize = 64;

/// A vector of numbers: all of a run, or one part of it.
pub(super) trait Lanes: Copy {
    /// How many make up a run.
    const PARTS: usize;

    /// A part of a run.
    fn load(run: &Run, part: usize) -> Self;
    /// Puts it back.
    fn store(self, run: &mut Run, part: usize);
    /// `self + a * b` by lane, the product rounded first unless `IS_FUSED`: then the product is
    /// known to be exact, and either may be done.
    fn add_product<const IS_FUSED: bool>(self, a: Self, b: Self) -> Self;
    /// [`add_tile`] as a function of its own: what is in registers is settled by itself.
    fn add_tile<const T: usize, const IS_FUSED: bool>(
        weights: &[[Run; ROWS]],
        inputs: &[[Run; T]],
        sums: &mut [[Run; T]],
    );
    /// Magnitudes of codes, the least and the largest of each lane.
    type Magnitudes: Copy;
    /// Those of none.
    fn no_magnitudes() -> Self::Magnitudes;
    /// Eight BF16 codes as numbers; their magnitudes are taken into account.
    fn decode_bf16(codes: &[u8; 16], run: &mut Run, seen: &mut Self::Magnitudes);
    /// The least magnitude less one, modulo 2^16, and the largest.
    fn bounds(seen: Self::Magnitudes) -> [u16; 2];
    /// Eight FP16 codes as numbers.
    fn decode_f16(codes: &[u8; 16], run: &mut Run);
    /// Eight numbers as they are.
    fn decode_f32(bytes: &[u8; 32], run: &mut Run);
}

/// [`super::product`] by tiles, its lengths being right and none of them zero.
#[inline(always)]
pub(super) fn product<V: Lanes>(
    elements: Elements,
    weights: &[u8],
    inputs: &Inputs,
    out: &mut [f32],
) {
    let rows = out.len() / inputs.tokens;
    let panel_bytes = PANEL_ROWS * inputs.columns * elements.bytes();
    let mut panel = Panel::new(inputs);
    for (at, weights) in weights.chunks(panel_bytes).enumerate() {
        panel.sum::<V>(elements, weights);
        panel.put(at * PANEL_ROWS, rows, out);
    }
}

/// Some rows of weights.
struct Panel<'a> {
    inputs: &'a Inputs,
    /// A block of them, tile by tile and in a tile run by run.
    numbers: Vec<[Run; ROWS]>,
    /// For each tile of tokens by row and then by token.
    sums: Vec<Run>,
}

impl<'a> Panel<'a> {
    fn new(inputs: &'a Inputs) -> Self {
        let none = [0.0; PARTIAL_SUMS];
        Self {
            inputs,
            numbers: vec![[none; ROWS]; PANEL_ROWS / ROWS * BLOCK],
            sums: vec![none; PANEL_ROWS * inputs.tokens],
        }
    }

    #[inline(always)]
    fn sum<V: Lanes>(&mut self, elements: Elements, weights: &[u8]) {
        self.sums.fill([0.0; PARTIAL_SUMS]);
        let row_bytes = self.inputs.columns * elements.bytes();
        let tiles = weights.len().div_ceil(row_bytes).div_ceil(ROWS);
        for (from, runs) in equal_shares(self.inputs.runs(), BLOCK) {
            let extent = self.decode::<V>(elements, weights, from, runs);
            match extent.has_exact_products(self.inputs.extent) {
                true => self.add::<V, true>(tiles, from, runs),
                false => self.add::<V, false>(tiles, from, runs),
            }
        }
    }

    /// Makes numbers of these runs of each row, and says what is known of them.
    #[inline(always)]
    fn decode<V: Lanes>(
        &mut self,
        elements: Elements,
        weights: &[u8],
        from: usize,
        runs: usize,
    ) -> Extent {
        let row_bytes = self.inputs.columns * elements.bytes();
        let from_bytes = from * PARTIAL_SUMS * elements.bytes();
        let mut seen = V::no_magnitudes();
        let tiles = self.numbers.chunks_mut(runs);
        for (tile, weights) in tiles.zip(weights.chunks(ROWS * row_bytes)) {
            // Where rows are fewer than a tile has, the last is there more than once.
            let mut rows = [&weights[weights.len() - row_bytes + from_bytes..]; ROWS];
            for (row, weights) in rows.iter_mut().zip(weights.chunks(row_bytes)) {
                *row = &weights[from_bytes..];
            }
            match elements {
                Elements::Bf16 => decode_runs(rows, tile, |codes, run| {
                    V::decode_bf16(codes, run, &mut seen);
                }),
                Elements::F16 => decode_runs(rows, tile, V::decode_f16),
                Elements::F32 => decode_runs(rows, tile, V::decode_f32),
            }
        }
        match elements {
            Elements::Bf16 => Extent::of_bf16(V::bounds(seen)),
            Elements::F16 => Extent::F16,
            Elements::F32 => Extent::F32,
        }
    }

    /// Adds the products of a block's runs.
    #[inline(always)]
    fn add<V: Lanes, const IS_FUSED: bool>(&mut self, tiles: usize, from: usize, runs: usize) {
        for (first, tokens) in equal_shares(self.inputs.tokens, TOKENS) {
            let inputs = self.inputs.tile(first, tokens, from, runs);
            let sums = &mut self.sums[first * PANEL_ROWS..];
            let weights = self.numbers.chunks(runs).take(tiles);
            match tokens {
                1 => add_tiles::<V, 1, IS_FUSED>(weights, inputs, sums),
                2 => add_tiles::<V, 2, IS_FUSED>(weights, inputs, sums),
                _ => add_tiles::<V, TOKENS, IS_FUSED>(weights, inputs, sums),
            }
        }
    }

    /// The sums of each row, to their places in Y, which has so many rows for a token.
    fn put(&self, first_row: usize, rows: usize, out: &mut [f32]) {
        for (first, tokens) in equal_shares(self.inputs.tokens, TOKENS) {
            let sums = &self.sums[first * PANEL_ROWS..];
            for token in 0..tokens {
                let out = &mut out[(first + token) * rows..][..rows];
                let out = out.iter_mut().skip(first_row).take(PANEL_ROWS);
                let sums = sums.iter().skip(token).step_by(tokens);
                out.zip(sums).for_each(|(out, sums)| *out = total(*sums));
            }
        }
    }
}

#[inline(always)]
fn add_tiles<'a, V: Lanes, const T: usize, const IS_FUSED: bool>(
    weights: impl Iterator<Item = &'a [[Run; ROWS]]>,
    inputs: &[Run],
    sums: &mut [Run],
) {
    let (inputs, sums) = (inputs.as_chunks::<T>().0, sums.as_chunks_mut::<T>().0);
    for (weights, sums) in weights.zip(sums.chunks_mut(ROWS)) {
        V::add_tile::<T, IS_FUSED>(weights, inputs, sums);
    }
}

/// Adds the products of some rows and some tokens to their sums.
#[inline(always)]
pub(super) fn add_tile<V: Lanes, const T: usize, const IS_FUSED: bool>(
    weights: &[[Run; ROWS]],
    inputs: &[[Run; T]],
    sums: &mut [[Run; T]],
) {
    let sums: &mut [[Run; T]; ROWS] = sums.first_chunk_mut().expect("the sums of a tile");
    for part in 0..V::PARTS {
        let mut tile = [[V::load(&sums[0][0], part); T]; ROWS];
        for r in 0..ROWS {
            for t in 0..T {
                tile[r][t] = V::load(&sums[r][t], part);
            }
        }
        for (weights, inputs) in weights.iter().zip(inputs) {
            for t in 0..T {
                let input = V::load(&inputs[t], part);
                for r in 0..ROWS {
                    let weight = V::load(&weights[r], part);
                    tile[r][t] = tile[r][t].add_product::<IS_FUSED>(weight, input);
                }
            }
        }
        for r in 0..ROWS {
            for t in 0..T {
                tile[r][t].store(&mut sums[r][t], part);
            }
        }
    }
}

/// Makes a tile of the first runs of some rows, the last filled up with zeros.
#[inline(always)]
fn decode_runs<const BYTES: usize>(
    rows: [&[u8]; ROWS],
    tile: &mut [[Run; ROWS]],
    mut decode: impl FnMut(&[u8; BYTES], &mut Run),
) {
    let [first, second, third] = rows.map(|row| row.as_chunks::<BYTES>().0);
    let runs = first.iter().zip(second).zip(third);
    for ([to_first, to_second, to_third], ((first, second), third)) in tile.iter_mut().zip(runs) {
        decode(first, to_first);
        decode(second, to_second);
        decode(third, to_third);
    }
    if let Some(to) = tile.get_mut(first.len()) {
        for (to, row) in to.iter_mut().zip(rows) {
            let rest = row.as_chunks::<BYTES>().1;
            let mut last = [0; BYTES];
            last[..rest.len()].copy_from_slice(rest);
            decode(&last, to);
        }
    }
}

/// As few shares as there can be with no more than `most` each, as equal as can be: the first of
/// each and how many.
pub(super) fn equal_shares(count: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let shares = count.div_ceil(most);
    let first = move |share: usize| share * count / shares;
    (0..shares).map(move |share| (first(share), first(share + 1) - first(share)))
}
