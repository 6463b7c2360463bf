"""Rounding of doubles into every format in every way that a comparison knows, and what lies where in a format.

A number is a double, exactly; rounding it once is `casts.nearest` and its kin, which selftest.py
holds against gfloat. Written from "Differences" in docs/how-it-knows.md and "Rounding" in docs/formats.md.
"""

import numpy as np

import casts
import formats
from formats import FORMATS, TF32

MODES = ("nearest_even", "toward_zero", "ties_away")
FLOATS = [fmt for fmt in FORMATS.values() if fmt.kind == "float"]


def is_scale(fmt):
    """E8M0: powers of two, no sign, no zero."""
    return not fmt.info.is_signed


def smallest_normal(fmt):
    return 2.0 ** (1 - fmt.info.bias)


def largest(fmt):
    return float(fmt.info.max)


def has_infinity(fmt):
    return fmt.info.num_posinfs > 0


def has_nan(fmt):
    return fmt.info.num_nans > 0


def beyond(fmt):
    """What lies beyond the largest number: infinity, NaN, or the largest where there is neither."""
    return np.inf if has_infinity(fmt) else np.nan if has_nan(fmt) else largest(fmt)


def rounded(fmt, x, mode="nearest_even", saturate=False, flush=False):
    """Numbers of a format, as doubles; NaN is NaN, or the largest in a format without one."""
    if is_scale(fmt):
        return powers_of_two(x, mode, saturate)
    y = on_grid(fmt, x, mode)
    top = largest(fmt)
    finite = np.isfinite(x)
    if mode == "toward_zero":
        y = np.where(finite, np.clip(y, -top, top), y)
    over = np.isinf(x) | (finite & (np.abs(y) > top))
    if over.any():
        y = np.where(over, np.copysign(top if saturate else beyond(fmt), x), y)
    if flush:
        y = np.where(np.abs(y) < smallest_normal(fmt), np.copysign(0.0, y), y)
    if not has_nan(fmt):
        y = np.where(np.isnan(x), top, y)
    return y if fmt.info.has_nz else y + 0.0  # −0 + 0 = +0


def on_grid(fmt, x, mode):
    """Multiples of the step that a format has where each number lies, as if it had no largest."""
    if fmt.name == "F64":
        return x.copy()
    if mode == "nearest_even":
        return casts.nearest(x, fmt.info)
    if mode == "ties_away":
        return casts.nearest_away(x, fmt.info)
    step = casts.step_of(x, fmt.info)
    return np.trunc(x / step) * step


def powers_of_two(x, mode, saturate):
    """E8M0: zero and what is negative become NaN, of two equally near powers the larger is taken."""
    fraction, exponent = np.frexp(x)  # fraction in [½, 1)
    up = (fraction >= 0.75) & (mode != "toward_zero")
    exponent = np.where(np.isfinite(x), exponent - 1 + up, 0)
    y = np.exp2(np.clip(exponent, -127, 127).astype(np.float64))
    over = np.isposinf(x) | (exponent > 127)
    if saturate or mode == "toward_zero":
        over_becomes = np.where(np.isposinf(x) & (not saturate), np.nan, 2.0**127)
    else:
        over_becomes = np.nan
    y = np.where(over, over_becomes, y)
    return np.where(np.isnan(x) | (x <= 0), np.nan, y)


def holds(big, small):
    """Whether a format has every number of another, infinities and −0 among them."""
    if has_infinity(small) > has_infinity(big) or small.info.has_nz > big.info.has_nz:
        return False
    if not is_scale(small) and is_scale(big):
        return False
    return (
        big.info.precision >= small.info.precision
        and least_exponent(big) <= least_exponent(small)
        and largest(big) >= largest(small)
    )


def least_exponent(fmt):
    """log₂ of the smallest positive number."""
    return -127 if is_scale(fmt) else 2 - fmt.info.bias - fmt.info.precision


def coarser(a, b):
    """The format whose ULPs are counted: by mantissa bits, exponent bits, largest number."""
    return min(a, b, key=lambda fmt: (fmt.mantissa_bits, fmt.exponent_bits, largest(fmt)))


def places(fmt, y):
    """Magnitude codes of finite numbers of a format."""
    magnitudes = np.abs(y)
    if fmt.bits <= 8:
        codes = np.arange(1 << (fmt.bits - fmt.sign_bits), dtype=np.uint8)
        table = formats.decode(fmt, codes)
        table = table[np.isfinite(table)]
        return np.searchsorted(table, magnitudes).astype(np.uint64)
    word = formats.code_type(fmt.part_bits)
    return magnitudes.astype(fmt.dtype).view(word).astype(np.uint64)


THROUGH = {
    "f16": FORMATS["F16"], "bf16": FORMATS["BF16"], "tf32": TF32,
    "f8_e4m3": FORMATS["F8_E4M3"], "f8_e5m2": FORMATS["F8_E5M2"],
    "f8_e4m3fnuz": FORMATS["F8_E4M3FNUZ"], "f8_e5m2fnuz": FORMATS["F8_E5M2FNUZ"],
    "f6_e2m3": FORMATS["F6_E2M3"], "f6_e3m2": FORMATS["F6_E3M2"], "f4": FORMATS["F4"],
}  # fmt: skip
CHAINED = ("f16", "bf16", "tf32")
