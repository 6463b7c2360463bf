"""What groups of values share: casts with a scale for each, carried out on a whole tensor, and factors for each.

Written from "Conversions" in docs/how-it-knows.md; the casts are those of casts.py, intervals of factors those of diff_factors.py.
"""

import numpy as np

import casts
import diff_factors
from diff_rounding import is_scale, rounded

FORMATS_CAST = ("F32", "F16", "BF16")
LONGEST_ROW, WIDEST_BAND = 1 << 20, 1 << 16
F32 = np.float32

REAL = {
    "f8_e4m3/row": (448, lambda q: casts.float_codes(casts.E4M3, q)),
    "f8_e4m3/128x128": (448, lambda q: casts.float_codes(casts.E4M3, q)),
    "int8/row": (127, lambda q: casts.integer_codes(-128, 127, q)),
    "int4/128": (7, lambda q: casts.integer_codes(-8, 7, q)),
    "nf4/64": (1, casts.nf4_codes),
}
KEYS = [*casts.MX, *REAL]


def matrix(tensor):
    """Rows, columns, and whether rows can be told apart."""
    rows, columns = casts.matrix(tensor.shape)
    parts = 2 if tensor.dtype == "C64" else 1
    return rows, columns * parts, sum(axis != 1 for axis in tensor.shape) > 1


def sought(source, target, tensor):
    """Which casts are tried."""
    if source.name not in FORMATS_CAST or target.name not in FORMATS_CAST:
        return []
    rows, columns, has_rows = matrix(tensor)
    if not has_rows:
        return [key for key in KEYS if rows == 1 and not key.endswith(("/row", "128x128"))]
    return [
        key for key in KEYS
        if not (key.endswith("/row") and columns > LONGEST_ROW) and not (key.endswith("128x128") and columns > WIDEST_BAND)
    ]  # fmt: skip


def cast(key, values, columns):
    """What becomes of the numbers of a tensor, as doubles."""
    if not len(values):
        return values
    table = values.reshape(-1, columns)
    if key in casts.MX:
        return in_groups(casts.power_of_two(key), table, 32)
    divisor, codes = REAL[key]
    way = casts.real_scale(divisor, codes)
    table = table.astype(F32)
    if key == "nf4/64":
        return in_groups(way, table.reshape(1, -1), 64)
    if key == "int4/128":
        return in_groups(way, table, 128)
    if key.endswith("/row"):
        return in_groups(way, table, columns)
    amax = casts.largest(casts.grouped(table, 128))
    squares = np.maximum.reduceat(amax, np.arange(0, len(table), 128), axis=0)
    return in_groups(way, table, 128, np.repeat(squares, 128, axis=0)[: len(table)])


def in_groups(way, table, width, amax=None):
    groups = casts.grouped(table, width)
    made = way(groups, casts.largest(groups) if amax is None else amax)[0]
    return made.reshape(len(table), -1)[:, : table.shape[1]].astype(np.float64).ravel()


def explaining(source, target, a, b):
    """Keys of the casts of `a` that `b` has, but for the signs of zeros; Sides of two formats."""
    columns = matrix(a.tensor)[1]
    x, y = a.values, b.values
    found = []
    with np.errstate(all="ignore"):
        for key in sought(source, target, a.tensor):
            z = rounded(target, cast(key, x, columns))
            if ((z == y) | (np.isnan(z) & np.isnan(y))).all():
                found.append(f"through:{key}")
    return found


# Factors.


def factors(source, target, a, b):
    """Names of the kinds of groups of which each has a factor of its own."""
    if "F64" in (source.name, target.name) or is_scale(source) or is_scale(target) or not len(a.values):
        return []
    x, y = a.values, b.values
    found = []
    for by_way_of_f32, name in ((False, "times"), (True, "times:f32"))[: 1 + (target.name != "F32")]:
        with np.errstate(all="ignore"):
            ends = [end / np.where(x == 0, np.nan, np.abs(x)) for end in magnitudes(target, y, by_way_of_f32)]
            known = [key for key, groups in kinds(a.tensor) if all_have(source, target, x, y, ends, groups, by_way_of_f32)]
        # Blocks lie in rows and squares.
        found += [f"{name}/{key}" for key in known if key != "32" or known == ["32"]]
    return found


