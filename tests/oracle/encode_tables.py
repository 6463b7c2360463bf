"""What every code of BF16 and FP16, and some hard doubles, become in every float format.

Written by make_format_tables.py for crate/core/tests/encode_oracle.rs:

  encode.json      which sources, targets and modes there are, and where in the file they stand
  encode.bin       for each source, target, rounding and overflow, in this order, the CRC-32 of
                   every 1,024 codes (each as u64), little-endian; then the doubles, 20 bytes
                   each: the f64, its code as u64, the target's index, the rounding's

Codes are gfloat's; those to nearest even without saturation are compared with
ml_dtypes' and NumPy's before anything is written, and those of doubles with
`by_fractions`, which is the definition. The doubles are those that come out
wrong when they are rounded to FP32 first.

Where the two oracles have no word, or not the same, ours is:

  NaN              the canonical one: positive and quiet; formats without one have their largest
  E8M0             as ml_dtypes: zero and negative numbers are NaN, smaller than the smallest is
                   the smallest (gfloat would leave the format); of two equally near the larger,
                   as IEEE 754-2019 has it where no significand is even (gfloat: the even code)
  stochastic       gfloat's StochasticFastest with eight random bits, the complement of ours
"""

import json
import math
import zlib
from fractions import Fraction

import numpy as np
from gfloat import RoundMode, encode_ndarray, round_ndarray

import formats
from formats import FORMATS, TF32

SOURCES = ["BF16", "F16"]
TARGETS = [fmt for fmt in (*FORMATS.values(), TF32) if fmt.kind == "float"]
ROUNDINGS = {
    "nearest even": RoundMode.TiesToEven,
    "nearest away": RoundMode.TiesToAway,
    "toward zero": RoundMode.TowardZero,
    "stochastic": RoundMode.StochasticFastest,
}
OVERFLOWS = ["ieee", "saturate"]
CHUNK = 1024
DOUBLES = 2000


def random_bytes(count):
    """Eight random bits for each value, no more random than the test can make them, too."""
    return (np.arange(count, dtype=np.int64) * 167 + 13) & 0xFF


def nan_code(fmt):
    """The canonical NaN, as NumPy and ml_dtypes make it; the largest number where there is none."""
    if fmt.info.num_nans == 0:
        return fmt.info.code_of_max
    if fmt is TF32:
        return int(np.float32(np.nan).view(np.uint32)) >> 13
    made = np.array(np.nan).astype(np.float32).astype(fmt.dtype)
    return int(made.view(formats.code_type(fmt.bits)))


def is_scale(fmt):
    return not fmt.info.is_signed


def by_gfloat(fmt, values, rounding, saturate):
    """Codes of doubles by gfloat, with our word where it has none."""
    none = np.isnan(values) | (is_scale(fmt) & (values <= 0))
    small = is_scale(fmt) & (values < fmt.info.smallest_normal)
    asked = np.where(none | small, 1.0, values)
    bits = 255 - random_bytes(len(values))
    if is_scale(fmt) and rounding == "nearest even":
        rounding = "nearest away"
    # A format with neither infinity nor NaN can but saturate.
    saturate = saturate or fmt.info.num_nans == 0
    rounded = round_ndarray(fmt.info, asked, ROUNDINGS[rounding], saturate, bits, 8)
    none |= np.isnan(rounded)
    codes = encode_ndarray(fmt.info, np.where(none, 1.0, rounded))
    codes[small] = 0
    codes[none] = nan_code(fmt)
    return codes


def by_ml_dtypes(fmt, values):
    """Codes to nearest even of values that FP32 holds."""
    with np.errstate(over="ignore", invalid="ignore"):
        source = values if fmt.bits >= 32 else values.astype(np.float32)
        codes = source.astype(fmt.dtype).view(formats.code_type(fmt.bits)).astype(np.uint64)
    back = codes.astype(formats.code_type(fmt.bits)).view(fmt.dtype).astype(np.float64)
    codes[np.isnan(values) | np.isnan(back)] = nan_code(fmt)
    return codes


def same(fmt, what, ours, theirs, values):
    wrong = np.flatnonzero(ours != theirs)
    if len(wrong):
        at = wrong[0]
        raise SystemExit(f"{fmt.name} {what}: {values[at]!r} is {int(ours[at]):#x} and {int(theirs[at]):#x}")


