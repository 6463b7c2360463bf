//! How a product is padded and cut, so that shaders need no checks and buffers fit.

use crate::GpuError;
use crate::shaders::Kernel;
use std::ops::Range;

/// Columns are padded to whole steps of the tiled product.
pub(crate) const COLUMN_STEP: usize = 16;
/// Rows and tokens are padded to whole tiles of the largest, so that one layout serves all kernels.
pub(crate) const ROW_STEP: usize = 128;
/// Tokens of one dispatch: more would keep a slow card busy for longer than browsers allow.
const MOST_TOKENS: usize = 2048;
/// Rows of one dispatch: the matrix-vector product has a workgroup for four, and 65,535 at most.
const MOST_ROWS: usize = 1 << 17;
/// Columns of a product. One of the drivers that compute on the CPU, Mesa's, ends every loop when a thread
/// has been through 65,535 rounds of all its loops; of the kernels here the longest needs 9 for 16 columns.
const MOST_COLUMNS: usize = 1 << 16;
/// Bytes of weights that are sent at once. A card in a desktop multiplies these by 2,048 tokens in a
/// few tenths of a second.
const MOST_WEIGHT_BYTES: usize = 64 << 20;
/// The same for a driver that computes on the CPU.
const MOST_WEIGHT_BYTES_OF_SOFTWARE: usize = 4 << 20;

/// `number` up to a multiple of `step`.
pub(crate) fn padded(number: usize, step: usize) -> usize {
    number.div_ceil(step) * step
}

/// A product's shape: rows and columns of the weights, tokens of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) tokens: usize,
}

/// What one dispatch may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// The most bytes that may be bound.
    pub(crate) binding_bytes: u64,
    /// Whether it runs on the CPU.
    pub(crate) is_software: bool,
}

impl Room {
    fn weight_bytes(self) -> usize {
        let most = match self.is_software {
            true => MOST_WEIGHT_BYTES_OF_SOFTWARE,
            false => MOST_WEIGHT_BYTES,
        };
        most.min(self.binding())
    }

    fn binding(self) -> usize {
        usize::try_from(self.binding_bytes).unwrap_or(usize::MAX)
    }
}

/// Rows and tokens that are computed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Rows of a piece of the weights, a multiple of [`ROW_STEP`].
    pub(crate) rows: usize,
    /// Tokens of a block of the inputs.
    pub(crate) tokens: usize,
}

impl Cut {
    /// As many as there is room for.
    ///
    /// # Errors
    /// [`GpuError::TooSmall`] where a row, or a block of rows, is too long even so.
    pub(crate) fn of(extent: Extent, weight_bytes: usize, room: Room) -> Result<Self, GpuError> {
        if extent.columns > MOST_COLUMNS {
            return Err(GpuError::TooSmall {
                what: "columns of weights",
                needed: extent.columns as u64,
                offered: MOST_COLUMNS as u64,
            });
        }
        let columns = padded(extent.columns, COLUMN_STEP);
        let token_bytes = columns * 4;
        let fitting = room.binding() / token_bytes / ROW_STEP * ROW_STEP;
        let tokens = extent.tokens.min(fitting.min(MOST_TOKENS));
        let row_bytes = columns * weight_bytes;
        let output_bytes = padded(tokens, ROW_STEP) * 4;
        let most = (room.weight_bytes() / row_bytes)
            .max(ROW_STEP)
            .min(room.binding() / row_bytes)
            .min(room.binding() / output_bytes.max(1));
        let rows = most.min(MOST_ROWS) / ROW_STEP * ROW_STEP;
        if rows == 0 || (tokens == 0 && extent.tokens > 0) {
            return Err(GpuError::TooSmall {
                what: "bytes in a buffer",
                needed: (ROW_STEP * row_bytes.max(token_bytes)) as u64,
                offered: room.binding_bytes,
            });
        }
        Ok(Self { rows, tokens })
    }
}

/// `0..count` in stretches of `step`.
pub(crate) fn stretches(count: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..count).step_by(step.max(1));
    starts.map(move |start| start..count.min(start + step))
}

/// A piece with its padding: what `shape` of parts/product.wgsl holds, and everything that depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) tokens: usize,
}

impl Layout {
    /// Of one piece, padded for every kernel.
    pub(crate) fn new(extent: Extent) -> Self {
        Self {
            rows: padded(extent.rows, ROW_STEP),
            columns: padded(extent.columns, COLUMN_STEP),
            tokens: padded(extent.tokens, ROW_STEP),
        }
    }

    /// Bytes of the weights, of so many each.
    pub(crate) fn weight_bytes(&self, each: usize) -> u64 {
        (self.rows * self.columns * each) as u64
    }

    /// Bytes of the inputs.
    pub(crate) fn input_bytes(&self) -> u64 {
        (self.tokens * self.columns * 4) as u64
    }

    /// Bytes of the outputs.
    pub(crate) fn output_bytes(&self) -> u64 {
        (self.tokens * self.rows * 4) as u64
    }

    /// The words of `Shape`.
    pub(crate) fn words(&self, tile: u32) -> [u32; 4] {
        let word = |number: usize| u32::try_from(number).expect("a bound buffer is smaller");
        [word(self.columns / 8), word(self.rows), tile, 0]
    }

    /// Workgroups by rows and tokens. Of tokens only as many tiles as there are tokens.
    pub(crate) fn workgroups(&self, kernel: Kernel, tokens: usize) -> [u32; 2] {
        let [rows, step] = kernel.tile();
        [self.rows / rows, tokens.div_ceil(step)].map(|count| count as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        binding_bytes: 128 << 20,
        is_software: false,
    };

    #[test]
    fn pieces_cover_all_rows_and_fit() {
        let extent = Extent {
            rows: 151_936,
            columns: 8192,
            tokens: 3000,
        };
        let cut = Cut::of(extent, 2, ROOM).expect("there is room");
        let layout = Layout::new(Extent {
            rows: cut.rows,
            tokens: cut.tokens,
            ..extent
        });
        assert!(layout.weight_bytes(2) <= 64 << 20);
        assert!(layout.input_bytes() <= ROOM.binding_bytes);
        assert!(layout.output_bytes() <= ROOM.binding_bytes);
        let rows = stretches(extent.rows, cut.rows).map(|piece| piece.len());
        assert_eq!(rows.sum::<usize>(), extent.rows);
        assert!(stretches(extent.rows, cut.rows).all(|piece| piece.start % ROW_STEP == 0));
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let extent = Extent {
            rows: 1,
            columns: 1 << 16,
            tokens: 1,
        };
        let little = Room {
            binding_bytes: 16 << 20,
            ..ROOM
        };
        assert!(Cut::of(extent, 4, ROOM).is_ok());
        let too_long = Extent {
            columns: (1 << 16) + 1,
            ..extent
        };
        for refused in [Cut::of(extent, 4, little), Cut::of(too_long, 4, ROOM)] {
            assert!(matches!(refused, Err(GpuError::TooSmall { .. })));
        }
    }
}
