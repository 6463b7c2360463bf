"""Small random checkpoints that try `floatscope lab forward`: every family, every kind of rotary scaling, both spellings of it.

What is made here needs no PyTorch: config.json and weights follow from a case's name alone. The token ids of a case stand with it.
"""

import json
from dataclasses import dataclass, field

import numpy as np

import container
from formats import FORMATS
from ingredients import bell, encode, generator, tensor

LAYERS, TOKENS = 2, 20
SMALL = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": LAYERS, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 16, "hidden_act": "silu", "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
         "bos_token_id": None, "eos_token_id": None, "pad_token_id": None}  # fmt: skip
ARCHITECTURES = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "smollm3": "SmolLM3"}
# Standard deviations: wide enough that attention is far from even, and so turns matter.
SPREAD = {"embed_tokens": 0.5, "q_proj": 0.2, "k_proj": 0.2, "lm_head": 0.15}


@dataclass
class Case:
    name: str
    family: str
    config: dict = field(default_factory=dict)
    tokens: int = TOKENS
    dtype: str = "BF16"
    shards: int = 1
    without: tuple = ()  # keys that config.json does not have
    own_head: bool = False  # although config.json says that it is tied

    @property
    def full(self):
        """config.json."""
        heads = {"architectures": [f"{ARCHITECTURES[self.family]}ForCausalLM"], "model_type": self.family}
        stored = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}[self.dtype]
        config = heads | SMALL | {"torch_dtype": stored} | self.config
        return {key: value for key, value in config.items() if key not in self.without}

    def ids(self):
        return [int(i) for i in generator("tokens", self.name).integers(0, self.full["vocab_size"], self.tokens)]


def scaling(kind, factor, **more):
    return {"rope_type": kind, "factor": factor, **more}


def llama3():
    return scaling("llama3", 8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)


def yarn(**more):
    return {"head_dim": 32, "max_position_embeddings": 256, "rope_theta": 10000.0,
            "rope_scaling": scaling("yarn", 4.0, original_max_position_embeddings=64, **more)}  # fmt: skip


