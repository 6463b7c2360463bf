"""The oracle's oracle: are its sums exact, its casts right, and does its comparison notice?

`exact.py` is held against `math.fsum`, `fractions.Fraction` and NumPy. The
comparison gets the oracle's own figures as a report, then spoils them one by one.
`casts.py` is held value by value against gfloat (formats, and MX blocks), and figure by
figure against cast_truth.py, which does the same in fractions. diff_selftest.py does it for comparisons.

A report that says what the oracle says must pass in every figure, and any
figure that is changed, dropped or moved by a little more than its tolerance must
fail. check.py runs this before it trusts `compare`.
"""

import copy
import json
import math
from fractions import Fraction

import numpy as np
from gfloat import RoundMode, compute_scale_amax, quantize_block, round_float
from gfloat import formats as gf

import cast_cases
import cast_truth
import casts
import compare
import diff_selftest
import exact
import formats
from formats import FORMATS

PLACES = ["stats", "bits", "exponents"]


def inexact():
    """Where exact.py departs from fsum, Fraction or NumPy, one line each."""
    rng = np.random.Generator(np.random.PCG64(7))
    for name, values in {
        "doubles": rng.standard_normal(999),
        "floats": rng.standard_normal(999).astype(np.float32).astype(np.float64),
        "offset": 1e6 + rng.standard_normal(999),
        "spread": rng.standard_normal(999) * 2.0 ** rng.integers(-40, 40, 999),
        "integers": rng.integers(-(2**62), 2**62, 999),
    }.items():
        of = exact.of_integers if values.dtype.kind == "i" else exact.of_floats
        ours = exact.moments(of(values))
        for figure, theirs in by_definition(values).items():
            if not math.isclose(ours[figure], theirs, rel_tol=1e-15):
                yield f"{figure} of {name}: exact.py {ours[figure]}, by its definition {theirs}"
        if exact.moments(of(*np.unique(values, return_counts=True))) != ours:
            yield f"{name}: by distinct values and by all values differ"
        if not math.isclose(ours["std"], np.std(values.astype(np.longdouble)), rel_tol=1e-9):
            yield f"{name}: np.std {np.std(values)}, exact.py {ours['std']}"


def by_definition(values):
    """Mean, rms and kurtosis in fractions, and the mean of |x| by fsum."""
    fractions = [Fraction(x) for x in values.tolist()]
    n, mean = len(fractions), sum(fractions) / len(fractions)
    m2, m4 = (sum((x - mean) ** k for x in fractions) / n for k in (2, 4))
    return {
        "mean": float(mean),
        "rms": math.sqrt(sum(x * x for x in fractions) / n),
        "kurtosis": float(m4 / m2**2),
        "mean_abs": math.fsum(abs(x) for x in values.tolist()) / n,
    }


def as_report(expected):
    """The report that the oracle itself would write, with bounds where the contract has bounds."""
    report = {key: copy.deepcopy(value) for key, value in expected.items() if key != "mean_abs"}
    parts = [report["stats"]] if FORMATS[expected["dtype"]].kind != "complex" else report["stats"].values()
    for stats in parts:
        if not stats["quantiles_exact"] and stats["quantiles"]:
            stats["quantiles_upper"] = dict(stats["quantiles"])
    return json.loads(json.dumps(report))


def wrong(expected, report):
    return [figure.name for figure in compare.tensor(expected, report) if not figure.right]


def spoiled(value):
    """Values that are not `value`, each a mistake that could be made."""
    if value is None:
        return [0, "NaN"]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value + 0.5, None]
    if isinstance(value, str):
        return [str(int(value) + 1), None]
    if value == 0.0:
        return [1e-8, None]
    return [value * (1 + 1e-7), -value, None]