def encodes(source, fmt, rounding, overflow):
    values = formats.decode(FORMATS[source], formats.all_codes(FORMATS[source]))
    codes = by_gfloat(fmt, values, rounding, overflow == "saturate")
    if (rounding, overflow) == ("nearest even", "ieee") and fmt is not TF32:
        # ml_dtypes has 2^-126 for everything just above 2^-127.
        asked = ~(is_scale(fmt) & (values > 2.0**-127) & (values < 2.0**-126))
        same(fmt, f"from {source}", codes[asked], by_ml_dtypes(fmt, values[asked]), values[asked])
    return codes


def checksums():
    for source in SOURCES:
        for fmt in TARGETS:
            for rounding in ROUNDINGS:
                for overflow in OVERFLOWS:
                    codes = encodes(source, fmt, rounding, overflow).astype("<u8")
                    yield from (zlib.crc32(chunk.tobytes()) for chunk in codes.reshape(-1, CHUNK))


def by_fractions(fmt, value, rounding):
    """The code of a positive finite double within a signed format, by the definition."""
    info, exact = fmt.info, Fraction(value)
    exponent = max(math.frexp(value)[1] - 1, 1 - info.bias)
    step = Fraction(2) ** (exponent - fmt.mantissa_bits)
    steps = exact / step
    whole, rest = int(steps), steps - int(steps)
    half = Fraction(1, 2)
    up = {
        "nearest even": rest > half or (rest == half and whole % 2 == 1),
        "nearest away": rest >= half,
        "toward zero": False,
    }[rounding]
    # One step is one code, across binades, too.
    return ((exponent - (1 - info.bias)) << fmt.mantissa_bits) + whole + up


def near_ties(fmt, random, count):
    """Doubles a little off the middle of two neighbours, and off the neighbours themselves."""
    largest = fmt.info.code_of_max
    codes = random.integers(0, largest, count, dtype=np.uint64)
    low = np.array([decode_one(fmt, code) for code in codes])
    high = np.array([decode_one(fmt, code + 1) for code in codes])
    place = np.where(random.random(count) < 0.7, (low + high) / 2, high)
    away = 1 + random.choice([-1.0, 1.0], count) * 2.0 ** -random.integers(26, 53, count).astype(float)
    return place * away


def decode_one(fmt, code):
    if fmt is TF32:
        return float(np.uint32(int(code) << 13).view(np.float32))
    return float(formats.decode(fmt, np.array([code], formats.code_type(fmt.bits)))[0])


def hard_doubles(fmt, rounding, count):
    """Doubles and codes where the way through FP32 gives another code."""
    index = TARGETS.index(fmt) * len(ROUNDINGS) + list(ROUNDINGS).index(rounding)
    values = near_ties(fmt, np.random.default_rng(index), 20 * count)
    direct = by_gfloat(fmt, values, rounding, False)
    through = by_gfloat(fmt, to_f32(values), rounding, False)
    hard = np.flatnonzero((direct != through) & (values < fmt.info.max) & (values > 0))[:count]
    exact = np.array([by_fractions(fmt, values[at], rounding) for at in hard], np.uint64)
    same(fmt, rounding, direct[hard], exact, values[hard])
    return values[hard], direct[hard]


def to_f32(values):
    """Through FP32 by the hardware's cast, which is to nearest."""
    return values.astype(np.float32).astype(np.float64)


def doubles():
    narrow = [fmt for fmt in TARGETS if fmt.bits < 32 and not is_scale(fmt)]
    modes = [name for name in ROUNDINGS if name != "stochastic"]
    each = DOUBLES // (len(narrow) * len(modes)) + 1
    for fmt in narrow:
        for mode, rounding in enumerate(ROUNDINGS):
            if rounding in modes:
                for value, code in zip(*hard_doubles(fmt, rounding, each)):
                    yield value, code, TARGETS.index(fmt), mode


def encode_files():
    """encode.json and encode.bin by name."""
    sums = np.array(list(checksums()), "<u4").tobytes()
    layout = [("value", "<f8"), ("code", "<u8"), ("target", "<u2"), ("rounding", "<u2")]
    hard = np.array(list(doubles()), layout)
    about = {
        "sources": SOURCES,
        "targets": [fmt.name for fmt in TARGETS],
        "roundings": list(ROUNDINGS),
        "overflows": OVERFLOWS,
        "chunk": CHUNK,
        "doubles": {"offset": len(sums), "count": len(hard)},
    }
    return {"encode.json": f"{json.dumps(about)}\n".encode(), "encode.bin": sums + hard.tobytes()}
