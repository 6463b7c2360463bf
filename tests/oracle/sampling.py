"""Whether `floatscope scan --sample` says what follows from the bytes that it names; `--only sampling` of check.py.

Tolerances. A figure of the sample has those of `compare.py`. The end of an interval is t times the root of
(k − 1)/k · Σ(v − v̄)² away from it, so that an error of ε in each of the k values moves it by t·√(k − 1)·ε at most,
which is 13 ε for k = 2 and 6 ε for k = 8; the correction of an entropy adds (2k − 1) ε. Hence

  ENDS     50 times 1e-12 of a moment's scale, of mse, 3e-8 bits, 3e-8 dB: 25 and more of the figure's own.
  POINTS   Student's points are given to ten digits: 1e-9 of half the width besides.
  WHOLE    ends of counts are integers, the next lower and the next higher one: either, where the number lies within
           1e-9 of all elements of it.
  SUMS     mse of a cast of the whole is a sum that is scaled up to 2^-20 of itself by a count that is an integer.
"""

import json
import math
import os
import subprocess

import casts
import compare
import container
import expected
import outliers
import sampling_cases as cases
import sampling_truth as truth
from compare import Figure, count, near, same

ENDS = 5e-11
ENTROPY = DECIBELS = 3e-8
POINTS = 1e-9
WHOLE = 1e-9
SUMS = 2.0**-19
SECONDS = {"types": 15, "halves": 4, "small": 2, "many": 13}
TILE = 4096


