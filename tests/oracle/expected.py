"""What Floatscope must say of every tensor of a safetensors file, computed independently of it.

    python expected.py FILE...      prints {file: [tensor, …]} as JSON

`stats`, `bits` and `exponents` follow docs/report.md's definitions, with NumPy,
ml_dtypes and exact integers. Everything is exact here, also for types over 16
bits, where Floatscope gives bounds for the quantiles and two entropies:
`check.py` knows which figures are bounds. `casts` comes from casts.py. `mean_abs` is the scale for the
tolerance of the mean and no figure of the report.
"""

import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

import container
import exact
import formats

QUANTILES = ["0.001", "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99", "0.999"]
EXACT_IN_JSON = 2**53  # integers beyond are written as strings


def tensor(t):
    """All expected figures of one tensor."""
    fmt = t.format
    codes = formats.unpack(fmt, t.data)
    row = {
        "name": t.name,
        "dtype": t.dtype,
        "shape": list(t.shape),
        "bytes": len(t.data),
    }
    if fmt.kind != "complex":
        return row | part(fmt, codes)
    both = {"re": part(fmt, codes[0::2]), "im": part(fmt, codes[1::2])}
    return row | {key: {name: figures[key] for name, figures in both.items()} for key in both["re"]}


def part(fmt, codes):
    """Figures of real numbers given by their codes."""
    unique, counts = census(fmt, codes)
    values = numbers(fmt, unique)
    finite = np.isfinite(values)
    sorted_values, sorted_counts = ascending(values[finite], counts[finite])
    stats = class_counts(fmt, unique, values, counts)
    stats |= extremes(fmt, sorted_values)
    found = moments(fmt, sorted_values, sorted_counts)
    mean_abs = found.pop("mean_abs")
    stats |= found | {
        "quantiles": quantiles(fmt, sorted_values, sorted_counts),
        "quantiles_exact": fmt.part_bits <= 16,
        "distinct": len(unique) if fmt.part_bits <= 16 else None,
    }
    return {
        "stats": stats,
        "bits": bits(fmt, unique, counts),
        "exponents": exponents(fmt, values[finite], counts[finite], stats["zeros"]),
        "mean_abs": mean_abs,
    }


def census(fmt, codes):
    """Distinct codes and how often each occurs."""
    if fmt.part_bits <= 16:
        counts = np.bincount(codes, minlength=1 << fmt.part_bits)
        unique = np.flatnonzero(counts)
        return unique.astype(formats.code_type(fmt.bits)), counts[unique]
    return np.unique(codes, return_counts=True)


def numbers(fmt, codes):
    """Values of codes: integers of their own type, else f64."""
    if fmt.kind in ("signed", "unsigned"):
        return codes.view(fmt.dtype)
    return formats.decode(fmt, codes)


def ascending(values, counts):
    """Values in ascending order with their counts, −0 as 0."""
    values = values + values.dtype.type(0)  # −0 + 0 = 0
    order = np.argsort(values, kind="stable")
    return values[order], counts[order]


def class_counts(fmt, codes, values, counts):
    def total(mask):
        return int(counts[mask].sum())

    zero = values == 0
    subnormal = np.zeros(len(codes), bool)
    if fmt.kind in ("float", "complex"):
        smallest = float(formats.finfo(fmt).smallest_normal)
        subnormal = (np.abs(values) < smallest) & ~zero
    return {
        "count": int(counts.sum()),
        "zeros": total(zero),
        "negative_zeros": total(zero & np.signbit(values)) if values.dtype.kind == "f" else 0,
        "subnormals": total(subnormal),
        "nan": total(np.isnan(values)),
        "pos_inf": total(values == np.inf),
        "neg_inf": total(values == -np.inf),
        "negatives": total(values < 0),
    }


def extremes(fmt, values):
    """Of values in ascending order."""
    magnitudes = [abs(x) for x in values[[0, -1]].tolist()] if len(values) else []
    negative, positive = values[values < 0], values[values > 0]
    nearest = [abs(x) for x in [*negative[-1:].tolist(), *positive[:1].tolist()]]
    return {
        "min": number(fmt, values[0].item()) if len(values) else None,
        "max": number(fmt, values[-1].item()) if len(values) else None,
        "abs_min_nonzero": number(fmt, min(nearest)) if nearest else None,
        "abs_max": number(fmt, max(magnitudes)) if magnitudes else None,
    }


