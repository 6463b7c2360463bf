"""What each narrower format would lose, by carrying every cast out: the reference for `casts`.

Written from "Casts" in docs/how-it-knows.md and from nothing else. Formats are gfloat's
rows. Rounding is ours, in doubles (or in FP32, where a quotient is FP32): a value is
divided by the step of its grid, a power of two, so that `rint` decides on the value
itself and nothing is rounded twice; selftest.py holds it against gfloat and fractions.

Sums: every term of Σx² and Σ(x − x′)² is at least zero and within 2^-53 of itself, and
NumPy adds some 2^16 of them pairwise, which costs fewer than 40 further roundings: 5e-15
of the sum. Beyond a chunk sums are fractions and therefore exact. Where doubles of FP64
would leave the range when they are squared, a chunk is first scaled by a power of two.
"""

import math
from dataclasses import dataclass, field, fields
from fractions import Fraction

import numpy as np

import expected
import formats
from formats import FORMATS, TF32

F32 = np.float32
CHUNK = 1 << 16  # elements cast at once: they fit a cache
COUNTS = ["exact", "overflow", "underflow", "subnormal"]
ERRORS = ["max_abs_error", "mse", "sqnr_db"]
FIELDS = [*COUNTS, *ERRORS, "bytes"]

# bitsandbytes' levels.
NF4 = np.array([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
], F32)  # fmt: skip
MIDDLES = (NF4[1:].astype(np.float64) + NF4[:-1]) / 2  # exact

ELEMENTS = {
    "tf32": TF32, "f16": FORMATS["F16"], "bf16": FORMATS["BF16"], "f8_e4m3": FORMATS["F8_E4M3"],
    "f8_e5m2": FORMATS["F8_E5M2"], "f8_e4m3fnuz": FORMATS["F8_E4M3FNUZ"], "f8_e5m2fnuz": FORMATS["F8_E5M2FNUZ"],
}  # fmt: skip
E4M3, E2M1 = FORMATS["F8_E4M3"].info, FORMATS["F4"].info
# Element format and the exponent of its largest number.
MX = {
    "mxfp8_e4m3": ("F8_E4M3", 8), "mxfp8_e5m2": ("F8_E5M2", 15), "mxfp6_e2m3": ("F6_E2M3", 2),
    "mxfp6_e3m2": ("F6_E3M2", 4), "mxfp4": ("F4", 2), "mxint8": (None, 0),
}  # fmt: skip
KEYS = [
    *ELEMENTS, "f8_e4m3/tensor", "f8_e4m3/row", "f8_e4m3/128x128", *MX, "nvfp4", "int8/row", "int4/128", "nf4/64",
]  # fmt: skip


