"""What `floatscope diff` must say of two safetensors checkpoints, computed independently of it.

Written from docs/diff.md and "Differences" in docs/how-it-knows.md, and from nothing else. Counts,
distances and conversions are exact; sums are those of doubles (`total`), scaled first where their
squares would leave the range.
"""

import math
from collections import Counter
from fractions import Fraction

import numpy as np

import container
import diff_conversions
import diff_factors
import diff_grouped
import diff_looks
import expected
from diff_looks import TILE, scale_down
from diff_pair import Pair, Side
from diff_rounding import coarser, rounded
from formats import FORMATS

WORST = 10


# Figures.


def number(x):
    """As a report writes a double."""
    return x if math.isfinite(x) else "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def integer(n):
    return n if abs(n) <= expected.EXACT_IN_JSON else str(n)


def index_of(at, shape):
    return [int(i) for i in np.unravel_index(at, shape)] if shape else []


def total(values):
    """Σ, within 1e-14 of the sum of magnitudes: NumPy adds pairwise."""
    return math.fsum(values) if len(values) < 1 << 14 else float(np.sum(values))


def sum_of(values):
    """Σ of doubles, as a fraction."""
    if not len(values):
        return Fraction(0)
    (scaled, exponent), = scale_down(values)
    return Fraction(total(scaled)) * Fraction(2) ** exponent


def as_double(fraction):
    try:
        return float(fraction)
    except OverflowError:
        return math.inf


def errors(pair, tolerance):
    """max_abs to not_close."""
    a, b = pair.finite_values()
    with np.errstate(all="ignore"):
        absolute = np.abs(a - b)
        relative = (absolute / np.abs(b))[b != 0]
        close = np.isclose(pair.a.values, pair.b.values, **tolerance)
    row = {"finite": len(a)}
    for name, values in (("abs", absolute), ("rel", relative)):
        row[f"max_{name}"] = number(values.max().item()) if len(values) else None
        infinite = np.isinf(values).any()
        mean = math.inf if infinite else as_double(sum_of(values) / max(len(values), 1))
        row[f"mean_{name}"] = number(mean) if len(values) else None
    return row | {"allclose": bool(close.all()), "not_close": int((~close).sum())}


def angles(pair):
    """cosine and sqnr_db."""
    a, b = pair.finite_values()
    if not len(a):
        return {"cosine": None, "sqnr_db": None}
    with np.errstate(over="ignore"):
        difference = a - b
    halves = 0 if np.isfinite(difference).all() else 1
    if halves:
        difference = a / 2 - b / 2
    (x, ea), (y, _), (d, ed) = scale_down(a, b, difference)
    signal, of_b, noise = (total(v * v) for v in (x, y, d))
    cosine = total(x * y) / math.sqrt(signal) / math.sqrt(of_b) if signal and of_b else None
    if noise == 0 or signal == 0:
        return {"cosine": cosine, "sqnr_db": "-Infinity" if noise else "Infinity"}
    decibels = 10 * (math.log10(signal) - math.log10(noise) + 2 * (ea - ed - halves) * math.log10(2))
    return {"cosine": cosine, "sqnr_db": decibels}


def worst(pair):
    """The ten elements that are farthest apart."""
    at = np.flatnonzero(pair.apart)
    a, b = pair.a.values[at], pair.b.values[at]
    with np.errstate(all="ignore"):
        far = np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), np.inf)
    order = np.argsort(-far, kind="stable")[:WORST]
    return [one_of_worst(pair, int(at[i]), float(far[i])) for i in order]


def one_of_worst(pair, at, far):
    row = {"index": index_of(at, pair.a.shape), "a": value(pair.a, at), "b": value(pair.b, at), "abs": number(far)}
    if pair.distances is None:
        return row | {"ulp": None}
    distances, kinds = pair.distances
    return row | {"ulp": ["number", "inf", "nan"][kinds[at]] if kinds[at] else integer(int(distances[at]))}


def value(side, at):
    return number(side.values[at].item()) if side.is_float else integer(int(side.integers[at]))


def ulps(pair):
    if pair.ulp is None:
        return {"ulp": None, "ulp_of": None, "max_ulp": None}
    distances, kinds = pair.distances
    largest = max(map(int, distances[kinds == 0]), default=None) if len(distances) else None
    if pair.floats:
        name = coarser(pair.a.fmt, pair.b.fmt).name
    else:
        name = min(pair.a.fmt, pair.b.fmt, key=lambda fmt: fmt.bits).name
    return {"ulp": pair.ulp, "ulp_of": name, "max_ulp": None if largest is None else integer(largest)}


def figures(pair, tolerance):
    """Everything of a tensor but what explains it."""
    apart = np.flatnonzero(pair.apart)
    rows = None if pair.rows is None else {"rows": pair.rows, "differing": int(pair.row_differs.sum())}
    return {
        "name": pair.a.tensor.name, "a": pair.a.describe(), "b": pair.b.describe(),
        "identical_bits": pair.identical, "count": len(pair.a.codes),
        "equal": int(pair.equal.sum()), "both_nan": int(pair.both_nan.sum()),
        "first_difference": index_of(apart[0], pair.a.shape) if len(apart) else None,
        **ulps(pair), **errors(pair, tolerance), **angles(pair), "differing_rows": rows, "worst": worst(pair),
    }  # fmt: skip


# Conversions.


