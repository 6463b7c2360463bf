"""Tensors with a known past: every history of a verdict, over many sources, sizes and stores.

    python histories.py [--seed 1] [--per 5] [--largest 1000000]

makes `$ORACLE_DIR/histories/…/part-*.safetensors` and beside them `manifest.json`, which
says of each tensor what was done to it and what a verdict may say (history_truth.py), and
prints the folder. Sources are in history_sources.py, casts in history_casts.py.

`--per` is how many tensors each history has in each store: sources and shapes are
drawn from those that suit it, sizes from every class in turn.
"""

import argparse
import hashlib
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np

import checkpoints
import container
import history_casts as casts
import history_truth
from container import Tensor
from history_sources import NORMS, ODD, SOURCES, WIDE

HERE = Path(__file__).resolve().parent
PART_BYTES = 128 << 20

# Shapes by size. Last axes that are no multiple of 32, one, two and three axes, square, wide and tall.
SHAPES = [
    [(1000,), (32, 32), (10, 100), (4, 8, 64), (1536,), (48, 80)],
    [(64, 512), (256, 256), (100, 1000), (2048, 16), (50_000,), (16, 48, 96), (384, 128)],
    [(512, 512), (1024, 384), (256, 1500), (200_000,), (8, 128, 384), (96, 4096), (4000, 100)],
    [(1024, 1024), (4096, 256), (250, 4000), (1_000_000,), (768, 1300), (16, 256, 256)],
]


@dataclass(frozen=True)
class History:
    """Something that can happen to values, and what it is called."""

    name: str
    kind: str  # of truth: a key of history_truth.KINDS
    label: str
    apply: Callable  # (rng, FP32 matrix) -> values, or values and the scale of each
    stops: tuple = ()  # before the store
    granularity: str | None = None
    scale: str | None = None
    sources: tuple = tuple(WIDE)
    storages: tuple = ("BF16", "F16", "F32")
    also: tuple = ()  # other labels that are as true
    times: int = 1  # as many tensors as others have
    shape: tuple | None = None  # where it must be this


def natives():
    everything = tuple(SOURCES)
    as_is, one = (lambda rng, x: x), {"sources": everything, "times": 4}
    yield History("native", "native", "native", as_is, **one)
    yield History("native-f64", "native", "native", with_noise, storages=("F64",))
    yield History("native-f8", "native", "native", as_is, storages=("F8_E4M3",), sources=("normal_1", "normal_0.08"))
    for name, cast, store in [
        ("truncated", lambda rng, x: casts.bf16_truncated(x), "BF16"), ("stochastic", casts.bf16_stochastic, "BF16"),
        ("truncated", lambda rng, x: casts.f16_truncated(x), "F16"), ("stochastic", casts.f16_stochastic, "F16"),
    ]:  # fmt: skip
        yield History(f"native-{name}", "native", "native", cast, storages=(store,), **one)


def with_noise(rng, x):
    """Values that need FP64."""
    return x.astype(np.float64) * (1 + 2.0**-26 * rng.standard_normal(x.shape))


def elements():
    def element(name, label, cast, stops, **more):
        more = {"sources": (*WIDE, *NORMS, "pruned_0.5"), "storages": ("BF16", "F16", "F32", "F64")} | more
        return History(name, "element", label, lambda rng, x: cast(x), stops, **more)

    yield element("f16", "f16", casts.f16, ("f16",), storages=("BF16", "F32", "F64"), times=2)
    yield element("f16-flushed", "f16", casts.f16_flushed, ("f16",), storages=("BF16", "F32"))
    yield element("bf16", "bf16", casts.bf16, ("bf16",), storages=("F16", "F32", "F64"), times=2)
    yield element("tf32", "tf32", casts.tf32, ("tf32",), times=2)
    through = lambda x: casts.f16(casts.bf16(x))
    yield element("bf16-f16", "f16", through, ("bf16", "f16"), storages=("BF16", "F32"), times=2)
    yield element("f16-bf16", "bf16", lambda x: casts.bf16(casts.f16(x)), ("f16", "bf16"), storages=("F32",))
    yield element("f32", "f32", lambda x: x, ("f32",), storages=("F64",))


