"""Reading and writing safetensors containers, for the oracle.

`save` uses the safetensors package; `save_by_hand` writes what the package
cannot or would not: F6, chosen order, odd offsets, several metadata entries.
`load` reads any file independently of the package, mapped and not copied.
"""

import json
import mmap
from dataclasses import dataclass

import numpy as np
from safetensors import TensorSpec, deserialize, serialize

from formats import FORMATS

# The package's names of the dtypes that it can write.
PACKAGE_NAMES = {
    "BOOL": "bool", "F4": "float4_e2m1fn_x2", "U8": "uint8", "I8": "int8", "F8_E5M2": "float8_e5m2",
    "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "I16": "int16", "U16": "uint16", "F16": "float16",
    "BF16": "bfloat16", "I32": "int32", "U32": "uint32", "F32": "float32", "C64": "complex64",
    "F64": "float64", "I64": "int64", "U64": "uint64",
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    name: str
    dtype: str
    shape: list
    data: bytes | memoryview

    @property
    def format(self):
        return FORMATS[self.dtype]


def save(tensors, metadata=None):
    """A container as the safetensors package writes it (at most one metadata entry: its order is random)."""
    assert len(metadata or {}) <= 1
    buffers = {t.name: np.frombuffer(t.data, np.uint8) for t in tensors}
    specs = {t.name: _spec(t, buffers[t.name]) for t in tensors}
    return bytes(serialize(specs, metadata=metadata))


def _spec(tensor, buffer):
    shape = list(tensor.shape)
    if tensor.dtype == "F4":  # the package counts pairs
        shape[-1] //= 2
    name = PACKAGE_NAMES[tensor.dtype]
    return TensorSpec(dtype=name, shape=shape, data_ptr=buffer.ctypes.data, data_len=buffer.nbytes)


def save_by_hand(tensors, metadata=None, pad_header=True, check=True):
    """A container with the tensors in the given order, back to back."""
    header, at = {"__metadata__": metadata} if metadata else {}, 0
    for t in tensors:
        end = at + len(t.data)
        header[t.name] = {"dtype": t.dtype, "shape": list(t.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    if pad_header:
        text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + b"".join(t.data for t in tensors)
    if check:
        deserialize(data)  # the package accepts it
    return data


def load(path):
    """Every tensor of a file, by offset."""
    with open(path, "rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return parse(data)


def parse(data):
    """Every tensor of a container, by offset."""
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(bytes(data[8:begin]))
    header.pop("__metadata__", None)
    entries = sorted(header.items(), key=lambda entry: entry[1]["data_offsets"])
    for name, entry in entries:
        first, end = entry["data_offsets"]
        yield Tensor(name, entry["dtype"], entry["shape"], data[begin + first : begin + end])
