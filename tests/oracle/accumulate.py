"""Dot products summed as docs/how-it-knows.md, "Accumulation models", says: for `matmul.py`.

`outputs(model, weights, inputs)` is W Xᵀ in float32. What NumPy has (float32, float64, float16, ml_dtypes' bfloat16) is summed
by it, one product after the other and all outputs at once; what it has not, an instruction's fused steps and a tensor core's
aligned sums, is done in fractions and integers, one output after the other.
"""

import math
from fractions import Fraction

import ml_dtypes
import numpy as np

F32, F64, BF16 = np.float32, np.float64, ml_dtypes.bfloat16
LEAST = Fraction(1, 2**126)


def bf16(numbers):
    return numbers.astype(BF16).astype(F32)


def f16(numbers):
    return numbers.astype(np.float16).astype(F32)


def products(weights, inputs):
    """[columns, rows, tokens], each rounded to FP32."""
    return weights.T[:, :, None] * inputs.T[:, None, :]


def added(terms, rounded=lambda sums: sums):
    """One after the other, from +0."""
    sums = np.zeros(terms.shape[1:], terms.dtype)
    for term in terms:
        sums = rounded(sums + term)
    return sums


def f32(weights, inputs):
    terms = products(weights, inputs)
    s = [added(terms[lane::8]) for lane in range(8)]
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))


def tiles(weights, inputs, size):
    terms = products(weights, inputs)
    return added(np.array([added(terms[at : at + size]) for at in range(0, len(terms), size)]))


def pairwise(weights, inputs):
    level = list(products(weights, inputs))
    while len(level) > 1:
        level = [sum(level[at + 1 : at + 2], level[at]) for at in range(0, len(level), 2)]
    return level[0] + F32(0)


def f64(weights, inputs):
    return added(products(weights.astype(F64), inputs.astype(F64))).astype(F32)


def nearest(number):
    """A fraction as FP32, to nearest even."""
    if number == 0:
        return 0.0
    exponent = max(math.floor(math.log2(abs(number))), -126)
    # A logarithm that was rounded to a whole number may be one off.
    while abs(number) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while exponent > -126 and abs(number) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - 23)
    steps = round(number / unit)
    return math.copysign(math.inf, number) if abs(steps * unit) >= 2**128 else float(steps * unit)


def flushed(number):
    return math.copysign(0.0, number) if math.isfinite(number) and abs(number) < float(LEAST) else number


def multiply_add(a, b, total):
    """Fused, to nearest even, subnormal numbers being zero going in and coming out."""
    a, b = flushed(a), flushed(b)
    if not all(map(math.isfinite, (a, b, total))):
        return a * b + total
    return flushed(nearest(Fraction(a) * Fraction(b) + Fraction(total)))


def vdpbf16ps(weights, inputs):
    count = -len(weights) % 32
    weights, inputs = ([*row.tolist(), *[0.0] * count] for row in (weights, inputs))
    lanes = [0.0] * 16
    for at in range(0, len(weights), 32):
        for lane in range(16):
            for place in (at + 2 * lane + 1, at + 2 * lane):
                lanes[lane] = multiply_add(weights[place], inputs[place], lanes[lane])
    lanes = np.array(lanes, F32)
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return lanes[0]


GROUP, FRACTION_BITS = 16, 25


def parts(number, bits):
    """A finite number's significand as an integer with so many bits below the point, and its exponent, -126 at least."""
    exponent = max(math.frexp(number)[1] - 1, -126) if number else -126
    significand = Fraction(number) / Fraction(2) ** (exponent - bits)
    assert significand.denominator == 1
    return int(significand), exponent


def tensor_core(weights, inputs):
    total = 0.0
    for at in range(0, len(weights), GROUP):
        pairs = list(zip(weights[at : at + GROUP].tolist(), inputs[at : at + GROUP].tolist(), strict=True))
        if not all(map(math.isfinite, [total, *(x for pair in pairs for x in pair)])):
            total = sum((w * x for w, x in pairs), total)
        else:
            total = group(total, pairs)
    return total


