"""The casts once more, one value at a time in fractions: the truth that casts.py is held against.

Slow and plain: groups are lists of places, FP32 is a rounding like any other, and sums
are exact. Only the rows of the formats and the levels of NF4 are shared with casts.py.
"""

import math
from fractions import Fraction

from gfloat import formats as gf

import casts
from formats import FORMATS

F32 = gf.format_info_binary32
E4M3, E2M1 = FORMATS["F8_E4M3"].info, FORMATS["F4"].info
HALF = Fraction(1, 2)


def rounded(x, info, away=False):
    """The nearest number of a format without a largest one; Python rounds fractions to even."""
    if x == 0:
        return Fraction(0)
    step = Fraction(2) ** (max(floor_log2(abs(x)), 1 - info.bias) - info.precision + 1)
    steps = abs(x) / step
    found = math.floor(steps + HALF) if away else round(steps)
    return found * step * (-1 if x < 0 else 1)


def floor_log2(x):
    """⌊log₂ x⌋ of a positive fraction."""
    guess = x.numerator.bit_length() - x.denominator.bit_length()
    return guess if Fraction(2) ** guess <= x else guess - 1


def f32(x):
    """A fraction or infinity in FP32."""
    if isinstance(x, float):
        return x
    y = rounded(x, F32)
    return y if abs(y) <= F32.max else math.inf * (1 if y > 0 else -1)


def number(x):
    """A fraction, where x is finite."""
    return Fraction(x) if math.isfinite(x) else x


# A cast of one value gives x′, whether it was stopped at the largest, whether its code is subnormal.


def element(key, x, saturate):
    info = casts.ELEMENTS[key].info
    largest = {True: info.max, False: math.inf if info.num_posinfs else math.nan}[saturate and "f8" in key]
    if math.isnan(x):
        return x, False, False
    if math.isinf(x):
        return math.copysign(largest, x), False, False
    y = rounded(number(x), info, away=key == "tf32")
    if abs(y) > info.max:
        return number(math.copysign(largest, x)), True, False
    return y, False, abs(y) < Fraction(2) ** (1 - info.bias)


def float_code(info):
    def code(q):
        y = rounded(q, info)
        if abs(y) > info.max:
            return Fraction(info.max) * (1 if q > 0 else -1), True, False
        return y, False, abs(y) < Fraction(2) ** (1 - info.bias)

    return code


def integer_code(low, high, unit=Fraction(1)):
    def code(q):
        y = round(q / unit)
        kept = min(max(y, low), high)
        return kept * unit, y != kept, False

    return code


def nf4_code(q):
    levels = [Fraction(float(level)) for level in casts.NF4]
    return min(levels, key=lambda level: (abs(q - level), level)), False, False


def scaled(x, scale, code):
    """FP32 quotient and product."""
    if scale == 0:
        return Fraction(0), False, False
    found, stopped, small = code(f32(f32(x) / scale))
    return f32(found * scale), stopped, small


def group_of(key, row, column, columns):
    """The group that a place shares its amax with."""
    if key == "f8_e4m3/tensor":
        return 0
    if key in ("f8_e4m3/row", "int8/row"):
        return row
    if key == "f8_e4m3/128x128":
        return row // 128, column // 128
    if key == "nf4/64":
        return (row * columns + column) // 64
    return row, column // {"nvfp4": 16, "int4/128": 128}.get(key, 32)


def amax(values):
    """None where one is no finite number."""
    if not all(map(math.isfinite, values)):
        return None
    return max((abs(number(x)) for x in values), default=Fraction(0))


REAL = {
    "f8_e4m3/tensor": (448, float_code(E4M3)), "f8_e4m3/row": (448, float_code(E4M3)),
    "f8_e4m3/128x128": (448, float_code(E4M3)), "int8/row": (127, integer_code(-128, 127)),
    "int4/128": (7, integer_code(-8, 7)), "nf4/64": (1, nf4_code),
}  # fmt: skip


def of_group(key, values, whole):
    """Casts of the values of one group; `whole` is the tensor's amax in FP32."""
    narrow = [x if key in casts.MX else f32(number(x)) for x in values]
    top = amax(narrow)
    if top is None or (key == "nvfp4" and whole is None):
        return [(math.nan, False, False)] * len(values)
    if top == 0:
        return [(Fraction(0), False, False)] * len(values)
    if key in casts.MX:
        return [power_of_two(key, number(x), top) for x in values]
    if key == "nvfp4":
        scale, code = nvfp4_scale(top, whole), float_code(E2M1)
    else:
        divisor, code = REAL[key]
        scale = f32(top / divisor)
    return [scaled(x, scale, code) for x in narrow]


def nvfp4_scale(top, whole):
    of_tensor = f32(whole / 2688)
    six = f32(6 * of_tensor)
    of_block = min(rounded(f32(top / six), E4M3), Fraction(448)) if six else Fraction(448)
    return f32(of_block * of_tensor)


def power_of_two(key, x, top):
    name, largest_exponent = casts.MX[key]
    scale = Fraction(2) ** min(max(floor_log2(top) - largest_exponent, -127), 127)
    code = float_code(FORMATS[name].info) if name else integer_code(-127, 127, Fraction(1, 64))
    found, stopped, small = code(x / scale)
    return found * scale, stopped, small


def of_tensor(key, rows, saturate=False):
    """Casts of all values, as a list of rows of floats."""
    if key in casts.ELEMENTS:
        return [[element(key, x, saturate) for x in row] for row in rows]
    groups = {}
    for r, row in enumerate(rows):
        for c in range(len(row)):
            groups.setdefault(group_of(key, r, c, len(row)), []).append((r, c))
    whole = amax([f32(number(x)) for row in rows for x in row])
    found = [[None] * len(row) for row in rows]
    for places in groups.values():
        for (r, c), cast in zip(places, of_group(key, [rows[r][c] for r, c in places], whole)):
            found[r][c] = cast
    return found


def figures(rows, found):
    """All figures of a cast but `bytes`, and the sums behind them."""
    row = dict.fromkeys(casts.COUNTS, 0)
    errors, signal = [], Fraction(0)
    for x, (y, stopped, small) in ((x, y) for xs, ys in zip(rows, found) for x, y in zip(xs, ys)):
        before, after = math.isfinite(x), math.isfinite(y)
        row["exact"] += x == y
        row["overflow"] += before and (stopped or not after)
        row["underflow"] += before and x != 0 and y == 0
        row["subnormal"] += after and y != 0 and small
        if before and after:
            errors.append(Fraction(x - float(y)))
            signal += Fraction(x) ** 2
    noise = sum(e * e for e in errors)
    return row | {"max_abs_error": max(map(abs, errors), default=None), "values": len(errors),
                  "signal": signal, "noise": noise}  # fmt: skip
