//! Bytes as text of 85 characters: four bytes are five digits, where Base64 has six for them and two more.
//!
//! The digits are the characters from `*` to `~`, but `(` in place of `<`, so that no text of them ends
//! or begins anything in HTML.

/// Digits there are.
const BASE: u32 = 85;
/// The digit 0.
const FIRST: u8 = b'*';

/// The character of a digit.
#[cfg(any(test, feature = "pack"))]
fn character(digit: u32) -> char {
    let byte = FIRST + u8::try_from(digit % BASE).expect("a digit is below 85");
    char::from(if byte == b'<' { b'(' } else { byte })
}

/// The digit that a character is.
fn digit(character: u8) -> Option<u32> {
    match character {
        b'(' => Some(u32::from(b'<' - FIRST)),
        b'<' => None,
        other => other
            .checked_sub(FIRST)
            .map(u32::from)
            .filter(|&digit| digit < BASE),
    }
}

/// Bytes as text. What is left at the end are fewer than four bytes, and one digit more than they are.
#[cfg(any(test, feature = "pack"))]
#[must_use]
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 4 * 5 + 5);
    for four in bytes.chunks(4) {
        let mut padded = [0; 4];
        padded[..four.len()].copy_from_slice(four);
        let number = u32::from_be_bytes(padded);
        let powers = [BASE.pow(4), BASE.pow(3), BASE.pow(2), BASE, 1];
        text.extend(
            powers[..=four.len()]
                .iter()
                .map(|power| character(number / power)),
        );
    }
    text
}

/// The bytes of a text, unless a character of it is no digit.
#[must_use]
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 5 * 4 + 4);
    for five in text.as_bytes().chunks(5) {
        // What was left out at the end counts as the last digit: bytes that are kept are not changed by it.
        let mut number = 0u32;
        for at in 0..5 {
            let next = five.get(at).map_or(Some(BASE - 1), |&byte| digit(byte))?;
            number = number.wrapping_mul(BASE).wrapping_add(next);
        }
        bytes.extend(&number.to_be_bytes()[..five.len() - 1]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decoded, digit, encoded};

    #[test]
    fn every_byte_in_every_place_comes_back() {
        for length in 0..9 {
            for byte in 0..=255 {
                for at in 0..length {
                    let mut bytes = vec![0xff; length];
                    bytes[at] = byte;
                    assert_eq!(decoded(&encoded(&bytes)).as_ref(), Some(&bytes));
                }
            }
        }
    }

    #[test]
    fn there_are_85_digits_and_none_means_something_in_html() {
        let digits = (0..=255).filter_map(digit).collect::<Vec<_>>();
        let mut sorted = digits.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..85).collect::<Vec<_>>());
        for other in [b'<', b'&', b'"', b'\n', b' ', 0x7f, 0x80] {
            assert_eq!(digit(other), None, "{}", char::from(other));
        }
        assert_eq!(decoded("!"), None);
    }
}