def dynamic():
    return {"max_position_embeddings": 12, "rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 4.0}}


DIM = ("head_dim",)
CASES = [
    Case("llama", "llama", {"rope_theta": 10000.0}),
    Case("llama_biases", "llama", {"attention_bias": True, "mlp_bias": True, "rope_theta": 500000.0},
         without=("head_dim", "num_key_value_heads")),
    Case("llama_rope_parameters", "llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 50000.0}}, 5),
    Case("llama_linear", "llama", {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.5}}),
    Case("llama_dynamic_within", "llama", dynamic(), 12),
    Case("llama_dynamic_beyond", "llama", dynamic(), 13),
    Case("llama_llama3", "llama", {"head_dim": 32, "rope_theta": 500000.0, "max_position_embeddings": 512, "rope_scaling": llama3()}),
    Case("llama_llama3_parameters", "llama", {"head_dim": 32, "max_position_embeddings": 512,
                                              "rope_parameters": llama3() | {"rope_theta": 500000.0}}),
    Case("llama_yarn", "llama", yarn(), 24),
    Case("llama_yarn_attention_factor", "llama", yarn(attention_factor=1.25, beta_fast=16.0, beta_slow=2.0), 24),
    Case("llama_yarn_mscale", "llama", yarn(mscale=0.707, mscale_all_dim=1.0, truncate=False), 24),
    Case("llama_sharded", "llama", {"rope_theta": 10000.0, "rope_scaling": None}, shards=3),
    Case("llama_f16", "llama", {"rope_theta": 10000.0}, dtype="F16"),
    Case("llama_f32", "llama", {"rope_theta": 10000.0}, dtype="F32"),
    Case("smollm2", "llama", {"num_attention_heads": 3, "num_key_value_heads": 1, "hidden_size": 48, "rope_theta": 100000,
                              "tie_word_embeddings": True}, without=DIM),
    Case("smollm2_own_head", "llama", {"rope_theta": 100000, "tie_word_embeddings": True}, own_head=True),
    Case("smollm3", "smollm3", {"num_hidden_layers": 4, "rope_theta": 5000000.0}, without=DIM),
    Case("smollm3_first", "smollm3", {"num_hidden_layers": 3, "no_rope_layers": [0, 1, 0], "mlp_bias": True, "use_sliding_window": True,
                                      "sliding_window": 6, "tie_word_embeddings": False}, without=DIM),
    Case("mistral", "mistral", {"sliding_window": 5, "rope_theta": 1000000.0}),
    Case("mistral_no_window", "mistral", {"sliding_window": None, "head_dim": None}),
    Case("mistral_layer_types", "mistral", {"sliding_window": 4, "layer_types": ["full_attention", "sliding_attention"]}),
    Case("qwen2", "qwen2", {"rope_theta": 1000000.0, "sliding_window": 4, "use_sliding_window": False}, without=DIM),
    Case("qwen2_window", "qwen2", {"num_hidden_layers": 3, "tie_word_embeddings": True, "sliding_window": 7, "use_sliding_window": True,
                                   "max_window_layers": 1}, without=DIM),
    Case("qwen2_layer_types", "qwen2", {"use_sliding_window": True, "sliding_window": 3,
                                        "layer_types": ["sliding_attention", "full_attention"]}, without=DIM),
    Case("qwen3", "qwen3", {"head_dim": 32, "rope_theta": 1000000, "tie_word_embeddings": True}),
    Case("qwen3_yarn", "qwen3", {"attention_bias": True, "rope_parameters": {
        "rope_theta": 5000000.0, "rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32}}, 24),
]  # fmt: skip


def parameters(case):
    """Names and shapes of a checkpoint's tensors."""
    c = case.full
    hidden, inner, vocabulary = c["hidden_size"], c["intermediate_size"], c["vocab_size"]
    heads = c["num_attention_heads"]
    dim = c.get("head_dim") or hidden // heads
    queries, keys = heads * dim, (c.get("num_key_value_heads") or heads) * dim
    yield "model.embed_tokens.weight", [vocabulary, hidden]
    for layer in range(c["num_hidden_layers"]):
        place = f"model.layers.{layer}"
        for kind, rows, columns in (("q", queries, hidden), ("k", keys, hidden), ("v", keys, hidden), ("o", hidden, queries)):
            yield f"{place}.self_attn.{kind}_proj.weight", [rows, columns]
            if c.get("attention_bias") or (case.family == "qwen2" and kind != "o"):
                yield f"{place}.self_attn.{kind}_proj.bias", [rows]
            if case.family == "qwen3" and kind in "qk":
                yield f"{place}.self_attn.{kind}_norm.weight", [dim]
        for kind, rows, columns in (("gate", inner, hidden), ("up", inner, hidden), ("down", hidden, inner)):
            yield f"{place}.mlp.{kind}_proj.weight", [rows, columns]
            if c.get("mlp_bias"):
                yield f"{place}.mlp.{kind}_proj.bias", [rows]
        yield f"{place}.input_layernorm.weight", [hidden]
        yield f"{place}.post_attention_layernorm.weight", [hidden]
    yield "model.norm.weight", [hidden]
    if case.own_head or not c.get("tie_word_embeddings", case.family == "smollm3"):
        yield "lm_head.weight", [vocabulary, hidden]


def tensors(case):
    fmt, hidden = FORMATS[case.dtype], case.full["hidden_size"]
    narrower = np.sqrt(32 / hidden) if hidden > 100 else 1.0
    for name, shape in parameters(case):
        module = name.split(".")[-2]
        values = bell(generator("forward", case.name, name), int(np.prod(shape))) * SPREAD.get(module, 0.1) * narrower
        yield tensor(name, fmt, encode(fmt, values + ("norm" in module)), shape)


def files(case):
    """config.json and the weights, as bytes by name."""
    made = list(tensors(case))
    found = {"config.json": (json.dumps(case.full, indent=2) + "\n").encode()}
    if case.shards == 1:
        return found | {"model.safetensors": container.save(made, {"format": "pt"})}
    weight_map = {}
    for at in range(case.shards):
        name = f"model-{at + 1:05}-of-{case.shards:05}.safetensors"
        part = made[at :: case.shards]
        found[name] = container.save(part, {"format": "pt"})
        weight_map |= {t.name: name for t in part}
    index = {"metadata": {"total_size": sum(len(t.data) for t in made)}, "weight_map": dict(sorted(weight_map.items()))}
    return found | {"model.safetensors.index.json": (json.dumps(index, indent=2) + "\n").encode()}
