"""Pairs of checkpoints of several files: shards in any cut and order, names that one side lacks or calls otherwise."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import container
import diff_shapes
import ingredients
import make_fixtures
from container import Tensor
from diff_cases import codes_of, made
from diff_rounding import rounded
from formats import FORMATS


@dataclass
class Checkpoints:
    """Two checkpoints as they are named on the command line, and what is known of their names."""

    name: str
    a: Path
    b: Path
    options: list = field(default_factory=list)
    names: dict = field(default_factory=dict)  # of tensors of A that are called otherwise in B
    renames: set = field(default_factory=set)  # as the report has them


def model(convert=None):
    """Small layers with an embedding: every other tensor in its own type, or all converted."""
    tensors = [t for layer in range(5) for t in make_fixtures.layer(f"model.layers.{layer}", layer)]
    tensors.append(float_tensor("model.embed_tokens.weight", "F32", [300, 40]))
    tensors.append(float_tensor("model.norm.weight", "F64", [40]))
    tensors.append(made("model.ids", FORMATS["I64"], np.arange(9000, dtype=np.uint64)))
    return [convert(t) for t in tensors] if convert else tensors


def float_tensor(name, dtype, shape):
    fmt = FORMATS[dtype]
    return made(name, fmt, codes_of(fmt, rounded(fmt, diff_shapes.bell(int(np.prod(shape)), name))), shape)


def to_bf16(t):
    if t.format.kind != "float":
        return t
    fmt = FORMATS["BF16"]
    values = np.frombuffer(t.data, t.format.dtype).astype(np.float64)
    return Tensor(t.name, "BF16", t.shape, made("", fmt, codes_of(fmt, rounded(fmt, values))).data)


def named(tensors, name):
    return [Tensor(name(t.name), t.dtype, t.shape, t.data) for t in tensors]


def write(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(container.save_by_hand(list(tensors)))
    return path


def shards(folder, tensors, count, seed=0):
    """A checkpoint in so many files, tensors dealt out in a random order."""
    shutil.rmtree(folder, ignore_errors=True)
    order = ingredients.generator("shards", folder.name, seed).permutation(len(tensors))
    names = [f"model-{at:05}-of-{count:05}.safetensors" for at in range(1, count + 1)]
    where = {}
    for at, name in enumerate(names):
        mine = [tensors[i] for i in order[at::count]]
        where |= {t.name: name for t in mine}
        write(folder / name, mine)
    index = {"metadata": {"total_size": sum(len(t.data) for t in tensors)}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def checkpoints(home):
    """All of them, made anew under a folder."""
    yield from cuts(home / "cuts")
    yield from lacking(home / "lacking")
    yield from called_otherwise(home / "renamed")


def cuts(home):
    tensors, converted = model(), model(to_bf16)
    one = write(home / "one/model.safetensors", tensors)
    cut = {n: shards(home / f"cut-{n}", tensors, n) for n in (3, len(tensors))}
    turned = shards(home / "cut-3-turned", tensors, 3, seed=1)
    narrow = {n: shards(home / f"bf16-{n}", converted, n) for n in (1, 3, len(tensors))}
    yield Checkpoints("itself", one, one)
    yield Checkpoints("one and three", one, cut[3])
    yield Checkpoints("all and three", cut[len(tensors)], turned)
    yield Checkpoints("by index", cut[3] / "model.safetensors.index.json", turned)
    for n, folder in narrow.items():
        yield Checkpoints(f"converted, {n} files", one, folder)
        yield Checkpoints(f"converted back, {n} files", folder, cut[3])


def lacking(home):
    tensors = model()
    whole = shards(home / "whole", tensors, 2)
    fewer = shards(home / "fewer", tensors[3:], 2)
    yield Checkpoints("only in A", whole, fewer)
    yield Checkpoints("only in B", fewer, whole)
    reshaped = [Tensor(t.name, t.dtype, [*t.shape[::-1], 1], t.data) if at % 9 == 1 else t for at, t in enumerate(tensors)]
    yield Checkpoints("reshaped", whole, shards(home / "reshaped", reshaped, 2))
    other = [*tensors[2:-1], float_tensor("extra", "F32", [7]), float_tensor("model.ids", "C64", [9000, 2])]
    other[-1] = Tensor("model.ids", "C64", [9000], other[-1].data[: 9000 * 8])
    yield Checkpoints("all of it", whole, shards(home / "all", other, 3))
    yield Checkpoints("nothing in common", whole, write(home / "nothing.safetensors", [float_tensor("x", "F16", [4])]))


def called_otherwise(home):
    tensors = model()
    bare = lambda name: name.removeprefix("model.")
    whole = write(home / "whole.safetensors", tensors)
    less = write(home / "less.safetensors", named(tensors, bare))
    more = write(home / "more.safetensors", named(tensors, "language_".__add__))
    names, count = {t.name: bare(t.name) for t in tensors}, len(tensors)
    turned = {value: key for key, value in names.items()}
    longer = {key: "language_" + key for key in names}
    yield Checkpoints("a prefix less", whole, less, names=names, renames={("model.*", "*", count)})
    yield Checkpoints("a prefix more", less, whole, names=turned, renames={("*", "model.*", count)})
    table = home / "table.txt"
    table.write_text("model.* language_model.*\n")
    yield Checkpoints("a table", whole, more, ["--rename", table], longer, {("model.*", "language_model.*", count)})
    pairs = {"model.layers.0.mlp.up_proj.weight": "model.layers.0.mlp.gate_proj.weight"}
    pairs |= {value: key for key, value in pairs.items()}
    table = home / "table.json"
    table.write_text(json.dumps(pairs))
    yield Checkpoints("exchanged", whole, whole, ["--rename", table], pairs, {(a, b, 1) for a, b in pairs.items()})
