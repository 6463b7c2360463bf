"""What fixtures are made of: a generator for each tensor, bells of integers, codes of values."""

import numpy as np

import formats
from container import Tensor

SEED = 20240229


def generator(*key):
    """A generator of its own for each tensor, so that one more tensor changes no other."""
    return np.random.Generator(np.random.PCG64([SEED, *(ord(c) for c in "/".join(map(str, key)))]))


def bell(rng, count):
    """Nearly normal values of mean 0 and standard deviation 1: Irwin-Hall of order 12, exact in f64."""
    draws = rng.integers(0, 1 << 20, size=(count, 12), dtype=np.int64)
    return (draws.sum(axis=1) - 6 * (1 << 20)) / float(1 << 20)


def tensor(name, fmt, codes, shape=None):
    shape = [len(codes)] if shape is None else list(shape)
    return Tensor(name, fmt.name, shape, formats.pack(fmt, codes))


def encode(fmt, values):
    """Codes of f64 values, by the cast of NumPy or ml_dtypes."""
    if fmt.kind in ("bool", "unsigned", "signed"):
        return values.astype(fmt.dtype).view(formats.code_type(fmt.bits))
    if not fmt.info.is_signed:
        values = np.abs(values)
    with np.errstate(over="ignore"):
        return values.astype(fmt.dtype).view(formats.code_type(fmt.part_bits))


def whole_bytes(fmt, codes):
    """Repeats the last code until the tensor is a whole number of bytes and of elements."""
    step = 8 // np.gcd(8, fmt.bits) if fmt.bits < 8 else (2 if fmt.kind == "complex" else 1)
    return np.concatenate([codes, np.repeat(codes[-1:], -len(codes) % step)])
