"""Is diff_truth.py right, and does diff_compare.py notice? selftest.py asks.

Roundings are held against gfloat, distances against the order of all numbers of a format, intervals of
factors against products in integers, on both sides of each end. Some pairs are worked out by hand.
"""

import copy
import json
import math

import numpy as np
from gfloat import RoundMode, round_float

import cast_cases
import diff_cases
import diff_compare
import diff_conversions
import diff_factors
import diff_pair
import diff_rounding
import diff_truth
import formats
from diff_cases import codes_of, made
from diff_rounding import FLOATS, has_nan, is_scale, rounded
from formats import FORMATS

GFLOAT = {"nearest_even": RoundMode.TiesToEven, "toward_zero": RoundMode.TowardZero, "ties_away": RoundMode.TiesToAway}
USUAL = {"rtol": 1e-5, "atol": 1e-8, "equal_nan": False}


def misdiffed():
    """Where the truth is none, one line each."""
    with np.errstate(all="ignore"):
        yield from unlike_gfloat()
        yield from unlike_order()
        yield from unlike_products()
        yield from unlike_hand()


def unlike_gfloat():
    for fmt in {**diff_rounding.THROUGH, **{fmt.name: fmt for fmt in FLOATS}}.values():
        if is_scale(fmt):
            continue
        x = np.concatenate([cast_cases.edges(), diff_cases.around(fmt, True), [np.inf, 1e300, 5e-324, 0.0]])
        x = np.concatenate([x, -x])
        for mode, theirs in GFLOAT.items():
            for saturate in (False, True):
                # gfloat has no number for infinities in FP4 and FP6, and away from zero it adds one half, which may round.
                kept = ~np.isinf(x) | has_nan(fmt)
                kept &= (x == x.astype(np.float32)) | (mode != "ties_away")
                ours = rounded(fmt, x[kept], mode, saturate)
                by_gfloat = [round_float(fmt.info, value, theirs, saturate or not has_nan(fmt)) for value in x[kept].tolist()]
                wrong = ~diff_conversions.same(ours, np.array(by_gfloat) if fmt.info.has_nz else np.array(by_gfloat) + 0.0)
                for at in np.flatnonzero(wrong)[:3]:
                    yield f"{fmt.name} {mode} {saturate}: {x[kept][at]} becomes {ours[at]}, by gfloat {by_gfloat[at]}"


def unlike_order():
    """Places are positions in the order of all numbers, zeros being one."""
    for fmt in (fmt for fmt in FLOATS if fmt.bits <= 16):
        values = formats.decode(fmt, formats.all_codes(fmt))
        numbers = np.unique(values[np.isfinite(values)] + 0.0)
        signed = diff_rounding.places(fmt, numbers).astype(np.int64) * np.where(numbers < 0, -1, 1)
        if not np.array_equal(np.diff(signed), np.ones(len(numbers) - 1)):
            yield f"places of {fmt.name} are not the order of its numbers"


def unlike_products():
    """Both ends of an interval are factors, what lies just beyond them is none, and by hand there is none without one."""
    rng = np.random.Generator(np.random.PCG64(11))
    for a, b in diff_cases.SCALED:
        source, target = FORMATS[a], FORMATS[b]
        if is_scale(target):
            continue
        for s in (0.3, -1.7, 2.0**-8, 1 + 2.0**-9, 2.0**-130, 1e5):
            x = np.abs(rounded(source, rng.standard_normal(6))) + (1 if is_scale(source) else 0)
            x = rounded(source, x)
            for by_way in (False, True):
                y = diff_factors.carried_out(target, x, s, by_way)
                found = diff_factors.factor(source, target, x, y, by_way)
                yield from wrong_ends(f"{a}>{b} × {s}, {by_way}", target, x, y, by_way, found)


