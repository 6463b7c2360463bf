"""What a verdict on a made tensor may say, taking into account what its bits can tell.

A history that leaves no trace in this tensor cannot be asked for: FP32 through
TF32 into FP16 is FP16, a group of 128 in rows of 128 is a row. So each case
states sets: labels, granularities, kinds of scale and paths that are right.

`inconclusive` is never wrong, unless `has_power` says that the tensor is large and
clear. The rule: at least 100,000 values of a source that is many binades deep, and

- for a lattice, groups of at least 32 (any group where the store is wider than BF16);
- for values kept by a wider store (FP16 or BF16 in FP32, BF16 in FP16), where FP16 and
  TF32 both hold them, 40 different values outside FP16's normal range;
- for FP16 inside BF16, distinct values under 2^-17 that all lie on multiples of
  2^-24, where native ones would with a chance of at most 10^-12;
- for FP16 without subnormals inside BF16, 100 values that it flushed to zero;
- for TF32 inside BF16, 16 distinct values under 2^-17 off that grid;
- nothing else.
"""

import numpy as np

import history_casts as casts

PARTITIONS = ["tensor", "row", "column", "256x256", "128x128", "64x64", "32x32", "256", "128", "64", "32", "16"]
NATIVE = ["native", "inconclusive"]
# Averages and updates: what they are, or what they may pass for.
NOT_A_CAST = ["arithmetic", "native", "inconclusive", "unexplained"]
# Codes whose scales are powers of two, by their width.
BITS = {
    "mxfp4": 4, "mxfp6_e2m3": 6, "mxfp6_e3m2": 6, "mxfp8_e4m3": 8, "mxfp8_e5m2": 8, "f8_e4m3": 8, "f8_e5m2": 8,
}  # fmt: skip
LARGE = 100_000
AMBIGUOUS = ["f16", "tf32"]
PRECISION = {"BF16": 8, "F16": 11, "F32": 24, "F64": 53, "F8_E4M3": 4}


def as_f64(stored):
    return stored.astype(np.float64)


def of(history, storage, source_is_wide, x, carried, scales, stored):
    """The truth on one tensor: FP32 `x`, what the history made of it, and what was stored."""
    kind = history.kind
    values = as_f64(stored)
    if values.size == 0 or (values == values.flat[0]).all():
        return truth("special", ["constant"] if values.size else ["empty"], must=True)
    large = values.size >= LARGE and source_is_wide
    found = KINDS[kind](history, storage, large, x, carried, scales, values)
    native = as_f64(casts.STORAGES[storage](x))
    if kind != "native" and np.array_equal(native, values):
        found["labels"] += [label for label in NATIVE if label not in found["labels"]]
        found["has_power"] = False
    return found


def truth(kind, labels, must=False, paths=None, granularities=None, scales=None, **more):
    paths = paths and list(dict.fromkeys(paths))
    granularities = granularities and list(dict.fromkeys(granularities))
    return {
        "kind": kind, "labels": list(dict.fromkeys(labels)), "has_power": bool(must), "paths": paths,
        "granularities": granularities, "scales": scales, **more,
    }  # fmt: skip


def path(stops, storage):
    return ">".join([*stops, storage.lower()])


def native(history, storage, large, x, carried, scales, values):
    """Whatever is rounded once. `share` cases count for the share of `native`."""
    return truth("native", NATIVE, paths=[storage.lower()], share=large)


def arithmetic(history, storage, large, x, carried, scales, values):
    return truth("arithmetic", [*NOT_A_CAST, *history.also])


def element(history, storage, large, x, carried, scales, values):
    """FP16, BF16 and TF32, in a store that may or may not show them."""
    stops = list(history.stops)
    label = history.label
    labels, must = [label], False
    paths = [path(stops[at:], storage) for at in range(len(stops))]
    if PRECISION[storage] >= 24 or (storage == "F16" and label == "bf16"):
        # Contained: all values are of the narrower type.
        labels = contained(stops, storage, values)
        must = large and not set(AMBIGUOUS) <= set(labels)
        paths = [path(stops[at:], storage) for at in range(len(stops))]
        paths += [path([other], storage) for other in labels if other not in NATIVE]
    elif storage == "F16":
        labels += NATIVE  # what FP16 holds of FP16 and TF32 is FP16
        paths.append(storage.lower())
    elif "flushed" in history.name:
        must = large and int((x != 0).sum() - (carried != 0).sum()) >= 100
    elif label == "f16":
        must = large and grid_odds(carried) >= 12
    elif label == "tf32":
        must = large and off_grid(values) >= 16
        labels += [] if must else ["f16"] if off_grid(values) == 0 else []
    if storage == "BF16" and label == "f16" and tiny(values).size == 0 and "flushed" not in history.name:
        labels, paths = labels + ["tf32"], paths + ["tf32>bf16"]  # parity alone cannot tell
    return truth("element", labels, must, paths=paths)


