"""Compares a report's tensor with the oracle's, figure by figure.

Counts, extremes, distinct codes, planes and, up to 16 bits, quantiles are
compared for equality. The tolerances of the rest:

  mean      1e-12 of the mean of |x|, the promise for every sum.
  std, rms  1e-12 of themselves. Sums are taken about a pivot within each tile and
            added exactly, so a mean far from zero costs no digit; what is left are
            some tens of roundings of 2^-53 and the square root, which halves them.
  skewness  1e-11 of √kurtosis ≥ 1, which is at least Σ|x−mean|³/(n·std³), the
            natural scale of a sum that may cancel (Cauchy-Schwarz).
  kurtosis  1e-11 of itself: a sum of positive terms, divided by a square.
  entropies 1e-9 bits: some 65,536 terms, each with a logarithm that is right to an ULP.

Casts: counts and bytes are equal;

  max_abs_error  1e-15 of itself: a difference of two doubles, rounded once.
  mse            1e-12 of itself: a sum of squares, the promise for every sum. Below the smallest
                 normal double, where digits end, 1e-12 of that.
  sqnr_db        1e-9 dB: the logarithm of two such sums is right to 1e-11.
  outliers_db    likewise; from the upper 16 bits of each normal value 0.07 dB for FP32, whose squares these give
                 to one part in 64, and 0.6 dB for FP64 (one in eight).

For types over 16 bits the report gives bounds: the exact quantile lies in
[quantiles, quantiles_upper], which must not be wider than the codes that share
their 16 leading bits, and mantissa and joint entropy are upper bounds.
"""

import math
from collections import namedtuple

from formats import FORMATS

MEAN = 1e-12
SPREAD = 1e-12
SHAPE = 1e-11
ENTROPY = 1e-9
LARGEST_ERROR = 1e-15
MSE = 1e-12
DECIBELS = 1e-9
OUTLIERS = {32: 0.07, 64: 0.6}

COUNTS = ["count", "zeros", "negative_zeros", "subnormals", "nan", "pos_inf", "neg_inf", "negatives"]
EXTREMES = ["min", "max", "abs_min_nonzero", "abs_max"]
UPPER_BOUNDS = ["mantissa_entropy", "joint_entropy"]

# One figure: its name, whether it is right, what the report and the oracle say, the error over its scale.
Figure = namedtuple("Figure", "name right ours oracle error")


def same(name, ours, oracle):
    """Equality of value and, for numbers, of kind: a count is no float and zero has no sign."""
    right = ours == oracle and isinstance(ours, bool) == isinstance(oracle, bool)
    if isinstance(ours, float) and math.copysign(1, ours) < 0 and ours == 0:
        right = False
    return Figure(name, right, ours, oracle, 0.0)


def count(name, ours, oracle):
    return Figure(name, type(ours) is int and ours == oracle, ours, oracle, 0.0)


def near(name, ours, oracle, scale, tolerance):
    """Within `tolerance` × `scale`; null for null."""
    if oracle is None or not isinstance(ours, (int, float)):
        return Figure(name, ours is None and oracle is None, ours, oracle, 0.0)
    error = abs(ours - oracle)
    relative = 0.0 if error == 0 else (error / scale if scale else math.inf)
    return Figure(name, relative <= tolerance, ours, oracle, relative)


def tensor(expected, report):
    """Every figure of one tensor."""
    for key in ["dtype", "shape", "bytes"]:
        yield same(key, report.get(key), expected[key])
    fmt = FORMATS[expected["dtype"]]
    if fmt.kind != "complex":
        yield from part(fmt, "", expected, report)
        return
    for name in ("re", "im"):
        pick = lambda row: {key: (row.get(key) or {}).get(name) for key in ("stats", "bits", "exponents", "mean_abs")}
        one = pick(report | {"mean_abs": None})
        yield from part(fmt, f"{name}.", pick(expected), one)


def part(fmt, prefix, expected, report):
    """Figures of real numbers."""
    for room in ("stats", "bits", "exponents"):
        if not isinstance(report.get(room), dict):
            yield Figure(prefix + room, False, report.get(room), "an object", 0.0)
            return
    figures = [
        *stats(fmt, expected["stats"], report["stats"], expected["mean_abs"]),
        *bits(expected["bits"], report["bits"]),
        *exponents(expected["exponents"], report["exponents"]),
    ]
    for figure in figures:
        yield figure._replace(name=prefix + figure.name)


