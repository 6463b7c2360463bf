"""Exact power sums and the moments that follow from them.

Every finite value is an integer m times 2^e. Sums of mᵏ for each e are taken
in integers, so nothing is rounded before the last step; cancellation cannot
hurt, and neither overflow nor underflow exists.
"""

from math import isqrt

import numpy as np

POWERS = (1, 2, 3, 4)


class Sums:
    """Σxᵏ for k = 1…4 and Σ|x|, as integers in units of 2^(k·unit)."""

    def __init__(self, count, unit, powers, absolute):
        self.count, self.unit = count, unit
        self.s1, self.s2, self.s3, self.s4 = powers
        self.absolute = absolute


def of_integers(values, counts=None):
    """Sums of integers of any size."""
    return _gather(np.zeros(len(values), np.int64), _object_sums(values, counts), len(values), counts)


def of_floats(values, counts=None):
    """Sums of finite f64 values, each taken `counts` times.

    Values of at most 24 significant bits (f32 and narrower) go through a
    vectorised path, so that tens of millions are seconds.
    """
    fractions, exponents = np.frexp(values)
    narrow = fractions * 2.0**24
    if np.array_equal(narrow, np.trunc(narrow)):
        return _gather(exponents - 24, _limb_sums(narrow, counts), len(values), counts)
    wide = (fractions * 2.0**53).astype(np.int64)
    return _gather(exponents - 53, _object_sums(wide, counts), len(values), counts)


def _gather(exponents, sums_by_group, length, counts):
    """Adds up groups of equal exponent; `sums_by_group(index, groups)` gives [Σm, Σm², Σm³, Σm⁴, Σ|m|] of each."""
    groups, index = np.unique(exponents, return_inverse=True)
    unit = int(groups[0]) if len(groups) else 0
    totals = [0] * 5
    for exponent, sums in zip(groups.tolist(), sums_by_group(index, len(groups))):
        for at, (sum_, power) in enumerate(zip(sums, (*POWERS, 1))):
            totals[at] += int(sum_) << (power * (exponent - unit))
    count = length if counts is None else int(sum(counts.tolist()))
    return Sums(count, unit, totals[:4], totals[4])


def _object_sums(significands, counts):
    """Python integers: any size, some hundred thousand values a second."""

    def sums(index, groups):
        found = [[0] * 5 for _ in range(groups)]
        times = [1] * len(significands) if counts is None else counts.tolist()
        for group, m, c in zip(index.tolist(), significands.tolist(), times):
            row, square = found[group], m * m
            row[0] += c * m
            row[1] += c * square
            row[2] += c * square * m
            row[3] += c * square * square
            row[4] += c * abs(m)
        return found

    return sums


def _limb_sums(significands, counts):
    """Integers of at most 24 bits, whose powers are cut into 24-bit limbs.

    A limb's sum over 2^29 values stays below 2^53, so bincount's f64 is exact.
    """
    times = np.ones(len(significands)) if counts is None else counts.astype(np.float64)
    assert times.sum() < 2**29

    def sums(index, groups):
        m = np.abs(significands).astype(np.uint64)
        sign = np.where(significands < 0, -times, times)

        def add(limb, factor=times):
            return np.bincount(index, weights=limb.astype(np.float64) * factor, minlength=groups)

        def add_wide(product, factor=times):
            """Σ of 48-bit products, as Python integers."""
            high, low = add(product >> np.uint64(24), factor), add(product & np.uint64(0xFFFFFF), factor)
            return [(int(h) << 24) + int(l) for h, l in zip(high, low)]

        square = m * m
        high, low = square >> np.uint64(24), square & np.uint64(0xFFFFFF)
        cubes = zip(add_wide(m * high, sign), add_wide(m * low, sign))
        fourths = zip(add_wide(high * high), add_wide(high * low), add_wide(low * low))
        return zip(
            map(int, add(m, sign)),
            add_wide(square),
            ((h << 24) + l for h, l in cubes),
            ((hh << 48) + (hl << 25) + ll for hh, hl, ll in fourths),
            map(int, add(m)),
        )

    return sums


def moments(sums):
    """mean, std, rms, skewness and kurtosis, correctly rounded or nearly so, and the mean of |x|."""
    n, s1, s2, s3, s4 = sums.count, sums.s1, sums.s2, sums.s3, sums.s4
    if n == 0:
        return dict.fromkeys(["mean", "std", "rms", "skewness", "kurtosis", "mean_abs"])
    # n², n³ and n⁴ times the central moments.
    m2 = n * s2 - s1**2
    m3 = n**2 * s3 - 3 * n * s1 * s2 + 2 * s1**3
    m4 = n**3 * s4 - 4 * n**2 * s1 * s3 + 6 * n * s1**2 * s2 - 3 * s1**4
    skewness = root(m3**2, m2**3) * (-1 if m3 < 0 else 1) if m2 else None
    return {
        "mean": ratio(s1, n, sums.unit),
        "std": root(m2, n**2, sums.unit),
        "rms": root(s2, n, sums.unit),
        "skewness": skewness + 0.0 if m2 else None,
        "kurtosis": ratio(m4, m2**2) if m2 else None,
        "mean_abs": ratio(sums.absolute, n, sums.unit),
    }


def ratio(p, q, unit=0):
    """p/q · 2^unit, correctly rounded (Python's division of integers is)."""
    return (p << unit) / q if unit >= 0 else p / (q << -unit)


def root(p, q, unit=0):
    """√(p/q) · 2^unit, from at least 128 bits of the root."""
    shift = max(0, 256 - p.bit_length() + q.bit_length()) & ~1
    return ratio(isqrt((p << shift) // q), 1, unit - shift // 2)
