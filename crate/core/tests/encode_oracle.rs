//! The encoder against the outside oracle, for every float of the table.
//!
//! `data/encode.json` and `data/encode.bin` are written by
//! `tests/oracle/make_format_tables.py` from gfloat, ml_dtypes, NumPy and
//! fractions. The tests loop over [`FORMATS`], so a row without an oracle fails.

use floatscope_core::format::{
    Class, Encoding, FORMATS, FloatLayout, Format, Overflow, Rounding, Specials, TF32,
};
use serde_json::Value;

static ABOUT: &str = include_str!("data/encode.json");
static TABLES: &[u8] = include_bytes!("data/encode.bin");

struct Oracle {
    about: Value,
}

impl Oracle {
    fn new() -> Self {
        let about = serde_json::from_str(ABOUT).expect("the oracle's index is JSON");
        Self { about }
    }

    fn names(&self, key: &str) -> Vec<&str> {
        let names = self.about[key].as_array().expect("a list");
        names
            .iter()
            .map(|name| name.as_str().expect("names"))
            .collect()
    }

    fn number(&self, place: &Value) -> usize {
        place.as_u64().expect("a number") as usize
    }

    fn chunk(&self) -> usize {
        self.number(&self.about["chunk"])
    }

    /// One checksum for each chunk, in the order of the file.
    fn checksums(&self) -> impl Iterator<Item = u32> {
        let end = self.number(&self.about["doubles"]["offset"]);
        let words = TABLES[..end].chunks_exact(4);
        words.map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")))
    }

    /// Value, code, target and rounding of each hard double.
    fn doubles(&self) -> impl Iterator<Item = (f64, u64, usize, usize)> {
        let (place, size) = (&self.about["doubles"], 20);
        let start = self.number(&place["offset"]);
        let bytes = &TABLES[start..];
        assert_eq!(bytes.len(), size * self.number(&place["count"]));
        bytes.chunks_exact(size).map(|record| {
            let word =
                |at: usize| u64::from_le_bytes(record[at..at + 8].try_into().expect("eight bytes"));
            let short = |at: usize| usize::from(u16::from_le_bytes([record[at], record[at + 1]]));
            (f64::from_bits(word(0)), word(8), short(16), short(18))
        })
    }
}

fn floats() -> impl Iterator<Item = (&'static Format, FloatLayout)> {
    let rows = FORMATS.iter().chain([&TF32]);
    rows.filter_map(|format| match format.encoding {
        Encoding::Float(layout) => Some((format, layout)),
        _ => None,
    })
}

fn layout(name: &str) -> FloatLayout {
    let found = floats().find(|(format, _)| format.name == name);
    found.unwrap_or_else(|| panic!("no row is called {name}")).1
}

/// The rounding of the oracle's name; `source` is what it took its random bits from.
fn rounding(name: &str, source: u64) -> Rounding {
    match name {
        "nearest even" => Rounding::NearestEven,
        "nearest away" => Rounding::NearestAway,
        "toward zero" => Rounding::TowardZero,
        "stochastic" => {
            // Eight random bits; ones below, so that up is as gfloat has it.
            let random = (source * 167 + 13) & 0xff;
            Rounding::Stochastic(random << 56 | u64::MAX >> 8)
        }
        other => panic!("no rounding is called {other}"),
    }
}

fn overflow(name: &str) -> Overflow {
    match name {
        "ieee" => Overflow::Ieee,
        "saturate" => Overflow::Saturate,
        other => panic!("no overflow is called {other}"),
    }
}

/// CRC-32 as zlib has it.
struct Crc([u32; 256]);

impl Crc {
    fn new() -> Self {
        let bit = |sum: u32, _| sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        Self(std::array::from_fn(|byte| (0..8).fold(byte as u32, bit)))
    }

    fn of(&self, codes: impl Iterator<Item = u64>) -> u32 {
        let step = |sum: u32, byte: u8| self.0[usize::from(sum as u8 ^ byte)] ^ sum >> 8;
        !codes.flat_map(u64::to_le_bytes).fold(u32::MAX, step)
    }
}

#[test]
fn the_oracle_has_every_float() {
    let oracle = Oracle::new();
    for (format, _) in floats() {
        let known = oracle.names("targets").contains(&format.name);
        assert!(known, "{} is not in data/encode.json", format.name);
    }
}