@dataclass
class Tally:
    """One cast of some values; tallies of several tensors can be added."""

    exact: int = 0
    overflow: int = 0
    underflow: int = 0
    subnormal: int = 0
    bytes: int = 0
    values: int = 0  # finite before and after
    signal: Fraction = field(default_factory=Fraction)  # Σx² of these
    noise: Fraction = field(default_factory=Fraction)  # Σ(x − x′)²
    largest: float = 0.0

    def __iadd__(self, other):
        for name in (f.name for f in fields(self) if f.name != "largest"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.largest = max(self.largest, other.largest)
        return self

    def figures(self):
        """As a report says it."""
        errors = [self.largest, self.mse(), self.sqnr_db()] if self.values else [None] * 3
        row = dict(zip(ERRORS, errors)) | {name: getattr(self, name) for name in (*COUNTS, "bytes")}
        return {name: row[name] for name in FIELDS}

    def mse(self):
        try:
            return float(self.noise / self.values)
        except OverflowError:  # of FP64, whose squares leave its range
            return "Infinity"

    def sqnr_db(self):
        if self.noise == 0:
            return "Infinity"
        return 10 * log10(self.signal / self.noise) + 0.0


def log10(fraction):
    """Of a positive fraction of any size."""
    try:
        return math.log10(fraction)
    except OverflowError:
        return math.log10(fraction.numerator) - math.log10(fraction.denominator)


# Counting.


def measure(x, y, stopped, small, times=None):
    """The tally of values x, which became y: `stopped` at the largest code, or with `small` codes."""
    count = lambda mask: int(np.count_nonzero(mask) if times is None else times[mask].sum())
    before, after = np.isfinite(x), np.isfinite(y)
    if before.all() and after.all():
        finite, over, small = slice(None), stopped, small & (y != 0)
    else:
        finite = before & after
        over, small = before & (stopped | ~after), small & (y != 0) & after
    tally = Tally(count(y == x), count(over), count((y == 0) & (x != 0)), count(small))
    x, y, times = x[finite], y[finite], times if times is None else times[finite]
    if x.size:
        error = x - y
        tally.values = x.size if times is None else int(times.sum())
        tally.largest = float(np.abs(error).max())
        tally.signal, tally.noise = squares(x, times), squares(error, times)
    return tally


def squares(values, times):
    """Σ times · values², as a fraction."""
    largest = max(values.max(), -values.min())
    exponent = int(np.frexp(largest)[1])
    exponent = exponent if abs(exponent) > 400 else 0
    scaled = np.ldexp(values, -exponent) if exponent else values
    terms = scaled * scaled
    sum_ = Fraction(float(np.sum(terms if times is None else terms * times)))
    return sum_ * Fraction(4) ** exponent


# Rounding.


def nearest(values, info):
    """Nearest numbers of a format without a largest one, ties to even. Infinities come out as NaN."""
    step = step_of(values, info)
    return np.rint(values / step) * step


def nearest_away(values, info):
    """The same with ties away from zero."""
    step = step_of(values, info)
    steps = np.abs(values) / step
    whole = np.floor(steps)
    return np.copysign((whole + (steps - whole >= 0.5)) * step, values)


def step_of(values, info):
    """Distance of a format's numbers in the binade of each value."""
    word, mask = (np.uint32, 0x7F800000) if values.dtype == F32 else (np.uint64, 0x7FF0000000000000)
    binade = (values.view(word) & word(mask)).view(values.dtype)
    return np.maximum(binade, 2.0 ** (1 - info.bias)) * 2.0 ** (1 - info.precision)


def element(key, x, saturate=False):
    """A cast without scale: x′, where it stopped, where it is subnormal."""
    info = ELEMENTS[key].info
    y = (nearest_away if key == "tf32" else nearest)(x, info)
    stopped = np.abs(y) > info.max
    beyond = np.inf if info.num_posinfs else np.nan
    if saturate and key.startswith("f8"):
        beyond = info.max
    left = stopped | np.isinf(x)
    if left.any():
        y = np.where(left, np.copysign(beyond, x), y)
    return y, stopped, np.abs(y) < 2.0 ** (1 - info.bias)


# Codes of quotients: the code, where it was stopped at the largest, where it is subnormal.


def float_codes(info, quotients):
    codes = nearest(quotients, info)
    stopped = np.abs(codes) > info.max
    codes = np.clip(codes, -info.max, info.max)
    return codes, stopped, np.abs(codes) < 2.0 ** (1 - info.bias)


def integer_codes(low, high, quotients):
    codes = np.rint(quotients)
    stopped = (codes < low) | (codes > high)
    return np.clip(codes, low, high), stopped, np.zeros(codes.shape, bool)


def nf4_codes(quotients):
    """The nearest level; in a tie the lower one."""
    none = np.zeros(quotients.shape, bool)
    return NF4[np.searchsorted(MIDDLES, quotients, side="left")], none, none


# Casts with scales. `groups` is [rows, groups of a row, elements of a group], `amax` broadcasts to it.


def by_scale(groups, scales, amax, codes):
    """FP32 quotients and products; a scale of zero gives zeros, an amax that is no number NaN."""
    found, stopped, small = codes(groups / np.where(scales > 0, scales, F32(np.inf)))
    return spoil(found * scales, amax), stopped, small


def spoil(y, amax):
    good = np.isfinite(amax)
    return y if good.all() else np.where(good, y, np.nan)


def real_scale(divisor, codes):
    return lambda groups, amax: by_scale(groups, amax / F32(divisor), amax, codes)


def nvfp4(whole):
    """With the tensor's amax."""
    tensor_scale = whole / F32(6 * 448)
    six = F32(6) * tensor_scale
    codes = lambda quotients: float_codes(E2M1, quotients)

    def cast(groups, amax):
        quotients = np.divide(amax, six, out=np.zeros_like(amax), where=amax != 0)
        scales = np.clip(np.where(np.isinf(quotients), F32(448), nearest(quotients, E4M3)), 0, F32(448))
        return by_scale(groups, scales * tensor_scale, np.where(np.isfinite(whole), amax, whole), codes)

    return cast


def power_of_two(key):
    name, emax = MX[key]

    def codes(q):
        if name:
            return float_codes(FORMATS[name].info, q)
        found, stopped, small = integer_codes(-127, 127, q * 64)
        return found / 64, stopped, small

    def cast(groups, amax):
        k = np.clip(np.frexp(amax)[1] - 1 - emax, -127, 127)
        scales = np.ldexp(1.0, k)
        found, stopped, small = codes(groups / scales)
        return spoil(found * scales, amax), stopped, small

    return cast


# Tensors.


def matrix(shape):
    """Rows and columns: a row is a line along the last axis of more than one element."""
    shape = list(shape)
    while shape and shape[-1] == 1:
        shape.pop()
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


def chunks(rows, columns):
    """Slices of rows and columns; a chunk holds whole rows or begins at a multiple of 128."""
    band = max(1, CHUNK // (columns + -columns % 128))
    for top in range(0, rows, band):
        for left in range(0, columns, CHUNK):
            yield slice(top, min(rows, top + band)), slice(left, min(columns, left + CHUNK))


def grouped(values, width):
    """[rows, columns] as [rows, groups, width], padded with zeros."""
    if missing := -values.shape[1] % width:
        values = np.pad(values, ((0, 0), (0, missing)))
    return values.reshape(len(values), -1, width)


def largest(groups):
    """amax of each group: NaN or infinite where a group holds such."""
    return np.maximum(groups.max(axis=2, keepdims=True), -groups.min(axis=2, keepdims=True))


def carry_out(values, cast, width=None, amax=None, dtype=F32):
    """The tally of a cast in groups of `width` columns (None: whole rows).

    `amax` gives that of a chunk's groups; None: what they hold.
    """
    found = Tally()
    for place in chunks(*values.shape):
        x = values[place]
        with np.errstate(over="ignore"):
            groups = grouped(x.astype(dtype, copy=False), width or x.shape[1])
        of_groups = largest(groups) if amax is None else amax(*place)
        flat = lambda part: part.reshape(len(x), -1)[:, : x.shape[1]]
        y, stopped, small = map(flat, cast(groups, of_groups))
        found += measure(x, y.astype(np.float64, copy=False), stopped, small)
    return found


def group_maxima(values):
    """FP32 amax of each row's groups of 128."""
    found = np.zeros((values.shape[0], -(-values.shape[1] // 128)), F32)
    for rows, columns in chunks(*values.shape):
        with np.errstate(over="ignore"):
            groups = grouped(values[rows, columns].astype(F32), 128)
        found[rows, columns.start // 128 : -(-columns.stop // 128)] = largest(groups)[..., 0]
    return found


def scaled(values):
    """Tallies of the casts with scales of a matrix of doubles."""
    in_groups = group_maxima(values)
    in_rows, whole = in_groups.max(axis=1), in_groups.max()
    in_squares = np.maximum.reduceat(in_groups, np.arange(0, len(values), 128), axis=0)

    def squares_of(rows, columns):
        down, right = np.arange(rows.start, rows.stop) // 128, slice(columns.start // 128, -(-columns.stop // 128))
        return in_squares[down, right, None]

    of_row = lambda rows, columns: in_rows[rows, None, None]
    e4m3 = real_scale(448, lambda q: float_codes(E4M3, q))
    yield "f8_e4m3/tensor", carry_out(values, e4m3, amax=lambda *place: whole)
    yield "f8_e4m3/row", carry_out(values, e4m3, amax=of_row)
    yield "f8_e4m3/128x128", carry_out(values, e4m3, 128, squares_of)
    for key in MX:
        yield key, carry_out(values, power_of_two(key), 32, dtype=np.float64)
    yield "nvfp4", carry_out(values, nvfp4(whole), 16)
    yield "int8/row", carry_out(values, real_scale(127, lambda q: integer_codes(-128, 127, q)), amax=of_row)
    yield "int4/128", carry_out(values, real_scale(7, lambda q: integer_codes(-8, 7, q)), 128)
    yield "nf4/64", carry_out(values.reshape(1, -1), real_scale(1, nf4_codes), 64)


def elements(fmt, codes, saturate):
    """Tallies of the casts without scale; for formats of at most 16 bits by distinct codes."""
    if fmt.bits <= 16:
        unique, times = expected.census(fmt, codes)
        parts = [(formats.decode(fmt, unique), times)]
    else:
        parts = [(formats.decode(fmt, codes[at : at + CHUNK]), None) for at in range(0, len(codes), CHUNK)]
    for key in ELEMENTS:
        tally = Tally()
        for x, times in parts:
            tally += measure(x, *element(key, x, saturate), times)
        yield key, tally


def stored(key, rows, columns):
    """Bytes of a cast's codes and scales; nothing takes nothing."""
    n, groups = rows * columns, lambda width: rows * -(-columns // width)
    if n == 0:
        return 0
    whole = {"tf32": 4 * n, "f16": 2 * n, "bf16": 2 * n}
    scales = {
        "f8_e4m3/tensor": 4, "f8_e4m3/row": 4 * rows, "f8_e4m3/128x128": 4 * -(-rows // 128) * -(-columns // 128),
        **dict.fromkeys(MX, groups(32)), "nvfp4": groups(16) + 4, "int8/row": 4 * rows, "int4/128": 2 * groups(128),
        "nf4/64": 4 * -(-n // 64),
    }  # fmt: skip
    bits = {"mxfp6_e2m3": 6, "mxfp6_e3m2": 6, "mxfp4": 4, "nvfp4": 4, "int4/128": 4, "nf4/64": 4}
    return whole.get(key, -(-n * bits.get(key, 8) // 8) + scales.get(key, 0))


def tallies(t, saturate=False):
    """A tally for each key, or None for a tensor whose dtype is not cast."""
    fmt = t.format
    if fmt.kind != "float" or not fmt.info.is_signed:
        return None
    codes = formats.unpack(fmt, t.data)
    rows, columns = matrix(t.shape)
    if rows * columns == 0:
        return {key: Tally() for key in KEYS}
    with np.errstate(all="ignore"):
        found = dict(elements(fmt, codes, saturate))
        found |= scaled(formats.decode(fmt, codes).reshape(rows, columns))
    for key, tally in found.items():
        tally.bytes = stored(key, rows, columns)
    assert list(found) == KEYS
    return found


def figures(found):
    """What a report says of tallies: {key: {field: figure}}, or None."""
    return None if found is None else {key: tally.figures() for key, tally in found.items()}


def add(sums, found):
    """Adds a tensor's tallies to a checkpoint's, which hold no key before the first."""
    for key, tally in (found or {}).items():
        sums.setdefault(key, Tally())
        sums[key] += tally