def lattice(label, granularity, quantise, scale="real", name="", after=(), **more):
    """A dequantised code, and what it went through afterwards."""
    thirds = {"f16": casts.f16, "bf16": casts.bf16}
    kept = "".join(f"-{stop}" for stop in after)

    def apply(rng, x):
        values, scales = quantise(rng, x)
        for stop in after:
            values = thirds[stop](values)
        return values, scales

    full = f"{label}-{granularity}{name}{kept}"
    more = {"sources": (*WIDE, "pruned_0.5", "randomly_pruned", "repeated_rows")} | more
    return History(full, "lattice", label, apply, (label, *after), granularity, scale, **more)


def grouped(granularity, quantise):
    return lambda rng, x: casts.by_group(x, granularity, quantise)


def small_floats():
    for label in ("f8_e4m3", "f8_e5m2"):
        plain = lambda rng, x, label=label: (casts.cast(label, x), None)
        yield lattice(label, "element", plain, "none", storages=("BF16", "F16", "F32", "F64"))
        for granularity in ("tensor", "row", "column", "128", "128x128", "64x64", "32x32"):
            near = lambda rng, x, label=label, granularity=granularity: casts.by_group(
                x, granularity, casts.scaled_float(label, factor=float(2 ** rng.uniform(-0.3, 1)))
            )
            exact = grouped(granularity, casts.scaled_float(label))
            yield lattice(label, granularity, exact)
            yield lattice(label, granularity, near, name="-arbitrary")
    plain = lambda rng, x: (casts.cast("f8_e5m2", x), None)
    yield lattice("f8_e5m2", "element", plain, "none", name="-inside", storages=("F8_E4M3",), sources=("normal_1",))
    shared = grouped("128x128", casts.scaled_float("f8_e4m3", keep=casts.to_power_of_two))
    yield lattice("f8_e4m3", "128x128", shared, "power_of_two", name="-exponents", also=("mxfp8_e4m3",))
    for name in casts.MX:
        yield lattice(name, "32", lambda rng, x, name=name: casts.mx(name, x), "power_of_two", times=2)
    yield lattice("nvfp4", "16", lambda rng, x: casts.nvfp4(x), times=2)


def integers():
    keep = {"": lambda s: s, "-f16": lambda s: casts.f16(s), "-bf16": lambda s: casts.bf16(s)}
    for bits, granularities in (
        (8, ("tensor", "row", "column", "16", "32", "64", "128", "256")),
        (4, ("row", "column", "16", "32", "64", "128", "256")),
    ):
        for at, granularity in enumerate(granularities):
            kind = list(keep)[at % 3]
            symmetric = grouped(granularity, casts.integer(bits, keep[kind]))
            uneven = grouped(granularity, casts.asymmetric(bits, keep[kind]))
            yield lattice(f"int{bits}", granularity, symmetric, name=f"-scale{kind}" if kind else "")
            yield lattice(f"int{bits}", granularity, uneven, name="-asymmetric")
            near = lambda rng, x, bits=bits, granularity=granularity: casts.by_group(
                x, granularity, casts.integer(bits, factor=rng.uniform(0.7, 1.15))
            )
            yield lattice(f"int{bits}", granularity, near, name="-arbitrary")
    yield lattice("nf4", "64", lambda rng, x: casts.nf4(x), times=3)


def passed_through():
    for stop, storages in (("f16", ("BF16", "F32")), ("bf16", ("F32",))):
        more = {"after": (stop,), "storages": storages}
        yield lattice("int4", "128", grouped("128", casts.integer(4)), **more)
        yield lattice("int8", "row", grouped("row", casts.integer(8)), **more)
        yield lattice("f8_e4m3", "row", grouped("row", casts.scaled_float("f8_e4m3")), **more)
        yield lattice("f8_e4m3", "128x128", grouped("128x128", casts.scaled_float("f8_e4m3")), **more)
        yield lattice("nf4", "64", lambda rng, x: casts.nf4(x), **more)
        yield lattice("nvfp4", "16", lambda rng, x: casts.nvfp4(x), **more)


