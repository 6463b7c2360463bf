"""The number formats as the oracles know them: NumPy, ml_dtypes and gfloat.

Nothing here is taken from Floatscope's own table. Values come from NumPy and
ml_dtypes, field widths and special codes from gfloat's rows, and
`make_format_tables.py` checks that both agree on every code.
"""

from dataclasses import dataclass

import ml_dtypes
import numpy as np
from gfloat import formats as gf
from gfloat.types import Domain, FormatInfo


def _info(name, k, precision, bias, domain, high_nans, negative_zero=True):
    """A gfloat row for a format that gfloat does not list."""
    return FormatInfo(
        name, k, precision, bias=bias, is_signed=True, domain=domain, has_nz=negative_zero,
        num_high_nans=high_nans, has_subnormals=True, is_twos_complement=False,
    )  # fmt: skip


# AMD and Graphcore's "FNUZ": negative zero's code is the one NaN.
FNUZ_E4M3 = _info("e4m3fnuz", 8, 4, 8, Domain.Finite, 0, negative_zero=False)
FNUZ_E5M2 = _info("e5m2fnuz", 8, 3, 16, Domain.Finite, 0, negative_zero=False)
# FP32's exponent with FP16's precision; 19 bits, never stored alone.
TF32_INFO = _info("tf32", 19, 11, 127, Domain.Extended, 2**10 - 1)


@dataclass(frozen=True)
class Format:
    """One dtype of safetensors, or TF32."""

    name: str
    bits: int  # of one element
    kind: str  # "bool", "unsigned", "signed", "float" or "complex"
    dtype: np.dtype | None = None  # of one element, or of one part of a complex number
    info: FormatInfo | None = None  # floats only

    @property
    def part_bits(self):
        """Width of one real number: half an element for a complex one."""
        return self.bits // 2 if self.kind == "complex" else self.bits

    @property
    def mantissa_bits(self):
        return self.info.precision - 1

    @property
    def exponent_bits(self):
        return self.part_bits - self.mantissa_bits - self.sign_bits

    @property
    def sign_bits(self):
        return int(self.info.is_signed)


def _rows():
    ml = ml_dtypes
    yield Format("BOOL", 8, "bool", np.dtype(np.uint8))
    yield Format("F4", 4, "float", np.dtype(ml.float4_e2m1fn), gf.format_info_ocp_e2m1)
    yield Format("F6_E2M3", 6, "float", np.dtype(ml.float6_e2m3fn), gf.format_info_ocp_e2m3)
    yield Format("F6_E3M2", 6, "float", np.dtype(ml.float6_e3m2fn), gf.format_info_ocp_e3m2)
    yield Format("U8", 8, "unsigned", np.dtype(np.uint8))
    yield Format("I8", 8, "signed", np.dtype(np.int8))
    yield Format("F8_E5M2", 8, "float", np.dtype(ml.float8_e5m2), gf.format_info_ocp_e5m2)
    yield Format("F8_E4M3", 8, "float", np.dtype(ml.float8_e4m3fn), gf.format_info_ocp_e4m3)
    yield Format("F8_E8M0", 8, "float", np.dtype(ml.float8_e8m0fnu), gf.format_info_ocp_e8m0)
    yield Format("F8_E4M3FNUZ", 8, "float", np.dtype(ml.float8_e4m3fnuz), FNUZ_E4M3)
    yield Format("F8_E5M2FNUZ", 8, "float", np.dtype(ml.float8_e5m2fnuz), FNUZ_E5M2)
    yield Format("I16", 16, "signed", np.dtype(np.int16))
    yield Format("U16", 16, "unsigned", np.dtype(np.uint16))
    yield Format("F16", 16, "float", np.dtype(np.float16), gf.format_info_binary16)
    yield Format("BF16", 16, "float", np.dtype(ml.bfloat16), gf.format_info_bfloat16)
    yield Format("I32", 32, "signed", np.dtype(np.int32))
    yield Format("U32", 32, "unsigned", np.dtype(np.uint32))
    yield Format("F32", 32, "float", np.dtype(np.float32), gf.format_info_binary32)
    yield Format("C64", 64, "complex", np.dtype(np.float32), gf.format_info_binary32)
    yield Format("F64", 64, "float", np.dtype(np.float64), gf.format_info_binary64)
    yield Format("I64", 64, "signed", np.dtype(np.int64))
    yield Format("U64", 64, "unsigned", np.dtype(np.uint64))


FORMATS = {row.name: row for row in _rows()}
TF32 = Format("TF32", 19, "float", None, TF32_INFO)


def code_type(bits):
    """The unsigned NumPy type that holds one code of so many bits."""
    return np.dtype(f"<u{max(1, (bits + 7) // 8)}")


def all_codes(fmt):
    """Every code of a format of at most 16 bits, in ascending order."""
    return np.arange(1 << fmt.bits, dtype=code_type(fmt.bits))


def decode(fmt, codes):
    """Values of codes as f64, by NumPy and ml_dtypes; exact for floats, NaN canonical."""
    if fmt.kind == "bool":
        return (codes != 0).astype(np.float64)
    with np.errstate(invalid="ignore"):  # widening a signalling NaN
        values = codes.view(fmt.dtype).astype(np.float64)
    values[np.isnan(values)] = np.nan
    return values


def classify(fmt, values):
    """0 zero, 1 subnormal, 2 normal, 3 infinite, 4 NaN, for finite formats by ml_dtypes' own limits."""
    if fmt.kind != "float":
        return np.where(values == 0, 0, 2).astype(np.uint8)
    classes = np.full(values.shape, 2, np.uint8)
    classes[np.abs(values) < float(finfo(fmt).smallest_normal)] = 1
    classes[values == 0] = 0
    classes[np.isinf(values)] = 3
    classes[np.isnan(values)] = 4
    return classes


def finfo(fmt):
    """NumPy's or ml_dtypes' limits of a float format."""
    return ml_dtypes.finfo(fmt.dtype)


def pack(fmt, codes):
    """Bytes of codes as safetensors stores them: little-endian, the first element in the lowest bits."""
    if fmt.bits >= 8:
        return codes.astype(code_type(fmt.part_bits)).tobytes()
    bits = (codes[:, None] >> np.arange(fmt.bits, dtype=np.uint8)) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def unpack(fmt, data):
    """Codes of the parts of all elements, from the bytes of a tensor (a complex element has two)."""
    if fmt.bits >= 8:
        return np.frombuffer(data, code_type(fmt.part_bits))
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    bits = bits.reshape(-1, fmt.bits)
    return (bits << np.arange(fmt.bits, dtype=np.uint8)).sum(axis=1, dtype=np.uint8)
