"""What can happen to FP32 values before they are stored: the histories of `histories.py`.

Element types are those of NumPy and ml_dtypes. Scales are ours; MX blocks are held
against gfloat by `differences_from_gfloat`. Quantisers return the values that come back,
in FP32 as dequantisers compute them, and the scale of every element.
"""

import ml_dtypes as ml
import numpy as np
from gfloat import block as gfloat_block
from gfloat import compute_scale_amax
from gfloat import formats as gf
from gfloat import quantize_block

F32 = np.float32

# The largest finite value of each element type; NumPy's own for binary16.
LARGEST = {
    "f8_e4m3": (ml.float8_e4m3fn, 448.0), "f8_e5m2": (ml.float8_e5m2, 57344.0),
    "f6_e2m3": (ml.float6_e2m3fn, 7.5), "f6_e3m2": (ml.float6_e3m2fn, 28.0), "f4_e2m1": (ml.float4_e2m1fn, 6.0),
}  # fmt: skip


def cast(name, values):
    """Rounded to nearest even in an element type, clamped to its range."""
    dtype, largest = LARGEST[name]
    return np.clip(values, -largest, largest).astype(F32).astype(dtype).astype(F32)


def bf16(values):
    return values.astype(ml.bfloat16).astype(F32)


def bf16_truncated(values):
    bits = values.astype(F32).view(np.uint32) & np.uint32(0xFFFF0000)
    return bits.view(F32)


def bf16_stochastic(rng, values):
    """Up with the probability that the dropped bits say."""
    noise = rng.integers(0, 1 << 16, values.shape, np.uint32)
    return bf16_truncated((values.view(np.uint32) + noise).view(F32))


def f16(values):
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(F32)


def f16_truncated(values):
    rounded = f16(values)
    inward = np.nextafter(rounded.astype(np.float16), np.float16(0)).astype(F32)
    return np.where(np.abs(rounded) > np.abs(values), inward, rounded)


def f16_stochastic(rng, values):
    """To one of the two neighbours, the nearer one more often."""
    low = f16_truncated(values)
    away = np.copysign(np.float16(np.inf), values).astype(np.float16)
    high = np.nextafter(low.astype(np.float16), away).astype(F32)
    return np.where(rng.random(values.shape) < (values - low) / (high - low), high, low)


def f16_flushed(values):
    """FP16 on hardware that flushes subnormal results to zero."""
    rounded = f16(values)
    return np.where(np.abs(rounded) < F32(2.0**-14), F32(0), rounded)


def tf32(values):
    """Ten bits of mantissa, ties away from zero, as the hardware converts."""
    bits = (values.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)
    return bits.view(F32)


# How values are stored in the end: rounded to nearest even.
STORAGES = {
    "BF16": lambda values: values.astype(ml.bfloat16),
    "F16": lambda values: values.astype(np.float16),
    "F32": lambda values: values.astype(np.float32),
    "F64": lambda values: values.astype(np.float64),
    "F8_E4M3": lambda values: np.clip(values, -448, 448).astype(ml.float8_e4m3fn),
}


# Groups: how the elements of a matrix share scales. Everything is padded with zeros
# to whole groups, which changes no largest absolute value.


def group_shape(granularity, rows, columns):
    """Rows and columns of one group."""
    named = {"tensor": (rows, columns), "row": (1, columns), "column": (rows, 1)}
    if granularity in named:
        return named[granularity]
    if "x" in granularity:
        side = int(granularity.split("x")[0])
        return min(side, rows), min(side, columns)
    return 1, min(int(granularity), columns)


