//! Products: what is sent, which kernel runs, and where the outputs go.

use crate::buffers::WORDS_BYTES;
use crate::layout::{COLUMN_STEP, Cut, Extent, Layout, Room, padded, stretches};
use crate::shaders::{Kernel, Stored, Tokens};
use crate::{Gpu, GpuError, Model};
use floatscope_core::format::Dtype;
use std::ops::Range;

/// So many tokens are multiplied by the matrix-vector kernel, four at a time; more by the tiled one.
const FEW_TOKENS: usize = 16;

/// A matrix of weights as it stands in the file: rows × columns, row by row, little-endian.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// BF16, F16 or F32.
    pub dtype: Dtype,
    /// All of it.
    pub bytes: &'a [u8],
    /// Outputs of a token.
    pub rows: usize,
    /// Inputs of a token.
    pub columns: usize,
}

/// A product that makes sense.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem<'a> {
    bytes: &'a [u8],
    inputs: &'a [f32],
    pub(crate) stored: Stored,
    pub(crate) extent: Extent,
}

impl<'a> Problem<'a> {
    /// # Errors
    /// [`GpuError::Unsupported`], [`GpuError::WrongLength`].
    pub(crate) fn new(
        weights: &Weights<'a>,
        inputs: &'a [f32],
        tokens: usize,
    ) -> Result<Self, GpuError> {
        let Weights {
            dtype,
            bytes,
            rows,
            columns,
        } = *weights;
        let stored = Stored::of(dtype).ok_or(GpuError::Unsupported { dtype })?;
        let wanted = rows.checked_mul(columns);
        let wanted = wanted.and_then(|elements| elements.checked_mul(stored.bytes()));
        same_length("weights", "bytes", wanted, bytes.len())?;
        same_length(
            "inputs",
            "numbers",
            tokens.checked_mul(columns),
            inputs.len(),
        )?;
        Ok(Self {
            bytes,
            inputs,
            stored,
            extent: Extent {
                rows,
                columns,
                tokens,
            },
        })
    }

    /// # Errors
    /// [`GpuError::Inexact`] where a product may need more than the 24 bits of FP32.
    pub(crate) fn must_be_exact(&self) -> Result<(), GpuError> {
        let dtype = self.stored.dtype();
        // A BF16 number has 8 bits and an FP16 number 11, which leaves 16 and 13 of an input's 24.
        let unused = match self.stored {
            Stored::Bf16 => 0xff,
            Stored::F16 => 0x7ff,
            Stored::F32 => return Err(GpuError::Inexact { dtype }),
        };
        let is_exact = self
            .inputs
            .iter()
            .all(|input| input.to_bits() & unused == 0);
        is_exact.then_some(()).ok_or(GpuError::Inexact { dtype })
    }

    fn is_empty(&self) -> bool {
        let Extent {
            rows,
            columns,
            tokens,
        } = self.extent;
        rows == 0 || columns == 0 || tokens == 0
    }
}

pub(crate) fn same_length(
    what: &'static str,
    unit: &'static str,
    expected: Option<usize>,
    got: usize,
) -> Result<(), GpuError> {
    if expected == Some(got) {
        return Ok(());
    }
    let expected = expected.map_or(u64::MAX, |expected| expected as u64);
    Err(GpuError::WrongLength {
        what,
        unit,
        expected,
        got: got as u64,
    })
}

/// How a product is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As is fastest.
    Fastest,
    /// Under a rule.
    Under(Model),
}

impl Way {
    pub(crate) fn kernel(self, stored: Stored, tokens: usize) -> Kernel {
        match self {
            Self::Under(model) => Kernel::under(model, stored),
            Self::Fastest if tokens == 1 => Kernel::Matvec(stored, Tokens::One),
            Self::Fastest if tokens <= FEW_TOKENS => Kernel::Matvec(stored, Tokens::Four),
            Self::Fastest => Kernel::Product(stored),
        }
    }

    fn tile(self) -> u32 {
        match self {
            Self::Under(model) => model.tile(),
            Self::Fastest => 1,
        }
    }
}

/// Rows and tokens whose outputs lie on the device.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) rows: Range<usize>,
    pub(crate) tokens: Range<usize>,
    pub(crate) layout: Layout,
}

/// What becomes of the outputs of a piece.
pub(crate) trait Sink {
    async fn take(&mut self, gpu: &mut Gpu, piece: &Piece) -> Result<(), GpuError>;
}

impl Gpu {
    /// Computes a product in one or two ways, piece by piece; `sink` sees each while it is on the device.
    pub(crate) async fn stream(
        &mut self,
        problem: &Problem<'_>,
        ways: &[Way],
        sink: &mut impl Sink,
    ) -> Result<(), GpuError> {
        self.device.health.check()?;
        if problem.is_empty() {
            return Ok(());
        }
        let room = Room {
            binding_bytes: self.facts.largest_binding_bytes,
            is_software: self.facts.is_software,
        };
        let cut = Cut::of(problem.extent, problem.stored.bytes(), room)?;
        for way in ways {
            let kernel = way.kernel(problem.stored, problem.extent.tokens);
            self.device.prepare(kernel).await?;
        }
        let mut sent_inputs = None;
        for rows in stretches(problem.extent.rows, cut.rows) {
            self.send_weights(problem, &rows, cut).await?;
            for tokens in stretches(problem.extent.tokens, cut.tokens) {
                let piece = piece(problem, &rows, &tokens);
                if sent_inputs.as_ref() != Some(&tokens) {
                    self.send_inputs(problem, &piece).await?;
                    sent_inputs = Some(tokens);
                }
                for (at, way) in ways.iter().enumerate() {
                    self.multiply(problem, *way, &piece, at).await?;
                }
                sink.take(self, &piece).await?;
            }
        }
        Ok(())
    }

