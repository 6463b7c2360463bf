"""Which factors turn one tensor into another: exact intervals of s with b = RNE(a·s), in integers.

For each pair the numbers that round to b lie between two midpoints; divided by |a| these bound
s. Quotients are compared as fractions where doubles cannot tell them apart. With a product
that is rounded to FP32 first, the midpoints are those of FP32 around the outermost FP32
numbers that become b.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from diff_rounding import beyond, has_infinity, has_nan, is_scale, largest
from formats import FORMATS

F32 = FORMATS["F32"]
NONE = np.int64(-1)  # significand of a bound that is none: infinity


@dataclass
class Bounds:
    """Magnitudes m·2^e of the ends of the numbers that become b, and whether the ends do, too."""

    low: tuple  # (m, e), arrays of integers
    low_in: np.ndarray
    high: tuple
    high_in: np.ndarray


def split(fmt, values):
    """Magnitudes as integers times the format's steps: |x| = m·2^e."""
    magnitudes = np.abs(values)
    precision, least = fmt.info.precision, 2 - fmt.info.bias - fmt.info.precision
    exponent = np.maximum(np.frexp(magnitudes)[1] - precision, least)
    exponent = np.where(magnitudes == 0, least, exponent).astype(np.int64)
    return np.ldexp(magnitudes, -exponent).astype(np.int64), exponent


def midpoints(fmt, values):
    """Bounds of what rounds to nearest even into each number of a format that is not NaN."""
    finite = np.isfinite(values)
    m, e = split(fmt, np.where(finite, values, 0.0))
    top_m, top_e = (part[0] for part in split(fmt, np.array([largest(fmt)])))
    at_power = (m == 1 << (fmt.info.precision - 1)) & (e > 2 - fmt.info.bias - fmt.info.precision)
    low = np.where(at_power, 4 * m - 1, 2 * m - 1), np.where(at_power, e - 2, e - 1)
    high, even = 2 * m + 1, m % 2 == 0
    zero, over = m == 0, ~finite
    low_m = np.where(over, 2 * top_m + 1, np.where(finite & zero, 0, low[0]))
    low_e = np.where(over, top_e - 1, low[1])
    endless = over | ((np.abs(values) == largest(fmt)) & ~(has_infinity(fmt) or has_nan(fmt)))
    low_in = np.where(over, top_m % 2 == 1, np.where(zero, False, even))
    return Bounds((low_m, low_e), low_in, (np.where(endless, NONE, high), e - 1), np.where(endless, True, even))


def midpoints_by_way_of_f32(fmt, values):
    """The same where the number is rounded to FP32 and then to the format."""
    if fmt.name == "F64":  # of which only FP32 numbers can come out
        return midpoints(F32, values)
    ends = midpoints(fmt, values)
    if fmt == F32:
        return ends
    low = np.ldexp(ends.low[0].astype(np.float64), ends.low[1]).astype(np.float32)
    high = np.ldexp(ends.high[0].astype(np.float64), ends.high[1]).astype(np.float32)
    zero = ends.low[0] == 0
    low = np.where(ends.low_in | zero, low, np.nextafter(low, np.float32(np.inf)))
    high = np.where(ends.high_in, high, np.nextafter(high, np.float32(0)))
    high = np.where(ends.high[0] == NONE, np.float32(np.inf), high)
    outer, inner = midpoints(F32, high.astype(np.float64)), midpoints(F32, low.astype(np.float64))
    inner.low = np.where(zero, 0, inner.low[0]), inner.low[1]
    return Bounds(inner.low, np.where(zero, False, inner.low_in), outer.high, outer.high_in)


def interval(source, target, a, b, by_way_of_f32=False, least=2):
    """(sign, low, whether low belongs to it, high, whether high does) of all s, in fractions; None where there is none."""
    sign = sign_of(target, a, b, least)
    if sign is None:
        return None
    finite = np.isfinite(a) & (a != 0)
    a, b = a[finite], b[finite]
    if by_way_of_f32 and target.name == "F64" and not np.array_equal(b, b.astype(np.float32), equal_nan=True):
        return None
    ends = (midpoints_by_way_of_f32 if by_way_of_f32 else midpoints)(target, b)
    m, e = split(FORMATS["F64"], a)
    low, low_in = extreme(ends.low, ends.low_in, m, e, of_lows=True)
    bounded = ends.high[0] != NONE
    if not bounded.any():
        return sign, low, low_in, None, False
    upper = ends.high[0][bounded], ends.high[1][bounded]
    high, high_in = extreme(upper, ends.high_in[bounded], m[bounded], e[bounded], of_lows=False)
    if low > high or (low == high and not (low_in and high_in)):
        return None
    return sign, low, low_in, high, high_in


def sign_of(target, a, b, least=2):
    """+1 or −1 where zeros stay zeros, what is not finite stays so and signs all stay or turn; else None."""
    if is_scale(target) or np.count_nonzero(multiplied(a, b)) < least:
        return None
    with np.errstate(invalid="ignore"):
        turned = np.signbit(a) != np.signbit(b)
    no_number = np.isnan(b) if has_nan(target) else b == largest(target)
    if not no_number[np.isnan(a)].all() or (np.isnan(b) & np.isfinite(a) & has_infinity(target)).any():
        return None
    if (b[a == 0] != 0).any() or not unlimited(target, b[np.isinf(a)]):
        return None
    signed = ~np.isnan(a) & ~np.isnan(b) & (target.info.has_nz | (b != 0))
    if not turned[signed].any():
        return 1
    return -1 if turned[signed].all() else None