def leaves(node, path=()):
    """Paths of all numbers, strings and nulls."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if children is None:
        yield path
        return
    for key, child in children:
        yield from leaves(child, (*path, key))


def mistakes(expected, path, value):
    """Spoiled values of one figure, without those that a bound allows."""
    if FORMATS[expected["dtype"]].part_bits <= 16 or value is None:
        return spoiled(value)
    if "quantiles" in path:  # a lower bound
        return [x for x in spoiled(value) if x is None or float(x) > float(value)]
    if "quantiles_upper" in path or path[-1] in compare.UPPER_BOUNDS:
        return [x for x in spoiled(value) if x is None or float(x) < float(value)]
    return spoiled(value)


def unnoticed(expected):
    """Mistakes that the comparison lets pass, one line each."""
    perfect = as_report(expected)
    if found := wrong(expected, perfect):
        yield f"{expected['name']}: right figures are called wrong: {found[:3]}"
    for path in [path for place in PLACES for path in leaves(perfect[place], (place,))]:
        for mistake in mistakes(expected, path, at(perfect, path)):
            if not wrong(expected, put(perfect, path, mistake)):
                yield f"{expected['name']}: {'.'.join(map(str, path))} = {mistake} is not noticed"


def at(node, path):
    for key in path:
        node = node[key]
    return node


def put(report, path, value):
    """A copy of the report with one leaf replaced."""
    changed = copy.deepcopy(report)
    at(changed, path[:-1])[path[-1]] = value
    return changed


# Casts.

SUMS = Fraction(1, 10**14)  # what casts.py may be off in a sum
LONGEST = 70  # elements of a tensor that fractions are used on


def miscast():
    """Casts that are not gfloat's, or whose figures are not those of fractions."""
    yield from elements_unlike_gfloat()
    yield from blocks_unlike_gfloat()
    for t in cast_cases.tensors():
        rows, columns = casts.matrix(t.shape)
        if 0 < rows * columns <= LONGEST:
            x = formats.decode(t.format, formats.unpack(t.format, t.data)).reshape(rows, columns).tolist()
            for saturate in (False, True):
                yield from unlike_fractions(t, x, saturate)


def nasty():
    """Doubles around the numbers of every format, extremes and random bits."""
    rng = np.random.Generator(np.random.PCG64(8))
    halves = np.concatenate([cast_cases.halfway(info, 400) for info in cast_cases.INFOS])
    halves = np.concatenate([halves * factor for factor in (1, 1 + 2.0**-40, 1 - 2.0**-40, 1 + 2.0**-52)])
    extremes = [0.0, 5e-324, 1e-310, 2.0**-1022, 1e300, np.finfo(float).max, np.inf, np.nan]
    bits = rng.standard_normal(3000) * np.exp2(rng.integers(-180, 140, 3000))
    found = np.concatenate([cast_cases.edges(), halves, extremes, bits])
    return np.concatenate([found, -found])


def elements_unlike_gfloat():
    x = nasty()
    with np.errstate(all="ignore"):
        for key, fmt in casts.ELEMENTS.items():
            mode = RoundMode.TiesToAway if key == "tf32" else RoundMode.TiesToEven
            for saturate in {False, key.startswith("f8")}:
                ours = casts.element(key, x, saturate)[0]
                theirs = np.array([round_float(fmt.info, value, mode, saturate) for value in x.tolist()])
                yield from unequal(f"{key}, saturate {saturate}", x, ours, theirs)
        finite = x[np.isfinite(x)]
        for name in ("F8_E4M3", "F8_E5M2", "F6_E2M3", "F6_E3M2", "F4"):
            info = FORMATS[name].info
            ours = casts.float_codes(info, finite)[0]
            theirs = np.array([round_float(info, value, sat=True) for value in finite.tolist()])
            yield from unequal(f"codes of {name}", finite, ours, theirs)


def unequal(what, x, ours, theirs):
    wrong = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    for value, mine, other in list(zip(x[wrong], ours[wrong], theirs[wrong]))[:3]:
        yield f"{what}: {value!r} becomes {mine!r}, by gfloat {other!r}"


