"""The forward pass of a Llama-like decoder in NumPy, as transformers 5.24 and PyTorch 2.15 run it in BF16 on a CPU in eager mode.

Written from what PyTorch was seen to compute, op by op. Sums of products and means are taken in FP64 and rounded to FP32; PyTorch's
are FP32 sums in some order. Everything else is IEEE arithmetic in FP32, rounded to BF16 where PyTorch has a BF16 tensor.
On tests/fixtures/forward it gives PyTorch's own logits bit for bit in 48 of 52 runs.

    trace = run(load(folder), tokens, Policy(inv_freq="bf16"))

Other policies have no model in PyTorch. With activations in FP32 nothing is rounded between and weights are as stored. A norm or a
softmax in BF16 is rounded after every step. A cast of weights is one of matrices; norms and biases stay.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import ml_dtypes
import numpy as np

import casts
import container
import forward_rope
from formats import decode, unpack

F32, BF16 = np.float32, ml_dtypes.bfloat16
HIDDEN = F32(ml_dtypes.finfo(BF16).min)  # what a mask adds to a score that must not count

# What a config that does not say it means, by family.
USUAL = {
    "llama": {}, "mistral": {"num_key_value_heads": 8, "sliding_window": 4096, "max_position_embeddings": 131072},
    "qwen2": {"num_key_value_heads": 32, "max_position_embeddings": 32768},
    "qwen3": {"num_key_value_heads": 32, "max_position_embeddings": 32768, "head_dim": 128},
    "smollm3": {"num_key_value_heads": 4, "max_position_embeddings": 32768, "tie_word_embeddings": True},
}  # fmt: skip
MAY_BE_NULL = ("sliding_window", "num_key_value_heads")  # which means none, and as many as heads; elsewhere null is as good as nothing
QWEN = ("qwen2", "qwen3")


@dataclass(frozen=True)
class Policy:
    """The numerics of a run; the first values are PyTorch's own."""

    inv_freq: str = "f32"
    activations: str = "bf16"
    norm: str = "f32"
    softmax: str = "f32"
    weights: str = "stored"


A, B = Policy(), Policy(inv_freq="bf16")


@dataclass
class Model:
    config: dict
    weights: dict  # name → FP32 values as stored

    def __getattr__(self, name):
        return self.config[name]


@dataclass
class Trace:
    """What the modules put out, in order of execution; of each layer its output."""

    modules: dict = field(default_factory=dict)
    buffers: dict = field(default_factory=dict)
    layers: list = field(default_factory=list)


def load(folder):
    """Config and weights of a folder, sharded or not."""
    config = json.loads(Path(folder, "config.json").read_text())
    weights = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        for t in container.load(path):
            weights[t.name] = decode(t.format, unpack(t.format, t.data)).astype(F32).reshape(t.shape)
    return Model(filled(config), weights)