def scan(path, size, *options):
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    line = [program, "scan", path, "--json", "-", "--no-progress", "--sample", size, *options]
    done = subprocess.run([*map(str, line)], capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{path}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def report_of(path, size, *options):
    return json.loads(scan(path, size, *options))


# Intervals.


def ends(name, ours, wanted, scale, tolerance):
    """Both ends of an interval, near the oracle's; null for null."""
    if wanted is None or not isinstance(ours, list) or len(ours) != 2:
        yield same(name, ours, wanted)
        return
    half = (wanted[1] - wanted[0]) / 2
    for at, end in zip(("low", "high"), zip(ours, wanted)):
        yield near(f"{name}.{at}", *end, scale, tolerance + POINTS * half / (scale or 1.0))


def count_ends(name, ours, hits, sampled, of):
    if not isinstance(ours, list) or len(ours) != 2:
        yield same(name, ours, "an interval")
        return
    low, high = (end * of for end in truth.of_share(hits, sampled))
    slack = WHOLE * of + WHOLE
    right = math.floor(low - slack) <= ours[0] <= max(0, math.floor(low + slack))
    yield Figure(f"{name}.low", right and ours[0] >= 0, ours[0], low, 0.0)
    right = min(of, math.ceil(high - slack)) <= ours[1] <= math.ceil(high + slack)
    yield Figure(f"{name}.high", right and ours[1] <= of, ours[1], high, 0.0)


# A tensor.


def tensor(t, row):
    """Every figure of a sampled tensor and of its intervals."""
    sample, of = row["sample"], len(t.data) * 8 // t.format.bits
    yield from places(t, sample)
    sampled = truth.Sampled(t, sample)
    for key, value in (("dtype", t.dtype), ("shape", list(t.shape)), ("bytes", len(t.data))):
        yield same(key, row.get(key), value)
    yield same("sample.elements", sample["elements"], sampled.elements)
    yield same("sample.of", sample["of"], of)
    yield same("sample.confidence", sample["confidence"], truth.CONFIDENCE)
    for name, views in truth.views(sampled).items():
        pick = lambda room: room if name is None else room[name]
        rooms = {key: pick(row[key]) for key in ("stats", "bits", "exponents")}
        prefix = "" if name is None else f"{name}."
        for figure in part(t.format, sampled, views, rooms, pick(sample["intervals"])):
            yield figure._replace(name=prefix + figure.name)
    yield from of_casts(sampled, row)
    yield from rows(sampled, row)


def places(t, sample):
    """One stretch in each stratum, none over another, whole rows or parts of one; a whole number of bytes."""
    firsts, stretch, bits = sample["firsts"], sample["stretch"], t.format.bits
    rows, columns = casts.matrix(t.shape)
    cut = rows == 1 or stretch % columns or any(first % columns for first in firsts)
    unit = TILE if cut else 1
    line = columns // unit * unit if cut else columns
    yield same("sample: 2 to 8 stretches", 2 <= len(firsts) <= 8, True)
    yield same("sample: bytes", [first * bits % 8 for first in [*firsts, stretch]], [0] * (len(firsts) + 1))
    yield same("sample: within", firsts[0] >= 0 and firsts[-1] + stretch <= rows * columns, True)
    yield same("sample: apart", all(a + stretch <= b for a, b in zip(firsts, firsts[1:])), True)
    if cut:
        inside = [first % columns % TILE == 0 and first % columns + stretch <= columns for first in firsts]
        yield same("sample: within rows", all(inside) and stretch % TILE == 0, True)
    # Strata are equal parts, to a unit, of what whole units hold; a stretch lies in its own.
    of, k = (line * rows, len(firsts)) if cut else (rows * columns, len(firsts))
    flat = [first // columns * line + first % columns for first in firsts]
    slack = unit if cut else 64 * columns
    inside = [of * at // k - slack <= f and f + stretch <= of * (at + 1) // k + slack for at, f in enumerate(flat)]
    yield same("sample: strata", inside, [True] * k)


def part(fmt, sampled, views, ours, intervals):
    (whole, bits, *_), alone, without = views
    n, of = sampled.elements, sampled.of
    stats = {**whole["stats"], "count": of}
    stats |= {key: truth.expand(stats[key], n, of) for key in truth.COUNTS}
    yield from compare.stats(fmt, stats, ours["stats"], whole["mean_abs"])
    yield from quantile_bounds(ours["stats"], views[0][2])
    found = whole["exponents"]
    expanded = {**found, "counts": [truth.expand(c, n, of) for c in found["counts"]], "zero": truth.expand(found["zero"], n, of)}
    yield from compare.exponents(expanded, ours["exponents"])
    for key in truth.COUNTS:
        hits = [view[0]["stats"][key] for view in alone]
        yield from count_ends(f"intervals.{key}", intervals[key], hits, n, of)
    scales = {"mean": whole["mean_abs"], "std": whole["stats"]["std"], "rms": whole["stats"]["rms"]}
    for key, least in truth.LEAST.items():
        wanted = truth.jackknife(whole["stats"][key], [view[0]["stats"][key] for view in without], n, of)
        wanted = wanted and (max(least, wanted[0]), wanted[1])
        yield from ends(f"intervals.{key}", intervals[key], wanted, scales[key] or 0.0, ENDS)
    for key in truth.ENTROPIES:
        value, wanted = truth.corrected(fmt, key, bits[key], [view[1][key] for view in without], n, of)
        yield near(f"bits.{key}", ours["bits"].get(key, "missing"), value, 1, ENTROPY)
        yield from ends(f"intervals.{key}", intervals[key], wanted, 1, ENTROPY)
    yield same("bits.plane_ones", ours["bits"].get("plane_ones"), whole["bits"]["plane_ones"])
    yield from quantile_ends(fmt, views, intervals["quantiles"])


def quantile_bounds(ours, wanted):
    """The cells' ends, to the last digit."""
    for key, bounds in zip(("quantiles", "quantiles_upper"), wanted):
        if ours.get(key) is not None and bounds is not None:
            numbers = {q: int(v) if isinstance(v, str) else v for q, v in ours[key].items()}
            yield same(f"stats.{key}, cells", numbers, bounds)


def quantile_ends(fmt, views, ours):
    """Values that occur, or ends of their cells: equal."""
    (whole, *_, values), alone, _ = views
    for q in expected.QUANTILES:
        wanted = truth.woodruff(fmt, q, values, [view[3] for view in alone], whole["stats"])
        found = ours.get(q) and tuple(ours[q])
        yield Figure(f"intervals.quantiles[{q}]", found in wanted, found, wanted[0], 0.0)


def of_casts(sampled, row):
    whole, alone = sampled.casts()
    ours = row["casts"]
    if whole is None:
        yield same("casts", ours, None)
        return
    yield same("casts: keys", sorted(ours), sorted(whole))
    n, of = sampled.elements, sampled.of
    for key, tally in whole.items():
        if key not in ours:
            continue
        place, figures, report = f"casts[{key}]", tally.figures(), ours[key]
        for name in truth.CAST_COUNTS:
            yield count(f"{place}.{name}", report[name], truth.expand(figures[name], n, of))
        yield same(f"{place}.bytes", report["bytes"], casts.stored(key, sampled.rows, sampled.columns))
        tolerance = SUMS + 1 / max(1, truth.expand(tally.values, n, of))
        yield near(f"{place}.max_abs_error", report["max_abs_error"], figures["max_abs_error"], figures["max_abs_error"], 1e-15)
        mse = figures["mse"]
        yield near(f"{place}.mse", report["mse"], mse, mse or 0.0, tolerance) if mse != "Infinity" else same(place, report["mse"], mse)
        sqnr = figures["sqnr_db"]
        yield same(place, report["sqnr_db"], sqnr) if isinstance(sqnr, str) else near(f"{place}.sqnr_db", report["sqnr_db"], sqnr, 1, 1e-9)
        yield from cast_ends(place, key, tally, alone, report["intervals"], n, of)
    wanted = outliers.outliers_db(sampled.whole)
    yield compare.outliers(wanted, sampled.fmt.bits, row.get("outliers_db", "missing"))


def cast_ends(place, key, tally, alone, ours, n, of):
    for name in truth.CAST_COUNTS:
        yield from count_ends(f"{place}.intervals.{name}", ours[name], [getattr(a[key], name) for a in alone], n, of)
    without = [truth.cast_without(alone, key, at) for at in range(len(alone))]
    figures = tally.figures()
    # What a single stretch loses, or none, does not show how much stretches differ: 0 is no figure here.
    wanted = truth.jackknife(figures["mse"] or None, [other["mse"] or None for other in without], n, of)
    wanted = wanted and (max(0.0, wanted[0]), wanted[1])
    yield from ends(f"{place}.intervals.mse", ours["mse"], wanted, figures["mse"] or 0.0, ENDS)
    wanted = truth.jackknife(figures["sqnr_db"], [other["sqnr_db"] for other in without], n, of)
    yield from ends(f"{place}.intervals.sqnr_db", ours["sqnr_db"], wanted, 1, DECIBELS)


def rows(sampled, row):
    """Rows of zeros and of one value, expanded; none of parts of rows."""
    if sampled.castable() is None or sampled.fmt.bits < 8 or sampled.is_cut:
        yield same("rows", row["rows"], None)
        return
    zero = truth.zero_rows(sampled)
    yield same("rows.count", row["rows"]["count"], sampled.rows)
    yield same("rows.zero", row["rows"]["zero"], truth.expand(zero, sampled.elements, sampled.of))


# A checkpoint.


def check(name):
    """(place, figures) of the tensors of a case, and of its sums. It is no sample where every tensor is read whole."""
    path, size = cases.case(name)
    output = scan(path, size)
    report = json.loads(output)
    tensors = {t.name: t for t in container.load(path)}
    read = {"bytes": 0, "of": sum(len(t.data) for t in tensors.values()), "sampled": 0, "whole": 0, "left_out": 0}
    read["left_out"] = len(tensors) - len(report["tensors"])
    is_sample = read["left_out"] > 0 or any("sample" in row for row in report["tensors"])
    for row in report["tensors"]:
        t = tensors[row["name"]]
        sampled = "sample" in row
        read["sampled" if sampled else "whole"] += 1
        bits = t.format.bits
        read["bytes"] += row["sample"]["elements"] * bits // 8 if sampled else len(t.data)
        yield f"{path.name}: {t.name!r}", list(tensor(t, row) if sampled else read_whole(t, row, is_sample))
    totals = [same(f"sample.{key}", report["sample"].get(key), value) for key, value in read.items()] if is_sample else []
    totals.append(same("sample", "sample" in report, is_sample))
    yield f"{path.name}: sums", totals + [*again(name, path, size, output, list(tensors.values()), report)]


def read_whole(t, row, is_sample):
    """What is read whole is no estimate; in a sample its casts are those that the others have."""
    yield from compare.tensor(expected.tensor(t), row)
    tallies = casts.tallies(t)
    known = tallies and {key: tally for key, tally in tallies.items() if not is_sample or key not in truth.NEVER}
    yield from compare.casts(casts.figures(known), row["casts"])


def again(name, path, size, output, tensors, report):
    """The same bytes for any number of threads, and the same figures however the tensors are cut into shards."""
    for threads in (1, 2, 3):
        yield same(f"--threads {threads}", scan(path, size, "--threads", threads) == output, True)
    yield same("sample: problems", report["problems"], [])
    bare = lambda rows: {row["name"]: {k: v for k, v in row.items() if k not in ("file", "duplicate_of")} for row in rows}
    shards = report_of(cases.in_shards(tensors, name), size)
    yield same("shards", bare(shards["tensors"]) == bare(report["tensors"]), True)
    yield same("shards: sample", shards.get("sample"), report.get("sample"))
