"""Checkpoints of which `floatscope scan --sample` reads a part: every type, and shapes that are cut in different ways."""

import math
import os
from pathlib import Path

import numpy as np

import container
import ingredients
from formats import FORMATS

# By type: a tensor of whole rows, odd columns, and rows too long to be read whole, alone and several.
TYPES = [
    "BF16", "F16", "F32", "F64", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4",
    "C64", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL",
]  # fmt: skip


def home():
    path = Path(os.environ.get("ORACLE_DIR") or "target/oracle") / "sampling"
    path.mkdir(parents=True, exist_ok=True)
    return path


def draws(rng, shape, specials):
    """Bells whose rows differ in scale, some rows of zeros, zeros here and there."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    values = rng.standard_normal((rows, columns)) * np.exp(rng.standard_normal((rows, 1)) / 2)
    values[rng.random((rows, columns)) < 0.01] = 0.0
    if rows > 20:
        values[rng.random(rows) < 0.05] = 0.0
    if specials:
        for special in (np.nan, np.inf, -np.inf, -0.0, 1e-6, 1e5):
            values[rng.random((rows, columns)) < 0.002] = special
    return values.ravel()


def tensor(name, dtype, shape, specials=False):
    fmt = FORMATS[dtype]
    rng = ingredients.generator("sampling", name, dtype)
    count = math.prod(shape)
    if fmt.kind in ("signed", "unsigned", "bool"):
        scale = {"bool": 1, "signed": 2.0 ** min(fmt.bits - 4, 40), "unsigned": 2.0 ** min(fmt.bits - 4, 40)}[fmt.kind]
        values = np.rint(np.abs(draws(rng, shape, False)) * scale)
        values = np.clip(values, 0, 2.0 ** (fmt.bits - 1) - 1) if fmt.bits < 64 else values
        if fmt.kind == "signed":
            values *= rng.choice([-1, 1], count)
        codes = ingredients.encode(fmt, values > 0.5 if fmt.kind == "bool" else values)
    elif fmt.kind == "complex":
        codes = ingredients.encode(fmt, np.stack([draws(rng, shape, specials), draws(rng, shape, False) + 1], 1).ravel())
    else:
        codes = ingredients.encode(fmt, draws(rng, shape, specials and fmt.bits > 6) * (0.05 if fmt.bits > 8 else 1.0))
    return ingredients.tensor(name, fmt, codes, shape)


def types():
    """Some 60 kB to 400 kB of every type in every kind of shape."""
    found = []
    for dtype in TYPES:
        wide = max(1, FORMATS[dtype].bits // 8)
        found += [
            tensor(f"{dtype}.rows", dtype, [100_000 // wide // 64, 64], specials=True),
            tensor(f"{dtype}.odd", dtype, [90_000 // wide // 77 // 8 * 8, 77]),
            tensor(f"{dtype}.rank3", dtype, [6, 100_000 // wide // 1152, 200]),
            tensor(f"{dtype}.column", dtype, [160_000 // wide // 8 * 8, 1]),
        ]
        if wide > 1:
            found.append(tensor(f"{dtype}.line", dtype, [800_000 // wide]))
        if dtype in ("BF16", "F32", "F8_E4M3", "F4", "C64", "I64"):
            found.append(tensor(f"{dtype}.cut", dtype, [5, 240_001 // wide // 2 * 2], specials=True))
    return found


def halves():
    """Rows too long to be read whole, of which nearly half is wanted."""
    shapes = [[17, 200_002], [3, 400_000], [5, 180_000], [9, 140_002], [7, 250_000], [11, 90_000]]
    return [tensor(f"half.{at}", "BF16", shape) for at, shape in enumerate(shapes)]


def small():
    """All of them read whole, though there is more than the sample."""
    return [tensor(f"{at}.norm.weight", "BF16", [500 + at]) for at in range(60)]


def many():
    """More than can be read: others of a kind stand for them."""
    kinds = {"up": [160, 64], "bias": [1, 64], "norm": [64], "scale": [32, 1]}
    found = [tensor(f"h.{layer}.{kind}", "BF16", shape) for layer in range(160) for kind, shape in kinds.items()]
    return [tensor("embed", "F32", [1000, 64]), *found, tensor("head", "F16", [500, 128])]


CASES = {"types": (types, 1_500_000), "halves": (halves, 4_200_000), "small": (small, 20_000), "many": (many, 1_000_000)}


def save(path, tensors):
    path.write_bytes(container.save_by_hand(tensors, check=False))
    return path


def case(name):
    """A checkpoint, and how much of it is read."""
    make, size = CASES[name]
    return save(home() / f"{name}.safetensors", make()), size


def in_shards(tensors, name):
    """The same tensors in three files, in another order."""
    folder = home() / name
    folder.mkdir(exist_ok=True)
    for at in range(3):
        save(folder / f"part-{at}.safetensors", tensors[at::3][::-1])
    return folder