def kinds(tensor):
    """Kinds of groups and of each value the number of its group."""
    rows, columns, has_rows = matrix(tensor)
    row, column = np.divmod(np.arange(rows * columns), columns)
    if has_rows and columns <= WIDEST_BAND:
        yield "128x128", row // 128 * -(-columns // 128) + column // 128
    if has_rows and columns <= LONGEST_ROW:
        yield "row", row
    if has_rows or rows == 1:
        yield "32", row * -(-columns // 32) + column // 32


def magnitudes(target, y, by_way_of_f32):
    """Ends of the numbers that become each number, in doubles."""
    ends = (diff_factors.midpoints_by_way_of_f32 if by_way_of_f32 else diff_factors.midpoints)(target, y)
    low, high = (np.ldexp(m.astype(np.float64), e) for m, e in (ends.low, ends.high))
    return low, np.where(ends.high[0] == diff_factors.NONE, np.inf, high)


def all_have(source, target, x, y, ends, groups, by_way_of_f32):
    """Whether each group has a factor that is not 1, or has no product; eight products each on average."""
    each = Each(groups)
    low, high = each.largest(ends[0]), each.smallest(ends[1])
    turned, kept = signs(target, x, y)
    if (low > high * (1 + CLOSE)).any() or not possible(target, x, y).all() or (each.any(turned) & each.any(kept)).any():
        return False
    products = each.count(diff_factors.multiplied(x, y))
    # What doubles settle: apart by more than their rounding, not around 1, and with room for an FP32 number.
    settled = (low * (1 + CLOSE) < high) & (each.any(turned) | (low > 1 + CLOSE) | (high < 1 - CLOSE))
    settled &= (low * (1 + 2.0**-22) < high) | (not by_way_of_f32)
    for at in np.flatnonzero(~settled):
        a, b = x[groups == at], y[groups == at]
        if products[at] and not diff_factors.factor(source, target, a, b, by_way_of_f32, 1):
            return False
        if not products[at] and np.isfinite(a[a != 0]).any() and not diff_factors.interval(source, target, a, b, by_way_of_f32, 0):
            return False
    with_products = np.count_nonzero(products)
    return with_products > 0 and products.sum() // with_products >= 8


CLOSE = 2.0**-40


class Each:
    """Sums over the values of each group."""

    def __init__(self, groups):
        self.groups, self.size = groups, groups.max() + 1

    def count(self, mask):
        return np.bincount(self.groups, weights=mask, minlength=self.size).astype(int)

    def any(self, mask):
        return self.count(mask) > 0

    def largest(self, values):
        found = np.zeros(self.size)
        np.fmax.at(found, self.groups, values)
        return found

    def smallest(self, values):
        found = np.full(self.size, np.inf)
        np.fmin.at(found, self.groups, values)
        return found


def signs(target, x, y):
    """Where a sign turns and where it stays; elsewhere there is none to tell."""
    signed = ~np.isnan(x) & ~np.isnan(y) & (target.info.has_nz | (y != 0))
    turned = np.signbit(x) != np.signbit(y)
    return signed & turned, signed & ~turned


def possible(target, x, y):
    """Whether x can become y by some factor: zeros stay zeros, what is no number or infinite becomes what the format has for it."""
    of_nan = np.isnan(y) if diff_factors.has_nan(target) else y == diff_factors.largest(target)
    if diff_factors.has_infinity(target):
        of_infinity, of_finite = np.isinf(y), ~np.isnan(y)
    else:
        of_infinity = np.isnan(y) if diff_factors.has_nan(target) else np.abs(y) == diff_factors.largest(target)
        of_finite = np.ones(len(y), bool)
    return np.select([np.isnan(x), np.isinf(x), x == 0], [of_nan, of_infinity, y == 0], of_finite)
