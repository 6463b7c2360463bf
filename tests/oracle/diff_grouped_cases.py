"""Pairs of tensors of which one is the other through a cast with a scale for each group, and their near misses."""

import math

import numpy as np

import diff_grouped
from cast_cases import bell
from diff_cases import codes_of, made, nudged, pair
from diff_rounding import rounded
from formats import FORMATS

F32, F16, BF16 = (FORMATS[name] for name in ("F32", "F16", "BF16"))
TYPES = [(BF16, BF16), (F32, BF16), (F32, F16), (BF16, F32)]
# Ragged blocks, rows of a few values, bands that end early, rows longer than a tile, one row, one dimension, three.
SHAPES = [(5, 200), (130, 140), (2, 4500), (1, 300), (300,), (40, 3), (257, 20), (2, 3, 96), (9, 64), (150, 33), (4100,)]


def grouped():
    for source, target in TYPES:
        for at, shape in enumerate(SHAPES):
            x = weights(source, shape)
            for key in keys(source, target, shape):
                y = carried_out(key, target, x, shape)
                name = f"grouped/{source.name}>{target.name}/{key}/{'x'.join(map(str, shape))}"
                yield pair(name, source, x, target, y, list(shape))
                if at < 3:
                    yield pair(name + "/back", target, y, source, x, list(shape))
                place = [0, len(x) - 1, len(x) // 2, min(len(x) - 1, 4096)][at % 4]
                off = nudged(target, codes_of(target, y), place)
                yield name + "/off", made("", source, codes_of(source, x), list(shape)), made("", target, off, list(shape))
    yield from hard()
    yield from in_pieces()
    yield from after_zeros()
    yield from multiplied()


def keys(source, target, shape):
    tensor = made("", source, codes_of(source, np.zeros(math.prod(shape))), list(shape))
    return diff_grouped.sought(source, target, tensor)


def carried_out(key, target, x, shape):
    return rounded(target, diff_grouped.cast(key, x, shape[-1]))


def weights(source, shape, *key):
    """As a layer has them, each row with a size of its own, and some zeros."""
    count = math.prod(shape)
    x = bell(count, "grouped", source.name, *shape, *key) * np.exp2(np.arange(count) // shape[-1] % 7 - 8.0)
    x[count // 3 : count // 3 + 40 : 3] = 0
    return rounded(source, x)


def hard():
    """Groups of zeros, of what is not finite, of the smallest and the largest numbers; and what ends a search."""
    shape = (132, 136)
    for fmt in (F32, BF16):
        top, least = fmt.info.bias - 2, 1 - fmt.info.bias
        for at, (what, change) in enumerate({
            "zeros": lambda x: x[40:90].fill(0), "minus_zeros": lambda x: x[40:90].fill(-0.0), "all_zero": lambda x: x.fill(0),
            "constant": lambda x: x.fill(0.375), "nan": lambda x: x[3, 5:6].fill(np.nan), "infinite": lambda x: x[131, 135:].fill(-np.inf),
            "small": lambda x: np.multiply(x, 2.0 ** (least - 2), out=x), "tiny": lambda x: np.multiply(x, 2.0**-140, out=x),
            "large": lambda x: np.multiply(x, 2.0**top, out=x), "mixed": lambda x: np.multiply(x[:129], 2.0**least, out=x[:129]),
            "outlier": lambda x: x[::9, 7].fill(2.0**10), "powers": lambda x: x[:100].fill(2.0**-3),
        }.items()):  # fmt: skip
            x = weights(fmt, shape, "hard").reshape(shape)
            with np.errstate(all="ignore"):
                change(x)
                x = rounded(fmt, x.ravel())
            for key in diff_grouped.KEYS[at % 3 :: 3]:
                with np.errstate(all="ignore"):
                    yield pair(f"grouped/{fmt.name}/{what}/{key}", fmt, x, fmt, carried_out(key, fmt, x, shape), list(shape))
    yield from ends()


def ends():
    """Whole tiles that are only rounded, or stay: then nothing was cast."""
    shape = (64, 256)
    for source, target in ((BF16, BF16), (F32, BF16)):
        x = weights(source, shape, "ends")
        for key in ("mxfp4", "int8/row", "f8_e4m3/128x128", "nf4/64"):
            for first in (0, 4096):
                y = carried_out(key, target, x, shape)
                y[first : first + 4096] = rounded(target, x[first : first + 4096])
                yield pair(f"grouped/tile/{source.name}>{target.name}/{key}/{first}", source, x, target, y, list(shape))
                # A tile that has been cast before does not change.
                z = x.copy()
                z[first : first + 4096] = rounded(source, diff_grouped.cast(key, x, 256))[first : first + 4096]
                yield pair(f"grouped/twice/{source.name}>{target.name}/{key}/{first}", source, z, target, carried_out(key, target, z, shape), list(shape))


def in_pieces():
    """Tensors that several threads read in several pieces, and one value of the last piece off."""
    shape = (1100, 700)
    x = rounded(BF16, np.resize(bell(1 << 16, "pieces"), math.prod(shape)) * np.exp2(-(np.arange(math.prod(shape)) // 40000 % 9)))
    for key in ("nf4/64", "f8_e4m3/128x128"):
        y = carried_out(key, BF16, x, shape)
        yield pair(f"pieces/{key}", BF16, x, BF16, y, list(shape))
        off = nudged(BF16, codes_of(BF16, y), len(y) - 1)
        yield f"pieces/{key}/off", made("", BF16, codes_of(BF16, x), list(shape)), made("", BF16, off, list(shape))


def after_zeros():
    """Whole tiles of zeros first, of either sign, that end within a block, a row and a square, or where they do."""
    for shape in ((300, 100), (140, 1000), (20, 4096)):
        count = math.prod(shape)
        for tiles in (1, 2, 4, count // 4096):
            for zero in (0.0, -0.0):
                x = weights(BF16, shape, "after")
                x[: tiles * 4096] = zero
                for key in ("mxfp4", "nf4/64", "int8/row", "f8_e4m3/128x128"):
                    yield pair(f"after_zeros/{key}/{'x'.join(map(str, shape))}/{tiles}/{zero}", BF16, x, BF16, carried_out(key, BF16, x, shape), list(shape))
                s = 0.3 + np.arange(count) // shape[1] % 17 / 16
                yield pair(f"after_zeros/times/{'x'.join(map(str, shape))}/{tiles}/{zero}", BF16, x, BF16, rounded(BF16, x * s), list(shape))


def multiplied():
    """A factor for each square, row or block, without error and in FP32; one value off; a factor of 1; few products; zeros."""
    types = [("BF16", "BF16"), ("F8_E4M3", "BF16"), ("F32", "F16"), ("BF16", "F8_E4M3"), ("F8_E5M2", "F32")]
    for a, b in types:
        source, target = FORMATS[a], FORMATS[b]
        for shape in ((130, 132), (7, 96), (200,), (40, 6)):
            x = rounded(source, bell(math.prod(shape), "multiplied", a, *shape) * (8 if "F8" in a else 0.5))
            x[5:9] = 0, -0.0, 0, 0
            for kind, groups in diff_grouped.kinds(made("", source, codes_of(source, x), list(shape))):
                s = np.exp2(np.resize(bell(97, "factors", kind), groups.max() + 1)).astype(np.float32).astype(np.float64) * 0.3
                for in_single in (False, True):
                    yield from products(f"{a}>{b}/{kind}/{'x'.join(map(str, shape))}/{in_single}", source, target, x, s[groups], in_single, shape)


def products(name, source, target, x, s, in_single, shape):
    product = (x.astype(np.float32) * s.astype(np.float32)).astype(np.float64) if in_single else x * s
    y = rounded(target, product)
    yield pair(f"multiplied/{name}", source, x, target, y, list(shape))
    yield pair(f"multiplied/{name}/back", target, y, source, x, list(shape))
    off = nudged(target, codes_of(target, y), len(y) - 1)
    yield f"multiplied/{name}/off", made("", source, codes_of(source, x), list(shape)), made("", target, off, list(shape))
    if in_single:
        return
    turned, same, zeros = -s, s.copy(), x.copy()
    same[: shape[-1]] = 1
    zeros[: len(x) // 2] = 0
    zeros[0] = source.info.max if not source.info.num_posinfs else np.inf
    for what, (u, v) in {"turned": (x, turned), "some_1": (x, same), "zeros": (zeros, s)}.items():
        with np.errstate(all="ignore"):
            yield pair(f"multiplied/{name}/{what}", source, u, target, rounded(target, u * v), list(shape))
