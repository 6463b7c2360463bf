"""Input that `floatscope lab forward` must refuse, with a sentence that says which, what was expected, and what is supported."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import container
import forward_cases
from ingredients import encode, tensor

TOKENS = "3,1,4,1,5"
CASE = forward_cases.CASES[0]
NAME = "model.layers.1.mlp.up_proj.weight"


def cases():
    """Name, tokens, options, words that the sentence must have, and the folder as a context."""
    usual = forward_cases.files(CASE)
    for name, words, change in configs():
        written = json.loads(usual["config.json"]) | change
        yield name, TOKENS, [], words, written_out(usual | {"config.json": json.dumps(written).encode()})
    for name, tokens, words in (
        ("a token outside the vocabulary", "3,77,4", ["77", "64"]),
        ("a token just outside", "64", ["64", "63"]),
        ("no tokens", "", ["token"]),
        ("no number", "3,x", ["x", "token"]),
        ("a negative token", "3,-1", ["-1"]),
    ):
        yield name, tokens, [], words, written_out(usual)
    yield "an unknown policy", TOKENS, ["--a", "inv_freqs=f32"], ["inv_freqs", "inv_freq"], written_out(usual)
    yield "a policy of no such value", TOKENS, ["--b", "norm=f8"], ["norm", "f8", "bf16"], written_out(usual)
    yield from files(usual)
    yield from weights(usual)


def configs():
    """Changes of config.json, and what must be named."""
    yield row("an unsupported architecture", ["GPT2", "Llama", "Qwen3"], architectures=["GPT2LMHeadModel"], model_type="gpt2")
    yield row("an unsupported rotary scaling", ["longrope", "yarn"], rope_scaling={"rope_type": "longrope", "long_factor": [1.0], "short_factor": [1.0]})
    yield row("an unsupported activation", ["gelu", "silu"], hidden_act="gelu")
    yield row("heads that do not fit", ["num_key_value_heads", "3"], num_key_value_heads=3)
    yield row("more layers than there are", ["model.layers.2."], num_hidden_layers=3)
    yield row("no layers", ["num_hidden_layers"], num_hidden_layers=0)
    yield row("an odd head", ["head_dim", "15"], head_dim=15)
    yield row("scaling without a factor", ["factor"], rope_scaling={"rope_type": "linear"})
    yield row("a vocabulary that contradicts the weights", ["model.embed_tokens.weight", "64", "96"], vocab_size=96)


def row(name, words, **config):
    return name, words, config


def files(usual):
    without = {name: data for name, data in usual.items() if name != "config.json"}
    yield "no config.json", TOKENS, [], ["config.json"], written_out(without)
    yield "a config.json that is no JSON", TOKENS, [], ["config.json"], written_out(usual | {"config.json": b"{"})
    yield "no weights", TOKENS, [], ["safetensors"], written_out({"config.json": usual["config.json"]})
    sharded = forward_cases.files(next(case for case in forward_cases.CASES if case.shards == 3))
    lost = "model-00002-of-00003.safetensors"
    yield "a missing shard", TOKENS, [], [lost], written_out({name: data for name, data in sharded.items() if name != lost})


def weights(usual):
    """Tensors that are missing, of another shape or type, or not finite."""
    made = list(forward_cases.tensors(CASE))
    changed = lambda change: written_out(usual | {"model.safetensors": container.save([y for x in made if (y := change(x)) is not None])})
    at = lambda new: lambda x: new(x) if x.name == NAME else x
    yield "a missing tensor", TOKENS, [], [NAME], changed(at(lambda x: None))
    yield "a shape that contradicts config.json", TOKENS, [], [NAME, "63", "64"], changed(at(lambda x: tensor(x.name, x.format, codes(x)[:-32], [63, 32])))
    yield "a transposed tensor", TOKENS, [], [NAME, "32", "64"], changed(at(lambda x: container.Tensor(x.name, x.dtype, [32, 64], x.data)))
    yield "NaN in a weight", TOKENS, [], [NAME, "NaN"], changed(at(spoiled))
    yield "weights in integers", TOKENS, [], [NAME, "I16"], changed(at(lambda x: container.Tensor(x.name, "I16", x.shape, x.data)))


def codes(x):
    return np.frombuffer(x.data, np.uint16)


def spoiled(x):
    values = codes(x).copy()
    values[777] = encode(x.format, np.array([np.nan]))[0]
    return tensor(x.name, x.format, values, x.shape)


@contextmanager
def written_out(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        yield folder
