"""What is said of two runs side by side, from the outputs of their modules: floatscope.forward/1, in FP64."""

import numpy as np

TOP, SHOWN = 5, 3


def difference(a, b):
    """Mean and largest |a − b| and the share of equal values."""
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return {"mean_abs": float(apart.mean()), "max_abs": float(apart.max()), "equal": float((a == b).mean())}


def rows(a, b):
    return {name: difference(a[name], b[name]) for name in a}


def of(a, b):
    """Every figure of two traces."""
    modules = rows(a.modules, b.modules)
    layers = [difference(x, y) for x, y in zip(a.layers, b.layers)]
    first = next((name for name, row in modules.items() if row["equal"] < 1), None)
    return {"first_difference": first, "modules": modules, "buffers": rows(a.buffers, b.buffers), "layers": layers,
            "logits": logits(a.modules["lm_head"], b.modules["lm_head"])}  # fmt: skip


def logits(a, b):
    a, b = (x.astype(np.float64) for x in (a, b))
    close = bool((np.abs(a - b) <= 1e-8 + 1e-5 * np.abs(b)).all())
    shown = [{side: [*row[:SHOWN], *row[-SHOWN:]] for side, row in (("a", x.tolist()), ("b", y.tolist()))} for x, y in zip(a, b)]
    return difference(a, b) | {"allclose": close, "kl": divergence(a, b), "top_k": tops(a, b), "rows": shown}


def divergence(a, b):
    """KL(a‖b) of the distributions at each position, in nats."""
    p, q = logarithms(a), logarithms(b)
    return [float(x) for x in (np.exp(p) * (p - q)).sum(-1)]


def logarithms(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def tops(a, b):
    """The likeliest tokens of each position; of equal ones, the lower id first."""
    best = lambda row: np.argsort(-row, kind="stable")[:TOP].tolist()
    return [{"a": best(x), "b": best(y)} for x, y in zip(a, b)]


def apart(x, y):
    """Root mean square of x − y over that of y: how far two logit matrices are from each other."""
    x, y = (z.astype(np.float64) for z in (x, y))
    return float(np.sqrt(((x - y) ** 2).mean() / (y**2).mean()))