def halves():
    of = {
        "f16": (casts.f16, ("BF16", "F32")), "bf16": (casts.bf16, ("F16", "F32")),
        "int4": (lambda x: casts.by_group(x, "128", casts.integer(4))[0], ("BF16", "F16", "F32")),
        "f8_e4m3": (lambda x: casts.by_group(x, "row", casts.scaled_float("f8_e4m3"))[0], ("BF16", "F16", "F32")),
    }  # fmt: skip
    for label, (cast, storages) in of.items():
        for place in ("first", "alternate"):
            apply = lambda rng, x, cast=cast, place=place: half_of(x, cast(x), place)
            yield History(f"half-{place}-{label}", "half", label, apply, storages=storages)


def half_of(plain, changed, place):
    """Rows of `changed` in `plain`: the first half, or every second one."""
    rows = len(plain)
    chosen = np.arange(rows) < rows // 2 if place == "first" else np.arange(rows) % 2 == 1
    return np.where(chosen[:, None], changed, plain)


def arithmetics():
    for count in (2, 8):
        for name, distance in (("close", 0.03), ("near", 0.2), ("far", 1.0)):
            apply = lambda rng, x, count=count, distance=distance: average(rng, x, count, distance)
            yield History(f"average-{count}-{name}", "arithmetic", "arithmetic", apply)
    yield History("updates", "arithmetic", "arithmetic", updated, storages=("BF16",), times=2)
    yield History("moving-average", "arithmetic", "arithmetic", moving_average)
    yield History("task-vector", "arithmetic", "arithmetic", task_vector)
    # Rows of zeros get what is added, which is BF16.
    yield History("low-rank", "arithmetic", "arithmetic", low_rank, also=("mixed",))
    yield History("interpolation", "arithmetic", "arithmetic", interpolation)
    of_f16 = lambda rng, x: sum(siblings(rng, x, 2, 0.05, casts.f16)) / np.float32(2)
    yield History("average-of-f16", "arithmetic", "arithmetic", of_f16, also=("f16",))


def siblings(rng, x, count, distance, cast=casts.bf16):
    """BF16 checkpoints around the same weights."""
    deviation = np.float32(distance * x.std())
    return [cast(x + deviation * rng.standard_normal(x.shape).astype(np.float32)) for _ in range(count)]


def average(rng, x, count, distance):
    return sum(siblings(rng, x, count, distance)) / np.float32(count)


def moving_average(rng, x):
    old, new = siblings(rng, x, 2, 0.05)
    return np.float32(0.9) * old + np.float32(0.1) * new


def task_vector(rng, x):
    base, tuned, other = siblings(rng, x, 3, 0.05)
    return base + np.float32(0.5) * (tuned - other)


def interpolation(rng, x):
    """Between two checkpoints that have come apart, at a point of its own."""
    old, new = siblings(rng, x, 2, 0.3)
    share = np.float32(rng.uniform(0.2, 0.8))
    return share * old + (1 - share) * new


def low_rank(rng, x):
    """An adapter of rank 8, multiplied out in BF16 and added to BF16 weights."""
    down = casts.bf16(rng.standard_normal((8, x.shape[1])).astype(np.float32))
    up = casts.bf16(rng.standard_normal((len(x), 8)).astype(np.float32) * np.float32(x.std() / 30))
    return casts.bf16(x) + casts.bf16(up @ down)


def updated(rng, x):
    """Forty steps of a size near 1/200 of the weights, each rounded to BF16."""
    values, step = casts.bf16(x), np.float32(x.std() / 200)
    for _ in range(40):
        values = casts.bf16(values - step * rng.standard_normal(x.shape).astype(np.float32))
    return values


def tables():
    def table(name, make, **more):
        return History(name, "table", "few_levels", lambda rng, x: make(rng, x).astype(np.float32), **more)

    count = lambda x: np.arange(x.size, dtype=np.float64).reshape(x.shape)
    yield table("arange", lambda rng, x: count(x), shape=(2000,), storages=("F32",))
    yield table("steps", lambda rng, x: rng.integers(-128, 129, x.shape) / 256)
    yield table("levels", lambda rng, x: rng.integers(0, 1001, x.shape) / 250, storages=("F16", "F32"))
    yield table("ternary", lambda rng, x: np.sign(np.rint(x / (0.8 * x.std()))) * 0.0123)
    constant = lambda value: lambda rng, x: np.full_like(x, value)
    yield table("zeros", constant(0))
    yield table("constant", constant(0.3712))
    yield table("empty", lambda rng, x: x, shape=(0, 64))


