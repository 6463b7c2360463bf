"""The oracle's oracle: are its sums exact, and does its comparison notice?

`exact.py` is held against `math.fsum`, `fractions.Fraction` and NumPy. The
comparison gets the oracle's own figures as a report, then spoils them one by one.

A report that says what the oracle says must pass in every figure, and any
figure that is changed, dropped or moved by a little more than its tolerance must
fail. check.py runs this before it trusts `compare`.
"""

import copy
import json
import math
from fractions import Fraction

import numpy as np

import compare
import exact
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
