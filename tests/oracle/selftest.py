"""Does the comparison notice? Turns the oracle's own figures into a report, then spoils them one by one.

A report that says what the oracle says must pass in every figure, and any
figure that is changed, dropped or moved by a little more than its tolerance must
fail. check.py runs this before it trusts `compare`.
"""

import copy
import json

import compare
from formats import FORMATS

PLACES = ["stats", "bits", "exponents"]


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
