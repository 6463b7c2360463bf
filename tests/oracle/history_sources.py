"""FP32 values before anything happened to them: the distributions of `histories.py`.

A source is called with a random generator and a number of rows and columns and
returns FP32 values of that shape, as training in FP32 would have left them.
"""

from functools import cache

import numpy as np

import checkpoints
import container


def normal(deviation):
    return lambda rng, rows, columns: (deviation * rng.standard_normal((rows, columns))).astype(np.float32)


def student(freedom, scale=0.02):
    return lambda rng, rows, columns: (scale * rng.standard_t(freedom, (rows, columns))).astype(np.float32)


def laplace(scale=0.015):
    return lambda rng, rows, columns: rng.laplace(0, scale, (rows, columns)).astype(np.float32)


def uniform(bound):
    """As torch's `uniform_` fills FP32: a 24-bit fraction, scaled and shifted in FP32."""

    def make(rng, rows, columns):
        fraction = rng.integers(0, 1 << 24, (rows, columns)).astype(np.float32) * np.float32(2.0**-24)
        return fraction * np.float32(2 * bound) - np.float32(bound)

    return make


def kaiming(rng, rows, columns):
    """Uniform initialisation of a linear layer: ± 1/√(fan in), which is no power of two."""
    return uniform(1 / np.sqrt(columns + 3.0))(rng, rows, columns)


def norm(spread):
    return lambda rng, rows, columns: (1 + spread * rng.standard_normal((rows, columns))).astype(np.float32)


def mostly_one(rng, rows, columns):
    """A norm that training hardly touched."""
    values = norm(0.02)(rng, rows, columns)
    values[rng.random((rows, columns)) < 0.8] = 1
    return values


def row_scaled(rng, rows, columns):
    """Rows whose widths differ by a factor of a few."""
    return (normal(0.02)(rng, rows, columns) * np.exp(rng.normal(0, 0.7, (rows, 1)))).astype(np.float32)


def column_outliers(rng, rows, columns):
    """A few input channels much larger than the others."""
    factors = np.where(rng.random((1, columns)) < 0.02, rng.uniform(4, 12, (1, columns)), 1)
    return (normal(0.02)(rng, rows, columns) * factors).astype(np.float32)


def embedding(rng, rows, columns):
    """Rows of different widths, some of them never trained: all zero, or narrow as initialised."""
    values = row_scaled(rng, rows, columns) * np.float32(2)
    kind = rng.random(rows) if rows >= 20 else np.ones(rows)
    values[kind < 0.05] = 0
    initial = (kind >= 0.05) & (kind < 0.12)
    values[initial] = normal(0.01)(rng, int(initial.sum()), columns)
    return values


def pruned(share):
    """Weights of which the smallest are zero."""

    def make(rng, rows, columns):
        values = normal(0.03)(rng, rows, columns)
        values[np.abs(values) < np.quantile(np.abs(values), share)] = 0
        return values

    return make


def randomly_pruned(rng, rows, columns):
    values = normal(0.02)(rng, rows, columns)
    values[rng.random((rows, columns)) < 0.6] = 0
    return values


def repeated_rows(rng, rows, columns):
    """A handful of rows, over and over: padding of a vocabulary, copied experts."""
    few = normal(0.02)(rng, max(1, rows // 16), columns)
    return few[np.arange(rows) % len(few)]


def trained(rng, rows, columns):
    """A stretch of a real encoder's weights, which were trained and kept in FP32."""
    weights = _trained()
    start = int(rng.integers(0, len(weights) - rows * columns))
    return weights[start : start + rows * columns].reshape(rows, columns).copy()


@cache
def _trained():
    """All weights of the real checkpoint's linear layers, one after another."""
    tensors = container.load(checkpoints.real())
    linear = (t for t in tensors if t.name.startswith("encoder.layer.") and t.name.endswith("dense.weight"))
    return np.concatenate([np.frombuffer(t.data, np.float32) for t in linear])


# Zero-centred and many binades deep: what linear layers and embeddings are like.
WIDE = {
    "normal_0.002": normal(0.002), "normal_0.02": normal(0.02), "normal_0.08": normal(0.08), "normal_1": normal(1.0),
    "student_3": student(3), "student_4": student(4, 0.01), "student_5": student(5, 0.05), "laplace": laplace(),
    "kaiming": kaiming, "row_scaled": row_scaled, "column_outliers": column_outliers, "embedding": embedding,
    "trained": trained,
}  # fmt: skip

# Narrow about one: most tests have no power there.
NORMS = {"norm_0.005": norm(0.005), "norm_0.2": norm(0.2), "mostly_one": mostly_one}

# Traps for verdicts that are too quick.
ODD = {
    "pruned_0.5": pruned(0.5), "pruned_0.9": pruned(0.9), "randomly_pruned": randomly_pruned,
    "repeated_rows": repeated_rows, "uniform_half": uniform(0.5), "uniform_one": uniform(1.0),
    "uniform_2^-5": uniform(2.0**-5),
}  # fmt: skip

SOURCES = {**WIDE, **NORMS, **ODD}
