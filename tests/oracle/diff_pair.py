"""Two tensors side by side, element by element: numbers, which are equal, how many ULPs they are apart, in which rows they differ."""

from collections import Counter
from functools import cached_property

import numpy as np

import casts
import formats
from diff_looks import TILE
from diff_rounding import coarser, places, rounded
from formats import FORMATS


class Side:
    """The elements of one tensor: codes, numbers as doubles, and integers as integers."""

    def __init__(self, tensor, file):
        self.tensor, self.file = tensor, file
        self.fmt = FORMATS["F32"] if tensor.dtype == "C64" else tensor.format
        self.codes = formats.unpack(tensor.format, tensor.data)
        self.shape = [*tensor.shape, 2] if tensor.dtype == "C64" else list(tensor.shape)

    @property
    def is_float(self):
        return self.fmt.kind == "float"

    @cached_property
    def values(self):
        return formats.decode(self.fmt, self.codes)

    @cached_property
    def integers(self):
        """Integers of their own size; BOOL as 0 and 1."""
        return (self.codes != 0).astype(np.uint8) if self.fmt.kind == "bool" else self.codes.view(self.fmt.dtype)

    def describe(self):
        t = self.tensor
        return {"name": t.name, "dtype": t.dtype, "shape": list(t.shape), "file": self.file}


class Pair:
    """Two tensors of one shape, element by element."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.same_type = a.tensor.dtype == b.tensor.dtype
        self.floats = a.is_float and b.is_float

    @cached_property
    def equal(self):
        """Elements whose numbers are equal, exactly."""
        if self.floats:
            return self.a.values == self.b.values
        if self.a.is_float or self.b.is_float:
            floats, integers = (self.a, self.b) if self.a.is_float else (self.b, self.a)
            return float_is_integer(floats.values, integers.integers)
        return integers_equal(self.a.integers, self.b.integers)

    @cached_property
    def both_nan(self):
        return np.isnan(self.a.values) & np.isnan(self.b.values)

    @cached_property
    def apart(self):
        """Elements whose numbers differ."""
        return ~(self.equal | self.both_nan)

    @cached_property
    def differing(self):
        """Elements that differ in bits, between types in value."""
        return self.a.codes != self.b.codes if self.same_type else self.apart

    @cached_property
    def finite(self):
        return np.isfinite(self.a.values) & np.isfinite(self.b.values)

    def finite_values(self):
        return self.a.values[self.finite], self.b.values[self.finite]

    @cached_property
    def distances(self):
        """(ULPs where they are a number, "number", "inf" or "nan" as 0, 1, 2); None where there are none."""
        if self.floats:
            return float_distances(self.a, self.b)
        if self.a.is_float or self.b.is_float:
            return None
        return integer_distances(self.a.integers, self.b.integers)

    @cached_property
    def ulp(self):
        """The histogram."""
        if self.distances is None:
            return None
        distances, kinds = self.distances
        found = Counter()
        for distance, times in zip(*np.unique(distances[kinds == 0], return_counts=True)):
            found[bin_of(int(distance))] += int(times)
        found |= {name: int((kinds == kind).sum()) for kind, name in ((1, "inf"), (2, "nan")) if (kinds == kind).any()}
        return dict(found)

    @cached_property
    def rows(self):
        """How many there are, along the last axis of more than one element; None for less than two dimensions or one row."""
        rows = casts.matrix(self.a.tensor.shape)[0]
        return rows if len(self.a.tensor.shape) > 1 and rows != 1 else None

    @cached_property
    def row_differs(self):
        return self.differing.reshape(self.rows, -1).any(axis=1) if len(self.differing) else np.zeros(self.rows, bool)

    def distinct(self):
        """The numbers of both sides, each pair of codes once if there are many."""
        a, b = self.a, self.b
        if len(a.codes) < TILE or a.fmt.bits + b.fmt.bits > 64:
            return a.values, b.values
        word = np.uint32 if a.fmt.bits + b.fmt.bits <= 32 else np.uint64
        both = np.unique((a.codes.astype(word) << word(b.fmt.bits)) | b.codes)
        parts = both >> word(b.fmt.bits), both & word((1 << b.fmt.bits) - 1)
        return tuple(formats.decode(side.fmt, part.astype(side.codes.dtype)) for side, part in zip((a, b), parts))

    @property
    def identical(self):
        return self.same_type and bytes(self.a.tensor.data) == bytes(self.b.tensor.data)


# Elements.


def float_is_integer(floats, integers):
    """Whether a double and an integer are one number, exactly."""
    info = np.iinfo(integers.dtype)
    within = (floats >= float(info.min)) & (floats < float(info.max) + (info.bits < 64)) & (floats == np.trunc(floats))
    return within & (np.where(within, floats, 0).astype(integers.dtype) == integers)


def integers_equal(a, b):
    return (a == b) & ((a < 0) == (b < 0))


def integer_distances(a, b):
    if max(a.itemsize, b.itemsize) < 8:
        found = np.abs(a.astype(np.int64) - b.astype(np.int64))
    else:
        found = np.abs(a.astype(object) - b.astype(object))
    return found, np.zeros(len(found), np.uint8)


def float_distances(a, b):
    """Distances in the coarser type, into which the finer side is rounded."""
    fmt = coarser(a.fmt, b.fmt)
    with np.errstate(all="ignore"):
        x, y = (side.values if side.fmt == fmt else rounded(fmt, side.values) for side in (a, b))
    # A format without NaN or infinity takes its largest number for them, from which they are still told apart.
    sides = (x, y) if fmt.info.num_nans else (a.values, b.values)
    one_nan = np.isnan(sides[0]) != np.isnan(sides[1])
    infinite = (np.isinf(sides[0]) | np.isinf(sides[1])) & (sides[0] != sides[1])
    numbers = ~(one_nan | infinite) & np.isfinite(x) & np.isfinite(y)
    p, q = (places(fmt, np.where(numbers, side, 0.0)) for side in (x, y))
    apart = np.where(np.signbit(x) == np.signbit(y), np.maximum(p, q) - np.minimum(p, q), p + q)
    kinds = np.where(one_nan, 2, np.where(infinite, 1, 0)).astype(np.uint8)
    return np.where(numbers, apart, np.uint64(0)), kinds


def bin_of(distance):
    """The bin's name: "0", "1", "2", "3-4", "5-8", …"""
    if distance <= 2:
        return str(distance)
    top = 1 << (distance - 1).bit_length()
    return f"{top // 2 + 1}-{top}"