def contained(stops, storage, values):
    """Every stop that holds all stored values exactly: each of them is true."""
    holds = {"bf16": in_bits(values, 8), "f16": in_f16(values), "tf32": in_bits(values, 11), "f32": in_bits(values, 24)}
    narrowest = [name for name in holds if name in stops and np.all(holds[name])]
    decided = np.abs(values[values != 0])
    decided = decided[(decided < 2.0**-14) | (decided > 65504)]
    if np.unique(decided).size < 40 and np.all(holds["tf32"]) and not np.all(holds["bf16"]):
        # Hardly anything below FP16's normal range tells which; FP32 is true in any case.
        narrowest = AMBIGUOUS + ["f32"] * (storage == "F64")
    return narrowest or list(stops)


def in_f16(values):
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(np.float64) == values


def in_bits(values, bits):
    fractions, _ = np.frexp(values)
    return np.ldexp(fractions, bits) == np.rint(np.ldexp(fractions, bits))


def tiny(values):
    """Distinct nonzero values under 2^-17, signs apart."""
    distinct = np.unique(values)
    return distinct[(distinct != 0) & (np.abs(distinct) < 2.0**-17)]


def off_grid(values):
    scaled = tiny(values) * 2.0**24
    return int((scaled != np.rint(scaled)).sum())


def grid_odds(values):
    """log10 of the odds that distinct BF16 values on FP16's grid are there by chance (T2)."""
    _, exponents = np.frexp(tiny(values.astype(np.float64)))
    return float(np.sum(-(exponents - 1 + 17.0)) * np.log10(2))


def lattice(history, storage, large, x, carried, scales, values):
    """A scaled or unscaled code of few bits."""
    labels, kinds = [history.label], [history.scale]
    granularities = same_partitions(history.granularity, values.shape) + constant_partitions(history.granularity, scales)
    few = np.unique(np.abs(values)).size <= 9
    if history.scale != "real":
        other_labels, other_granularities = other_powers_of_two(history, scales, x, values)
        labels, granularities = labels + other_labels, granularities + other_granularities
        kinds = ["none", "power_of_two"] if len(labels) > 1 else kinds
    if history.granularity == "element" and has_few_subnormals(history.label, values):
        labels, kinds = labels + ["mx" + history.label.replace("f8", "fp8")], [*kinds, "power_of_two"]
        granularities = granularities + ["32"]
    if history.also:
        labels, granularities = labels + list(history.also), granularities + ["32"]
    if few:
        labels, granularities, kinds = labels + ["few_levels", "int4", "nvfp4", "mxfp4"], None, None
    stops = list(history.stops)
    paths = None if few else [path([label, *stops[1:]], storage) for label in labels]
    if len(stops) > 1 and PRECISION[storage] > 11:
        labels = labels + stops[1:]  # the outer type holds every value, too
        paths = paths and paths + [path(stops[1:], storage), path(stops[-1:], storage)]
    elif len(stops) > 1 and (history.label == "nvfp4" or values.size < LARGE):
        paths = paths and paths + [path(stops[:1], storage)]  # a few codes a group bend to any rounding
    traceless = leaves_no_trace(history, storage, scales, values)
    labels += NATIVE * traceless
    must = large and not few and not traceless and len(stops) == 1 and group_size(history.granularity, values.shape) >= minimum(storage)
    return truth("lattice", labels, must, paths=paths, granularities=granularities, scales=kinds)


