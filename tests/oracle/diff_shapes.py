"""Pairs of tensors whose place, shape or look is what matters, and checkpoints of several files."""

import numpy as np

import cast_cases
import container
import diff_factors
import ingredients
from diff_cases import codes_of, made, nudged, pair
from diff_conversions import VARIANTS, Way, carry_out, ways
from diff_rounding import largest, rounded
from formats import FORMATS

BF16, F16, F32, F64 = (FORMATS[name] for name in ("BF16", "F16", "F32", "F64"))


def bell(count, *key):
    return cast_cases.bell(count, "diff shapes", *key)


# Numbers that are none, zeros, and what has no elements.


def special():
    inf, nan = np.inf, np.nan
    cases = {
        "nan_on_a": ([1, nan, 2, 3], [1, 5, 2, 3]), "nan_on_b": ([1, 5, 2, 3], [1, nan, 2, 3]),
        "nan_on_both": ([1, nan, 2, 3], [1, nan, 2, 4]), "all_nan": ([nan] * 4, [nan] * 4), "nan_for_all": ([nan] * 4, [1.0] * 4),
        "inf_on_a": ([1, inf, 2, 3], [1, 5, 2, 3]), "inf_on_b": ([1, 5, 2, 3], [1, -inf, 2, 3]),
        "inf_on_both": ([1, inf, -inf, 3], [1, inf, -inf, 4]), "inf_turned": ([1, inf, -inf, 3], [1, -inf, inf, 3]),
        "inf_and_nan": ([1, inf, nan, 3], [1, nan, -inf, 3]), "all_inf": ([inf] * 4, [inf] * 4),
        "zeros_turned": ([0.0, -0.0, 1, 2], [-0.0, 0.0, 1, 2]), "all_zero": ([0.0] * 4, [0.0] * 4),
        "all_zeros_turned": ([0.0] * 12, [-0.0] * 12), "zero_on_a": ([0.0] * 4, [1.0, 2, 3, 4]), "zero_on_b": ([1.0, 2, 3, 4], [0.0] * 4),
        "opposite": ([1.0, 2, 3, 4], [-1.0, -2, -3, -4.5]), "crossing_zero": ([2.0**-24, -(2.0**-24), 0, 1], [-(2.0**-24), 2.0**-24, 2.0**-24, 1]),
        "close": ([1.0, 1 + 2.0**-10, 1e-5, 0], [1.0, 1, 1e-5, 1e-5]), "equal_but_one": (np.arange(1, 41), np.arange(1, 41) + (np.arange(40) == 39)),
    }  # fmt: skip
    for a, b in ((F32, F32), (F32, BF16), (F16, F16), (BF16, F32), (F64, F16), (FORMATS["F8_E5M2"], F32), (BF16, BF16)):
        for name, (x, y) in cases.items():
            x, y = (rounded(fmt, np.asarray(v, float)) for fmt, v in ((a, x), (b, y)))
            yield pair(f"{name}/{a.name}/{b.name}", a, x, b, y)
    yield from payloads()
    yield from sizes()
    yield from doubles()


def payloads():
    """NaN of other bits."""
    for fmt, codes in ((F32, [0x7FC00000, 0x3F800000]), (BF16, [0x7FC0, 0x3F80]), (F16, [0x7E00, 0x3C00]), (FORMATS["F8_E5M2"], [0x7E, 0x3C])):
        word = codes_of(fmt, [0.0]).dtype
        x = np.array(codes * 20, word)
        sign = 1 << (fmt.bits - 1)
        quiet, signed = x.copy(), x.copy()
        quiet[::2] += 1
        signed[2] |= sign
        for name, y in (("payload", quiet), ("sign", signed)):
            yield f"nan_{name}/{fmt.name}", made("", fmt, x), made("", fmt, y)
        other = y.copy()
        other[1] = 0
        yield f"nan_and_more/{fmt.name}", made("", fmt, x), made("", fmt, other)


def sizes():
    """Nothing, one element, many axes."""
    for shape in [], [1], [1, 1], [0], [3, 0], [0, 4], [2, 3, 4], [2, 1, 6, 2], [1, 12], [12, 1]:
        count = int(np.prod(shape, dtype=int))
        x, text = bell(count, str(shape)), "x".join(map(str, shape)) or "scalar"
        for a, b in ((F32, F32), (F32, BF16), (FORMATS["I32"], FORMATS["I32"]), (FORMATS["C64"], FORMATS["C64"])):
            parts = np.repeat(x, 2) if a.name == "C64" else x
            first = np.round(parts * 100) if a.name == "I32" else rounded(F32, parts)
            yield size_pair(f"size/{text}/{a.name}/{b.name}/same", a, first, b, first, shape)
            second = first + (np.arange(len(first)) >= len(first) - 1) * 8
            yield size_pair(f"size/{text}/{a.name}/{b.name}/last", a, first, b, second, shape)