def histories():
    for family in (natives, elements, small_floats, integers, passed_through, halves, arithmetics, tables):
        yield from family()


@dataclass
class Case:
    """One tensor to be made."""

    name: str
    history: History
    storage: str
    source: str
    shape: tuple
    seed: list = field(default_factory=list)


def cases(seed, per, largest):
    """All cases, in a fixed order."""
    number = 0
    for history in histories():
        for storage in history.storages:
            key = zlib.crc32(f"{history.name} {storage}".encode())
            rng = np.random.default_rng([seed, key])
            for at in range(per * history.times):
                source, shape = draw(rng, history, at, largest)
                text = "x".join(map(str, shape))
                name = f"{number:05}.{history.name}.{storage}.{source}.{text}"
                yield Case(name, history, storage, source, shape, [seed, key, at])
                number += 1


def draw(rng, history, at, largest):
    """A source, and a shape of the next class of size that suits the history."""
    source = str(rng.choice(history.sources))
    sizes = SHAPES[(2, 1, 3, 0, 2)[at % 5]]
    fitting = [shape for shape in sizes if suits(history, shape, largest)]
    fitting = fitting or [shape for shape in SHAPES[1] if suits(history, shape, largest)]
    shape = fitting[int(rng.integers(len(fitting)))]
    return source, history.shape or shape


def suits(history, shape, largest):
    """Whether groups fit into the shape, and there is more than one of them."""
    rows, columns = matrix(shape)
    if rows * columns > largest:
        return False
    if history.kind == "half":
        return rows >= 10
    if history.granularity in (None, "element", "tensor"):
        return True
    high, wide = casts.group_shape(history.granularity, rows, columns)
    exact = not history.granularity.isdigit() or int(history.granularity) <= columns
    return exact and rows * columns >= 4 * high * wide and (high > 8 or wide > 8)


def matrix(shape):
    """Rows and columns: everything but the last axis is rows."""
    return int(np.prod(shape[:-1], dtype=np.int64)), shape[-1]


def made(case):
    """The tensor of a case and its line of the manifest."""
    rng = np.random.default_rng(case.seed)
    rows, columns = matrix(case.shape)
    x = SOURCES[case.source](rng, rows, columns)
    carried = case.history.apply(rng, x)
    carried, scales = carried if isinstance(carried, tuple) else (carried, None)
    with np.errstate(over="ignore"):
        stored = casts.STORAGES[case.storage](carried)
        wide = case.source in WIDE
        found = history_truth.of(case.history, case.storage, wide, x, carried, scales, stored)
    line = {"name": case.name, "history": case.history.name, "storage": case.storage, "source": case.source}
    line |= {"elements": stored.size, **found}
    return Tensor(case.name, case.storage, list(case.shape), stored.tobytes()), line


def write(folder, everything):
    """Parts of at most PART_BYTES, then the manifest, which marks the folder as complete."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, part, size, parts = [], [], 0, 0
    for case in everything:
        tensor, line = made(case)
        if part and size + len(tensor.data) > PART_BYTES:
            save(folder, parts, part)
            part, size, parts = [], 0, parts + 1
        part.append(tensor)
        size += len(tensor.data)
        lines.append(line | {"file": f"part-{parts:03}.safetensors"})
    save(folder, parts, part)
    (folder / "manifest.json").write_text(json.dumps(lines, indent=0))


def save(folder, number, part):
    (folder / f"part-{number:03}.safetensors").write_bytes(container.save_by_hand(part))


def make(seed=1, per=5, largest=1_000_000):
    """The folder of these cases, made unless it is there."""
    sources = [path.read_bytes() for path in sorted(HERE.glob("histor*.py"))]
    version = hashlib.sha256(b"".join(sources)).hexdigest()[:8]
    folder = checkpoints.folder() / f"histories/{seed}-{per}-{largest}-{version}"
    if not (folder / "manifest.json").exists():
        wrong = list(casts.differences_from_gfloat(np.random.default_rng(seed)))
        assert not wrong, wrong
        write(folder, cases(seed, per, largest))
    return folder


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per", type=int, default=5, help="tensors of each history in each store")
    parser.add_argument("--largest", type=int, default=1_000_000, help="elements of the largest tensor")
    return parser


if __name__ == "__main__":
    print(make(**vars(arguments().parse_args())))
