//! What the page as one file carries, and how it is unpacked there.
//!
//! Files one after another in one LZMA stream, since they have much in common, and the stream as text
//! that HTML takes as it is: [`text`]. The build packs with the feature `pack`, the page unpacks.
#![deny(missing_docs)]

pub mod text;

use lzma_rust2::LzmaReader;
// Without `std`, the decoder is a third as large.
#[cfg(not(feature = "pack"))]
use lzma_rust2::Read;
#[cfg(feature = "pack")]
use std::io::Read;
use wasm_bindgen::prelude::wasm_bindgen;

/// Hands out the bytes that were packed, from the first on. The packed ones stay in memory: whoever
/// unpacks ends when that is done.
#[wasm_bindgen]
pub struct Unpacker(LzmaReader<&'static [u8]>);

#[wasm_bindgen]
impl Unpacker {
    /// Begins with what [`pack`](crate::pack) made.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    #[wasm_bindgen(constructor)]
    pub fn new(packed: &str) -> Result<Self, String> {
        let bytes = text::decoded(packed).ok_or("it holds a character that is no digit")?;
        let reader = LzmaReader::new_mem_limit(&*bytes.leak(), MOST_KIB, None);
        reader
            .map(Self)
            .map_err(|_| "it does not begin as it should".into())
    }

    /// The next bytes, as many as asked for.
    ///
    /// # Errors
    /// Where there are not as many, or they are damaged.
    pub fn next(&mut self, bytes: usize) -> Result<Vec<u8>, String> {
        let mut next = vec![0; bytes];
        let read = self.0.read_exact(&mut next);
        read.map(|()| next)
            .map_err(|_| "it is damaged or cut off".into())
    }
}

/// Memory that unpacking may take.
const MOST_KIB: u32 = 64 << 10;

/// Packs bytes as [`Unpacker`] takes them.
///
/// # Panics
/// Never: nothing that is written to memory can fail.
#[cfg(feature = "pack")]
#[must_use]
pub fn pack(bytes: &[u8]) -> String {
    use lzma_rust2::{LzmaOptions, LzmaWriter};
    use std::io::Write;
    let mut options = LzmaOptions::with_preset(9);
    options.nice_len = 273;
    options.lc = 4;
    options.pb = 0;
    let size = u64::try_from(bytes.len()).expect("a length has at most 64 bits");
    // One that holds everything: as much memory is needed to unpack.
    options.dict_size = u32::try_from(size.next_power_of_two().max(4096)).unwrap_or(u32::MAX);
    let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, Some(size))
        .expect("the options are in range");
    writer.write_all(bytes).expect("memory takes all bytes");
    text::encoded(&writer.finish().expect("all bytes are there"))
}

#[cfg(all(test, feature = "pack"))]
mod tests {
    use super::{Unpacker, pack};

    #[test]
    fn what_was_packed_comes_out_in_any_pieces() {
        let bytes: Vec<u8> = (0..50_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let packed = pack(&bytes);
        for piece in [1 << 20, 4096, 77] {
            let mut unpacker = Unpacker::new(&packed).unwrap();
            let pieces = bytes.chunks(piece);
            for expected in pieces {
                assert_eq!(unpacker.next(expected.len()).unwrap(), expected);
            }
            assert!(unpacker.next(1).is_err(), "there is no more");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_text_of_ours_is_an_error() {
        let packed = pack(&[7; 100_000]);
        assert!(Unpacker::new("<script>").is_err());
        assert!(Unpacker::new("").is_err());
        let whole = Unpacker::new(&packed[..packed.len() / 2]).and_then(|mut it| it.next(100_000));
        assert!(whole.is_err());
    }
}