def filled(config):
    family = config["model_type"]
    usual = {"max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": False} | USUAL[family]
    config = usual | {key: value for key, value in config.items() if value is not None or key in MAY_BE_NULL}
    config["num_key_value_heads"] = config.get("num_key_value_heads") or config["num_attention_heads"]
    config.setdefault("head_dim", config["hidden_size"] // config["num_attention_heads"])
    return config


def window(config, layer):
    """How many tokens a layer looks back on, itself included; None for all."""
    family, kinds = config["model_type"], config.get("layer_types")
    size = config.get("sliding_window", 4096 if family in QWEN else None)
    asked = family == "mistral" or (family == "smollm3" and kinds) or config.get("use_sliding_window", False)
    if family == "llama" or not asked:
        return None
    if kinds:  # AutoModel takes a mistral that has these for a ministral, which heeds them
        return size if kinds[layer] == "sliding_attention" else None
    return size if family == "mistral" or slides_by_place(config, layer) else None


def slides_by_place(config, layer):
    return layer >= config.get("max_window_layers", 28) if config["model_type"] in QWEN else not turns(config, layer)


def turns(config, layer):
    """Whether a layer has rotary embeddings."""
    if config["model_type"] != "smollm3":
        return True
    given = config.get("no_rope_layers")
    return bool(given[layer]) if given else (layer + 1) % config.get("no_rope_layer_interval", 4) != 0


def bf16(x):
    return x.astype(BF16).astype(F32)


class Pass:
    """One run; `r` rounds to the activations' type."""

    def __init__(self, model, tokens, policy):
        self.model, self.tokens, self.policy = model, np.asarray(tokens), policy
        self.r = bf16 if policy.activations == "bf16" else lambda x: x.astype(F32)
        self.trace = Trace()

    def weight(self, name):
        values = self.model.weights[name]
        if self.policy.weights != "stored" and values.ndim == 2:
            values = casts.element(self.policy.weights, values.astype(np.float64))[0].astype(F32)
        return self.r(values)

    def put(self, name, values):
        self.trace.modules[name] = values
        return values

    def linear(self, name, x, parameter=None):
        parameter = parameter or f"model.{name}"
        sums = x.astype(np.float64) @ self.weight(f"{parameter}.weight").T.astype(np.float64)
        if f"{parameter}.bias" in self.model.weights:
            sums = sums + self.weight(f"{parameter}.bias")
        return self.put(name, self.r(sums.astype(F32)))

    def norm(self, name, x):
        inner = bf16 if self.policy.norm == "bf16" else lambda y: y.astype(F32)
        variance = inner(inner(x * x).astype(np.float64).mean(-1, keepdims=True).astype(F32))
        scale = inner(F32(1) / np.sqrt(inner(variance + F32(self.model.rms_norm_eps))))
        return self.put(name, self.r(self.weight(f"model.{name}.weight") * self.r(inner(x * scale))))

    def rotary(self):
        count, dim = len(self.tokens), self.model.head_dim
        frequencies, factor, anew = forward_rope.frequencies(self.model.config, dim, count)
        if self.policy.inv_freq == "bf16" and not anew:
            frequencies = bf16(frequencies)
        angles = np.tile(np.arange(count, dtype=F32)[:, None] * frequencies, 2)
        for name, function in (("cos", np.cos), ("sin", np.sin)):
            values = function(angles.astype(np.float64)).astype(F32) * F32(factor)
            self.trace.buffers[f"rotary_emb.{name}"] = self.r(values)

    def turned(self, x):
        """Queries or keys, [heads, tokens, head_dim], turned by their positions."""
        cos, sin = self.trace.buffers.values()
        half = x.shape[-1] // 2
        swapped = np.concatenate([-x[..., half:], x[..., :half]], -1)
        return self.r(self.r(x * cos) + self.r(swapped * sin))

    def heads(self, place, kind, x):
        """A projection's heads, [heads, tokens, head_dim], with their norm if they have one."""
        values = self.linear(f"{place}.{kind}_proj", x).reshape(len(x), -1, self.model.head_dim)
        if kind != "v" and f"model.{place}.{kind}_norm.weight" in self.model.weights:
            values = self.norm(f"{place}.{kind}_norm", values)
        return values.transpose(1, 0, 2)

    def attention(self, place, layer, x):
        q, k, v = (self.heads(place, kind, x) for kind in "qkv")
        if turns(self.model.config, layer):
            q, k = self.turned(q), self.turned(k)
        k, v = (np.repeat(part, len(q) // len(part), 0) for part in (k, v))
        scores = self.r(self.product(q, k.transpose(0, 2, 1)) * F32(self.model.head_dim**-0.5))
        scores = self.r(scores + np.where(self.visible(layer), F32(0), HIDDEN))
        together = self.product(self.softmax(scores), v).transpose(1, 0, 2).reshape(len(x), -1)
        return self.linear(f"{place}.o_proj", together)

    def product(self, a, b):
        return self.r((a.astype(np.float64) @ b.astype(np.float64)).astype(F32))

    def visible(self, layer):
        query, key = np.arange(len(self.tokens))[:, None], np.arange(len(self.tokens))
        size = window(self.model.config, layer)
        return (key <= query) & (key > query - size) if size else key <= query

    def softmax(self, scores):
        inner = bf16 if self.policy.softmax == "bf16" else lambda y: y.astype(F32)
        powers = inner(np.exp(inner(scores - scores.max(-1, keepdims=True)).astype(np.float64)).astype(F32))
        sums = inner(powers.astype(np.float64).sum(-1, keepdims=True).astype(F32))
        return self.r(inner(powers / sums))

    def mlp(self, place, x):
        gate, up = self.linear(f"{place}.gate_proj", x), self.linear(f"{place}.up_proj", x)
        active = self.r((gate / (1 + np.exp(-gate.astype(np.float64)))).astype(F32))
        return self.linear(f"{place}.down_proj", self.r(active * up))

    def layer(self, index, x):
        place = f"layers.{index}"
        x = self.r(x + self.attention(f"{place}.self_attn", index, self.norm(f"{place}.input_layernorm", x)))
        return self.r(x + self.mlp(f"{place}.mlp", self.norm(f"{place}.post_attention_layernorm", x)))

    def run(self):
        x = self.put("embed_tokens", self.weight("model.embed_tokens.weight")[self.tokens])
        self.rotary()
        for index in range(self.model.num_hidden_layers):
            x = self.layer(index, x)
            self.trace.layers.append(x)
        self.linear("lm_head", self.norm("norm", x), self.head())
        return self.trace

    def head(self):
        """A head of its own that is in the file goes before a tied one."""
        tied = self.model.tie_word_embeddings and "lm_head.weight" not in self.model.weights
        return "model.embed_tokens" if tied else "lm_head"


def run(model, tokens, policy=A):
    with np.errstate(over="ignore", invalid="ignore"):
        return Pass(model, tokens, policy).run()