def explained(pairs):
    """What explains each pair, as a dict of (conversion, direction) with what belongs to it."""
    found = {}
    groups = {}
    for at, pair in enumerate(pairs):
        found[at] = {("identity", "a>b"): {}} if pair.identical else {}
        if not pair.identical and not pair.floats:
            found[at] |= {("exact", direction): {} for direction in exactly(pair)}
        elif not pair.identical:
            groups.setdefault((pair.a.fmt.name, pair.b.fmt.name), []).append(at)
    for (a, b), places_ in groups.items():
        one_way(found, pairs, places_, FORMATS[a], FORMATS[b], "a>b")
        one_way(found, pairs, places_, FORMATS[b], FORMATS[a], "b>a")
    return [found[at] for at in range(len(pairs))]


def exactly(pair):
    """Directions in which integers are the numbers of the other side: both, unless there is a −0, which no integer is."""
    minus = [np.signbit(side.values) & (side.values == 0) for side in (pair.a, pair.b) if side.is_float]
    return ["a>b", "b>a"] if pair.equal.all() and not np.any(minus) else []


def one_way(found, pairs, at, source, target, direction):
    """Adds what turns sources into targets for the pairs at these places."""
    sides = [pairs[i].distinct() if direction == "a>b" else pairs[i].distinct()[::-1] for i in at]
    starts = np.cumsum([0, *(len(x) for x, _ in sides)])[:-1].tolist()
    xs, ys = (np.concatenate(part) for part in zip(*sides))
    for i, names in zip(at, diff_conversions.explaining(source, target, xs, ys, starts)):
        found[i] |= {(name, direction): {} for name in names}
    for i in at:
        tell = (pairs[i].a, pairs[i].b) if direction == "a>b" else (pairs[i].b, pairs[i].a)
        names = diff_grouped.explaining(source, target, *tell)
        if names and tell[0].values.any() and not tile_of_roundings(target, pairs[i], direction, np.equal):
            found[i] |= {(name, direction): {} for name in names}
    if target.name == "F64":
        return
    for i, (x, y) in zip(at, sides):
        for name, by_way_of_f32 in (("times", False), ("times:f32", True))[: 1 + (target.name != "F32")]:
            factor = diff_factors.factor(source, target, x, y, by_way_of_f32)
            if factor and not tile_of_roundings(target, pairs[i], direction):
                found[i][name, direction] = factor
        if not {("times", direction), ("times:f32", direction)} & found[i].keys():
            tell = (pairs[i].a, pairs[i].b) if direction == "a>b" else (pairs[i].b, pairs[i].a)
            names = diff_grouped.factors(source, target, *tell)
            if names and not tile_of_roundings(target, pairs[i], direction, np.equal):
                found[i] |= {(name, direction): {} for name in names}


def tile_of_roundings(target, pair, direction, same=diff_conversions.same):
    """Whether a whole tile that is not all zero is only rounded to nearest even: then the factor is 1, and nothing is cast."""
    x, y = (side.values for side in ((pair.a, pair.b) if direction == "a>b" else (pair.b, pair.a)))
    with np.errstate(all="ignore"):
        z = rounded(target, x)
        right = same(z, y) | (np.isnan(z) & np.isnan(y))
    starts = np.arange(0, len(x), TILE)
    return bool((np.logical_and.reduceat(right, starts) & np.logical_or.reduceat(x != 0, starts)).any())


# Checkpoints.


def load(paths):
    """{name: Side} of all tensors of some files."""
    found = {}
    for path in paths:
        for tensor in container.load(path):
            found[tensor.name] = Side(tensor, path.name)
    return found


def compare(a, b, tolerance, names):
    """The whole report but sentences, of two dicts of Sides; `names` of A that are called otherwise in B."""
    names = {name: names.get(name, name) for name in a}
    matched = {name: other for name, other in names.items() if other in b}
    mismatched = [name for name, other in matched.items() if not comparable(a[name].tensor, b[other].tensor)]
    pairs = [Pair(a[name], b[other]) for name, other in matched.items() if name not in mismatched]
    tensors = []
    for pair, ways in zip(pairs, explained(pairs)):
        looks = diff_looks.looks(pair) if pair.floats and not ways else None
        tensors.append(figures(pair, tolerance) | {"explained_by": ways, "looks": looks})
    kinds = Counter(map(kind, tensors))
    only_in_a = [name for name in a if name not in matched]
    only_in_b = [name for name in b if name not in matched.values()]
    return {
        "tensors": {row["name"]: row for row in tensors},
        "pairs": {"compared": len(pairs), **{k: kinds[k] for k in ("identical", "equal", "explained", "unexplained")}, "failed": 0},
        "only_in_a": only_in_a, "only_in_b": only_in_b,
        "shape_mismatch": {n: {"a": a[n].describe(), "b": b[matched[n]].describe()} for n in mismatched},
        "differ": bool(only_in_a or only_in_b or mismatched or kinds["identical"] < len(pairs)),
    }  # fmt: skip


def comparable(a, b):
    """Tensors of one shape; complex numbers have another beside what is not complex."""
    return list(a.shape) == list(b.shape) and (a.dtype == "C64") == (b.dtype == "C64")


def summary(files):
    """What is said of one side."""
    tensors = [t for file in files for t in container.load(file)]
    count = lambda t: len(t.data) * 8 // t.format.bits
    dtypes = {}
    for t in tensors:
        row = dtypes.setdefault(t.dtype, {"tensors": 0, "parameters": 0, "bytes": 0})
        row["tensors"] += 1
        row["parameters"] += count(t)
        row["bytes"] += len(t.data)
    sums = {key: sum(row[key] for row in dtypes.values()) for key in ("tensors", "parameters", "bytes")}
    listed = {file.name: file.stat().st_size for file in files}
    return sums | {"dtypes": dtypes, "files": listed, "config": None}


def kind(row):
    if row["identical_bits"]:
        return "identical"
    if row["equal"] + row["both_nan"] == row["count"]:
        return "equal"
    return "explained" if row["explained_by"] else "unexplained"
