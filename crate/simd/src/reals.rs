//! Vectors of real numbers, as the casts need them.

/// Rows that [`Reals::pick`] reads; a power of two of them, so that no number is out of their bounds.
pub type Rows = [[f32; 4]; ROWS];

/// Their number.
pub const ROWS: usize = 128;

/// A vector of FP32 or FP64 numbers. Every operation rounds to nearest even,
/// lane by lane.
pub trait Reals: Copy {
    /// One number: `f32` or `f64`.
    type Lane: Copy + Into<f64> + PartialOrd + Default;
    /// Where lanes are counted, one counter a lane.
    type Counts: Copy;
    /// Where squares are summed: four sums in turn of FP32, two of FP64, whatever the number of lanes.
    type Sums: Copy;
    /// Numbers in a vector; 8 at most.
    const LANES: usize;
    /// Bits of the lane's mantissa field.
    const MANTISSA_BITS: u32;
    /// Bias of the lane's exponent field.
    const BIAS: i32;

    /// The first numbers of a slice, which must be so many at least.
    fn load(lanes: &[Self::Lane]) -> Self;
    /// The same number in every lane, rounded to the lane's type.
    fn splat(value: f64) -> Self;
    /// The same bits in every lane.
    fn splat_bits(bits: u64) -> Self;
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// Difference.
    fn sub(self, other: Self) -> Self;
    /// Product.
    fn mul(self, other: Self) -> Self;
    /// Quotient.
    fn div(self, other: Self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// The smaller one; neither may be NaN.
    fn min(self, other: Self) -> Self;
    /// The larger one; neither may be NaN.
    fn max(self, other: Self) -> Self;
    /// The larger magnitude, `self` having no sign; neither may be NaN.
    fn max_magnitude(self, other: Self) -> Self {
        self.max(other.abs())
    }
    /// Rounded to FP32.
    fn single(self) -> Self;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// The sum of the bits, taken as integers that wrap around.
    fn add_bits(self, other: Self) -> Self;
    /// The larger of the bits, taken as signed integers of 32 bits, by halves of an FP64
    /// number: enough for exponent fields, whose lower halves are zero.
    fn max_bits(self, other: Self) -> Self;
    /// No lane counted.
    fn no_counts() -> Self::Counts;
    /// Counts the lanes that are equal.
    fn count_equal(self, other: Self, counts: Self::Counts) -> Self::Counts;
    /// Counts the lanes that are smaller.
    fn count_less(self, other: Self, counts: Self::Counts) -> Self::Counts;
    /// All lanes together.
    fn counted(counts: Self::Counts) -> u64;
    /// Nothing summed.
    fn no_sums() -> Self::Sums;
    /// Adds the squares of all lanes.
    fn add_squares(self, sums: Self::Sums) -> Self::Sums;
    /// All of them together.
    fn total(sums: Self::Sums) -> f64;
    /// The largest lane.
    fn largest(self) -> f64;
    /// `high` where a lane of `self` is larger than one of `edge`, else `low`, edges and
    /// levels each taken from the row that the lane of `index` names. Rows are (edge, low,
    /// high, 0); lanes of `index` are 2^MANTISSA_BITS and the row's number, modulo [`ROWS`].
    fn pick(self, index: Self, rows: &Rows) -> Self;
}