def grouped(values, shape):
    """The matrix as [bands, rows of a group, groups of a band, columns of a group]."""
    (rows, columns), (high, wide) = values.shape, shape
    padded = np.pad(values, ((0, -rows % high), (0, -columns % wide)))
    return padded.reshape(padded.shape[0] // high, high, padded.shape[1] // wide, wide)


def ungrouped(groups, shape):
    flat = groups.reshape(groups.shape[0] * groups.shape[1], -1)
    return np.ascontiguousarray(flat[: shape[0], : shape[1]])


def by_group(values, granularity, quantise):
    """Applies `quantise(groups) -> (values, scales)` over groups and undoes the grouping."""
    shape = group_shape(granularity, *values.shape)
    back, scales = quantise(grouped(values, shape))
    scales = np.broadcast_to(scales, back.shape)
    return ungrouped(back, values.shape), ungrouped(scales, values.shape)


def _largest(groups):
    return np.abs(groups).max(axis=(1, 3), keepdims=True)


def _ratio(groups, scales):
    return np.divide(groups, scales, out=np.zeros_like(groups), where=scales > 0)


def scaled_float(name, factor=1.0, keep=lambda scales: scales):
    """FP8 with a scale of amax over the largest code times `factor`; `keep` rounds the scales."""

    def quantise(groups):
        scales = keep((_largest(groups) * F32(factor / LARGEST[name][1])).astype(F32))
        return cast(name, _ratio(groups, scales)) * scales, scales

    return quantise


def integer(bits, keep=lambda scales: scales, factor=1.0):
    """Symmetric: codes of ± 2^(bits-1) − 1 and a scale of amax over the largest times `factor`."""
    top = F32(2 ** (bits - 1) - 1)

    def quantise(groups):
        scales = keep(_largest(groups) / top * F32(factor))
        codes = np.clip(np.rint(_ratio(groups, scales)), -top - 1, top)
        return codes * scales, scales

    return quantise


def asymmetric(bits, keep=lambda scales: scales):
    """Codes 0 … 2^bits − 1 with a scale and an integer zero point; the range holds zero."""
    top = F32(2**bits - 1)

    def quantise(groups):
        low = np.minimum(groups.min(axis=(1, 3), keepdims=True), 0)
        high = np.maximum(groups.max(axis=(1, 3), keepdims=True), 0)
        scales = keep(((high - low) / top).astype(F32))
        zero = np.rint(_ratio(-low, scales))
        codes = np.clip(np.rint(_ratio(groups, scales)) + zero, 0, top)
        return (codes - zero) * scales, scales

    return quantise


def to_power_of_two(scales):
    """Up to the next power of two, as scales of exponents alone are made."""
    _, exponents = np.frexp(scales)
    return np.where(scales > 0, np.ldexp(F32(1), exponents), F32(0)).astype(F32)


def power_of_two(name, emax):
    """The OCP rule: a scale of 2^(⌊log2 amax⌋ − emax), values clamp."""

    def quantise(groups):
        _, exponents = np.frexp(_largest(groups))
        scales = np.ldexp(F32(1), np.clip(exponents - 1 - emax, -126, 127)).astype(F32)
        scales = np.where(_largest(groups) > 0, scales, F32(0))
        return cast(name, _ratio(groups, scales)) * scales, scales

    return quantise


MX = {
    "mxfp8_e4m3": ("f8_e4m3", 8), "mxfp8_e5m2": ("f8_e5m2", 15), "mxfp6_e2m3": ("f6_e2m3", 2),
    "mxfp6_e3m2": ("f6_e3m2", 4), "mxfp4": ("f4_e2m1", 2),
}  # fmt: skip


def mx(name, values):
    return by_group(values, "32", power_of_two(*MX[name]))


def nvfp4(values):
    """Blocks of 16 with an E4M3 scale, and one FP32 scale for the tensor."""
    whole = F32(np.abs(values).max() / (6 * 448)) or F32(1)

    def quantise(groups):
        blocks = cast("f8_e4m3", _largest(groups) / (6 * whole))
        scales = blocks * whole
        return cast("f4_e2m1", _ratio(groups, scales)) * scales, scales

    return by_group(values, "16", quantise)


# bitsandbytes' book: quantiles of a normal distribution, scaled to ± 1.
NF4 = np.array([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
], F32)  # fmt: skip


def nf4(values):
    """Blocks of 64 of the flattened tensor, scaled by their largest absolute value."""
    middles = (NF4[1:] + NF4[:-1]) / 2

    def quantise(groups):
        scales = _largest(groups)
        codes = np.searchsorted(middles, _ratio(groups, scales))
        return NF4[codes] * scales, scales

    back, scales = by_group(values.reshape(1, -1), "64", quantise)
    return back.reshape(values.shape), scales.reshape(values.shape)


def differences_from_gfloat(rng):
    """Blocks that gfloat quantises otherwise, one line each."""
    for name in MX:
        info = getattr(gf, f"format_info_{name}" if name != "mxfp4" else "format_info_mxfp4_e2m1")
        assert isinstance(info, gfloat_block.BlockFormatInfo) and info.k == 32
        blocks = (0.02 * rng.standard_normal((40, 32)) * 2.0 ** rng.integers(-9, 9, (40, 1))).astype(F32)
        for ours, block in zip(mx(name, blocks)[0], blocks):
            # gfloat saturates scaled values only when they are encoded.
            theirs = quantize_block(info, block.astype(np.float64), compute_scale_amax)
            if not np.array_equal(ours, theirs):
                yield f"{name}: ours {ours[ours != theirs]}, gfloat {theirs[ours != theirs]}"