def multiplied(a, b):
    """Pairs that are finite and not zero."""
    return (a != 0) & np.isfinite(a) & (b != 0) & np.isfinite(b)


def unlimited(target, b):
    """Whether these are what infinities become."""
    if has_infinity(target):
        return np.isinf(b).all()
    return np.isnan(b).all() if has_nan(target) else (np.abs(b) == largest(target)).all()


def extreme(ends, included, m, e, of_lows):
    """The largest of the low ends over |a|, or the smallest of the high ones, and whether it belongs to the interval."""
    at = contenders(ends[0] / m, ends[1] - e, of_lows)
    close = np.unique(np.stack([ends[0][at], m[at], ends[1][at] - e[at], included[at]]), axis=1)
    found = None
    for numerator, denominator, exponent, inside in close.T.tolist():
        value = Fraction(numerator, denominator) * Fraction(2) ** exponent
        inside = bool(inside)
        if found is None or (value > found[0] if of_lows else value < found[0]):
            found = value, inside
        elif value == found[0]:
            found = value, found[1] and inside
    return found


def contenders(quotients, exponents, of_lows):
    """Places whose quotient·2^exponent may be the extreme one: within 2^-49 of it."""
    fractions, more = np.frexp(quotients)
    exponents = np.where(fractions == 0, -(10**6), exponents + more)
    reference = exponents.max() if of_lows else exponents.min()
    scaled = np.ldexp(fractions, np.clip(exponents - reference, -900, 900))
    limit = scaled.max() * (1 - 2.0**-49) if of_lows else scaled.min() * (1 + 2.0**-49)
    return np.flatnonzero(scaled >= limit if of_lows else scaled <= limit)


# Ends in doubles.


def double_from(value, included, up):
    """The double nearest to a positive fraction from above (`up`) or below; itself only if it is included."""
    toward = math.inf if up else 0.0
    try:
        found = value.numerator / value.denominator
    except OverflowError:
        return math.inf if up else math.nextafter(math.inf, 0)
    if math.isinf(found):
        return found if up else math.nextafter(math.inf, 0)
    misses = lambda x: Fraction(x) < value if up else Fraction(x) > value
    if misses(found) or (Fraction(found) == value and not included):
        found = math.nextafter(found, toward)
    return found


def factor(source, target, a, b, by_way_of_f32=False, least=2):
    """{"low", "high", "bits"}: the doubles that are factors of a pair, from the lowest to the highest; None where none is.

    An end is infinite where a product can't be too large; `bits` are those of the shortest number between.
    """
    with np.errstate(all="ignore"):
        found = interval(source, target, a, b, by_way_of_f32, least)
    if found is None:
        return None
    sign, low, low_in, high, high_in = found
    least = double_from(low, low_in, up=True) or 5e-324
    most = math.inf if high is None else double_from(high, high_in, up=False)
    if not 0 < least < math.inf or least > most or (sign > 0 and least <= 1 <= most):
        return None
    bits = fewest_bits(least, most)
    if by_way_of_f32 and not holds_f32(least, most):
        return None
    return {"low": min(sign * least, sign * most), "high": max(sign * least, sign * most), "bits": bits}


def fewest_bits(low, high):
    """Significant bits of the shortest number between two positive doubles."""
    for bits in range(1, 54):
        step = Fraction(2) ** (math.frexp(low)[1] - bits)
        if math.isinf(high) or math.ceil(Fraction(low) / step) * step <= Fraction(high):
            return bits
    raise AssertionError((low, high))


def holds_f32(low, high):
    """Whether an FP32 number lies between two positive doubles."""
    with np.errstate(over="ignore"):
        nearest = np.float32(low)
        above = nearest if float(nearest) >= low else np.nextafter(nearest, np.float32(np.inf))
    return float(above) <= high


def significant_bits(x):
    """Bits from the first to the last one of a double's significand."""
    whole = int(math.frexp(abs(x))[0] * 2**53)
    return 0 if whole == 0 else whole.bit_length() - ((whole & -whole).bit_length() - 1)


def carried_out(target, a, s, by_way_of_f32=False):
    """RNE(a·s) of every element, in integers: for making pairs and for trying what an interval says."""
    formats_ = [F32] * by_way_of_f32 + [target]
    return np.array([product(formats_, x, s) for x in a.tolist()])


def product(formats_, x, s):
    """One product without error, rounded into each of the formats."""
    target, sign = formats_[-1], math.copysign(1, x) * math.copysign(1, s)
    if math.isnan(x):
        return math.nan if has_nan(target) else largest(target)
    y = float(beyond(target)) if math.isinf(x) else magnitude(formats_, abs(x), abs(s))
    y = math.copysign(y, sign)
    return y if target.info.has_nz else y + 0.0


def magnitude(formats_, x, s):
    (m, d), (n, e) = x.as_integer_ratio(), s.as_integer_ratio()
    numerator, shift = m * n, (d * e).bit_length() - 1
    for fmt in formats_:
        numerator, shift = to_nearest(fmt, numerator, shift)
        top, over = largest(fmt).as_integer_ratio()
        if numerator * over > top << shift:
            return float(beyond(formats_[-1]))
    return numerator / (1 << shift)


def to_nearest(fmt, numerator, shift):
    """numerator · 2^-shift rounded to nearest even into a format without a largest number."""
    dropped = max(numerator.bit_length() - fmt.info.precision, shift + 2 - fmt.info.bias - fmt.info.precision)
    if dropped <= 0:
        return numerator, shift
    whole, rest = numerator >> dropped, numerator & ((1 << dropped) - 1)
    half = 1 << (dropped - 1)
    whole += rest > half or (rest == half and whole & 1)
    return whole << dropped, shift