    /// A piece of the weights, its columns padded with zeros.
    async fn send_weights(
        &mut self,
        problem: &Problem<'_>,
        rows: &Range<usize>,
        cut: Cut,
    ) -> Result<(), GpuError> {
        let Extent { columns, .. } = problem.extent;
        let row_bytes = columns * problem.stored.bytes();
        let padded_bytes = padded(columns, COLUMN_STEP) * problem.stored.bytes();
        // Of the first piece's size, so that the buffer need not grow.
        let room = cut
            .rows
            .min(padded(problem.extent.rows, crate::layout::ROW_STEP))
            * padded_bytes;
        let weights = &mut self.buffers.weights;
        weights.fit(&self.device.device, room as u64).await?;
        let bytes = &problem.bytes[rows.start * row_bytes..rows.end * row_bytes];
        let queue = &self.device.queue;
        if row_bytes == padded_bytes {
            queue.write_buffer(weights.buffer(), 0, bytes);
        } else {
            let bytes = pad_rows(bytes, [row_bytes, padded_bytes], &[0], &mut self.scratch);
            queue.write_buffer(weights.buffer(), 0, bytes);
        }
        Ok(())
    }

    /// A block of the inputs, its columns padded with what adds nothing. Tokens of the padding are whatever was there: nobody reads their outputs.
    async fn send_inputs(&mut self, problem: &Problem<'_>, piece: &Piece) -> Result<(), GpuError> {
        let Extent { columns, .. } = problem.extent;
        let inputs = &mut self.buffers.inputs;
        let device = &self.device.device;
        inputs.fit(device, piece.layout.input_bytes()).await?;
        let numbers = &problem.inputs[piece.tokens.start * columns..piece.tokens.end * columns];
        let bytes = bytemuck::cast_slice(numbers);
        let [from, to] = [columns, piece.layout.columns].map(|columns| columns * 4);
        let bytes = match from == to {
            true => bytes,
            false => pad_rows(bytes, [from, to], &NOTHING, &mut self.scratch),
        };
        self.device.queue.write_buffer(inputs.buffer(), 0, bytes);
        Ok(())
    }

    /// One way's outputs of a piece, into one of the two buffers of outputs.
    async fn multiply(
        &mut self,
        problem: &Problem<'_>,
        way: Way,
        piece: &Piece,
        at: usize,
    ) -> Result<(), GpuError> {
        let kernel = way.kernel(problem.stored, problem.extent.tokens);
        let layout = piece.layout;
        let words = layout.words(way.tile());
        self.buffers.send_words(&self.device, words).await?;
        let outputs = &mut self.buffers.outputs[at];
        outputs
            .fit(&self.device.device, layout.output_bytes())
            .await?;
        let workgroups = layout.workgroups(kernel, piece.tokens.len());
        self.dispatch_product(kernel, &layout, at, workgroups, 1);
        Ok(())
    }

    pub(crate) fn dispatch_product(
        &mut self,
        kernel: Kernel,
        layout: &Layout,
        at: usize,
        workgroups: [u32; 2],
        times: u32,
    ) {
        let (Kernel::Product(stored) | Kernel::Matvec(stored, _) | Kernel::Model(stored, _)) =
            kernel
        else {
            unreachable!("{kernel:?} is no product");
        };
        let bound = [
            self.buffers.words.bound(WORDS_BYTES),
            self.buffers
                .weights
                .bound(layout.weight_bytes(stored.bytes())),
            self.buffers.inputs.bound(layout.input_bytes()),
            self.buffers.outputs[at].bound(layout.output_bytes()),
        ];
        self.device.dispatch(kernel, &bound, workgroups, times);
    }
}

fn piece(problem: &Problem<'_>, rows: &Range<usize>, tokens: &Range<usize>) -> Piece {
    let extent = Extent {
        rows: rows.len(),
        tokens: tokens.len(),
        ..problem.extent
    };
    Piece {
        rows: rows.clone(),
        tokens: tokens.clone(),
        layout: Layout::new(extent),
    }
}

/// −0: times the padding of the weights, which is +0, it is −0, and no sum is changed by that. A +0 would
/// change a −0, to which FP16 rounds what is small enough.
const NOTHING: [u8; 4] = (-0.0f32).to_le_bytes();

/// Rows of `from` bytes as rows of `to`, the filling over and over after each.
fn pad_rows<'a>(
    bytes: &[u8],
    [from, to]: [usize; 2],
    filling: &[u8],
    scratch: &'a mut Vec<u8>,
) -> &'a [u8] {
    scratch.clear();
    for row in bytes.chunks_exact(from) {
        scratch.extend_from_slice(row);
        scratch.extend(filling.iter().cycle().take(to - from));
    }
    scratch
}

/// All outputs, `[token, row]`.
pub(crate) struct Collected {
    pub(crate) rows: usize,
    pub(crate) outputs: Vec<f32>,
}

impl Sink for Collected {
    async fn take(&mut self, gpu: &mut Gpu, piece: &Piece) -> Result<(), GpuError> {
        let bytes = (piece.tokens.len() * piece.layout.rows * 4) as u64;
        let read = gpu.device.read(&[(&gpu.buffers.outputs[0], bytes)]).await?;
        let tokens = piece
            .tokens
            .clone()
            .zip(read.chunks_exact(piece.layout.rows * 4));
        for (token, numbers) in tokens {
            let first = token * self.rows + piece.rows.start;
            let outputs = &mut self.outputs[first..][..piece.rows.len()];
            for (output, number) in outputs.iter_mut().zip(numbers.as_chunks::<4>().0) {
                *output = f32::from_le_bytes(*number);
            }
        }
        Ok(())
    }
}
