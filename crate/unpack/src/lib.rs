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
    /// Begins with what [`pack`](crate::pack) made; the [`sum`] of that text is looked at first, so that
    /// nothing is handed out of a text that is damaged further on.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    #[wasm_bindgen(constructor)]
    pub fn new(packed: &str, expected: u32) -> Result<Self, String> {
        if sum(packed.as_bytes()) != expected {
            return Err(CHANGED.into());
        }
        let bytes = text::decoded(packed).ok_or("it holds a character that is no digit")?;
        let reader = LzmaReader::new_mem_limit(&*bytes.leak(), MOST_KIB, None);
        reader
            .map(Self)
            .map_err(|_| "it does not begin as it should".into())
    }

    /// The next bytes, as many as asked for; their sum is [`sum`].
    ///
    /// # Errors
    /// Where there are not as many, or they are damaged.
    pub fn next(&mut self, bytes: usize, expected: u32) -> Result<Vec<u8>, String> {
        let mut next = vec![0; bytes];
        let is_read = self.0.read_exact(&mut next).is_ok();
        // The decoder makes something of most texts.
        if is_read && sum(&next) == expected {
            Ok(next)
        } else {
            Err(CHANGED.into())
        }
    }
}

const CHANGED: &str = "a part of it is missing or not what it was";

/// CRC-32 as gzip has it: another one where a few bytes are others, and most often where many are.
#[must_use]
pub fn sum(bytes: &[u8]) -> u32 {
    let next = |sum: u32, byte: &u8| OF_BYTE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(!0, next)
}

/// What each byte does to the sum.
const OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (0xedb8_8320 * (sum & 1));
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

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
    use super::{Unpacker, pack, sum};

    /// Under the text's own sum.
    fn opened(packed: &str) -> Result<Unpacker, String> {
        Unpacker::new(packed, sum(packed.as_bytes()))
    }

    #[test]
    fn what_was_packed_comes_out_in_any_pieces() {
        let bytes: Vec<u8> = (0..50_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let packed = pack(&bytes);
        for piece in [1 << 20, 4096, 77] {
            let mut unpacker = opened(&packed).unwrap();
            let pieces = bytes.chunks(piece);
            for expected in pieces {
                let next = unpacker.next(expected.len(), sum(expected));
                assert_eq!(next.unwrap(), expected);
            }
            assert!(unpacker.next(1, 0).is_err(), "there is no more");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_text_of_ours_is_an_error() {
        let packed = pack(&[7; 100_000]);
        assert!(opened("<script>").is_err());
        assert!(opened("").is_err());
        let whole = opened(&packed[..packed.len() / 2])
            .and_then(|mut it| it.next(100_000, sum(&[7; 100_000])));
        assert!(whole.is_err());
    }

    #[test]
    fn one_other_character_is_an_error() {
        let bytes: Vec<u8> = (0..5_000u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let packed = pack(&bytes);
        for at in (0..packed.len()).step_by(97) {
            let other = if &packed[at..=at] == "a" { "b" } else { "a" };
            let mut damaged = packed.clone();
            damaged.replace_range(at..=at, other);
            assert!(
                Unpacker::new(&damaged, sum(packed.as_bytes())).is_err(),
                "{at}"
            );
            let next = opened(&damaged).and_then(|mut it| it.next(bytes.len(), sum(&bytes)));
            // The header's last digits may say the same in another way.
            assert!(
                next.is_err() || next.is_ok_and(|next| next == bytes),
                "{at}"
            );
        }
    }

    #[test]
    fn a_sum_is_that_of_its_definition() {
        assert_eq!(sum(b"123456789"), 0xcbf4_3926);
    }
}
