"""Matrix products under two models, by NumPy and in fractions, against `floatscope lab matmul`.

The probe is made again from docs/how-it-knows.md. NumPy's logarithm, cosine and sine may differ from others' in the last bit, which
only matters where a normal number lies next to a tie of FP32 and BF16: `probe` asserts that none does. Counts, shares and extremes
must be equal; means and roots, which are of exact sums here and there, may differ by 1e-15 of themselves.
"""

import json
import math
import os
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import ml_dtypes
import numpy as np

import container
from accumulate import bf16, outputs, wrong_by_hand
from compare import near, same
from rotary import leaves, put, spoiled

F32 = np.float32
MASK = 2**64 - 1
TOLERANCE = 1e-15
ROUNDED = {"mean_abs", "rms", "relative_rms", "reference_rms"}


def bits(seed, count):
    """SplitMix64's first outputs."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)


def probe(seed, tokens, columns):
    """Normal numbers of BF16 as FP32, [tokens, columns]."""
    count = tokens * columns
    random = bits(seed, count + count % 2) >> np.uint64(11)
    u, v = (random[0::2] + np.uint64(1)) * 2.0**-53, random[1::2] * 2.0**-53
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * math.pi * v
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:count]
    found = bf16(normal.astype(F32))
    for off in (1 - 1e-14, 1 + 1e-14):
        assert np.array_equal(found, bf16((normal * off).astype(F32))), "a number lies next to a tie"
    return found.reshape(tokens, columns)


def places(numbers, dtype):
    """Codes in the order of the numbers, through zero."""
    codes = numbers.astype(dtype).view({4: np.int32, 2: np.int16}[np.dtype(dtype).itemsize]).astype(np.int64)
    lowest = np.int64(1) << (8 * np.dtype(dtype).itemsize - 1)
    return np.where(codes < 0, -(codes + lowest), codes)


def bin_name(steps):
    if steps <= 2:
        return str(steps)
    upper = 1 << (steps - 1).bit_length()
    return f"{upper // 2 + 1}-{upper}"


def apart(a, b, reference_mean_square, dtype, name):
    """How outputs are apart, as docs/lab.md has it."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(a.astype(np.float64) - b.astype(np.float64))
    finite = np.isfinite(a) & np.isfinite(b)
    one_nan, both_nan = np.isnan(a) ^ np.isnan(b), np.isnan(a) & np.isnan(b)
    infinite = ~one_nan & ~both_nan & (np.isinf(a) | np.isinf(b)) & (a != b)
    steps = np.where(both_nan | (a == b), 0, np.abs(places(a, dtype) - places(b, dtype)))[~one_nan & ~infinite]
    values, counts = np.unique(steps, return_counts=True)
    ulp = {}
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        ulp[bin_name(value)] = ulp.get(bin_name(value), 0) + count
    ulp |= {key: int(flags.sum()) for key, flags in (("inf", infinite), ("nan", one_nan)) if flags.any()}
    exact = [Fraction(x) for x in difference[finite].tolist()]
    count = len(exact)
    mean_square = sum(x * x for x in exact) / count if count else None
    equal = int((a == b).sum())
    return {
        "equal": equal, "equal_share": equal / a.size, "both_nan": int(both_nan.sum()), "finite": count,
        "a_not_finite": int((~np.isfinite(a)).sum()), "b_not_finite": int((~np.isfinite(b)).sum()),
        "max_abs": float(max(exact)) if count else None, "mean_abs": float(sum(exact) / count) if count else None,
        "rms": root(mean_square), "relative_rms": ratio(mean_square, reference_mean_square),
        "max_ulp": int(steps.max(initial=0)), "ulp_of": name, "ulp": ulp,
    }  # fmt: skip


def root(square):
    """Of a fraction, from its first 160 bits or so."""
    if not square:
        return None if square is None else 0.0
    places = (160 - square.numerator.bit_length() + square.denominator.bit_length()) // 2
    return math.ldexp(math.isqrt(int(square * Fraction(4) ** places)), -places)


def ratio(part, whole):
    if part is None or whole is None:
        return None
    return root(part / whole) if whole else (math.inf if part else 0.0)


