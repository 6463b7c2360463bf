"""Rotary frequencies of many configs, rounded by NumPy and ml_dtypes, against `floatscope lab rotary`.

The power is taken with 40 digits, rounded to FP64 and then to FP32; whatever an FP64 `pow` may be off only matters within
2^-29 of a tie of FP32, and check() says so where a power comes that near one. All else is IEEE arithmetic in
np.float32, in PyTorch's order: `number / tensor` is the tensor's reciprocal times the number. So every figure must be equal.
"""

import copy
import json
import math
import os
import subprocess
import tempfile
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path

import ml_dtypes
import numpy as np

from compare import same

DIGITS = Context(prec=40)
QUARTER = math.pi / 2
F32 = np.float32
FORMATS = {"bf16": ("BF16", ml_dtypes.bfloat16), "f16": ("FP16", np.float16)}


def llama3(factor=8.0, low=1.0, high=4.0, context=8192):
    return {"rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
            "original_max_position_embeddings": context}  # fmt: skip


def yarn(factor, context, **more):
    return {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": context, **more}


def config(dim=64, theta=10000.0, positions=2048, **more):
    return {"head_dim": dim, "rope_theta": theta, "max_position_embeddings": positions, **more}


# What is written, and what it means where that is not what it says: head_dim, rotary_dim, theta, positions, scaling.
CASES = {
    "Llama": (config(), {}),
    "Llama 2": ({"hidden_size": 4096, "num_attention_heads": 32, "max_position_embeddings": 4096},
                {"head_dim": 128, "theta": 10000.0}),
    "Llama 3": (config(128, 500000.0, 8192), {}),
    "Llama 3.1": (config(128, 500000.0, 131072, rope_scaling=llama3()), {}),
    "Llama 3.2": (config(64, 500000.0, 131072, rope_parameters=llama3(32.0)), {}),
    "rope_parameters": ({"head_dim": 128, "max_position_embeddings": 40960,
                         "rope_parameters": {"rope_theta": 1000000, "rope_type": "default"}}, {"theta": 1e6}),
    "linear": (config(80, 10000.0, 16384, rope_scaling={"type": "linear", "factor": 2.5}), {}),
    "nested": ({"hidden_size": 8, "text_config": config(256, 1e6, 131072, rope_scaling={"rope_type": "linear", "factor": 8.0})}, {}),
    "partial": (config(96, 25000.0, 4096, partial_rotary_factor=0.4), {"rotary_dim": 38}),
    "GPT-NeoX": ({"hidden_size": 768, "num_attention_heads": 12, "rotary_pct": 0.25, "rotary_emb_base": 10000,
                  "max_position_embeddings": 2048}, {"head_dim": 64, "rotary_dim": 16, "theta": 10000.0}),
    "longrope": (config(64, 150000, 131072, rope_scaling={"rope_type": "longrope", "factor": 32.0}), {"scaling": {}}),
    "dynamic": (config(64, 10000.0, 4096, rope_scaling={"type": "dynamic", "factor": 4.0}), {"scaling": {}}),
    "yarn": (config(64, 150000, 131072, rope_scaling=yarn(32.0, 4096)), {}),
    "yarn, whole ends": (config(128, 1000000.0, 131072, rope_parameters=yarn(4.0, 32768, beta_fast=20.0, beta_slow=2.0)), {}),
    "yarn, ends between": (config(128, 10000.0, 65536, rope_scaling=yarn(16.0, 4096, truncate=False)), {}),
    "yarn, all ramps": (config(16, 10.0, 64, rope_scaling=yarn(2.0, 32)), {}),
    "yarn, nothing said": (config(96, 10000.0, 8192, rope_scaling={"rope_type": "yarn", "factor": 8.0}),
                           {"scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8192}}),
    "llama3, other factors": (config(112, 12345.678, 99999, rope_scaling=llama3(3.7, 1.3, 7.1, 5001)), {}),
    "ten million positions": (config(128, 500000.0, 10485760, rope_scaling=llama3(16.0, 1.0, 1.0001)), {}),
    "one frequency": (config(2, 10000.0, 2), {}),
    "FP16 has none": (config(128, 1e12, 1 << 32), {}),
    "many": (config(4096, 31337.0, 32768), {}),
}  # fmt: skip
CASES |= {f"theta {theta}, {dim}": (config(dim, theta, 32768), {}) for theta in (1, 1.5, 100, 1e4, 1e5, 5e6, 1e7, 1e9)
          for dim in (48, 72, 120, 192)}  # fmt: skip


def meant(written, differs):
    """Numbers that a config stands for."""
    inner = written.get("text_config", written)
    rope = inner.get("rope_scaling") or inner.get("rope_parameters") or {}
    found = {"head_dim": inner.get("head_dim"), "theta": inner.get("rope_theta"), "scaling": rope}
    found |= {"positions": inner["max_position_embeddings"]} | differs
    return {"rotary_dim": found["head_dim"]} | found


def powers(base, exponents):
    """FP32 powers, and the least distance of one of them from a tie of FP32, in its ULPs."""
    found, nearest = [], 0.5
    for exponent in exponents:
        exact = DIGITS.power(Decimal(float(base)), Decimal(float(exponent)))
        rounded = F32(float(exact))
        off = abs(Fraction(exact) - Fraction(float(rounded))) / Fraction(float(np.spacing(rounded)))
        if exact != 1:
            nearest = min(nearest, float(abs(off - Fraction(1, 2))))
        found.append(rounded)
    return np.array(found, F32), nearest


def frequencies(case):
    dim = case["rotary_dim"]
    found, nearest = powers(F32(case["theta"]), np.arange(0, dim, 2).astype(F32) / F32(dim))
    if case["scaling"].get("rope_type") == "yarn":
        return stretched(found, dim, case["theta"], case["scaling"]), nearest
    return scaled(F32(1) / found, case["scaling"]), nearest


def stretched(powers, dim, theta, rope):
    """transformers' yarn: `powers` are θ ** (2i/d)."""
    turning = lambda times: dim * math.log(rope["original_max_position_embeddings"] / (times * 2 * math.pi)) / (2 * math.log(theta))
    low, high = turning(rope.get("beta_fast", 32)), turning(rope.get("beta_slow", 1))
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    high += 0.001 if low == high else 0
    ramp = np.clip((np.arange(dim // 2).astype(F32) - F32(low)) / F32(high - low), F32(0), F32(1))
    kept = F32(1) - ramp
    return F32(1) / (F32(rope["factor"]) * powers) * (F32(1) - kept) + F32(1) / powers * kept


def scaled(frequency, rope):
    """transformers' linear and llama3, with numbers of Python as PyTorch takes them beside a tensor."""
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "linear":
        return frequency / F32(rope["factor"])
    if kind != "llama3":
        return frequency
    factor, low, high = (rope[key] for key in ("factor", "low_freq_factor", "high_freq_factor"))
    context = rope["original_max_position_embeddings"]
    wave = F32(1) / frequency * F32(2 * math.pi)
    is_long, is_short = wave > F32(context / low), wave < F32(context / high)
    divided = np.where(is_long, frequency / F32(factor), frequency)
    smooth = (F32(1) / wave * F32(context) - F32(low)) / F32(high - low)
    mixed = (F32(1) - smooth) * divided / F32(factor) + smooth * divided
    return np.where(~is_long & ~is_short, mixed, divided)


def rounding(key, exact, rounded, last):
    """All figures of one format, and its sentences."""
    off = np.abs(rounded - exact)
    turned = lambda position: int((position * off > QUARTER).sum())
    positions = [p for p in (1, 10, 100, 1000, *(1 << k for k in range(12, 33))) if p < last] + [last]
    first = None
    if turned(last):
        near = int(QUARTER / off.max())
        first = next(p for p in range(max(near - 2, 0), last + 1) if turned(p))
    figures = {
        "moved": int((off > 0).sum()),
        "largest_relative_error": float((off / exact).max()),
        "worst": int(off.argmax()) if off.any() else None,
        "angles": [{"position": p, "error": float(p * off.max()), "turned": turned(p)} for p in positions],
        "turned": turned(last),
        "first_turned": first,
    }
    return figures | {"says": sentences(FORMATS[key][0], figures, len(exact), last)}


def sentences(name, figures, count, last):
    """Written anew from the figures."""
    if not figures["moved"]:
        return [f"Every rotary frequency is a number of {name}: no angle differs."]
    percent = figures["largest_relative_error"] * 100
    by = f"up to {half_up(percent, 2)}" if percent >= 0.01 else "less than 0.01"
    noun, verb = "frequency" if count == 1 else "frequencies", "moves" if figures["moved"] == 1 else "move"
    first = f"Rounded to {name}, {figures['moved']:,} of {count:,} rotary {noun} {verb}, by {by} %."
    if figures["first_turned"] is not None:
        are = "is" if figures["turned"] == 1 else "are"
        second = (f"From position {figures['first_turned']:,} on some angle is off by more than a quarter turn; "
                  f"at {last:,}, the last, {figures['turned']:,} of {count:,} {are}.")  # fmt: skip
    else:
        error = figures["angles"][-1]["error"]
        by = half_up(error, 3) if error >= 0.001 else "less than 0.001"
        second = (f"At position {last:,}, the last, the worst angle is off by {by} radians, "
                  "which is less than a quarter turn.")  # fmt: skip
    return [first, second, "Position 0 never differs."]


def half_up(value, digits):
    return f"{math.floor(value * 10**digits + 0.5) / 10**digits:.{digits}f}"


def expected(case):
    """What the report must say, but for notes; and how near a power is to a tie."""
    found, nearest = frequencies(case)
    exact, last = found.astype(np.float64), case["positions"] - 1
    with np.errstate(under="ignore"):
        rounded = {key: found.astype(dtype).astype(np.float64) for key, (_, dtype) in FORMATS.items()}
    relative = {key: (values - exact) / exact for key, values in rounded.items()}
    rows = [
        {"index": i, "f32": float(exact[i]), "bf16": float(rounded["bf16"][i]), "relative_error": float(relative["bf16"][i]),
         "f16": float(rounded["f16"][i]), "f16_relative_error": float(relative["f16"][i])}
        for i in range(len(exact))
    ]  # fmt: skip
    report = {"schema": "floatscope.rotary/1", "head_dim": case["head_dim"], "rotary_dim": case["rotary_dim"]}
    report |= {"rope_theta": float(case["theta"]), "max_position_embeddings": case["positions"], "last_position": last}
    report |= {key: rounding(key, exact, values, last) for key, values in rounded.items()}
    return report | {"frequencies": rows}, nearest


def leaves(node, path=""):
    """Every figure with its path; a list's length is one, too."""
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        yield f"{path}.length", len(node)
        for index, child in enumerate(node):
            yield from leaves(child, f"{path}[{index}]")
    else:
        yield path, node


def figures(wanted, report):
    """One figure for each that the oracle knows."""
    ours = dict(leaves(report))
    return [same(path, ours.get(path, "missing"), theirs) for path, theirs in leaves(wanted)]


def command(written):
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(written))
        done = subprocess.run([program, "lab", "rotary", folder, "--json", "-"], capture_output=True)
    return done.stdout, f"exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}"


def check():
    """Place and figures of every case."""
    yield "rotary, oracle", [same(fault, fault, None) for fault in unnoticed()] or [same("selftest", True, True)]
    for name, (written, differs) in CASES.items():
        wanted, nearest = expected(meant(written, differs))
        output, status = command(written)
        try:
            report = json.loads(output)
        except ValueError:
            report = {}
        found = [same("status", status, "exit 0: "), same("no power near a tie", nearest > 2**-28, True)]
        yield f"rotary {name}", [*found, *figures(wanted, report)]


def unnoticed():
    """Frequencies unlike those worked out by hand, and mistakes that the comparison lets pass; one line each."""
    two = {"head_dim": 4, "rotary_dim": 4, "theta": 10000.0, "positions": 200000, "scaling": {}}
    wanted, _ = expected(two)
    hundredth = wanted["frequencies"][1]
    # 0x3c23d70a, whose BF16 is 0x3c24: 0x28f6 steps of 2^-30 more.
    by_hand = {"f32": 0x23D70A / 2**30 + 2.0**-7, "bf16": 1.28125 / 128, "f16": 1311 / 1024 / 128}
    for key, value in by_hand.items():
        if hundredth[key] != value:
            yield f"{key} of a hundredth is {hundredth[key]}, by hand {value}"
    if hundredth["bf16"] - hundredth["f32"] != 0x28F6 / 2**30 or wanted["bf16"]["first_turned"] != 160846:
        yield "what rounding a hundredth does is not what was worked out by hand"
    for path, value in leaves(wanted):
        if path.endswith("length"):
            continue
        mistake = spoiled(value)
        if all(figure.right for figure in figures(wanted, put(wanted, path, mistake))):
            yield f"{path} = {mistake} is not noticed"


def spoiled(value):
    """The smallest mistake."""
    if value is None or isinstance(value, str):
        return 1 if value is None else value[1:]
    return value + 1 if isinstance(value, int) else math.nextafter(value, math.inf)


def put(report, path, value):
    """A copy with one figure replaced."""
    changed = copy.deepcopy(report)
    *way, last = [int(key) if key.isdigit() else key for key in path.replace("[", ".").replace("]", "").split(".")]
    node = changed
    for key in way:
        node = node[key]
    node[last] = value
    return changed