#[test]
fn every_code_of_16_bits_becomes_what_the_oracle_has() {
    let (oracle, crc) = (Oracle::new(), Crc::new());
    let (mut expected, chunk) = (oracle.checksums(), oracle.chunk() as u64);
    for source in oracle.names("sources") {
        let from = layout(source);
        for target in oracle.names("targets") {
            let to = layout(target);
            for mode in oracle.names("roundings") {
                for beyond in oracle.names("overflows") {
                    let encode = |code: u64| {
                        to.encode(from.decode(code), rounding(mode, code), overflow(beyond))
                    };
                    for first in (0..1 << from.bits()).step_by(chunk as usize) {
                        let ours = crc.of((first..first + chunk).map(encode));
                        let place = format!("{source} to {target}, {mode}, {beyond}");
                        assert_eq!(Some(ours), expected.next(), "{place}: {first:#x} and on");
                    }
                }
            }
        }
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn doubles_are_rounded_once() {
    let oracle = Oracle::new();
    let (targets, modes) = (oracle.names("targets"), oracle.names("roundings"));
    for (value, code, target, mode) in oracle.doubles() {
        let (name, to) = (targets[target], layout(targets[target]));
        let place = format!("{name} {:#x} {}", value.to_bits(), modes[mode]);
        let encode = |value| to.encode(value, rounding(modes[mode], 0), Overflow::Ieee);
        assert_eq!(encode(value), code, "{place}");
        let unsigned_zero = to.specials == Specials::NegativeZeroNan && code == 0;
        let sign = u64::from(!unsigned_zero) << (to.bits() - 1);
        assert_eq!(encode(-value), code | sign, "−{place}");
        assert_ne!(encode(f64::from(value as f32)), code, "{place} by FP32");
    }
}

const EVERY_ROUNDING: [Rounding; 5] = [
    Rounding::NearestEven,
    Rounding::NearestAway,
    Rounding::TowardZero,
    Rounding::Stochastic(0),
    Rounding::Stochastic(u64::MAX),
];

/// Codes to try: all up to 19 bits, else every exponent with some mantissas.
fn codes(layout: &FloatLayout) -> impl Iterator<Item = u64> {
    let (width, bits) = (layout.mantissa_bits, layout.bits());
    let step = if bits <= 19 { 1 } else { 1 << (width - 3) };
    let offsets = if bits <= 19 { 0..1 } else { 0..3 };
    let last = u64::MAX >> (64 - bits);
    let whole = (0..=last / step).map(move |code| code * step);
    whole.flat_map(move |code| offsets.clone().map(move |offset| (code + offset).min(last)))
}

#[test]
fn every_code_is_the_code_of_its_value() {
    for (format, layout) in floats() {
        for code in codes(&layout) {
            let expected = match layout.classify(code) {
                Class::Nan => layout
                    .nan_code()
                    .expect("a format with a NaN has a code for it"),
                _ => code,
            };
            for rounding in EVERY_ROUNDING {
                let ours = layout.encode(layout.decode(code), rounding, Overflow::Ieee);
                assert_eq!(ours, expected, "{} {code:#x} {rounding:?}", format.name);
            }
        }
    }
}

#[test]
fn special_codes_are_special() {
    for (format, layout) in floats() {
        let class = |code: Option<u64>| code.map(|code| layout.classify(code));
        let (nan, infinity) = (class(layout.nan_code()), class(layout.infinity_code()));
        let finite = layout.specials == Specials::AllFinite;
        assert_eq!(nan, (!finite).then_some(Class::Nan), "{}", format.name);
        let ieee = layout.specials == Specials::Ieee;
        assert_eq!(infinity, ieee.then_some(Class::Infinite), "{}", format.name);
    }
}

#[test]
fn wide_codes_are_rusts() {
    let (f32, f64) = (layout("F32"), layout("F64"));
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..200_000 {
        // Xorshift: every exponent, and those of FP32 often enough.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let narrow = f64::from(f32::from_bits(state as u32)) * (1.0 + f64::EPSILON * 64.0);
        for value in [f64::from_bits(state), narrow] {
            if value.is_nan() {
                continue;
            }
            let encode =
                |layout: &FloatLayout| layout.encode(value, Rounding::NearestEven, Overflow::Ieee);
            assert_eq!(
                encode(&f32),
                u64::from((value as f32).to_bits()),
                "{value:e}"
            );
            assert_eq!(encode(&f64), value.to_bits(), "{value:e}");
        }
    }
}

#[test]
fn what_lies_beyond_the_largest_overflows() {
    for (format, layout) in floats() {
        let largest = layout.max_finite_code();
        // Where the binade above is no number of f64 nothing finite overflows.
        let (max, step) = (
            layout.decode(largest),
            layout.decode(largest) - layout.decode(largest - 1),
        );
        let next = if layout.specials == Specials::ScaleOnly {
            2.0 * max
        } else {
            max + step
        };
        if !next.is_finite() {
            continue;
        }
        let middle = max / 2.0 + next / 2.0;
        let below = f64::from_bits(middle.to_bits() - 1);
        let overflows = |value, rounding| layout.overflows(value, rounding);
        assert!(!overflows(max, Rounding::NearestAway), "{}", format.name);
        assert!(!overflows(below, Rounding::NearestAway), "{}", format.name);
        assert!(overflows(middle, Rounding::NearestAway), "{}", format.name);
        assert!(!overflows(middle, Rounding::TowardZero), "{}", format.name);
        assert!(overflows(next, Rounding::TowardZero), "{}", format.name);
        let to_even = overflows(middle, Rounding::NearestEven);
        // E4M3's largest number is even: its NaN took the odd code above.
        assert_eq!(
            to_even,
            layout.specials != Specials::AllOnesNan,
            "{}",
            format.name
        );
        assert!(
            !overflows(f64::INFINITY, Rounding::NearestEven),
            "{}",
            format.name
        );
        let cut = layout.encode(2.0 * next, Rounding::TowardZero, Overflow::Ieee);
        assert_eq!(cut, largest, "{}", format.name);
    }
}

#[test]
fn random_bits_decide_by_the_share_of_the_way() {
    let bf16 = layout("BF16");
    // A quarter of the way from 1 to the next.
    let value = 1.0 + 1.0 / 512.0;
    let encode = |random| bf16.encode(value, Rounding::Stochastic(random), Overflow::Ieee);
    assert_eq!(encode((1 << 62) - 1), 0x3f81);
    assert_eq!(encode(1 << 62), 0x3f80);
    // What is not zero goes up now and then, however small it is.
    let tiny = |random| bf16.encode(5e-324, Rounding::Stochastic(random), Overflow::Ieee);
    assert_eq!((tiny(0), tiny(1)), (1, 0));
}
