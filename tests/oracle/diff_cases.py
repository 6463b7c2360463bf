"""Pairs of tensors that try a comparison: types, conversions, near misses, factors.

Everything is made of integers and powers of two, so that it is the same everywhere. A pair is
(name, tensor of A, tensor of B); a group of pairs is two checkpoints, which one run compares.
"""

import numpy as np

import cast_cases
import diff_factors
import formats
import ingredients
import make_fixtures
from diff_conversions import VARIANTS, WITHIN, carry_out, same, ways
from diff_rounding import FLOATS, has_infinity, is_scale, largest, least_exponent, rounded, smallest_normal
from formats import FORMATS

COUNT = 120  # elements of most tensors: whole bytes in every format, ragged for vectors
INTEGERS = [fmt for fmt in FORMATS.values() if fmt.kind in ("bool", "signed", "unsigned")]
# Source and targets whose every conversion is tried.
CONVERTED = {
    "F32": ["BF16", "F16", "F32", "F64", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4", "F8_E8M0"],
    "F64": ["F32", "BF16", "F16", "F8_E4M3", "F64"],
    "BF16": ["F16", "BF16", "F32", "F8_E4M3"],
    "F16": ["BF16", "F16", "F32", "F8_E5M2"],
    "F8_E4M3": ["BF16", "F8_E5M2"], "F8_E5M2": ["F8_E4M3", "F8_E5M2FNUZ"], "F4": ["F8_E4M3FNUZ"], "F6_E3M2": ["F16"],
    "F8_E8M0": ["BF16", "F16"], "C64": ["C64"],
}  # fmt: skip


def real(fmt):
    """The format of a type's parts."""
    return FORMATS["F32"] if fmt.name == "C64" else fmt


def codes_of(fmt, values):
    """Codes of numbers that the format has."""
    with np.errstate(invalid="ignore"):
        return ingredients.encode(real(fmt), np.asarray(values, np.float64))


def made(name, fmt, codes, shape=None):
    if shape is None:
        shape = [len(codes) // 2] if fmt.name == "C64" else [len(codes)]
    return ingredients.tensor(name, fmt, codes, shape)


def pair(name, a, x, b, y, shape=None):
    """Two tensors of numbers that their formats have."""
    return name, made(name, a, codes_of(a, x), shape), made(name, b, codes_of(b, y), shape)


# Numbers that decide something.


def hard(source, target, overflowing=False):
    """Numbers of `source` around those of `target`: ties and beside, subnormal, the largest; or some beyond these."""
    found = np.concatenate([ordinary(target, source), around(target, overflowing)])
    found = rounded(source, cast_cases.signed(found))
    if is_scale(source) or is_scale(target):
        found = np.abs(found)
        found = found[found > 0]
    if not overflowing:
        found = found[np.isfinite(rounded(target, found)) & np.isfinite(found)]
    elif has_infinity(source):
        found[[3, 40]] = np.inf, -np.inf
    return ingredients.whole_bytes(FORMATS["F6_E3M2"], np.resize(found, len(found) // 4 * 4))


def ordinary(target, source):
    spread = np.exp2(np.clip(np.arange(64) % 9 - 6, least_exponent(target) + 2, 6))
    return np.abs(cast_cases.bell(64, "diff", source.name, target.name)) * spread + least_exponent_of_both(source, target)


def least_exponent_of_both(source, target):
    return 2.0 ** max(least_exponent(source), least_exponent(target), -40)


def around(fmt, overflowing):
    """Halfway between numbers of a format and next to that; its smallest and largest ones."""
    if fmt.name == "F64":
        return np.array([2.0**-1074, 3 * 2.0**-1074, 2.0**-1030, 2.0**-1022, 1 + 2.0**-52, 1 - 2.0**-53, 1e30])
    middles = halfway(fmt)
    least, normal, top = 2.0 ** least_exponent(fmt), smallest_normal(fmt), largest(fmt)
    ends = [least * n / 4 for n in (0, 1, 2, 3, 4, 5, 6, 7, 10)] + [normal * n for n in (0.75, 0.96875, 1, 1.03125)]
    over = [top * n for n in (1 + 2.0**-20, 1.03125, 1.0625, 1.25, 2, 3)] if overflowing else []
    return np.concatenate([middles, middles * (1 + 2.0**-20), middles * (1 - 2.0**-20), ends, [top, top / 2, *over]])


def halfway(fmt):
    """Some middles between neighbouring numbers, from the smallest to the largest."""
    if is_scale(fmt):
        return np.array([2.0**-127, 0.75, 1.5, 3, 2.0**100 * 1.5])
    first = 1 << (fmt.info.precision - 1)
    significands = np.array(sorted({*range(first, min(first + 4, 2 * first)), 2 * first - 2, 2 * first - 1}))
    top = int(np.frexp(largest(fmt))[1]) - fmt.info.precision  # exponent of the largest number's step
    steps = sorted({least_exponent(fmt), *(max(least_exponent(fmt), min(top - 1, e - fmt.info.precision)) for e in (-9, -1, 0, 1, 4))})
    small = (np.arange(first)[:4] + 0.5) * 2.0 ** least_exponent(fmt)
    return np.concatenate([small, *((significands + 0.5) * 2.0**e for e in steps)])


# Conversions.


def conversions():
    """Every conversion with every suffix that it can need, and each once more with one element a ULP off."""
    for a, targets in CONVERTED.items():
        for b in targets:
            for at, (name, x, y) in enumerate(conversions_of(real(FORMATS[a]), real(FORMATS[b]))):
                yield from both_ways(f"{a}>{b}/{name}", FORMATS[a], x, FORMATS[b], y, at)


def conversions_of(source, target):
    inputs = {over: hard(source, target, over) for over in (False, True)}
    with np.errstate(all="ignore"):
        for way in ways(source, target):
            for variant, (saturate, _) in VARIANTS.items():
                x = inputs[saturate]
                y = carry_out(way, x, variant)
                shorter = [carry_out(way, x, v) for v in WITHIN[variant]]
                if all(not same(y, other).all() for other in shorter):
                    yield way.name + variant, x, y


def both_ways(name, a, x, b, y, at):
    """A pair, every other time with its sides exchanged, and its near miss."""
    first, second = (a, x), (b, y)
    if at % 2:
        first, second = second, first
    yield pair(name, *first, *second)
    if a.name == "C64":
        return
    place = [0, len(x) // 2, len(x) - 1][at % 3]
    off = nudged(b, codes_of(b, y), place)
    left, right = made(name + "/off", a, codes_of(a, x)), made(name + "/off", b, off)
    yield (name + "/off", right, left) if at % 2 else (name + "/off", left, right)


def nudged(fmt, codes, place):
    """One element a ULP off: towards zero, or away from it at zero."""
    codes = codes.copy()
    magnitude = int(codes[place]) & ((1 << (fmt.bits - fmt.sign_bits)) - 1)
    codes[place] = int(codes[place]) + (-1 if magnitude > 1 else 1)
    return codes


# Types.


def types():
    """Every type beside every other: numbers that both may have, and random bits."""
    for a in FORMATS.values():
        for b in FORMATS.values():
            if (a.name == "C64") == (b.name == "C64"):
                x, y = (make_fixtures.bell_codes(fmt, COUNT) for fmt in (a, b))
                yield f"bell/{a.name}/{b.name}", made("", a, x), made("", b, y)
                x, y = (make_fixtures.random_codes(fmt, COUNT) for fmt in (a, b))
                yield f"random/{a.name}/{b.name}", made("", a, x, [4, 30]), made("", b, y, [4, 30])
    for a in FLOATS:
        for b in FLOATS:
            x = np.concatenate([hard(a, b), hard(a, b, True)])
            with np.errstate(all="ignore"):
                y = rounded(b, x)
            yield pair(f"rounded/{a.name}/{b.name}", a, x, b, y)
    yield from whole_numbers()


def whole_numbers():
    """Integers against integers and floats: equal where they can be, and beyond what doubles hold."""
    for fmt in INTEGERS:
        low, high = (0, 1) if fmt.kind == "bool" else (np.iinfo(fmt.dtype).min, np.iinfo(fmt.dtype).max)
        whole = np.array([low, high, 0, 1, low + 1, high - 1, high // 2, high // 3] * 3, object)
        codes = (whole & ((1 << fmt.bits) - 1)).astype(formats.code_type(fmt.bits))
        turned = np.roll(codes, 1)
        yield f"limits/{fmt.name}", made("", fmt, codes), made("", fmt, turned)
        for other in ("F64", "F32", "BF16", "I64", "U64", "I8"):
            target = FORMATS[other]
            if target.kind == "float":
                y = codes_of(target, rounded(target, formats.decode(fmt, codes)))
            else:
                y = (whole & ((1 << target.bits) - 1)).astype(formats.code_type(target.bits))
            yield f"limits/{fmt.name}>{other}", made("", fmt, codes), made("", target, y)
            yield f"limits/{fmt.name}<{other}", made("", target, y), made("", fmt, codes)
    yield from beyond_doubles()
    yield from truths()


def beyond_doubles():
    big = np.array([2**53 + n for n in (-2, -1, 0, 1, 2, 3)] * 4)
    signed, double, unsigned = FORMATS["I64"], FORMATS["F64"], FORMATS["U64"]
    for sign in (1, -1):
        codes = (big * sign).view(np.uint64)
        yield f"2^53/{sign}", made("", signed, codes), made("", double, codes_of(double, (big * sign).astype(float)))
        yield f"2^53/{sign}/beside", made("", signed, codes), made("", signed, codes + np.uint64(1))
    yield "2^63", made("", unsigned, np.full(8, 2**63, np.uint64)), made("", double, codes_of(double, np.full(8, 2.0**63)))


def truths():
    """BOOL, of any byte, and zeros of either sign."""
    for name in ("I8", "U64", "BOOL"):
        x, zeros = np.array([0, 1, 0, 1]), codes_of(FORMATS["F32"], [-0.0, 1, 0, 1])
        x = x.astype(formats.code_type(FORMATS[name].bits))
        yield f"zero/{name}>F32", made("", FORMATS[name], x), made("", FORMATS["F32"], zeros)
        yield f"zero/{name}<F32", made("", FORMATS["F32"], zeros), made("", FORMATS[name], x)
    yield "truths", *(made("", FORMATS["BOOL"], np.array(c, np.uint8)) for c in ([0, 1, 2, 255, 1, 0], [0, 1, 1, 1, 0, 1]))
    yield "truths/equal", *(made("", FORMATS["BOOL"], np.array(c, np.uint8)) for c in ([0, 1, 2, 255], [0, 1, 1, 1]))


# Factors.

TIMES = {
    "half": 0.5, "16": 16.0, "2^-10": 2.0**-10, "0.9": 0.9, "minus": -1.0, "minus_0.37": -0.37, "3": 3.0,
    "1.0001": 1.0001, "near_1": 1 + 2.0**-30, "tiny": 2.0**-30 * 1.7, "huge": 1e6,
}  # fmt: skip
SCALED = [("F32", "F32"), ("F32", "BF16"), ("F32", "F16"), ("F32", "F8_E4M3"), ("F32", "F8_E5M2"), ("BF16", "BF16"), ("F16", "F16"),
          ("BF16", "F32"), ("F64", "F32"), ("F64", "F64"), ("F32", "F64"), ("F16", "BF16"), ("F8_E4M3", "BF16"), ("F4", "F16"),
          ("F8_E4M3FNUZ", "F8_E4M3FNUZ"), ("F32", "F6_E2M3"), ("F8_E8M0", "F32"), ("F32", "F8_E8M0")]  # fmt: skip


def factors():
    """Products without error and by way of FP32, and each with one element a ULP off."""
    for a, b in SCALED:
        source, target = FORMATS[a], FORMATS[b]
        for at, (key, s) in enumerate(TIMES.items()):
            x = multiplied(source, key)
            for way, by_way in (("exact", False), ("f32", True)):
                factor = float(np.float32(s)) if by_way else s
                y = diff_factors.carried_out(target, x, factor, by_way) if not is_scale(target) else rounded(target, x * s)
                yield from both_ways(f"{a}>{b}/{key}/{way}", source, x, target, y, at + by_way)
    yield from scales()
    yield from few_products()
    yield from below()


def multiplied(source, key):
    x = cast_cases.bell(COUNT, "factor", source.name, key)
    x[[7, 8]] = 0.0, -0.0
    with np.errstate(all="ignore"):
        x = rounded(source, x * {"F4": 2, "F6_E2M3": 2}.get(source.name, 0.25))
    return np.abs(x) + (x == 0) if is_scale(source) else x


def scales():
    """FP8 with one scale a tensor, made and undone."""
    e4m3 = FORMATS["F8_E4M3"]
    for name in ("F32", "BF16"):
        fmt = FORMATS[name]
        x = rounded(fmt, cast_cases.bell(4200, "scale", name) * 0.02).astype(np.float32)
        scale = np.float32(np.abs(x).max() / np.float32(448))
        codes = rounded(e4m3, (x / scale).astype(np.float64))
        yield pair(f"quantised/{name}", fmt, x, e4m3, codes)
        back = rounded(fmt, (codes.astype(np.float32) * scale).astype(np.float64))
        yield pair(f"dequantised/{name}", e4m3, codes, fmt, back)
        yield pair(f"there_and_back/{name}", fmt, x, fmt, back)
        twice = rounded(e4m3, (x / (scale / np.float32(2))).astype(np.float64))
        yield pair(f"overflowing/{name}", fmt, x, e4m3, twice)


def few_products():
    """What decides whether there is a factor at all."""
    f32, f16 = FORMATS["F32"], FORMATS["F16"]
    cases = {
        "one": ([3.0, 0, 0, 0], [6.0, 0, 0, 0]), "two": ([3.0, 5.0, 0, 0], [6.0, 10.0, 0, 0]),
        "zero_appears": ([3.0, 5.0, 1.0, 7], [6.0, 10.0, 0, 14.0]), "zero_vanishes": ([3.0, 5.0, 0, 7], [6.0, 10.0, 1e-30, 14.0]),
        "zero_turns": ([3.0, 5.0, 0.0, 7], [6.0, 10.0, -0.0, 14.0]), "zeros_turn": ([3.0, 5.0, 0.0, 7], [-6.0, -10.0, -0.0, -14.0]),
        "zero_stays": ([3.0, 5.0, 0.0, 7], [-6.0, -10.0, 0.0, -14.0]), "one_turns": ([3.0, 5.0, 1.0, 7], [6.0, 10.0, -2.0, 14.0]),
        "all_zero": ([0.0] * 4, [0.0, -0.0, 0.0, 0.0]), "becomes_zero": ([1e-3, 1, 2, 3], [0.0] * 4),
        "constant": ([0.5] * 8, [0.375] * 8), "infinite": ([3, np.inf, 5, -np.inf], [6, np.inf, 10, -np.inf]),
        "infinity_turns": ([3, np.inf, 5, 1], [6, -np.inf, 10, 2]), "infinity_ends": ([3, np.inf, 5, 1], [6, 1e30, 10, 2]),
        "nan": ([3, np.nan, 5, 1], [6, np.nan, 10, 2]), "nan_appears": ([3, 1, 5, 1], [6, np.nan, 10, 2]),
        "overflow": ([3e38, 1, 5, 1], [np.inf, 2, 10, 2]), "overflow_too_soon": ([1e38, 1, 5, 1], [np.inf, 2, 10, 2]),
        "overflow_alone": ([3e38, 2e38, 1e38], [np.inf, np.inf, np.inf]), "ends": ([1.0, 3.0], [2.0, 6.0]),
    }  # fmt: skip
    for name, (x, y) in cases.items():
        yield pair(f"few/{name}", f32, x, f32, y)
    # Half-open ends: b's code is odd, even; the smallest subnormal; a power of two, whose lower neighbour is nearer.
    for at, y in enumerate([[1.0, 2.0], [1 + 2.0**-10, 3.0], [2.0**-24, 2.0**-23], [2.0**-14, 2.0**-13], [65504.0, 32752.0], [2.0**-24, 1.0]]):
        yield pair(f"few/end_{at}", f32, [0.3, 0.6], f16, y)
        yield pair(f"few/end_{at}/equal", f32, [1.0, 2.0], f16, y)


def below():
    """Products among the subnormal numbers of the target, and below them."""
    for name, s in (("F16", 2.0**-16), ("F16", 2.0**-24), ("BF16", 2.0**-126), ("F32", 2.0**-140), ("F32", 2.0**-149), ("F64", 2.0**-1070)):
        fmt = FORMATS[name]
        x = rounded(fmt, cast_cases.bell(COUNT, "below", name))
        for by_way in (False, True):
            y = diff_factors.carried_out(fmt, x, s * 1.25, by_way)
            yield from both_ways(f"below/{name}/{s}/{by_way}", fmt, x, fmt, y, 1 + by_way)
            yield pair(f"below/to_F32/{name}/{s}/{by_way}", FORMATS["F32"], rounded(FORMATS["F32"], x), fmt, y)


def renamed(pairs):
    """The pairs with their name on both tensors."""
    with np.errstate(all="ignore"):
        for name, a, b in pairs:
            yield name, *(type(t)(name, t.dtype, t.shape, t.data) for t in (a, b))
