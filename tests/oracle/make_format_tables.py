"""Writes the tables that format_oracle.rs and encode_oracle.rs in crate/core/tests compare every format with.

    python make_format_tables.py            writes crate/core/tests/data/
    python make_format_tables.py --check    compares with what is committed

Four files, of which encode_tables.py makes encode.json and encode.bin:
  formats.json     limits and classes of every float format, from numpy/ml_dtypes.finfo and gfloat
  decode.bin       the value of every code of the formats of at most 16 bits but I16 and U16
                   (which are Rust's own i16 and u16): f64 for up to 8 bits, f32 for 16 bits,
                   little-endian, at the offset that formats.json gives

Values are NumPy's and ml_dtypes'; before anything is written each is compared
with gfloat's independent decoder. NaNs are written as the canonical quiet NaN.
"""

import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
from gfloat import FloatClass, decode_float

import formats
from committed import settle
from encode_tables import encode_files
from formats import FORMATS, TF32

DATA = Path(__file__).resolve().parents[2] / "crate/core/tests/data"
CLASSES = ["zero", "subnormal", "normal", "infinite", "nan"]
GFLOAT_CLASS = {
    FloatClass.ZERO: 0,
    FloatClass.SUBNORMAL: 1,
    FloatClass.NORMAL: 2,
    FloatClass.INFINITE: 3,
    FloatClass.NAN: 4,
}


def same(a, b):
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


def agree_with_gfloat(fmt, values, classes):
    """Stops unless gfloat decodes and classifies every code as ml_dtypes does."""
    for code, (value, kind) in enumerate(zip(values.tolist(), classes.tolist())):
        theirs = decode_float(fmt.info, code)
        if not same(theirs.fval, value) or GFLOAT_CLASS[theirs.fclass] != kind:
            raise SystemExit(f"{fmt.name} {code:#x}: ml_dtypes {value} {CLASSES[kind]}, gfloat {theirs}")


def runs(classes):
    """Classes in the order of codes as [class, how many] runs."""
    return [[CLASSES[kind], len(list(group))] for kind, group in itertools.groupby(classes.tolist())]


def limits(fmt):
    """Largest finite, smallest normal and smallest nonzero value, from finfo and from gfloat."""
    ours = formats.finfo(fmt)
    found = [float(ours.max), float(ours.smallest_normal), float(ours.smallest_subnormal)]
    theirs = gfloat_limits(fmt)
    if found != theirs:
        raise SystemExit(f"{fmt.name}: finfo {found}, gfloat {theirs}")
    return found


def gfloat_limits(fmt):
    smallest = fmt.info.smallest_subnormal if fmt.info.has_subnormals else fmt.info.smallest_normal
    return [float(fmt.info.max), float(fmt.info.smallest_normal), float(smallest)]


def exponents(maximum, smallest_normal, smallest):
    names = ["exponent_max", "exponent_min_normal", "exponent_min_subnormal"]
    return {name: math.frexp(x)[1] - 1 for name, x in zip(names, (maximum, smallest_normal, smallest))}


def f64_bits(value):
    """The bits of a value in hexadecimal: JSON's decimals would have to be trusted to round trip."""
    return f"{np.float64(value).view(np.uint64):#018x}"


def float_row(fmt, found):
    names = ["max", "min_normal", "min_subnormal"]
    return {
        "name": fmt.name,
        "bits": fmt.bits,
        "signed": fmt.info.is_signed,
        "exponent_bits": fmt.exponent_bits,
        "mantissa_bits": fmt.mantissa_bits,
        **{name: f64_bits(value) for name, value in zip(names, found)},
        **exponents(*found),
    }


def tabulated_row(fmt, offset):
    """A row with every code, and the bytes of its values."""
    codes = formats.all_codes(fmt)
    values = formats.decode(fmt, codes)
    classes = formats.classify(fmt, values)
    if fmt.kind == "float":
        agree_with_gfloat(fmt, values, classes)
    row = float_row(fmt, limits(fmt)) if fmt.kind == "float" else {"name": fmt.name, "bits": fmt.bits}
    width = 64 if fmt.bits <= 8 else 32
    data = values.astype(f"<f{width // 8}").tobytes()
    row |= {"classes": runs(classes), "values": {"offset": offset, "width": width, "count": len(values)}}
    return row, data


def tables():
    rows, blob = [], b""
    for fmt in FORMATS.values():
        if fmt.bits <= 8 or fmt.name in ("F16", "BF16"):
            row, data = tabulated_row(fmt, len(blob))
            rows.append(row)
            blob += data
        elif fmt.kind == "float":
            rows.append(float_row(fmt, limits(fmt)))
    rows.append(float_row(TF32, gfloat_limits(TF32)))
    text = ",\n".join(json.dumps(row) for row in rows)
    return {"formats.json": f"[\n{text}\n]\n".encode(), "decode.bin": blob} | encode_files()


if __name__ == "__main__":
    sys.exit(settle(DATA, tables(), check="--check" in sys.argv))