def size_pair(name, a, x, b, y, shape):
    if b.kind == "float":
        y = rounded(b, y)
    return pair(name, a, x, b, y, shape)


def doubles():
    """What leaves the range of doubles when it is squared, subtracted or divided."""
    z = bell(40, "doubles")
    near = z * (1 + 2.0**-30 * np.sign(np.roll(z, 1)))
    for name, factor in (("huge", 1e300), ("small", 1e-300), ("large", 2.0**600), ("tiny", 2.0**-700)):
        yield pair(f"F64.{name}", F64, z * factor, F64, near * factor)
    top = np.finfo(float).max
    yield pair("F64.opposite", F64, [top, 1.0, -top], F64, [-top, 1.5, top])
    yield pair("F64.largest", F64, np.full(30, top), F64, np.concatenate([np.full(29, top / 2), [top]]))
    yield pair("F64.ratio", F64, [1e300, 1.0], F64, [1e-300, 1.5])


# Looks.


def looks():
    yield from few()
    yield from in_rows()
    yield from last_bits()
    yield from directions()


def few():
    """Some elements that differ, and single bits."""
    for fmt in (F32, BF16, F16, FORMATS["F8_E4M3"]):
        x = codes_of(fmt, rounded(fmt, bell(1200, "few", fmt.name)))
        for count in (1, 2, 9, 10, 11, 40):
            y = x.copy()
            y[np.arange(count) * 1199 // max(count - 1, 1)] ^= 7
            yield f"few/{fmt.name}/{count}", made("", fmt, x, [30, 40]), made("", fmt, y, [30, 40])
        for bit in (0, fmt.mantissa_bits, fmt.bits - 2, fmt.bits - 1):
            y = x.copy()
            y[777] ^= 1 << bit
            yield f"flip/{fmt.name}/{bit}", made("", fmt, x), made("", fmt, y)
    x = rounded(F32, bell(1200, "few", "types"))
    for count in (1, 10, 11):
        y = rounded(BF16, x)
        y[np.arange(count) * 100] += 1
        yield pair(f"few/F32/BF16/{count}", F32, x, BF16, rounded(BF16, y))


def in_rows():
    """Rows that changed places, or of which few differ."""
    for fmt, columns in ((F32, 48), (BF16, 64), (F16, 33), (FORMATS["F8_E4M3"], 20), (FORMATS["F4"], 10)):
        rows, rng = 60, ingredients.generator("rows", fmt.name)
        x = codes_of(fmt, rounded(fmt, bell(rows * columns, "rows", fmt.name) * (fmt.bits < 8) * 2 + bell(rows * columns, "rows") * (fmt.bits >= 8)))
        x = x.reshape(rows, columns)
        order = rng.permutation(rows)
        doubled = x.copy()
        doubled[20:40] = doubled[:20]
        missed, swapped = x[order].copy(), x.copy()
        missed[17, 5] ^= 1
        swapped[[3, 50]] = swapped[[50, 3]]
        unlike = doubled[order].copy()
        unlike[5] = unlike[6]
        for name, a, b in (
            ("all", x, x[order]), ("two", x, swapped), ("doubled", doubled, doubled[order]), ("missed", x, missed),
            ("unlike", doubled, unlike), ("reversed", x, x[::-1]),
        ):  # fmt: skip
            yield f"permuted/{fmt.name}/{name}", *(made("", fmt, side.ravel(), [rows, columns]) for side in (a, b))
        yield f"permuted/{fmt.name}/3d", *(made("", fmt, side.ravel(), [6, 10, columns]) for side in (x, x[order]))
    for rows in (19, 20, 30, 39, 40):
        for differing in (1, 2, 3, 4, 5):
            x = rounded(BF16, bell(rows * 50, "few rows", rows)).reshape(rows, 50)
            y = x.copy()
            y[np.arange(differing) * 4] = rounded(BF16, y[np.arange(differing) * 4] * 1.37 + 0.01)
            yield pair(f"few_rows/{rows}/{differing}", BF16, x.ravel(), BF16, y.ravel(), [rows, 50])


def last_bits():
    """Noise of the last bit, and factors that nearly are."""
    for a, b in ((F32, BF16), (F32, F16), (F32, FORMATS["F8_E4M3"]), (F64, F32), (BF16, BF16), (F32, F32)):
        x = rounded(a, bell(4000, "noise", a.name, b.name))
        draws = ingredients.generator("noise", a.name, b.name).integers(0, 2, len(x)) == 1
        down = rounded(b, x, "toward_zero")
        up = codes_of(b, down) + draws.astype(codes_of(b, down).dtype)
        yield f"noise/{a.name}/{b.name}", made("", a, codes_of(a, x), [40, 100]), made("", b, up, [40, 100])
        more = up + (draws & (np.arange(4000) % 31 == 0)).astype(up.dtype)
        yield f"noise/{a.name}/{b.name}/more", made("", a, codes_of(a, x), [40, 100]), made("", b, more, [40, 100])
    for fmt in (BF16, F16):
        x = rounded(fmt, bell(4000, "nearly", fmt.name))
        y = x * 1.7
        step = np.where(np.arange(4000) % 3 == 0, 1, -1) * 2.0 ** -fmt.info.precision * 0.9
        for name, shape in (("1d", [4000]), ("2d", [50, 80])):
            yield pair(f"nearly/{fmt.name}/{name}", fmt, x, fmt, rounded(fmt, y * (1 + step)), shape)


def directions():
    """Updates of low rank, and weights that have nothing to do with each other."""
    for fmt in (BF16, F32, F16):
        for m, n in ((120, 90), (150, 140), (40, 300)):
            x = bell(m * n, "rank", fmt.name, m).reshape(m, n)
            for rank in (1, 2, 5, 12):
                update = bell(m * rank, "left", m, rank).reshape(m, rank) @ bell(n * rank, "right", n, rank).reshape(rank, n)
                y = rounded(fmt, rounded(fmt, x) + 0.1 * update)
                yield pair(f"rank/{fmt.name}/{m}x{n}/{rank}", fmt, rounded(fmt, x).ravel(), fmt, y.ravel(), [m, n])
            other = rounded(fmt, bell(m * n, "other", fmt.name, m))
            yield pair(f"other/{fmt.name}/{m}x{n}", fmt, rounded(fmt, x).ravel(), fmt, other, [m, n])
            trained = rounded(fmt, x.ravel() + 0.05 * bell(m * n, "trained", fmt.name, m))
            yield pair(f"trained/{fmt.name}/{m}x{n}", fmt, rounded(fmt, x).ravel(), fmt, trained, [m, n])
    for m, n in ((31, 40), (32, 32), (33, 31), (40, 32)):
        x, update = bell(m * n, "least", m, n), bell(m, "left", m)[:, None] * bell(n, "right", n)
        yield pair(f"rank/least/{m}x{n}", BF16, rounded(BF16, x), BF16, rounded(BF16, x + update.ravel()), [m, n])
    x = bell(24000, "rank types").reshape(200, 120)
    update = 0.05 * bell(200, "left types")[:, None] * bell(120, "right types")
    yield pair("rank/F32/BF16", F32, rounded(F32, x).ravel(), BF16, rounded(BF16, x + update).ravel(), [200, 120])
    yield pair("other/1d", F32, rounded(F32, bell(5000, "1d")), F32, rounded(F32, bell(5000, "1d", 2)))


# Tiles and large tensors.


def tiles():
    """Lengths around 4,096, rows that do not divide it, one difference at each end of a tile."""
    for fmt in (F32, BF16, FORMATS["F8_E4M3"], F64, FORMATS["I16"], FORMATS["F4"], FORMATS["C64"]):
        for count in (4092, 4096, 4100, 12288, 12300):
            x = bell(count, "tiles", fmt.name, count) * (30 if fmt.kind == "signed" else 1)
            x = np.round(x) if fmt.kind == "signed" else rounded(F32 if fmt.name == "C64" else fmt, x)
            codes = codes_of(fmt, x)
            for at in sorted({0, 1, 4095, 4096, 8191, 8192, count - 1}):
                if at < count:
                    off = codes.copy()
                    off[at] ^= 1
                    yield f"tile/{fmt.name}/{count}/{at}", made("", fmt, codes), made("", fmt, off)
    for rows, columns in ((7, 1000), (5, 4097), (3, 4096), (9, 4095), (100, 130), (2000, 7), (13000, 1), (1, 13000), (4097, 3)):
        x = rounded(F32, bell(rows * columns, "rows of", rows, columns))
        y = rounded(BF16, x)
        yield pair(f"rows/{rows}x{columns}", F32, x, BF16, y, [rows, columns])
        y[:: max(1, rows * columns // 37)] *= 2
        yield pair(f"rows/{rows}x{columns}/off", F32, x, BF16, y, [rows, columns])
        z = x.copy()
        z[[4095, 4096, len(z) - 1]] += 1
        yield pair(f"rows/{rows}x{columns}/F32", F32, x, F32, rounded(F32, z), [rows, columns])


def joined():
    """Conversions that tiles must agree on: what one tile allows another excludes, or needs a suffix for."""
    for a, b in ((F32, BF16), (F32, F16), (BF16, F16), (F64, F32)):
        x = tiles_of(a, b)
        for way in ways(a, b):
            if way.name not in ("nearest_even", "ties_away", "through:f16", "through:f8_e5m2:toward_zero", "through:tf32>f16"):
                continue
            for variant in VARIANTS:
                y = carry_out(way, x, variant)
                yield pair(f"joined/{a.name}>{b.name}/{way.name}{variant}", a, x, b, y)
            for at in (0, 4095, 3 * 4096, len(x) - 1):
                off = nudged(b, codes_of(b, y), at)
                yield f"joined/{a.name}>{b.name}/{way.name}/off_{at}", made("", a, codes_of(a, x)), made("", b, off)
            y = carry_out(way, x)
            y[4096:8192] = carry_out(Way("", ((b, "toward_zero"),)), x[4096:8192])
            yield pair(f"joined/{a.name}>{b.name}/{way.name}/then_cut", a, x, b, y)
    yield from joined_factors()


def tiles_of(a, b):
    """Tiles of numbers that stay, of any, of zeros, of what is too large, of what is subnormal, and a short one."""
    count = 4096
    any_ = rounded(a, bell(count, "joined", a.name, b.name))
    stay = rounded(a, rounded(b, any_))
    over = any_.copy()
    over[::97] = largest(b) * np.resize([1.5, -2.0], len(over[::97]))
    small = any_ * 2.0 ** (2 - b.info.bias)
    found = [stay, any_, any_ * 0, rounded(a, over), rounded(a, small), any_[:100]]
    return np.concatenate(found)


def joined_factors():
    """One factor for all tiles, another for one of them, tiles of zeros, and a tile that shows nothing of a factor."""
    for fmt in (F32, BF16, F16):
        x = rounded(fmt, bell(3 * 4096 + 77, "joined factors", fmt.name))
        powers = np.exp2(np.arange(4096) % 9 - 4)
        zeros = np.concatenate([np.zeros(4096), x[4096:]])
        for name, y, s in (("all", x, 0.7), ("zeros", zeros, 0.7), ("zeros_first", np.concatenate([zeros[:4096], zeros]), -3.0),
                           ("powers", np.concatenate([powers, x[4096:]]), 1 + 0.75 * 2.0**-fmt.info.precision),
                           ("powers_away", np.concatenate([powers, x[4096:]]), 1.25)):  # fmt: skip
            z = diff_factors.carried_out(fmt, y, s)
            yield pair(f"joined/{fmt.name}/{name}", fmt, y, fmt, z)
            z[4096:8192] = diff_factors.carried_out(fmt, y[4096:8192], s * (1 + 2.0 ** (1 - fmt.info.precision)))
            yield pair(f"joined/{fmt.name}/{name}/two", fmt, y, fmt, z)


def large():
    """Tensors that several threads read in several pieces."""
    x = np.tile(bell(1 << 20, "large"), 10)[: 3001 * 3001]
    x = rounded(BF16, x * np.exp2(-(np.arange(len(x)) // 50000 % 11)))
    codes = codes_of(BF16, x)
    noisy = codes + (ingredients.generator("large").integers(0, 64, len(codes)) == 0)
    yield "large/BF16/noise", *(made("", BF16, c.astype(np.uint16), [3001, 3001]) for c in (codes, noisy))
    x = x[:1_200_007]
    yield pair("large/BF16/F16", BF16, x, F16, rounded(F16, x))
    order, some = ingredients.generator("order").permutation(1009), codes[: 1009 * 700].reshape(1009, 700)
    yield "large/BF16/permuted", *(made("", BF16, side.ravel(), [1009, 700]) for side in (some, some[order]))
    y = np.resize(rounded(F32, bell(50_021, "large F32") * np.exp2(np.arange(50_021) % 30 - 20.0)), 700_001)
    yield pair("large/F32/BF16", F32, y, BF16, rounded(BF16, y, "toward_zero"))
    off = rounded(BF16, y)
    off[-1] *= 1 + 2.0**-7
    yield pair("large/F32/BF16/off", F32, y, BF16, rounded(BF16, off))
    yield pair("large/F32/0.9", F32, y, F32, (y.astype(np.float32) * np.float32(0.9)))
    whole = ingredients.generator("whole").integers(-(2**62), 2**62, 300_001)
    yield "large/I64", *(made("", FORMATS["I64"], (whole + d).view(np.uint64)) for d in (0, np.arange(300_001) % 5))
    half = ingredients.generator("nibbles").integers(0, 16, 800_000).astype(np.uint8)
    yield "large/F4", *(made("", FORMATS["F4"], half ^ (np.arange(800_000) % 40001 == d).astype(np.uint8), [800, 1000]) for d in (5, 7))


def container_of(tensors):
    return container.save_by_hand(list(tensors), check=False)