def number(fmt, value):
    """As the report writes it: integers beyond 2^53 are strings."""
    if fmt.kind in ("signed", "unsigned") and abs(value) > EXACT_IN_JSON:
        return str(value)
    return value


def moments(fmt, values, counts):
    if fmt.kind in ("signed", "unsigned"):
        return exact.moments(exact.of_integers(values, counts))
    return exact.moments(exact.of_floats(values, counts))


def quantiles(fmt, values, counts):
    """Order statistics: the smallest value whose share of values up to it reaches q."""
    if not len(values):
        return None
    below = np.cumsum(counts)
    total = int(below[-1])
    ranks = [math.ceil(Fraction(q) * total) for q in QUANTILES]
    found = values[np.searchsorted(below, ranks)]
    agree_with_numpy(values, counts, found)
    return {q: number(fmt, x.item()) for q, x in zip(QUANTILES, found)}


def agree_with_numpy(values, counts, found):
    """Our ranks are exact fractions, NumPy's are products of f64: they must meet."""
    at = [float(q) for q in QUANTILES]
    theirs = np.quantile(np.repeat(values, counts), at, method="inverted_cdf")
    assert np.array_equal(theirs, found), (theirs, found)


def bits(fmt, codes, counts):
    """Entropies in bits and the share of ones in each bit plane, over all codes, NaN included."""
    wide = codes.astype(np.uint64)
    joint = entropy(counts)
    fields = dict.fromkeys(["sign_entropy", "exponent_entropy", "mantissa_entropy"])
    if fmt.kind in ("float", "complex"):
        m = np.uint64(fmt.mantissa_bits)
        mantissa = wide & np.uint64((1 << fmt.mantissa_bits) - 1)
        exponent = (wide >> m) & np.uint64((1 << fmt.exponent_bits) - 1)
        sign = wide >> (m + np.uint64(fmt.exponent_bits))
        parts = zip(fields, (sign, exponent, mantissa))
        fields = {name: field_entropy(field, counts) for name, field in parts}
    return {
        **fields,
        "joint_entropy": joint,
        "plane_ones": plane_ones(fmt, wide, counts),
        "exact": fmt.part_bits <= 16,
    }


def field_entropy(field, counts):
    _, index = np.unique(field, return_inverse=True)
    return entropy(np.bincount(index, weights=counts).astype(np.int64))


def entropy(counts):
    """Shannon entropy in bits of a distribution given by counts; 0 for no values."""
    total = int(counts.sum())
    p = counts[counts > 0] / total if total else np.zeros(0)
    return math.fsum((-p * np.log2(p)).tolist()) + 0.0


def plane_ones(fmt, codes, counts):
    """Share of ones in each bit of the code, most significant first; 0 for no values."""
    total = max(1, int(counts.sum()))
    shifts = reversed(range(fmt.part_bits))
    planes = ((codes >> np.uint64(bit)) & np.uint64(1) for bit in shifts)
    return [int(counts[plane == 1].sum()) / total for plane in planes]


def exponents(fmt, values, counts, zeros):
    """Counts per binade ⌊log2|x|⌋ of nonzero finite values, from the smallest occupied one up."""
    nonzero = values != 0
    binades = binade(values[nonzero])
    if not len(binades):
        return {"first": None, "counts": [], "zero": zeros}
    first = int(binades.min())
    found = np.bincount(binades - first, weights=counts[nonzero]).astype(np.int64)
    return {"first": first, "counts": found.tolist(), "zero": zeros}


def binade(values):
    """⌊log2|x|⌋, exactly."""
    if values.dtype.kind == "f":
        return np.frexp(values)[1].astype(np.int64) - 1
    magnitudes = [abs(x) for x in values.tolist()]
    return np.array([x.bit_length() - 1 for x in magnitudes], np.int64)


def file(path):
    """Expected figures of every tensor of a file."""
    import casts  # which needs the census above

    return [tensor(t) | {"casts": casts.figures(casts.tallies(t))} for t in container.load(path)]


def dumps(files):
    """JSON with one tensor a line."""
    blocks = []
    for name, tensors in files.items():
        rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in tensors)
        blocks.append(f"{json.dumps(name)}: [\n{rows}\n]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    print(dumps({Path(path).name: file(path) for path in sys.argv[1:]}), end="")
