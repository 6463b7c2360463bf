"""What a pair of floats that nothing explains looks like, by the table in docs/how-it-knows.md."""

import math

import numpy as np

import casts
from diff_rounding import coarser, is_scale

SAMPLE = 128
LEAST = 32  # rows and columns of a sample that tells anything
TILE = 4096


def looks(pair):
    """The first of the table that holds, with what belongs to it."""
    for test in (few_values, permuted_rows, few_rows, one_ulp, constant_factor, low_rank):
        found = test(pair)
        if found is not None:
            return {"like": test.__name__} | found
    return {"like": "different"}


def few_values(pair):
    differing = np.flatnonzero(pair.differing)
    if len(differing) > 10:
        return None
    found = {"values": len(differing)}
    if len(differing) == 1 and pair.same_type:
        bits = int(pair.a.codes[differing[0]]) ^ int(pair.b.codes[differing[0]])
        if bits.bit_count() == 1:
            found["bits_flipped"] = 1
    return found


def permuted_rows(pair):
    """The multiset of the rows that differ is one and the same; told by bits, so of one type."""
    if pair.rows is None or not pair.same_type:
        return None
    rows = np.flatnonzero(pair.row_differs)
    if len(rows) < 2:
        return None
    sides = [sorted(map(bytes, side.codes.reshape(len(pair.row_differs), -1)[rows])) for side in (pair.a, pair.b)]
    return {"rows": len(rows)} if sides[0] == sides[1] else None


def few_rows(pair):
    if pair.rows is None or len(pair.row_differs) < 20:
        return None
    differing = int(pair.row_differs.sum())
    return {"rows": differing} if 10 * differing <= len(pair.row_differs) else None


def one_ulp(pair):
    return {} if set(pair.ulp) <= {"0", "1"} else None


def constant_factor(pair):
    a, b = pair.finite_values()
    precision = coarser(pair.a.fmt, pair.b.fmt).info.precision
    if not a.any() or not b.any() or precision == 53:
        return None
    (a, ea), (b, eb) = scale_down(a, b)
    factor = math.fsum(a * b) / math.fsum(a * a)
    # √(1 − cos²) is what is left of b without its share along a.
    rest = math.sqrt(math.fsum((b - factor * a) ** 2) / math.fsum(b * b))
    with np.errstate(over="ignore"):
        factor = float(np.ldexp(factor, eb - ea))
    if abs(factor - 1) < 4 * 2.0**-precision or rest > 2 * 2.0**-precision:
        return None
    return {"factor": factor}


def scale_down(*arrays):
    """Arrays times one power of two each, so that squares stay in the range of doubles."""
    for values in arrays:
        exponent = int(np.frexp(np.abs(values).max(initial=0.0))[1])
        yield np.ldexp(values, -exponent), exponent


def low_rank(pair):
    if pair.rows is None:
        return None
    sides = [side.values.reshape(pair.rows, -1) for side in (pair.a, pair.b)]
    at = np.ix_(*map(evenly, sides[0].shape))
    a, b = (side[at] for side in sides)
    m, n = a.shape
    fmt = coarser(pair.a.fmt, pair.b.fmt)
    if min(m, n) < LEAST or is_scale(fmt) or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    steps = casts.step_of(b, fmt.info)[in_differing_tiles(pair).reshape(pair.rows, -1)[at]]
    limit = 1.2 * math.sqrt(np.mean(steps**2) / 12) * (math.sqrt(m) + math.sqrt(n))
    rank = int((np.linalg.svd(b - a, compute_uv=False) > limit).sum())
    return {"rank": rank, "sampled": [m, n]} if 1 <= rank <= min(m, n) / 3 else None


def in_differing_tiles(pair):
    starts = np.arange(0, len(pair.differing), TILE)
    return np.repeat(np.logical_or.reduceat(pair.differing, starts), TILE)[: len(pair.differing)]


def evenly(count):
    """At most SAMPLE of so many, evenly spaced."""
    kept = min(count, SAMPLE)
    return np.arange(kept) * count // max(kept, 1)