def group(total, pairs):
    """Summands cut to 25 bits below the largest exponent, added, and the sum cut to FP32."""
    significand, exponent = parts(total, 23)
    summands = [(Fraction(significand, 2**23), exponent)]
    for w, x in pairs:
        (one, e), (other, f) = parts(w, 7), parts(x, 7)
        if one * other:
            summands.append((Fraction(one * other, 2**14), e + f))
    largest = max(e for _, e in summands)
    exact = sum(math.trunc(s * Fraction(2) ** (e - largest + FRACTION_BITS)) for s, e in summands)
    return toward_zero(Fraction(exact) * Fraction(2) ** (largest - FRACTION_BITS))


def toward_zero(number):
    if number == 0:
        return 0.0
    exponent = max(number.numerator.bit_length() - number.denominator.bit_length(), -126)
    if exponent > -126 and abs(number) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - 23)
    cut = math.trunc(number / unit) * unit
    return math.copysign(math.inf, number) if abs(cut) >= 2**128 else float(cut)


def each(dot):
    """One output after the other, of operands rounded to BF16."""

    def outputs(weights, inputs):
        weights, inputs = bf16(weights), bf16(inputs)
        return np.array([[dot(w, x) for x in inputs] for w in weights], F32)

    return outputs


MODELS = {
    "f32": f32,
    "f32_sequential": lambda w, x: added(products(w, x)),
    "f32_pairwise": pairwise,
    "f64": f64,
    "bf16": lambda w, x: added(products(w, x), bf16),
    "f16": lambda w, x: added(products(w, x), f16),
    "tpu": lambda w, x: tiles(bf16(w), bf16(x), 128),
    "vdpbf16ps": each(vdpbf16ps),
    "tensor_core": each(tensor_core),
}


def outputs(model, weights, inputs):
    """W Xᵀ, [rows, tokens], in float32."""
    with np.errstate(all="ignore"):
        if model.startswith("f32_tiles/"):
            return tiles(weights, inputs, int(model.split("/")[1]))
        return MODELS[model](weights, inputs)


def by_hand():
    """Dot products whose bits were worked out by hand: model, products (times one), what they make."""
    large = 2.0**24
    yield "f32", [large, 1, 1, 1, 1, 0, 1, 1], large + 4
    yield "f32", [large, 1, *[0] * 6, 1, *[0] * 8, 1, 0], large + 2
    yield "f32_sequential", [large, 1, 1, 3], large + 4
    yield "f32_tiles/2", [large, 1, 1, 1], large + 2
    yield "f32_pairwise", [large, 1, 1, 1, 1, 1, 1], large + 4
    yield "f64", [large, 1, 2.0**-20], large + 2
    yield "bf16", [1] * 300, 256.0
    yield "f16", [1] * 3000, 2048.0
    yield "f16", [65504, 16, -65504], math.inf
    yield "tpu", [large, *[1] * 129], large + 2
    yield "vdpbf16ps", [large, 1, *[0] * 30, -large, 1], 0.0
    yield "vdpbf16ps", [large, *[0] * 7, 1, *[0] * 7, 1, *[0] * 7, 1], large + 2
    yield "vdpbf16ps", [2.0**-127] * 2, 0.0
    yield "tensor_core", [1, *[2.0**-25] * 4], 1 + 2.0**-23
    yield "tensor_core", [1, *[2.0**-26] * 15], 1.0
    yield "tensor_core", [1, -(2.0**-25)], 1 - 2.0**-24
    yield "tensor_core", [*[2.0**-26] * 8, *[0] * 8, 1], 1 + 2.0**-23


def wrong_by_hand():
    """Models that do not make of them what they should; one line each."""
    for model, terms, wanted in by_hand():
        got = float(outputs(model, np.array([terms], F32), np.ones((1, len(terms)), F32))[0, 0])
        if got != wanted:
            yield f"{model} of {terms[:4]}… is {got}, by hand {wanted}"
