//! One buffer into another.

/// The same bytes.
pub fn copied(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}
