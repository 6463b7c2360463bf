"""Which conversions turn numbers of one format into those of another, each carried out on every element.

A way is a list of steps, each a rounding into a format; its last step is the type of the other
side. Pairs are done many at once, one after another in two long arrays, so that NumPy is fast.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from diff_rounding import CHAINED, MODES, THROUGH, holds, rounded

# Suffixes of a conversion's name: (saturate, flush). A variant stands behind those it contains.
VARIANTS = {"": (False, False), "+saturate": (True, False), "+flush": (False, True), "+saturate+flush": (True, True)}
WITHIN = {"": [], "+saturate": [""], "+flush": [""], "+saturate+flush": ["", "+saturate", "+flush"]}


@dataclass(frozen=True)
class Way:
    """A conversion without its suffix."""

    name: str
    steps: tuple  # of (format, mode)


def ways(source, target):
    """Every conversion from one float format into another that is not another one in disguise.

    A step that changes nothing is left out: into a format that holds all of the one before it. So
    is a way through the target's own format just before the end, which is a shorter way.
    """
    return [*direct(source, target), *through_one(source, target), *through_two(source, target)]


def direct(source, target):
    for mode in MODES:
        yield Way(mode, ((target, mode),))


def through_one(source, target):
    last = (target, "nearest_even")
    for key, fmt in THROUGH.items():
        if holds(fmt, source) or fmt == target:
            continue
        for mode in MODES:
            suffix = "" if mode == "nearest_even" else f":{mode}"
            yield Way(f"through:{key}{suffix}", ((fmt, mode), last))


def through_two(source, target):
    for first, second in permutations(CHAINED, 2):
        a, b = THROUGH[first], THROUGH[second]
        if holds(a, source) or holds(b, a) or b == target:
            continue
        steps = tuple((fmt, "nearest_even") for fmt in (a, b, target))
        yield Way(f"through:{first}>{second}", steps)


def carry_out(way, x, variant="", known=None):
    """Every number converted. `known` keeps first steps for other ways over the same numbers."""
    saturate, flush = VARIANTS[variant]
    (fmt, mode), *rest = way.steps
    key = (fmt.name, mode, variant)
    y = None if known is None else known.get(key)
    if y is None:
        y = rounded(fmt, x, mode, saturate, flush)
        if known is not None:
            known[key] = y
    for fmt, mode in rest:
        y = rounded(fmt, y, mode, saturate, flush)
    return y


def same(x, y):
    """Elementwise: one number with one sign, or NaN on both sides."""
    return bits(x) == bits(y)


def bits(x):
    """Codes of doubles, of all NaN the same one."""
    return np.where(np.isnan(x), np.nan, x).view(np.uint64)


def explaining(source, target, a, b, starts):
    """For each of several pairs, which begin at `starts`, the names of the conversions with T(a) = b.

    Every element is looked at, every distinct number is converted once.
    """
    found, known = [[] for _ in starts], {}
    numbers, at = np.unique(bits(a), return_inverse=True)
    numbers, wanted = numbers.view(np.float64), bits(b)
    with np.errstate(all="ignore"):
        explains = lambda way, variant: every(bits(carry_out(way, numbers, variant, known))[at] == wanted, starts)
        for way in ways(source, target):
            holding = {variant: explains(way, variant) for variant in VARIANTS}
            for variant, right in holding.items():
                for place in np.flatnonzero(right & ~np.any([holding[v] for v in WITHIN[variant]], axis=0)):
                    found[place].append(way.name + variant)
        becomes = rounded(target, numbers)
    lossless = every(((becomes == numbers) | np.isnan(numbers) & np.isnan(becomes))[at], starts)
    return [as_exact(names) if right else names for names, right in zip(found, lossless)]


def as_exact(names):
    """Where nothing is rounded: the direct ways are one."""
    return [name for name in names if name not in MODES] + ["exact"] * ("nearest_even" in names)


def every(right, starts):
    """Whether each stretch is right throughout; an empty one is."""
    stops = [*starts[1:], len(right)]
    wrong = np.concatenate([[0], np.cumsum(~right)])
    return wrong[stops] == wrong[list(starts)]
