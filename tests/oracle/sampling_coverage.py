"""How often an interval of a sample holds the truth: tensors of known kinds, many of each, under different names.

An interval is meant to hold it in 95 of 100 cases. Each kind of figure of each kind of tensor is held to 0.93: it must hold
the truth at least as often as happens with that share with a chance of one in ten thousand. Where a kind of tensor cannot keep
that, `LESS` says why, and what it keeps. Every draw follows from names, so a run says the same each time.
"""

import json
import math
import re

import numpy as np

import container
import history_casts
import ingredients
import sampling
import sampling_cases as cases
import sampling_truth as truth
from compare import Figure, same
from formats import FORMATS

ALMOST = 0.93
CHANCE = 1e-4
SHAPE = (320, 128)
TENSORS = 120
FIGURES = ["zeros", "negatives", "mean", "std", "rms", "exponent_entropy", "mantissa_entropy", "joint_entropy"]
CASTS = ["f16", "bf16", "f8_e4m3", "mxfp4", "int8/row"]


def normal(rng):
    values = rng.standard_normal(SHAPE) * 0.02
    values[rng.random(SHAPE) < 0.02] = 0.0
    return values


def heavy(rng):
    return rng.standard_t(3, SHAPE) * 0.02


def rows_of_scales(rng):
    return rng.standard_normal(SHAPE) * 0.02 * np.exp(0.5 * rng.standard_normal((SHAPE[0], 1)))


def drift(rng):
    """Scales that change slowly from row to row, as in embeddings sorted by frequency."""
    return rng.standard_normal(SHAPE) * np.linspace(0.01, 0.04, SHAPE[0])[:, None]


def dead_rows(rng):
    """A tenth of the rows are zeros, here and there."""
    values = normal(rng)
    values[rng.random(SHAPE[0]) < 0.1] = 0.0
    return values


def dead_end(rng):
    """Eight dead rows of 320, in one place, as unused tokens are."""
    values = normal(rng)
    values[rng.integers(0, SHAPE[0] - 8) :][:8] = 0.0
    return values


def mixed(rng):
    """A third of the rows went through FP8."""
    values = normal(rng).astype(np.float32)
    chosen = rng.random(SHAPE[0]) < 1 / 3
    values[chosen] = history_casts.cast("f8_e4m3", values[chosen])
    return values


KINDS = {
    "normal": (normal, "BF16"), "single": (normal, "F32"), "heavy": (heavy, "BF16"), "rows": (rows_of_scales, "BF16"),
    "drift": (drift, "BF16"), "dead": (dead_rows, "BF16"), "cluster": (dead_end, "BF16"), "mixed": (mixed, "BF16"),
}  # fmt: skip


# By kind: which figures hold the truth less often, how often at least, and why.
LESS = {
    # Rare values decide: a stretch that has one is far off, a sample without them does not know of them.
    "heavy": {"joint_entropy|.* mse|.* sqnr_db": 0.85},
    # One value in a thousand decides, and most of these are in the few rows of largest scale.
    "rows": {"quantile 0.999": 0.85},
    # Eight dead rows in one place: the sample sees them in 45 of 100 cases, and otherwise nothing tells of them.
    "cluster": {"zeros|.*entropy|.* exact": 0.45, "negatives|std|rms|.* mse": 0.85},
}


def checkpoint(kind):
    make, dtype = KINDS[kind]
    fmt = FORMATS[dtype]
    tensors = []
    for at in range(TENSORS):
        name = f"layers.{at}.{kind}.weight"
        values = make(ingredients.generator("coverage", name))
        tensors.append(ingredients.tensor(name, fmt, ingredients.encode(fmt, values.ravel()), SHAPE))
    return cases.save(cases.home() / f"coverage-{kind}.safetensors", tensors)


def fewest(cases, share=ALMOST, chance=CHANCE):
    """The least number of hits that is not less likely than `chance` at this share."""
    below = 0.0
    for hits in range(cases + 1):
        term = math.lgamma(cases + 1) - math.lgamma(hits + 1) - math.lgamma(cases - hits + 1)
        below += math.exp(term + hits * math.log(share) + (cases - hits) * math.log1p(-share))
        if below > chance:
            return hits
    return cases


def check(kind):
    """(place, figures): one figure a kind of figure, how many intervals hold the truth."""
    path = checkpoint(kind)
    size = path.stat().st_size // 5
    options = ["--cast", ",".join(CASTS), "--only", "stats,casts"]
    whole = sampling.report_of(path, 10**15, *options)
    sampled = sampling.report_of(path, size, *options)
    truths, found = {row["name"]: row for row in whole["tensors"]}, {}
    for row in sampled["tensors"]:
        for figure, interval, low, high in pairs(row, truths[row["name"]]):
            if interval is not None:
                found.setdefault(figure, []).append(interval[0] <= high and low <= interval[1])
    figures = [same("sampled", sampled["sample"]["sampled"], TENSORS)]
    for figure, held in found.items():
        shares = [share for pattern, share in LESS.get(kind, {}).items() if re.fullmatch(pattern, figure)]
        least = fewest(len(held), *shares)
        figures.append(Figure(f"{kind}: {figure} of {len(held)}", sum(held) >= least, sum(held), least, 0.0))
    yield f"coverage of {path.name}", figures
    if kind == "cluster":
        yield f"verdicts of {path.name}", list(verdicts(sampling.report_of(path, size, "--only", "ancestry")))


def verdicts(report):
    """A verdict says what it rests on, and how much of the tensor may be otherwise: more than eight rows of 320."""
    for row in report["tensors"]:
        ancestry, sample = row["ancestry"], row["sample"]
        entry = [entry for entry in ancestry["evidence"] if entry["test"] == "sample"]
        yield same("evidence of the sample", [entry["n"] for entry in entry], [sample["elements"]])
        says, stretches = entry[0]["says"], len(sample["firsts"])
        begins = f"Judged by a sample of {sample['elements']:,} values of {sample['of']:,}, in {stretches} stretches."
        yield Figure("says", says.startswith(begins), says, begins, 0.0)
        if ancestry["label"] == "inconclusive":
            yield same("says no more", says, begins)
            continue
        share = ancestry["fraction"]
        low, high = truth.wilson(share["value"], stretches)
        yield Figure("fraction.low", share["low"] <= low + 1e-9, share["low"], low, 0.0)
        yield Figure("fraction.high", share["high"] >= high - 1e-9, share["high"], high, 0.0)
        missed = math.floor((1 - share["low"]) * 100 + 0.5)
        ends = f" Rows of another past could be up to {missed} % of the tensor and have been missed."
        yield Figure("what can be missed", says == begins + ends and missed > 3, says, begins + ends, 0.0)


def pairs(row, truth):
    """Each figure's interval, and where the truth of the whole tensor lies."""
    intervals = row["sample"]["intervals"]
    for key in FIGURES:
        value = truth["bits" if "entropy" in key else "stats"][key]
        yield key, intervals[key], value, value
    upper = truth["stats"]["quantiles_upper"] or truth["stats"]["quantiles"]
    for q, value in truth["stats"]["quantiles"].items():
        yield f"quantile {q}", intervals["quantiles"][q], value, upper[q]
    for key in CASTS:
        for figure in ("exact", "underflow", "subnormal", "mse", "sqnr_db"):
            value = truth["casts"][key][figure]
            if value != "Infinity":
                yield f"{key} {figure}", row["casts"][key]["intervals"][figure], value, value
