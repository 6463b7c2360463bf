"""Configurations that no fixture has, and policies: made from a seed, so that each run of check.py tries the same."""

from dataclasses import replace

import forward_figures
import forward_truth
from forward_cases import Case, scaling
from forward_truth import A, B, Policy
from ingredients import generator

COUNT = 40
# What PyTorch has not, against what it has: one change, or several.
POLICIES = [
    (A, replace(A, norm="bf16")), (A, replace(A, softmax="bf16")), (A, replace(A, activations="f32")), (A, replace(A, weights="f8_e4m3")),
    (A, replace(A, weights="f8_e5m2")), (replace(A, activations="f32"), replace(B, activations="f32")),
    (B, Policy("bf16", "bf16", "bf16", "bf16")), (A, A), (replace(A, weights="f16"), replace(B, weights="f8_e4m3")),
    (replace(A, activations="f32"), Policy("bf16", "f32", "bf16", "bf16")),
]  # fmt: skip


def cases():
    """Each case with its two policies; the first half are PyTorch's own."""
    for at in range(COUNT):
        yield case(at), (A, B) if at < COUNT // 2 else POLICIES[at % len(POLICIES)]
    for at in range(2):
        yield wide(at), (A, B)


def wide(at):
    """Longer sums than in the others, of no round length."""
    family = ("llama", "qwen3")[at % 2]
    config = {"hidden_size": 264, "intermediate_size": 701, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 66, "vocab_size": 517}
    return Case(f"wide_{at}_{family}", family, config | {"num_hidden_layers": 2, "rope_theta": 10000.0}, 33)


def case(at):
    rng = generator("random", at)
    pick = lambda *choices: choices[int(rng.integers(len(choices)))]
    family = pick("llama", "mistral", "qwen2", "qwen3", "smollm3")
    keys, repeated, dim = pick(1, 2, 3), pick(1, 2, 4), pick(8, 12, 16, 32, 64)
    heads = keys * repeated
    hidden = heads * pick(4, 8, 12)
    config = {"num_attention_heads": heads, "num_key_value_heads": keys, "head_dim": dim, "hidden_size": hidden}
    config |= {"intermediate_size": pick(24, 40, 96), "vocab_size": pick(31, 64, 100), "num_hidden_layers": pick(1, 2, 3)}
    config |= {"rms_norm_eps": pick(1e-5, 1e-6, 1e-3), "tie_word_embeddings": pick(True, False), "max_position_embeddings": pick(9, 64, 4096, 4096)}
    config |= rotary(pick) | windows(family, pick, config["num_hidden_layers"])
    if family in ("llama", "qwen3", "smollm3"):
        config["attention_bias"] = pick(True, False)
    if family in ("llama", "smollm3"):
        config["mlp_bias"] = pick(True, False)
    if family in ("qwen2", "smollm3"):  # their head is always hidden over heads
        config["head_dim"] = dim
        config["hidden_size"] = heads * dim
    return Case(f"random_{at}_{family}", family, config, pick(1, 7, 16, 16, 33), pick("BF16", "BF16", "F16", "F32"), pick(1, 1, 2))


def rotary(pick):
    kind = pick("default", "linear", "dynamic", "llama3", "yarn")
    rope = scaling(kind, pick(2.0, 3.7, 8.0)) if kind != "default" else {"rope_type": kind}
    if kind == "llama3":
        rope |= {"low_freq_factor": 1.0, "high_freq_factor": pick(4.0, 7.1)}
    if kind in ("llama3", "yarn"):
        rope["original_max_position_embeddings"] = pick(32, 256, 2048)
    if kind == "yarn":
        rope |= pick({}, {"truncate": False}, {"attention_factor": 0.9}, {"mscale": 1.0, "mscale_all_dim": 0.5}, {"beta_fast": 8, "beta_slow": 2})
    theta = {"rope_theta": pick(10000.0, 500000.0, 12345.678)}
    return {"rope_parameters": rope | theta} if pick(True, False) else {"rope_scaling": rope, **theta}


def windows(family, pick, layers):
    if family == "mistral":
        return {"sliding_window": pick(None, 3, 10)}
    if family == "llama":
        return {}
    config = {"use_sliding_window": pick(True, False), "sliding_window": pick(2, 5, 12)}
    if family == "smollm3":
        return config | pick({}, {"no_rope_layers": [pick(0, 1) for _ in range(layers)]}, {"no_rope_layer_interval": 2})
    kinds = [pick("sliding_attention", "full_attention") for _ in range(layers)]
    return config | pick({"max_window_layers": 1}, {"layer_types": kinds if config["use_sliding_window"] else ["full_attention"] * layers})


def written(policy):
    return ",".join(f"{key}={value}" for key, value in vars(policy).items())


def noise(model, tokens, policy, trace):
    """What rounding to BF16 costs under a policy; None where activations are FP32 and nothing else is rounded."""
    if policy.activations == "f32":
        inner = "bf16" in (policy.norm, policy.softmax)
        if not inner:
            return None
        plain = replace(policy, norm="f32", softmax="f32")
    else:
        plain = Policy(policy.inv_freq, "f32", weights=policy.weights if policy.weights != "stored" else "bf16")
    exact = forward_truth.run(model, tokens, plain)
    return forward_figures.apart(trace.modules["lm_head"], exact.modules["lm_head"])