def figures_of(a, b, reference):
    """Of all outputs of a tensor, or of several."""
    a, b, reference = a.reshape(-1), b.reshape(-1), reference.reshape(-1)
    known = [Fraction(x) for x in reference[np.isfinite(reference)].tolist()]
    mean_square = sum(x * x for x in known) / len(known) if known else None
    with np.errstate(over="ignore"):
        rounded = bf16(a), bf16(b)
    return {
        "outputs": a.size,
        "reference_rms": root(mean_square),
        "sums": apart(a, b, mean_square, F32, "F32"),
        "rounded": apart(*rounded, mean_square, ml_dtypes.bfloat16, "BF16"),
    }


def checkpoint(name):
    """Tensors by name, as (safetensors' dtype, array)."""
    rng = np.random.default_rng(7)
    normal = lambda *shape: rng.standard_normal(shape)
    if name == "large":
        return {"embed.weight": ("BF16", normal(5000, 256).astype(ml_dtypes.bfloat16))}
    odd = normal(6, 70).astype(F32)
    odd[1, 3], odd[2, 5], odd[3, 64], odd[3, 65] = np.nan, np.inf, np.inf, -np.inf
    tiny = (normal(4, 33) * 2.0**-126).astype(ml_dtypes.bfloat16)
    return {
        "model.layers.0.q.weight": ("BF16", normal(9, 64).astype(ml_dtypes.bfloat16)),
        "model.layers.1.q.weight": ("BF16", (normal(5, 64) + 1).astype(ml_dtypes.bfloat16)),
        "model.layers.0.down.weight": ("F32", normal(3, 301).astype(F32)),
        "model.layers.0.half.weight": ("F16", (normal(4, 150) * 2.0**-16).astype(np.float16)),
        "odd": ("F32", odd),
        "tiny": ("BF16", tiny),
        "overflowing": ("F32", (normal(3, 40) * 30000).astype(F32)),
        "huge": ("F32", (normal(3, 40) * 1e38).astype(F32)),
        "one": ("F32", np.array([[-0.0]], F32)),
        "zeros": ("BF16", np.zeros((2, 17), ml_dtypes.bfloat16)),
        "norm.weight": ("F32", np.ones(8, F32)),
        "codes": ("I8", np.ones((2, 4), np.int8)),
        "none": ("F32", np.zeros((0, 4), F32)),
    }


CASES = [
    ("plain", "f32", "bf16", 11, 0), ("plain", "f32_sequential", "f16", 8, 1), ("plain", "f32_tiles/7", "f32_pairwise", 5, 2**64 - 1),
    ("plain", "tpu", "vdpbf16ps", 9, 12345), ("plain", "tensor_core", "f64", 9, 3), ("plain", "f64", "f32_tiles/1", 2, 4),
    ("plain", "bf16", "bf16", 1, 5), ("plain", "vdpbf16ps", "tensor_core", 1, 6), ("large", "f32_sequential", "bf16", 2, 0),
]  # fmt: skip


def expected(tensors, a, b, tokens, seed):
    """Figures by tensor, by pool and in all; and what is left out."""
    found, skipped = {}, set()
    for name, (dtype, values) in tensors.items():
        if values.ndim != 2 or dtype == "I8" or not values.size:
            skipped.add(name)
            continue
        weights = values.astype(F32)
        inputs = probe(seed, tokens, weights.shape[1])
        found[name] = [outputs(model, weights, inputs) for model in (a, b, "f64")]
    pools = {}
    for name, three in found.items():
        pattern = ".".join("*" if part.isdigit() else part for part in name.split("."))
        pools.setdefault(pattern, []).append(three)
    together = lambda many: [np.concatenate([three[at].reshape(-1) for three in many]) for at in range(3)]
    return {
        "total": figures_of(*together(found.values())),
        "pools": {pattern: {"tensors": len(many)} | figures_of(*together(many)) for pattern, many in pools.items()},
        "tensors": {
            name: {"dtype": tensors[name][0], "shape": list(tensors[name][1].shape)} | figures_of(*three)
            for name, three in found.items()
        },
        "skipped": skipped,
    }