def wrong_ends(what, target, x, y, by_way, found):
    if found is None:
        return  # holds 1, or is of zeros
    ends_ = [found["low"], found["high"]]
    for s in [*ends_, math.nextafter(found["low"], -math.inf), math.nextafter(found["high"], math.inf)]:
        if not math.isfinite(s) or s == 0:
            continue
        holds = diff_conversions.same(diff_factors.carried_out(target, x, s, by_way), y).all()
        if holds != (s in ends_):
            yield f"{what}: {s!r} {'is' if holds else 'is not'} a factor, the interval is {found}"


# By hand.


def side(name, values, shape=None):
    fmt = FORMATS[name]
    codes = values if fmt.kind != "float" else codes_of(fmt, values)
    return diff_pair.Side(made("t", fmt, codes, shape), "t.safetensors")


def said(a, b):
    """The row of two sides."""
    return diff_truth.compare({"t": a}, {"t": b}, USUAL, {})["tensors"]["t"]


def by_hand():
    """(two sides, what must be said of them), worked out on paper."""
    inf, nan = np.inf, np.nan
    # 1 + 2^-8 lies half-way between BF16's 1 (even) and 1 + 2^-7: nearest even and toward zero give 1, away does not.
    x = [1 + 2.0**-8, 1 + 3 * 2.0**-8, -2.0, 0.0]
    yield side("F32", x), side("BF16", [1, 1 + 2.0**-6, -2, 0]), {
        "equal": 2, "first_difference": [0], "ulp": {"0": 4}, "ulp_of": "BF16", "max_ulp": 0, "max_abs": 2.0**-8, "mean_abs": 2.0**-9,
        "not_close": 2, ("nearest_even", "a>b"): True, ("toward_zero", "a>b"): False, ("ties_away", "a>b"): False, ("exact", "b>a"): False,
    }  # fmt: skip
    yield side("F32", x), side("BF16", [1 + 2.0**-7, 1 + 2.0**-6, -2, 0]), {
        "ulp": {"0": 3, "1": 1}, ("ties_away", "a>b"): True, ("nearest_even", "a>b"): False,
    }  # fmt: skip
    # 1 + 2^-8 + 2^-12: FP16's step is 2^-10, so that it becomes the tie above and then 1; directly it becomes 1 + 2^-7.
    x = [1 + 2.0**-8 + 2.0**-12, 3.0]
    yield side("F32", x), side("BF16", [1, 3]), {
        ("through:f16", "a>b"): True, ("through:tf32", "a>b"): True, ("nearest_even", "a>b"): False, ("toward_zero", "a>b"): True,
    }  # fmt: skip
    # FP16: zero to its smallest number is one place, from −2^-24 to 2^-24 it is two, over zero that is one.
    yield side("F16", [0, -(2.0**-24), -0.0, inf, nan, nan, inf]), side("F16", [2.0**-24, 2.0**-24, 0, inf, nan, 1, 1]), {
        "equal": 2, "both_nan": 1, "ulp": {"0": 3, "1": 1, "2": 1, "inf": 1, "nan": 1}, "max_ulp": 2, "finite": 3,
        "worst": [5, 6, 1, 0], "not_close": 5, "allclose": False, "mean_abs": 2.0**-24,
    }  # fmt: skip
    yield side("F8_E4M3", [nan, 448, -2, 0]), side("F32", [1e9, 464, -2, 2.0**-10]), {"ulp": {"0": 4}, ("nearest_even", "b>a"): True}
    yield side("F8_E4M3", [nan, 448, 1, 0]), side("F32", [-500, 500, 1, 0]), {("nearest_even", "b>a"): False, ("nearest_even+saturate", "b>a"): False}
    yield side("F8_E4M3", [-448, 448, 1, 0]), side("F32", [-500, inf, 1, 0]), {("nearest_even", "b>a"): False, ("nearest_even+saturate", "b>a"): True}
    # E4M3 FNUZ has no −0; BF16 has 2^-15 as a normal number.
    yield side("F16", [2.0**-15, 1, -0.0]), side("BF16", [0, 1, -0.0]), {
        ("nearest_even+flush", "a>b"): False, ("through:f8_e4m3fnuz", "a>b"): False, ("through:f8_e4m3", "a>b"): True,
    }  # fmt: skip
    yield from factors_by_hand()
    big = np.array([2**53 + 1, 2**53, 5], np.uint64)
    yield side("U64", big), side("F64", [2.0**53, 2.0**53, 5]), {
        "equal": 2, "first_difference": [0], "max_abs": 0.0, "ulp": None, "not_close": 0, ("exact", "a>b"): False,
    }  # fmt: skip
    rows = np.arange(24.0)
    turned = {"differing_rows": {"rows": 6, "differing": 6}, "looks": "permuted_rows"}
    yield side("F32", rows, [6, 4]), side("F32", np.roll(rows, 8), [6, 4]), turned
    # All eight bits of BF16 are taken, so that no cast has these.
    yield side("BF16", rows + 129), side("BF16", rows + 129 + (rows == 3)), {"looks": "few_values"}


