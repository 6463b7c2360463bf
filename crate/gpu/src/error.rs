//! Why a GPU was not used, or could not go on.

use floatscope_core::format::Dtype;

/// What went wrong on the way to the GPU or on it. Each is displayed as one sentence without a full
/// stop, which is the reason to show when the CPU computes instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// There is no adapter, or none that was allowed.
    #[error("there is no GPU to use: {reason}")]
    NoAdapter {
        /// Which were looked for, and what was there.
        reason: String,
    },
    /// The adapter gave no device.
    #[error("{adapter} gave no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// What the driver said.
        reason: String,
    },
    /// The adapter, or a shader, takes less of something than is needed, even in the smallest pieces.
    #[error("the GPU part takes {offered} {what}, and {needed} are needed")]
    TooSmall {
        /// Of what, with its unit.
        what: &'static str,
        /// How much is needed at least.
        needed: u64,
        /// How much there is.
        offered: u64,
    },
    /// The adapter computes something else than it should.
    #[error("{adapter} was refused: {what}")]
    SelfTest {
        /// The adapter's name.
        adapter: String,
        /// What was computed, what came out and what should have.
        what: String,
    },
    /// The device is gone. A new one may be opened.
    #[error("the GPU was lost: {reason}")]
    Lost {
        /// What the driver or the browser said.
        reason: String,
    },
    /// There was no room for a buffer.
    #[error("the GPU has no room for {bytes} bytes")]
    OutOfMemory {
        /// How large the buffer was to be.
        bytes: u64,
    },
    /// The driver refused a shader or a call: a mistake of ours.
    #[error("the GPU refused a call: {reason}")]
    Validation {
        /// What it said.
        reason: String,
    },
    /// Weights of a type for which there is no shader.
    #[error("no shader reads weights in {}: BF16, F16 and F32 are read", .dtype.name())]
    Unsupported {
        /// Their type.
        dtype: Dtype,
    },
    /// A slice has another length than the shape says.
    #[error("{what}: {got} {unit}, and the shape has {expected}")]
    WrongLength {
        /// Weights, inputs or outputs.
        what: &'static str,
        /// What is counted.
        unit: &'static str,
        /// What the shape has.
        expected: u64,
        /// What there is.
        got: u64,
    },
    /// Products that FP32 does not hold exactly: a driver may round them or not, and so nobody can
    /// say what a rule of accumulation gives.
    #[error(
        "products of weights in {} and of these inputs are not exact in FP32, and a GPU may round them or not",
        .dtype.name()
    )]
    Inexact {
        /// The weights' type.
        dtype: Dtype,
    },
    /// Weights or inputs that are not finite, or whose products or sums may be infinite or subnormal, of which
    /// WGSL promises nothing.
    #[error(
        "weights in {} and these inputs are not finite, or so small or large that a GPU may take sums for 0 or for infinite",
        .dtype.name()
    )]
    Extreme {
        /// The weights' type.
        dtype: Dtype,
    },
}
