"""Pairs of tensors by chance, for the corners that nobody thought of; and corners that were found so."""

import numpy as np

import diff_factors
import ingredients
from diff_cases import around, pair
from diff_conversions import VARIANTS, carry_out, ways
from diff_rounding import FLOATS, is_scale, rounded
from formats import FORMATS

FACTORS = [0.5, 3.0, 1 + 2.0**-8, -1.0, -0.9, 2.0**-20, 2.0**20, 1 - 2.0**-12, 1e-3]


def chance(seed=0, count=1000):
    """Small tensors of few numbers, converted or multiplied at random, in some of them an element changed."""
    rng = ingredients.generator("chance", seed)
    kinds = [fmt for fmt in FLOATS if not is_scale(fmt)]
    for at in range(count):
        a, b = (kinds[i] for i in rng.integers(0, len(kinds), 2))
        size = 4 * int(rng.choice([1, 1, 2, 3, 10]))
        pool = np.concatenate([around(a, True), around(b, True), [0.0, 0.0, np.inf, np.nan, 1.0, 1.0]])
        some = rng.choice(pool, min(size, int(rng.choice([1, 2, 3, 40])))) * rng.choice([1, -1])
        x = rounded(a, rng.choice(some, size) * rng.choice([1.0, -1.0], size, p=[0.8, 0.2]))
        y = by_chance(rng, a, b, x)
        if rng.random() < 0.3:
            y[rng.integers(0, size)] = rounded(b, rng.choice(pool, 1))[0]
        yield pair(f"chance/{seed}/{at}", a, x, b, y, [size // 4, 4] if rng.random() < 0.3 else None)


def by_chance(rng, a, b, x):
    """Numbers converted in some way, or multiplied with something."""
    if rng.random() < 0.5:
        way = rng.choice(np.array(ways(a, b), object))
        return carry_out(way, x, rng.choice(list(VARIANTS)))
    return diff_factors.carried_out(b, x, float(rng.choice(FACTORS)), bool(rng.integers(0, 2)))


def edges():
    """Corners that were wrong once."""
    f32, f16, inf, nan = FORMATS["F32"], FORMATS["F16"], np.inf, np.nan
    # A product that is infinite, or none, in a format that has no infinity: E4M3 has NaN for it, E2M1 its largest.
    yield pair("infinity × 2 in E4M3", f32, [inf, 1, 3, 5], FORMATS["F8_E4M3"], [nan, 2, 6, 10])
    yield pair("infinity × 2 in E2M1", f32, [inf, 1, 3, 1], FORMATS["F4"], [6, 2, 6, 2])
    yield pair("NaN × 2 in E2M1", f32, [nan, 1, 2, 1], FORMATS["F4"], [6, 2, 4, 2])
    # A factor that shows in what overflows alone.
    yield pair("overflow × 1.0003", f32, [65500, 1, 3, 5], f16, [inf, 1, 3, 5])
    # No element is a ULP apart, for all of A is rounded to zero; but the zeros have the other sign.
    yield pair("zeros turned", f32, rounded(f32, np.full(12, 1e-9)), f16, np.full(12, -0.0))