def stats(fmt, expected, report, mean_abs):
    for name in COUNTS:
        yield count(f"stats.{name}", report.get(name), expected[name])
    for name in EXTREMES:
        yield same(f"stats.{name}", report.get(name, "missing"), expected[name])
    kurtosis = expected["kurtosis"]
    scales = {
        "mean": (mean_abs, MEAN),
        "std": (expected["std"], SPREAD),
        "rms": (expected["rms"], SPREAD),
        "skewness": (kurtosis and math.sqrt(kurtosis), SHAPE),
        "kurtosis": (kurtosis, SHAPE),
    }
    for name, (scale, tolerance) in scales.items():
        yield near(f"stats.{name}", report.get(name, "missing"), expected[name], scale, tolerance)
    yield same("stats.distinct", report.get("distinct"), expected["distinct"])
    yield same("stats.quantiles_exact", report.get("quantiles_exact"), expected["quantiles_exact"])
    yield from quantiles(fmt, expected["quantiles"], report)


def quantiles(fmt, expected, report):
    if expected is None:
        yield same("stats.quantiles", report.get("quantiles", "missing"), None)
        return
    lower = report.get("quantiles") or {}
    upper = report.get("quantiles_upper") or {}
    yield same("stats.quantiles", sorted(lower), sorted(expected))
    for q, value in expected.items():
        name = f"stats.quantiles[{q}]"
        if report.get("quantiles_exact"):
            yield same(name, lower.get(q), value)
        else:
            yield bounds(fmt, name, lower.get(q), upper.get(q), value)


def bounds(fmt, name, low, high, exact):
    """`exact` must lie in [low, high], and these must not be needlessly far apart."""
    try:
        a, b, x = (int(v) if isinstance(v, (int, str)) else v for v in (low, high, exact))
        right = a <= x <= b and b - a <= widest(fmt, max(abs(a), abs(b)))
    except (TypeError, ValueError):
        right = False
    return Figure(name, right, [low, high], exact, 0.0)


def widest(fmt, magnitude):
    """The range of the values of one sign whose 16 leading bits are the same."""
    if fmt.kind in ("signed", "unsigned"):
        return max(magnitude >> 8, 1 << (fmt.bits - 16))
    kept = 16 - fmt.sign_bits - fmt.exponent_bits  # mantissa bits
    return max(magnitude * 2.0**-kept, 2.0 ** (1 - fmt.info.bias - kept))


def bits(expected, report):
    exact = expected["exact"]
    yield same("bits.exact", report.get("exact"), exact)
    width = len(expected["plane_ones"])
    for name in ["sign_entropy", "exponent_entropy", "mantissa_entropy", "joint_entropy"]:
        ours, oracle = report.get(name), expected[name]
        if not exact and name in UPPER_BOUNDS and oracle is not None:
            right = isinstance(ours, (int, float)) and oracle - ENTROPY <= ours <= width
            yield Figure(f"bits.{name}", right, ours, oracle, 0.0)
        else:
            yield near(f"bits.{name}", ours, oracle, 1, ENTROPY)
    yield from planes(expected["plane_ones"], report.get("plane_ones"))


def planes(expected, ours):
    yield same("bits.plane_ones", len(ours or []), len(expected))
    for at, (mine, theirs) in enumerate(zip(ours or [], expected)):
        yield same(f"bits.plane_ones[{at}]", mine, theirs)


def exponents(expected, report):
    yield count("exponents.zero", report.get("zero"), expected["zero"])
    yield same("exponents.counts", report.get("counts"), expected["counts"])
    if expected["counts"]:
        yield count("exponents.first", report.get("first"), expected["first"])


def casts(expected, report, place="casts"):
    """Every figure of every cast, of a tensor or of a whole checkpoint; None where there is none."""
    if expected is None or not isinstance(report, dict):
        right = report is None and expected is None
        yield Figure(place, right, report, None if expected is None else "an object", 0.0)
        return
    yield same(f"{place}: keys", sorted(report), sorted(expected))
    for key, figures in expected.items():
        row = report.get(key)
        yield from cast(f"{place}[{key}]", figures, row if isinstance(row, dict) else {})


def cast(name, expected, report):
    scales = {
        "max_abs_error": (expected["max_abs_error"], LARGEST_ERROR),
        "mse": (max_with_normal(expected["mse"]), MSE),
        "sqnr_db": (1, DECIBELS),
    }
    for figure, oracle in expected.items():
        ours, place = report.get(figure, "missing"), f"{name}.{figure}"
        if figure not in scales:
            yield count(place, ours, oracle)
        elif isinstance(oracle, str):
            yield same(place, ours, oracle)
        else:
            yield near(place, ours, oracle, *scales[figure])


def outliers(expected, bits, report):
    """The share of the largest values; of more than 16 bits the report knows the upper ones."""
    if expected is None:
        return same("outliers_db", report, None)
    return near("outliers_db", report, expected, 1, OUTLIERS.get(bits, DECIBELS))


def max_with_normal(x):
    return max(x, 2.0**-1022) if isinstance(x, float) else x
