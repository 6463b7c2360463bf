"""Rotary frequencies of a config as transformers 5.24 computes them, in NumPy: default, linear, dynamic, llama3, yarn.

Each step is one of np.float32, in PyTorch's order: a Python number beside a tensor is rounded to FP32 first, and `number / tensor` is
the number times the tensor's reciprocal. The power is taken in FP64 and rounded to FP32; PyTorch's own may be off in the last bits.
"""

import math

import numpy as np

F32 = np.float32
THETA = {"smollm3": 2000000.0}  # where a config has no rope_theta, in these families; 10,000 in all others


def parameters(config):
    """`rope_parameters`, or `rope_scaling` with `rope_theta` beside it, as one dict."""
    rope = dict(config.get("rope_scaling") or config.get("rope_parameters") or {})
    rope.setdefault("rope_type", rope.get("type", "default"))
    if rope.get("rope_theta") is None:
        rope["rope_theta"] = config.get("rope_theta") or THETA.get(config["model_type"], 10000.0)
    if "original_max_position_embeddings" in config:
        rope["original_max_position_embeddings"] = config["original_max_position_embeddings"]
    rope.setdefault("original_max_position_embeddings", config["max_position_embeddings"])
    return rope


def power(base, exponents):
    return np.power(np.float64(F32(base)), np.asarray(exponents, np.float64)).astype(F32)


def exponents(dim):
    return np.arange(0, dim, 2).astype(F32) / F32(dim)


def frequencies(config, dim, tokens):
    """`inv_freq` as FP32, what cosine and sine are multiplied by, and whether the forward pass computes it anew."""
    rope = parameters(config)
    kind, positions = rope["rope_type"], config["max_position_embeddings"]
    if kind == "yarn":
        return *yarn(rope, dim, positions), False
    if kind == "dynamic" and tokens > positions:
        return F32(1) / power(stretched(rope, dim, tokens, positions), exponents(dim)), 1.0, True
    plain = F32(1) / power(rope["rope_theta"], exponents(dim))
    if kind == "linear":
        plain = plain / F32(rope["factor"])
    if kind == "llama3":
        plain = llama3(rope, plain)
    return plain, 1.0, False


def stretched(rope, dim, tokens, positions):
    """The base of `dynamic` for more tokens than positions; the number of tokens is a tensor, so all is FP32."""
    factor = rope["factor"]
    longer = F32(factor) * F32(tokens) / F32(positions) - F32(factor - 1)
    return F32(rope["rope_theta"]) * power(longer, dim / (dim - 2))


def llama3(rope, plain):
    factor, low, high = (rope[key] for key in ("factor", "low_freq_factor", "high_freq_factor"))
    context = rope["original_max_position_embeddings"]
    wave = F32(1) / plain * F32(2 * math.pi)
    is_long, is_short = wave > F32(context / low), wave < F32(context / high)
    divided = np.where(is_long, plain / F32(factor), plain)
    smooth = (F32(1) / wave * F32(context) - F32(low)) / F32(high - low)
    mixed = (F32(1) - smooth) * divided / F32(factor) + smooth * divided
    return np.where(~is_long & ~is_short, mixed, divided)


def yarn(rope, dim, positions):
    base, context = rope["rope_theta"], rope["original_max_position_embeddings"]
    factor = positions / context if rope["factor"] is None else rope["factor"]
    pair = lambda turns: dim * math.log(context / (turns * 2 * math.pi)) / (2 * math.log(base))
    low, high = pair(rope.get("beta_fast") or 32), pair(rope.get("beta_slow") or 1)
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    if low == high:
        high += 0.001
    powers = power(base, exponents(dim))
    kept, divided = F32(1) / powers, F32(1) / (F32(factor) * powers)
    ramp = np.clip((np.arange(dim // 2, dtype=F32) - F32(low)) / F32(high - low), F32(0), F32(1))
    keep = F32(1) - ramp
    return divided * (F32(1) - keep) + kept * keep, attention_factor(rope, factor)


def attention_factor(rope, factor):
    if rope.get("attention_factor") is not None:
        return rope["attention_factor"]
    grown = lambda scale: 1.0 if factor <= 1 else 0.1 * scale * math.log(factor) + 1.0
    above, below = rope.get("mscale"), rope.get("mscale_all_dim")
    return grown(above) / grown(below) if above and below else grown(1)
