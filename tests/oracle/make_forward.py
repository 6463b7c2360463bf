"""Writes tests/fixtures/forward: small checkpoints (forward_cases.py) and what PyTorch computes with them.

    pip install torch transformers ml_dtypes gfloat safetensors      not needed by CI: what it writes is committed
    python make_forward.py [NAME...]

Policy a is from_pretrained(dtype=bfloat16, attn_implementation="eager"), whose rotary inv_freq stays FP32; b is the same model after
.to(bfloat16), which rounds inv_freq with everything else. Hooks take what every module puts out. One thread, oneDNN on.

`noise` in reference.json says how far PyTorch is from itself, as the root mean square of a difference over that of the logits:

  rounding  policy a against the same weights, as BF16 has them, with all activations in FP32: what rounding to BF16 costs altogether;
  orders    policy a with oneDNN and without, which add up the same products in two orders.

That is the evidence for what "within BF16 rounding noise" may mean. An order of FP32 sums changes a BF16 result only near a tie, but each
such flip is a whole ULP, is carried on, and grows. Measured, orders over rounding: 0 in all of these small checkpoints (the sums are short
and one flip in some 10,000 results is to be expected), 0.35 to 0.60 for 6 layers of widths 256 and 576, 0.75 for 30 layers of SmolLM2's shape.
forward_truth.py, which adds up in FP64, is 0.000 from PyTorch here in 48 of 52 matrices, 0.30 at most; with FP32 sums one product after the
other 0.40 at most. One rounding left out or done twice is in the median 0.8 (silu) to 1.24 (norm) of `rounding` away, and moves every matrix it touches.
So no matrix may be farther than 1, and no more than a quarter of them farther than 0.1 (forward_compare.py).
Layers' mean |a − b| differed by at most 4 % between the orders and by up to a factor of 5 where a rounding was left out.
"""

import base64
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import torch
import transformers

import forward_cases
import forward_figures
from forward_truth import Trace

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/forward"


def values(tensor):
    return tensor.detach().float().numpy()[0]


def watch(model, trace):
    """Hooks that fill a trace; names without `model.`."""
    for full, module in model.named_modules():
        name = full.removeprefix("model.")
        if name.endswith(("norm", "_proj")) or name in ("embed_tokens", "lm_head"):
            yield module.register_forward_hook(lambda _m, _i, out, name=name: trace.modules.update({name: values(out)}))
        elif name == "rotary_emb":
            yield module.register_forward_hook(lambda _m, _i, out: trace.buffers.update(
                {"rotary_emb.cos": values(out[0]), "rotary_emb.sin": values(out[1])}))  # fmt: skip
        elif name.startswith("layers.") and name.count(".") == 1:
            yield module.register_forward_hook(lambda _m, _i, out: trace.layers.append(values(out)))


def run(model, ids, onednn=True):
    trace = Trace()
    hooks = list(watch(model, trace))
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=onednn):
        model(input_ids=torch.tensor([ids]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return trace


def load(folder, dtype):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()


def frequencies(model):
    return str(model.model.rotary_emb.inv_freq.dtype).removeprefix("torch.")


def both(folder, ids):
    """Traces of a and b, and the type of inv_freq in each before the run and after it (`dynamic` may compute it anew)."""
    a, b = load(folder, torch.bfloat16), load(folder, torch.bfloat16).to(torch.bfloat16)
    before = {"a": frequencies(a), "b": frequencies(b)}
    traces = run(a, ids), run(b, ids)
    return *traces, before | {"a_after": frequencies(a), "b_after": frequencies(b)}


def unordered(folder, ids):
    """a and b without oneDNN."""
    a, b = load(folder, torch.bfloat16), load(folder, torch.bfloat16).to(torch.bfloat16)
    return run(a, ids, onednn=False), run(b, ids, onednn=False)


def respelled(folder, ids):
    """Policy a with the config's other spelling of rotary parameters."""
    with tempfile.TemporaryDirectory() as other:
        for path in Path(folder).iterdir():
            shutil.copy(path, other)
        config = json.loads(Path(folder, "config.json").read_text())
        rope = config.pop("rope_parameters", None)
        if rope is None:
            rope = config.pop("rope_scaling", None) or {}
            theta = {"rope_theta": config.pop("rope_theta")} if "rope_theta" in config else {}
            config["rope_parameters"] = {"rope_type": rope.pop("type", "default")} | theta | rope
        else:
            config |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope}
        Path(other, "config.json").write_text(json.dumps(config))
        return run(load(other, torch.bfloat16), ids)


def packed(logits):
    """BF16 codes, little-endian, in base64."""
    codes = (logits.astype("<f4").view("<u4") >> 16).astype("<u2")
    assert ((codes.astype("<u4") << 16).view("<f4") == logits).all()
    return base64.b64encode(codes.tobytes()).decode()


def reference(folder, ids):
    """Everything that is committed of one case."""
    a, b, types = both(folder, ids)
    exact = run(load(folder, torch.bfloat16).float(), ids)
    figures, others = forward_figures.of(a, b), unordered(folder, ids)
    logits = figures.pop("logits")
    head = lambda trace: trace.modules["lm_head"]
    assert torch.allclose(torch.tensor(head(a)), torch.tensor(head(b))) == logits["allclose"]
    assert forward_figures.of(*others)["first_difference"] == figures["first_difference"]
    assert (head(respelled(folder, ids)) == head(a)).all()
    noise = {"orders": forward_figures.apart(head(others[0]), head(a)), "rounding": forward_figures.apart(head(a), head(exact))}
    found = {"torch": torch.__version__, "transformers": transformers.__version__, "tokens": ids, "inv_freq": types, **figures}
    return found | {"logits": logits, "noise": noise, "logits_a": packed(head(a)), "logits_b": packed(head(b))}


def dumps(found):
    """One line for each row, numbers to nine digits."""
    short = lambda x: float(f"{x:.9g}") if isinstance(x, float) else x
    walk = lambda x: {k: walk(v) for k, v in x.items()} if isinstance(x, dict) else [walk(v) for v in x] if isinstance(x, list) else short(x)
    lines = []
    for key, value in walk(found).items():
        if key in ("modules", "buffers"):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def make(case):
    home = FIXTURES / case.name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name, data in forward_cases.files(case).items():
        (home / name).write_bytes(data)
    found = reference(home, case.ids())
    (home / "reference.json").write_text(dumps(found))
    size = sum(path.stat().st_size for path in home.iterdir())
    noise = found["noise"]
    print(f"{case.name:28} {size:7} bytes  first {found['first_difference']}  orders {noise['orders']:.5f}  rounding {noise['rounding']:.5f}")


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")
    for case in forward_cases.CASES:
        if not sys.argv[1:] or case.name in sys.argv[1:]:
            make(case)


if __name__ == "__main__":
    main()