def blocks_unlike_gfloat():
    """Blocks of doubles of many magnitudes, amax up to just below twice the largest power."""
    rng = np.random.Generator(np.random.PCG64(9))
    blocks = rng.standard_normal((60, 32)) * np.exp2(rng.integers(-100, 100, (60, 1)) - rng.integers(0, 9, (60, 32)))
    blocks[::3, 7] = np.exp2(np.frexp(np.abs(blocks[::3]).max(axis=1))[1]) * 0.999
    blocks = np.concatenate([blocks, np.round(blocks * 4) / 4, np.exp2(-20.0) * nasty_block()])
    for key in casts.MX:
        info = getattr(gf, f"format_info_{key}" + "_e2m1" * (key == "mxfp4"))
        groups = blocks[:, None, :]
        ours = casts.power_of_two(key)(groups, casts.largest(groups))[0][:, 0, :]
        theirs = np.array([quantize_block(info, block, compute_scale_amax) for block in blocks])
        if key == "mxint8":  # gfloat's integers reach −2, ours stop at −127/64, as the specification recommends
            scales = np.ldexp(0.5, np.frexp(np.abs(blocks).max(axis=1, keepdims=True))[1])
            theirs = np.maximum(theirs, -127 / 64 * scales)
        yield from unequal(key, blocks.ravel(), ours.ravel(), theirs.ravel())


def nasty_block():
    """Ties of every MX format under a scale of a power of two."""
    found = [cast_cases.halfway(FORMATS[name].info, 31) for name in ("F8_E4M3", "F8_E5M2", "F6_E2M3", "F6_E3M2", "F4")]
    return np.array([np.resize(np.append(values, values[-1]), 32) for values in found])


def unlike_fractions(t, x, saturate):
    """Figures of one tensor that are not those of cast_truth.py."""
    for key, ours in casts.tallies(t, saturate).items():
        if saturate and not (key in casts.ELEMENTS and key.startswith("f8")):
            continue
        truth = cast_truth.figures(x, cast_truth.of_tensor(key, x, saturate))
        for name, theirs in truth.items():
            mine = {"max_abs_error": ours.largest if ours.values else None}.get(name, getattr(ours, name, None))
            tolerance = SUMS * theirs if name in ("signal", "noise") else 0
            if mine != theirs and (None in (mine, theirs) or abs(mine - theirs) > tolerance):
                yield f"{t.name}: {key}.{name}: {mine}, in fractions {theirs}"


def unnoticed_casts():
    """Mistakes in casts that the comparison lets pass."""
    wanted = ("BF16.binades", "F32.inf.first", "F32.nan.all", "F64.huge", "F4.small")
    for t in (t for t in cast_cases.tensors() if t.name in wanted):
        figures = casts.figures(casts.tallies(t))
        perfect = json.loads(json.dumps(figures))
        right = lambda report: all(figure.right for figure in compare.casts(figures, report))
        if not right(perfect):
            yield f"{t.name}: right casts are called wrong"
        for mistake in [None, "missing", {}, {key: row for key, row in perfect.items() if key != "bf16"}]:
            if right(mistake):
                yield f"{t.name}: {mistake} for casts is not noticed"
        for path in leaves(perfect):
            for mistake in spoiled_cast(path, at(perfect, path)):
                if right(put(perfect, path, mistake)):
                    yield f"{t.name}: {'.'.join(path)} = {mistake} is not noticed"
    if all(figure.right for figure in compare.casts(None, {})):
        yield "casts of integers are not noticed"


def spoiled_cast(path, value):
    """Mistakes just beyond the tolerance, and kinds that are not the value's."""
    if value is None or isinstance(value, str):
        return [0.0, "NaN", None if value else "Infinity"]
    if isinstance(value, int):
        return [value + 1, float(value), None]
    relative = {"max_abs_error": 4e-15, "mse": 2e-12}.get(path[-1])
    return [value * (1 + relative) + 1e-300 if relative else value + 2e-9, "Infinity", None]


# Differences.


def misdiffed():
    """Where diff_truth.py is not gfloat, not the order of numbers, not exact products or not what was worked out by hand."""
    yield from diff_selftest.misdiffed()


def unnoticed_differences():
    """Mistakes in comparisons that diff_compare.py lets pass."""
    yield from diff_selftest.unnoticed_differences(leaves, at, put)
