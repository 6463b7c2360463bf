//! Scans of whole tensors, and random numbers.

use floatscope_core::scan::{Observations, Scanner, Span};

/// Xorshift64* (Vigna 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        (self.next() >> 32) % most
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next() as u8)
            .take(count)
            .collect()
    }
}

/// What a scan of a span in one go shows.
pub(crate) fn seen(span: Span, bytes: &[u8]) -> Observations {
    let mut scanner = Scanner::new();
    scanner.begin(span);
    scanner.feed(bytes);
    scanner.finish().expect("a span was begun")
}