def leaves_no_trace(history, storage, scales, values):
    """8-bit codes with fewer than 16 different values for a scale: their bits hardly pay for it."""
    if "8" not in history.label or scales is None or PRECISION[storage] > 11:
        return False
    if group_size(history.granularity, values.shape) > 4096 and values.size > LARGE:
        return False  # enough of them, and slow to count
    bits = [of.astype(np.float32)[values != 0].view(np.uint32).astype(np.uint64) for of in (np.abs(values), scales)]
    pairs = np.unique(bits[0] << np.uint64(32) | bits[1])
    return pairs.size < 16 * np.unique(bits[1]).size


def minimum(storage):
    return 32 if storage == "BF16" else 1


def group_size(granularity, shape):
    if granularity == "element":
        return shape[0] * shape[1]
    high, wide = casts.group_shape(granularity, *shape)
    return high * wide


def same_partitions(granularity, shape):
    """All names of the same cut of this shape."""
    if granularity == "element":
        return ["element"]
    mine = casts.group_shape(granularity, *shape)
    return [granularity] + [p for p in PARTITIONS if p != granularity and casts.group_shape(p, *shape) == mine]


def has_few_subnormals(label, values):
    """Whether hardly a value shows where the format's exponents end: shared exponents explain it as well."""
    smallest_normal = {"f8_e4m3": 2.0**-6, "f8_e5m2": 2.0**-14}[label]
    return ((values != 0) & (np.abs(values) < smallest_normal)).sum() < 20


def constant_partitions(own, scales):
    """Cuts in which the scale happens not to change: repeated rows, similar amplitudes."""

    def constant(partition):
        groups = casts.grouped(scales, casts.group_shape(partition, *scales.shape))
        high = groups.max(axis=(1, 3))
        low = np.where(groups > 0, groups, np.inf).min(axis=(1, 3))
        return np.all((high == 0) | (low == high))

    if scales is None:
        return []
    each = casts.grouped(scales, casts.group_shape(own, *scales.shape)).max(axis=(1, 3))
    if np.unique(each).size > each.size / 2:
        return []  # as many scales as groups: nothing to find
    return [partition for partition in PARTITIONS if constant(partition)]


def other_powers_of_two(history, scales, x, values):
    """Formats with power-of-two scales that hold all values as well, in fewer bits or as
    elements, or would have left the same values, and what that says of the cut."""
    bits, others = BITS[history.label], [name for name in BITS if name != history.label]
    simpler = [name for name in others if BITS[name] < bits or (name[0] == "f" and BITS[name] == bits)]
    formats = [name for name in simpler if holds(name, values)]
    formats += [name for name in others if name not in formats and leaves(name, x, values)]
    if scales is not None and np.unique(scales[scales > 0]).size > 1:
        return formats, ["element"] * any(name.startswith("f8") for name in formats)
    if history.label.startswith("mxfp8"):
        formats.append(history.label.replace("mxfp8", "f8"))
    return formats, [*PARTITIONS, "element"]


def holds(name, values):
    return leaves(name, values.astype(np.float32), values)


def leaves(name, x, values):
    """Whether a format with power-of-two scales makes these values of those."""
    made = casts.mx(name, x)[0] if name in casts.MX else casts.cast(name, x)
    return np.array_equal(made, values)


def half(history, storage, large, x, carried, scales, values):
    """Every second row, or the first half of the rows, has the history; the others are native."""
    plain = ["inconclusive", "unexplained"] if storage == "BF16" or history.label == "f16" and storage == "F16" else []
    found = truth("half", ["mixed", *plain], must=large and not plain)
    rows = values.shape[0]
    changed = np.abs(np.where(values[: rows // 2] == 0, np.inf, values[: rows // 2])).min(axis=1)
    decided = history.label != "f16" or (changed < 2.0**-14).all()
    if PRECISION[storage] >= 24 and rows > 1 and history.name.startswith("half-first") and decided:
        found["rows"] = {history.label: rows // 2}
    if rows < 2:
        found["labels"] += NATIVE
        found["has_power"] = False
    return found


def table(history, storage, large, x, carried, scales, values):
    """Grids of integers and a few levels."""
    exact = ["int8", "int4"] if np.unique(np.abs(values)).size <= 128 else []
    vague = ["unexplained"] if history.name == "levels" else []
    must = values.size >= 1000 and not exact and not vague
    return truth("table", ["few_levels", *exact, *vague], must)


KINDS = {
    "native": native, "arithmetic": arithmetic, "element": element, "lattice": lattice, "half": half, "table": table,
}  # fmt: skip
