"""Tensors that try the casts hard: `casts.safetensors` of the fixtures, and edge values for selftest.py.

Everything is a multiple of a power of two or a bell of integers, so that the bytes
are the same everywhere.
"""

from fnmatch import fnmatch

import numpy as np

import casts
import formats
import ingredients
from formats import FORMATS

COLUMNS = [1, 15, 16, 17, 31, 32, 33, 63, 65, 127, 128, 129, 200]
WIDE = {"BF16": [1, 5000], "F16": [4301], "F32": [1, 4500], "F8_E4M3": [2, 4101], "F4": [2, 4102]}
SQUARES = {"BF16": [129, 130], "F32": [129, 129], "F8_E4M3": [131, 129]}
MAIN = ["BF16", "F16", "F32", "F64"]
NARROW = ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4"]
INFOS = [fmt.info for fmt in casts.ELEMENTS.values()] + [FORMATS[name].info for name in ("F6_E2M3", "F6_E3M2", "F4")]

# Cases that are committed, by format; check.py tries all on the command.
COMMITTED = {
    "BF16": "columns.1 columns.16 columns.32 columns.63 columns.12[78] shape.* zero.row inf.first nan.last nan.all"
    " inf.one_finite binades edges beyond.mx largest tiny.1 tiny.24 tiny.1000 nvfp4.* ties.nvfp4 ties.int4"
    " squares wide",
    "F16": "columns.33 columns.129 shape.77x1 inf.last nan.middle zero.blocks edges largest ties.nf4 ties.int8 wide",
    "F32": "columns.1 columns.15 columns.17 columns.31 columns.65 columns.200 shape.2x3x40 shape.scalar inf.* nan.*"
    " zero.all zero.blocks constant negative binades descending edges ties.* beyond.mx largest tiny.* nvfp4.*"
    " squares wide",
    "F64": "columns.33 shape.2x20x1x1 nan.last edges ties.nvfp4 tiny.3 tiny.300 twice quotients huge huge.one"
    " beyond.f32 away f32.largest mx.largest small small.and_large below.f32 subnormal squares.vanish errors.small",
    "F8_E4M3": "*", "F4": "*", "F6_E2M3": "col* nan*", "F6_E3M2": "columns.33",
}  # fmt: skip
NARROW_COMMITTED = "nan.last columns.33"


def committed():
    """The tensors of the fixture: of each case in one format or two."""
    for tensor in tensors():
        name, case = tensor.name.split(".", 1)
        if any(fnmatch(case, pattern) for pattern in COMMITTED.get(name, NARROW_COMMITTED).split()):
            yield tensor


def tensors():
    """All of them."""
    for name in MAIN:
        for case, values, shape in [*shaped(name), *blocks(name), *scales(name)]:
            yield made(name, case, values, shape)
    for case, values in doubles():
        yield made("F64", case, values, None)
    for name in NARROW:
        for case, values, shape in narrow(name):
            yield made(name, case, values, shape)
    for name, shape in SQUARES.items():
        yield made(name, "squares", varied(np.prod(shape), name, "squares"), shape)
    for name, shape in WIDE.items():
        yield made(name, "wide", varied(np.prod(shape), name, "wide"), shape)


def made(name, case, values, shape):
    fmt = FORMATS[name]
    with np.errstate(invalid="ignore"):
        codes = ingredients.whole_bytes(fmt, ingredients.encode(fmt, np.ravel(values)))
    shape = shape if shape is not None and len(codes) == np.prod(shape) else [len(codes)]
    return ingredients.tensor(f"{name}.{case}", fmt, codes, shape)


def bell(count, *key):
    return ingredients.bell(ingredients.generator("casts", *key), int(count))