def factors_by_hand():
    # E2M1 has 1.5, 2, 3, 4, 6: what lies from 1.75 to 2.5 becomes 2, and from 3.5 to 5 it becomes 4; both are even.
    yield side("F32", [1.0, 2.0]), side("F4", [2.0, 4.0]), {("times", "a>b"): {"low": 1.75, "high": 2.5, "bits": 1}}
    yield side("F32", [1.0, 2.0]), side("F32", [-0.5, -1.0]), {("times", "a>b"): {"low": -0.5 - 2.0**-25, "high": -0.5 + 2.0**-26, "bits": 1}}
    # FP64's smallest number takes a factor beyond all doubles.
    yield side("F64", [2.0**-1074, 1, 6, 6]), side("F4", [6, 1, 6, 6]), {("times", "a>b"): False}
    yield side("F64", [2.0**-1074] * 2), side("F4", [6] * 2), {("times", "a>b"): False}
    # Half-way between 4 and 6 lies 5, which becomes 4; above that there is no end.
    yield side("F32", [1.0, 2.0]), side("F4", [6, 6]), {("times", "a>b"): {"low": math.nextafter(5, 6), "high": math.inf, "bits": 1}}


def unlike_hand():
    for number, (a, b, wanted) in enumerate(by_hand()):
        row = said(a, b)
        for name, value in wanted.items():
            if isinstance(name, tuple):
                ours = row["explained_by"].get(name, False)
                ours = True if ours == {} else ours
            elif name == "worst":
                ours = [at for one in row["worst"] for at in one["index"]]
            else:
                ours = row[name]["like"] if name == "looks" else row[name]
            if ours != value:
                yield f"pair {number}: {name}: {ours}, by hand {value}"
    bins = {0: "0", 2: "2", 3: "3-4", 4: "3-4", 5: "5-8", 8: "5-8", 9: "9-16", 2**40 + 1: "1099511627777-2199023255552"}
    for distance, name in bins.items():
        if diff_pair.bin_of(distance) != name:
            yield f"the bin of {distance} is {diff_pair.bin_of(distance)}"


# The comparison.


def as_report(row):
    """The row of a report that says what the oracle says."""
    ways = [{"conversion": c, "direction": d, "says": "…"} | ends(factor) for (c, d), factor in row["explained_by"].items()]
    looks = row["looks"] and row["looks"] | {"says": "…"}
    return json.loads(json.dumps(row | {"explained_by": ways, "looks": looks}))


def ends(factor):
    return {"factor": factor["low"], "factor_low": factor["low"], "factor_high": factor["high"]} if factor else {}


def pairs_to_spoil():
    x = cast_cases.bell(40, "spoil")
    yield side("F32", rounded(FORMATS["F32"], x), [8, 5]), side("BF16", rounded(FORMATS["BF16"], x), [8, 5])
    yield side("F32", [1.0, 3.0, np.nan, np.inf]), side("F32", [1.5, -2.0, 1.0, np.inf])
    yield side("I64", np.arange(7, dtype=np.uint64)), side("I64", np.arange(7, dtype=np.uint64)[::-1].copy())
    yield side("F16", [1.0, 2.0]), side("F16", [4.0, 8.0])


