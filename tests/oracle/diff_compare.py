"""Compares a comparison's report with the oracle's, figure by figure.

Counts, bins, extremes, lists and conversions are equal. The tolerances of the rest:

  mean_abs, mean_rel  1e-12 of themselves: sums of magnitudes, for which that is the promise.
  cosine    2e-12: a product of sums is within 1e-12 of the sum of magnitudes, which is at most the root of
            the other two sums' product, and these are within 1e-12 of themselves.
  sqnr_db   1e-11 dB: 10·log₁₀ of two such sums, each within 1e-12 of itself.
  looks.factor  1e-11 of itself.

`factor` must lie between the ends and have no more bits than any number there. Sentences must be there.
"""

import math
from pathlib import Path

from compare import Figure, count, near, same
from diff_factors import significant_bits

MEAN, COSINE, DECIBELS, FACTOR = 1e-12, 2e-12, 1e-11, 1e-11
COUNTS = ["count", "equal", "both_nan", "finite", "not_close"]
EQUAL = ["identical_bits", "first_difference", "ulp", "max_ulp", "max_abs", "max_rel", "allclose", "differing_rows"]


def number(name, ours, oracle, scale, tolerance):
    """Within a tolerance; words and null as they are."""
    if isinstance(oracle, str) or isinstance(ours, str):
        return same(name, ours, oracle)
    return near(name, ours, oracle, scale, tolerance)


def tensor(expected, report):
    """Every figure of one pair of tensors."""
    yield same("name", report.get("name"), expected["name"])
    for side in ("a", "b"):
        yield same(side, by_file_name(report.get(side)), expected[side])
    for name in COUNTS:
        yield count(name, report.get(name), expected[name])
    for name in EQUAL:
        yield same(name, report.get(name, "missing"), expected[name])
    allowed = expected["ulp_of"]
    ours = report.get("ulp_of", "missing")
    yield Figure("ulp_of", ours in allowed if isinstance(allowed, set) else ours == allowed, ours, allowed, 0.0)
    for name in ("mean_abs", "mean_rel"):
        yield number(name, report.get(name, "missing"), expected[name], expected[name], MEAN)
    yield number("cosine", report.get("cosine", "missing"), expected["cosine"], 1, COSINE)
    yield number("sqnr_db", report.get("sqnr_db", "missing"), expected["sqnr_db"], 1, DECIBELS)
    yield from worst(expected["worst"], report.get("worst"))
    yield from explained(expected["explained_by"], report.get("explained_by"))
    yield from looks(expected["looks"], report.get("looks", "missing"))


def by_file_name(side):
    """A tensor's description with its file's name alone, in place of how it was named on the command line."""
    return side | {"file": Path(str(side.get("file"))).name} if isinstance(side, dict) else side


def worst(expected, report):
    report = report if isinstance(report, list) else []
    yield same("worst", len(report), len(expected))
    for at, (mine, theirs) in enumerate(zip(report, expected)):
        yield same(f"worst[{at}]", sorted(mine), sorted(theirs))
        for name, value in theirs.items():
            ours = mine.get(name, "missing")
            # Of a and b zero has its sign.
            right = ours == value and isinstance(ours, str) == isinstance(value, str) and not isinstance(ours, bool)
            yield Figure(f"worst[{at}].{name}", right, ours, value, 0.0)


def explained(expected, report):
    """The same conversions, each once, with a sentence, and factors with their ends."""
    report = report if isinstance(report, list) else [{}]
    keys = [(row.get("conversion"), row.get("direction")) for row in report]
    yield same("explained_by", sorted(map(str, keys)), sorted(map(str, expected)))
    yield same("explained_by: says", [sentence(row.get("says")) for row in report], [True] * len(report))
    for key, row in zip(keys, report):
        theirs = expected.get(key)
        names = {"conversion", "direction", "says"} | ({"factor", "factor_low", "factor_high"} if theirs else set())
        yield same(f"explained_by[{key}]", sorted(row), sorted(names))
        if theirs:
            yield from factor(f"explained_by[{key}]", theirs, row)


def factor(place, expected, row):
    low, high, ours = expected["low"], expected["high"], row.get("factor")
    yield same(f"{place}.factor_low", row.get("factor_low"), low if math.isfinite(low) else "-Infinity")
    yield same(f"{place}.factor_high", row.get("factor_high"), high if math.isfinite(high) else "Infinity")
    right = type(ours) is float and low <= ours <= high and significant_bits(ours) == expected["bits"]
    yield Figure(f"{place}.factor", right, ours, expected, 0.0)


def looks(expected, report):
    if expected is None or not isinstance(report, dict):
        yield Figure("looks", report is None and expected is None, report, expected, 0.0)
        return
    yield same("looks.says", sentence(report.get("says")), True)
    ours = {key: value for key, value in report.items() if key != "says"}
    yield same("looks", sorted(ours), sorted(expected))
    for name, value in expected.items():
        if name == "factor":
            yield near("looks.factor", ours.get(name), value, abs(value), FACTOR)
        else:
            yield same(f"looks.{name}", ours.get(name, "missing"), value)


def sentence(text):
    return isinstance(text, str) and bool(text.strip())


def whole(expected, report):
    """What is said of the checkpoints together; sentences, and lists whose order nothing decides, as sets."""
    yield same("schema", report.get("schema"), "floatscope.diff/1")
    yield same("headline", sentence(report.get("headline")), True)
    for name in ("differ", "pairs", "tolerance"):
        yield same(name, report.get(name, "missing"), expected[name])
    for name in ("only_in_a", "only_in_b"):
        yield same(name, sorted(map(str, report.get(name, ["missing"]))), sorted(expected[name]))
    mismatches = {row.get("name"): {side: by_file_name(row.get(side)) for side in "ab"} for row in report.get("shape_mismatch", [])}
    yield same("shape_mismatch", mismatches, expected["shape_mismatch"])
    renames = {(row.get("a"), row.get("b"), row.get("tensors")) for row in report.get("renames", [])}
    yield same("renames", sorted(map(str, renames)), sorted(map(str, expected["renames"])))
    yield same("problems", report.get("problems", "missing"), [])
    yield from explanations(report)
    yield same("triage", all(map(triage, report.get("triage", [None]))), True)


def explanations(report):
    """Tensors by their best explanation, as the report itself gives it, most tensors first."""
    found = {}
    for row in report["tensors"]:
        for best in row.get("explained_by", [])[:1]:
            key = best.get("conversion"), best.get("direction")
            found[key] = found.get(key, 0) + 1
    rows = report.get("explanations", [])
    yield same("explanations", {(row.get("conversion"), row.get("direction")): row.get("tensors") for row in rows}, found)
    counts = [row.get("tensors") for row in rows]
    yield same("explanations: order", counts, sorted(counts, reverse=True))
    yield same("explanations: says", all(sentence(row.get("says")) for row in rows), True)


def triage(row):
    """A sentence about tensors, of which at most ten are named."""
    names, number_ = row.get("tensors"), row.get("count")
    named = isinstance(names, list) and len(names) <= 10 and isinstance(number_, int) and number_ >= len(names)
    return named and sentence(row.get("about")) and sentence(row.get("says"))


def summary(side, expected, report):
    """What is said of one checkpoint."""
    for name, value in expected.items():
        ours = report.get(name, "missing")
        if name == "files":
            ours = {Path(file["name"]).name: file["bytes"] for file in ours}
        yield same(f"{side}.{name}", ours, value)