def compared(wanted, ours, path):
    """A figure for each that the oracle knows."""
    found = dict(leaves(ours)) if isinstance(ours, dict) else {}
    for key, theirs in leaves(wanted):
        got, name = found.get(key, "missing"), f"{path} {key}"
        if key.split(".")[-1] in ROUNDED and isinstance(theirs, float) and math.isfinite(theirs):
            figure = near(name, got, theirs, theirs, TOLERANCE)
            # Errors within the tolerance are not told of each tensor.
            yield figure._replace(error=0.0) if figure.right else figure
        else:
            yield same(name, got, "Infinity" if theirs == math.inf else theirs)
    extra = [key for key in found if ".ulp." in f".{key}" and key not in dict(leaves(wanted))]
    yield same(f"{path} bins that nothing fell into", extra, [])


def figures(wanted, report):
    """Every figure of a report."""
    yield from compared(wanted["total"], report.get("total"), "total")
    for list_name, key in (("pools", "pattern"), ("tensors", "name")):
        ours = {row[key]: row for row in report.get(list_name, [])}
        yield same(list_name, sorted(ours), sorted(wanted[list_name]))
        for name, theirs in wanted[list_name].items():
            yield from compared(theirs, ours.get(name), name)
        yield same(f"order of {list_name}", list(ours), sensitive(wanted[list_name], list(ours)))
    yield same("skipped", sorted(row["name"] for row in report.get("skipped", [])), sorted(wanted["skipped"]))


def sensitive(rows, order):
    """Names, the most sensitive first; equal ones as they come."""

    def rank(name):
        row = rows[name]["sums"]
        alone = 2 * (rows[name]["outputs"] - row["finite"]) - row["a_not_finite"] - row["b_not_finite"]
        return (alone == 0, -(row["relative_rms"] or 0.0))

    return sorted((name for name in order if name in rows), key=rank)


def run(path, a, b, tokens, seed, *more):
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    options = ["--a", a, "--b", b, "--tokens", str(tokens), "--seed", str(seed), "--json", "-", *more]
    done = subprocess.run([program, "lab", "matmul", path, *options], capture_output=True)
    return done.stdout, f"exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}"


def check():
    """Place and figures of every case."""
    yield "matmul, oracle", [same(fault, fault, None) for fault in unnoticed()] or [same("selftest", True, True)]
    for name, a, b, tokens, seed in CASES:
        tensors = checkpoint(name)
        rows = [container.Tensor(key, dtype, list(values.shape), values.tobytes()) for key, (dtype, values) in tensors.items()]
        wanted = expected(tensors, a, b, tokens, seed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.safetensors")
            path.write_bytes(container.save_by_hand(rows, check=False))
            made = [run(path, a, b, tokens, seed, "--threads", str(threads)) for threads in (1, 3)]
        try:
            report = json.loads(made[0][0])
        except ValueError:
            report = {}
        found = [same("status", made[0][1], "exit 0: "), same("by three threads", made[1] == made[0], True)]
        found += [same("models", [report.get(side, {}).get("model") for side in "ab"], [a, b])]
        yield f"matmul {name}, {a} and {b}", [*found, *figures(wanted, report)]


def unnoticed():
    """Models unlike those worked out by hand, and mistakes that the comparison lets pass; one line each."""
    yield from wrong_by_hand()
    if bits(1234567, 2).tolist() != [6457827717110365317, 3203168211198807973]:
        yield "SplitMix64 is not its authors'"
    tensors = {"w": ("F32", np.arange(1, 81).reshape(2, 40).astype(F32) / F32(7))}
    wanted = expected(tensors, "f32", "bf16", 2, 0)
    report = {key: wanted[key] for key in ("total",)} | {"skipped": []}
    report["tensors"] = [{"name": "w"} | wanted["tensors"]["w"]]
    report["pools"] = [{"pattern": "w"} | wanted["pools"]["w"]]
    for fault in figures(wanted, report):
        if not fault.right:
            yield f"{fault.name} is held against itself and differs"
    for path, value in leaves(report["tensors"][0]):
        if path.endswith("length") or path == "name":
            continue
        mistake = value * (1 + 1e-14) if path.split(".")[-1] in ROUNDED else spoiled(value)
        changed = report | {"tensors": [put(report["tensors"][0], path, mistake)]}
        if all(figure.right for figure in figures(wanted, changed)):
            yield f"{path} = {mistake} is not noticed"