def two_checkpoints():
    """What must be said of two that differ in everything, and the report that says it."""
    x, y = [side("F32", [1.0, 3.0]) for _ in "ab"], [side("F32", [1.0, 2.0]), side("F32", [1.0, 2.0], [2, 1])]
    expected = diff_truth.compare({"x": x[0], "y": y[0], "a": x[0]}, {"x": x[1], "y": y[1], "b": x[1]}, USUAL, {})
    expected |= {"tolerance": USUAL, "renames": set()}
    report = {key: expected[key] for key in ("differ", "pairs", "tolerance", "only_in_a", "only_in_b")} | {
        "schema": "floatscope.diff/1", "headline": "…", "problems": [], "renames": [],
        "shape_mismatch": [{"name": name} | sides for name, sides in expected["shape_mismatch"].items()],
        "tensors": [as_report(row) for row in expected["tensors"].values()],
        "explanations": [{"conversion": "identity", "direction": "a>b", "tensors": 1, "says": "…"}],
        "triage": [{"about": "names", "says": "…", "tensors": ["x"], "count": 1}],
    }  # fmt: skip
    return expected, json.loads(json.dumps(report))


def unnoticed_whole(leaves, at, put):
    expected, perfect = two_checkpoints()
    right = lambda report: all(figure.right for figure in diff_compare.whole(expected, report))
    if not right(perfect):
        yield f"right checkpoints are called wrong: {[figure for figure in diff_compare.whole(expected, perfect) if not figure.right]}"
    for path in leaves({key: value for key, value in perfect.items() if key != "tensors"}):
        if path[0] == "triage" and path[-1] not in ("says", "about"):
            continue
        for mistake in spoiled(path, at(perfect, path)) if path[-1] not in ("headline", "about") else [""]:
            if right(put(perfect, path, mistake)):
                yield f"{'.'.join(map(str, path))} = {mistake!r} is not noticed"
    for name in ("only_in_a", "only_in_b", "shape_mismatch", "renames", "problems", "explanations"):
        if right(perfect | {name: perfect[name] + [{"name": "z"}]}):
            yield f"one more in {name} is not noticed"


def unnoticed_differences(leaves, at, put):
    """Mistakes in a report that the comparison lets pass; the helpers are selftest.py's."""
    yield from unnoticed_whole(leaves, at, put)
    for number, (a, b) in enumerate(pairs_to_spoil()):
        row = said(a, b)
        for found in filter(None, row["explained_by"].values()):
            found["bits"] = diff_factors.significant_bits(found["low"])  # which as_report names
        perfect = as_report(row)
        right = lambda report: all(figure.right for figure in diff_compare.tensor(row, report))
        if not right(perfect):
            wrong = [figure for figure in diff_compare.tensor(row, perfect) if not figure.right]
            yield f"pair {number}: right figures are called wrong: {wrong[:2]}"
        for path in leaves(perfect):
            for mistake in spoiled(path, at(perfect, path)):
                if right(put(perfect, path, mistake)):
                    yield f"pair {number}: {'.'.join(map(str, path))} = {mistake!r} is not noticed"
        for name in perfect:
            if right({key: value for key, value in perfect.items() if key != name}):
                yield f"pair {number}: without {name} nothing is noticed"
        for name in ("worst", "explained_by"):
            for changed in (perfect[name][1:], perfect[name] + [{}], perfect[name] + perfect[name][:1]):
                if changed != perfect[name] and right(copy.deepcopy(perfect) | {name: changed}):
                    yield f"pair {number}: {name} = {changed} is not noticed"


def spoiled(path, value):
    """Mistakes just beyond the tolerance, and kinds that are not the value's."""
    if path[-1] == "says":
        return ["", None]
    if isinstance(value, bool):
        return [not value, None]
    if value is None:
        return [0, "NaN"]
    if isinstance(value, int):
        return [value + 1, None]
    if isinstance(value, float):
        beyond = {"sqnr_db": 2e-11, "cosine": 4e-12}.get(path[-1], max(abs(value), 1e-3) * 4e-12)
        return [value + beyond, "Infinity", None]
    return [value + "x", None]