def varied(count, *key):
    """A bell whose magnitude changes from group to group and from value to value."""
    at = np.arange(count)
    return bell(count, *key) * np.exp2(-(at // 40 % 7) - at % 5)


def shaped(name):
    """Ragged ends and every rank."""
    for columns in COLUMNS:
        yield f"columns.{columns}", varied(3 * columns, name, columns), [3, columns]
    for shape in [], [77], [1, 77], [77, 1], [2, 3, 40], [2, 20, 1, 1], [1, 1, 1], [0], [3, 0], [0, 32]:
        text = "x".join(map(str, shape)) or "scalar"
        yield f"shape.{text}", varied(np.prod(shape, dtype=int), name, text), shape


def blocks(name):
    """Blocks that hold nothing, or what is no number."""
    base = bell(2 * 150, name, "blocks").reshape(2, 150)

    def with_(places, values):
        found = base.copy()
        found[tuple(np.transpose(places))] = values
        return found

    zeros = base.copy()
    zeros[0, 16:64] = zeros[0, 128:] = 0
    zeros[1, :32] = -0.0
    yield "zero.blocks", zeros, [2, 150]
    yield "zero.row", base * [[0], [1]], [2, 150]
    yield "zero.all", base[0, :70] * 0, [70]
    yield "inf.first", with_([(0, 0)], [np.inf]), [2, 150]
    yield "inf.last", with_([(1, 149)], [-np.inf]), [2, 150]
    yield "nan.middle", with_([(0, 70)], [np.nan]), [2, 150]
    yield "nan.last", with_([(0, 148), (0, 149)], [np.nan, 0]), [2, 150]
    yield "nan.and_inf", with_([(0, 3), (0, 4), (1, 140)], [np.nan, np.inf, np.nan]), [2, 150]
    yield "nan.all", np.full(40, np.nan), None
    yield "inf.all", np.resize([np.inf, -np.inf], 40), None
    yield "inf.one_finite", np.array([np.inf, np.nan, -3.0, -np.inf]), None
    yield "constant", np.full(70, 0.1), None
    yield "negative", -np.abs(base[0]) - 2.0**-9, None
    yield "binades", base * np.exp2(np.arange(300).reshape(2, 150) % 61 - 30), [2, 150]
    yield "descending", base * np.exp2(-(np.arange(150) // 8)), [2, 150]


def scales(name):
    """Values that decide something: ties, limits, and scales that are coarse or vanish."""
    yield "edges", signed(edges()), None
    for key, values in ties():
        yield f"ties.{key}", values, None
    yield "beyond.mx", np.resize(signed(np.array([1.75, 1.8125, 1.84375, 1.875, 1.90625, 1.9375, 1.9921875])), 64), None
    yield "largest", np.resize(signed(limits(name)), 70), None
    # Multiples of the smallest subnormal, so few that scales vanish or are the smallest, too.
    least = float(formats.finfo(FORMATS[name]).smallest_subnormal)
    least = max(least, 2.0**-149)
    for most in [1, 3, 7, 10, 24, 100, 180, 300, 660, 1000, 3800, 5000]:
        steps = np.round(bell(48, name, "tiny", most) * most / 3).clip(-most, most)
        steps[5:8] = most, -most, 1 - most
        yield f"tiny.{most}", steps * least, None
    yield "tiny.smallest_normal", bell(48, name, "normal") * 2.0**-126, None
    # NVFP4's block scales: one block with the tensor's amax, others down to where E4M3 ends.
    block = np.repeat(np.arange(22), 16)
    blocks_ = bell(len(block), name, "nvfp4").clip(-2, 2) * np.exp2(-block * 0.75 // 0.5 * 0.5)
    yield "nvfp4.blocks", np.where(np.arange(len(block)) == 3, 4, blocks_), None
    # Block scales among E4M3's subnormal ones, whose rounding leaves amax far beyond the largest code.
    steps = np.array([0.40625, 0.5, 0.53125, 0.96875, 1, 1.25, 1.46875, 1.5, 2.4375, 2.5, 7.4375])[:, None]
    coarse = 6 * 2.0**-9 * steps * np.concatenate([[1, -1, 0.9375], np.arange(-6, 7) / 8])
    yield "nvfp4.coarse", np.concatenate([np.resize([2688, 1], 16), coarse.ravel()]), None


def signed(values):
    """Alternating signs."""
    return values * np.resize([1, -1, -1], len(values))


def limits(name):
    """The largest numbers of a format, and some that are nearly so."""
    top = float(formats.finfo(FORMATS[name]).max)
    return top * np.array([1, 1, 0.5, 0.984375, 0.75, 0.0078125, 1, 0.875])


def edges():
    """Around numbers of every format: halfway, exactly and next to it, at both ends of the range."""
    found = []
    for info in INFOS:
        least = 2.0 ** (2 - info.bias - info.precision)
        top = 2.0 ** (np.frexp(info.max)[1] - info.precision)
        odd = info.max / top
        found += [n / 2 * least for n in (1, 2, 3, 4, 5, 7)]
        found += [(2.0 ** (info.precision - 1) + n / 2) * least for n in (-1, 0, 1, 3)]
        found += [(odd + n / 2) * top for n in (-1, 0, 1, 2)]
        found += [1 + n * 2.0**-info.precision for n in (1, 2, 3)]
    found = np.unique(found)
    beside = np.where(np.arange(len(found)) % 2, np.nextafter(found, 0), np.nextafter(found, np.inf))
    narrow = [found * (1 + sign * 2.0**-20) for sign in (1, -1)]
    return np.concatenate([found, beside, *narrow])


def ties():
    """Values halfway between codes under a scale of one, a few beside it."""
    half = np.arange(-260, 260) / 2
    yield "int8", np.concatenate([[127], half[np.abs(half) <= 127]])[:: 3]
    yield "int4", np.concatenate([[7], half[np.abs(half) <= 7], [7, 6.5078125, -6.5, 0.50390625]])
    yield "mxint8", (np.arange(-255, 256, 5) / 128).clip(-1.9921875, 1.9921875)
    for key, info, top in [("e4m3", FORMATS["F8_E4M3"].info, 448), ("e2m1", FORMATS["F4"].info, 6),
                           ("e2m3", FORMATS["F6_E2M3"].info, 7.5), ("e3m2", FORMATS["F6_E3M2"].info, 28),
                           ("e5m2", FORMATS["F8_E5M2"].info, 57344)]:  # fmt: skip
        yield key, np.concatenate([[top], signed(halfway(info))])
    # Under NVFP4: 2688 makes the tensor's scale one, 6 · s in each block makes its scale s.
    codes = signed(halfway(FORMATS["F4"].info))
    codes = np.resize(codes[np.abs(codes) <= 6], 15)
    scale_of = [448, 1, 0.001953125, 240, 1.125, 0.0625]
    yield "nvfp4", np.concatenate([np.concatenate([[6], codes]) * scale for scale in scale_of])
    # More of the tie above zero than of the one below it: their errors are the same, what vanishes is not.
    yield "nf4", np.concatenate([[1], casts.MIDDLES, casts.NF4, -casts.MIDDLES[::2], casts.MIDDLES[[7, 7]]])


def halfway(info, most=40):
    """Middles between neighbouring numbers: the smallest, the largest, some between."""
    numbers = np.arange(2 ** (info.precision - 1)) * 2.0 ** (2 - info.bias - info.precision)
    binades = np.exp2(np.arange(1 - info.bias, np.frexp(info.max)[1]))
    normal = binades[:, None] * (1 + np.arange(2 ** (info.precision - 1)) * 2.0 ** (1 - info.precision))
    numbers = np.concatenate([numbers, normal.ravel()])
    numbers = numbers[numbers <= info.max]
    middles = (numbers[1:] + numbers[:-1]) / 2
    return middles[np.unique(np.linspace(0, len(middles) - 1, min(most, len(middles))).astype(int))]


def doubles():
    """What FP64 alone can hold."""
    # Rounding to FP32 first makes these ties, or hides that they are.
    middles = np.concatenate([halfway(info, 8) for info in INFOS])
    yield "twice", signed(np.concatenate([middles * (1 + 2.0**-40), middles * (1 - 2.0**-40), middles]))
    # TF32's first tie, and a step below it, where adding one half rounds.
    yield "away", signed(2.0**-137 * np.array([1, 1 - 2.0**-53, 1 + 2.0**-52, 3, 3 - 2.0**-51, 5]))
    # Halfway between numbers of FP32 that are themselves halfway between FP8's.
    yield "quotients", signed(bell(64, "quotients") * 448 * (1 + 2.0**-30))
    z = bell(150, "doubles")
    yield "huge", z * 1e300
    yield "huge.one", np.where(np.arange(150) == 7, 1e300, z)
    yield "beyond.f32", z * 2.0**128
    yield "f32.largest", signed(np.full(40, float(np.finfo(np.float32).max)) * (1 + 2.0**-26))
    yield "mx.largest", z * 2.0**140
    yield "small", z * 1e-300
    yield "small.and_large", np.where(np.arange(150) % 40 < 20, z * 1e-310, z)
    yield "below.f32", z * 2.0**-150
    yield "subnormal", np.arange(-20, 20) * 5e-324
    yield "squares.vanish", 1 + z * 1e-15
    yield "errors.small", z * 1e-200


def narrow(name):
    """Formats of at most eight bits: every code, ragged ends, blocks with specials."""
    fmt = FORMATS[name]
    values = formats.decode(fmt, formats.all_codes(fmt))
    finite = values[np.isfinite(values)]
    yield "codes", values, None
    yield "finite", np.resize(finite[:: 3], 160), [2, 80]
    yield "columns.33", varied(4 * 33, name, 33), [4, 33]
    yield "columns.129", varied(4 * 129, name, 129), [4, 129]
    yield "small", np.resize(finite[np.argsort(np.abs(finite), kind="stable")][:20], 68), [4, 17]
    if not np.isfinite(values).all():
        yield "nan.last", np.where(np.arange(160) == 159, np.nan, np.resize(finite, 160)), [2, 80]
