"""Compares what `floatscope lab forward` says with PyTorch's figures, or with forward_truth.py's.

Equal must be: names and order, tokens, policies, which modules and layers differ at all, the first that does, position 0; and what
is said of the logits with what follows from the written logits in FP64. The rest depends on the order of FP32 sums:

  logits   the root mean square of ours − theirs over that of theirs is at most what rounding to BF16 costs (PyTorch's BF16 against its own
           FP32 on the same weights), and of many matrices at most a quarter is beyond 0.1 of it. Right but for the order of sums: 0 in nine
           of ten small models, 0.52 at most in 260, up to 0.64 where sums are longer; one rounding left out: 0.8 to 1.3, and in every
           matrix that it touches, see make_forward.py. Of activations in FP32 the bound is 5e-5 (1e-5 measured).
  layers   mean |a − b| within a factor of 1.2 (1.04 measured; the promise is 1.5).
  modules  within 1.5 (1.04 measured); the share of equal values within 0.1; the largest difference within a factor of 4.
  buffers  mean |a − b| within 2 %: a cosine that lies near a tie may be rounded to the other side.
"""

import math

import numpy as np

import forward_figures
from compare import Figure, near, same

ALONE, AMONG = 1.0, 0.1
LAYERS, MODULES, LARGEST, SHARE, BUFFERS = 1.2, 1.5, 4.0, 0.1, 1.02
FP32 = 5e-5
# A difference of FP32 runs is itself blurred by FP32 rounding; below this, the factors say nothing.
BLUR = 1e-6


def within(name, ours, theirs, factor, blur=0.0):
    """Zero for zero, and otherwise not more than `factor` apart."""
    number = isinstance(ours, (int, float)) and not isinstance(ours, bool)
    if not number or ours < 0 or not math.isfinite(ours):
        return Figure(name, False, ours, theirs, 0.0)
    if abs(ours - theirs) <= blur:
        return Figure(name, True, ours, theirs, 0.0)
    right = ours > 0 and theirs > 0 and 1 / factor <= ours / theirs <= factor
    return Figure(name, right, ours, theirs, 0.0)


def row(name, ours, theirs, mean, largest, blur):
    """One module, buffer or layer."""
    yield within(f"{name}: mean_abs", ours.get("mean_abs"), theirs["mean_abs"], mean, blur)
    yield within(f"{name}: max_abs", ours.get("max_abs"), theirs["max_abs"], largest, blur)
    if "equal" in ours or "layer" not in ours:
        share = ours.get("equal")
        right = isinstance(share, (int, float)) and (share == 1) == (theirs["equal"] == 1) and (blur > 0 or abs(share - theirs["equal"]) <= SHARE)
        yield Figure(f"{name}: equal", right, share, theirs["equal"], 0.0)


def named(report, theirs, key, mean, largest, blur):
    ours = report.get(key) or []
    yield same(f"{key}: names in order", [one.get("name") for one in ours], list(theirs[key]))
    found = {one.get("name"): one for one in ours}
    for name, figures in theirs[key].items():
        yield from row(name, found.get(name, {}), figures, mean, largest, blur)


def layers(report, theirs, blur):
    ours = report.get("layers") or []
    yield same("layers", [one.get("layer") for one in ours], list(range(len(theirs["layers"]))))
    for at, (mine, figures) in enumerate(zip(ours, theirs["layers"])):
        yield from row(f"layer {at}", mine, figures, LAYERS, LARGEST, blur)


def report(ours, theirs, tokens, policies, blur=0.0):
    """Everything but the logits; `theirs` is forward_figures.of() or a reference.json."""
    yield same("schema", ours.get("schema"), "floatscope.forward/1")
    yield same("tokens", ours.get("tokens"), list(tokens))
    for side, policy in zip("ab", policies):
        said = ours.get(side) or {}
        for key, value in vars(policy).items():
            yield same(f"{side}.{key}", said.get(key), value)
    yield same("first_difference", ours.get("first_difference", "missing"), theirs["first_difference"])
    yield from named(ours, theirs, "modules", MODULES, LARGEST, blur)
    yield from named(ours, theirs, "buffers", BUFFERS, BUFFERS, blur)
    yield from layers(ours, theirs, blur)
    headline = ours.get("headline")
    yield Figure("headline", isinstance(headline, str) and len(headline) > 20, headline, "a sentence", 0.0)


def distance(side, ours, theirs, noise):
    """One logit matrix against the oracle's; `noise` is what rounding to BF16 costs, or None without any."""
    if ours.shape != theirs.shape:
        return Figure(f"logits {side}", False, ours.shape, theirs.shape, 0.0)
    apart, bound = forward_figures.apart(ours, theirs), FP32 if noise is None else ALONE * noise
    return Figure(f"logits {side}: apart", apart <= bound, apart, f"at most {bound:.2g}", apart / (noise or 1.0))


def beginning(a, b):
    """Position 0 is turned by nothing: not a bit differs."""
    return same("position 0", bool((a[0].view(np.uint32) == b[0].view(np.uint32)).all()), True)


def statistics(ours, a, b):
    """What is said of the logits, against what follows from them."""
    theirs = forward_figures.logits(a, b)
    for key in ("equal", "allclose"):
        yield same(f"logits.{key}", ours.get(key), theirs[key])
    for key in ("mean_abs", "max_abs"):
        yield near(f"logits.{key}", ours.get(key), theirs[key], theirs[key], 1e-12)
    yield same("logits.kl: positions", len(ours.get("kl") or []), len(a))
    for at, (mine, other) in enumerate(zip(ours.get("kl") or [], theirs["kl"])):
        yield near(f"logits.kl[{at}]", mine, other, 1.0, 1e-13)  # a sum of terms near 1/vocabulary that cancel
    yield from positions(ours, theirs, a, b)


def positions(ours, theirs, a, b):
    for key in ("top_k", "rows"):
        yield same(f"logits.{key}: positions", len(ours.get(key) or []), len(a))
    for at, values in enumerate(zip(a, b)):
        for side, logits in zip("ab", values):
            mine = pick(ours.get("top_k"), at, side)
            yield best(f"logits.top_k[{at}].{side}", mine, theirs["top_k"][at][side], logits)
            shown = numbers(pick(ours.get("rows"), at, side))
            yield same(f"logits.rows[{at}].{side}", shown, theirs["rows"][at][side])


def pick(rows, at, side):
    rows = rows or []
    return rows[at].get(side) if at < len(rows) and isinstance(rows[at], dict) else None


def best(name, mine, theirs, logits):
    """The same tokens, or others with the same logits, each once."""
    ids = [one.get("token") if isinstance(one, dict) else one for one in mine or []]
    fits = all(isinstance(i, int) and 0 <= i < len(logits) for i in ids) and len(set(ids)) == len(ids) == len(theirs)
    right = fits and [logits[i] for i in ids] == [logits[i] for i in theirs]
    said = [one["logit"] for one in mine or [] if isinstance(one, dict) and "logit" in one]
    return Figure(name, bool(right and (not said or said == [float(logits[i]) for i in ids])), mine, theirs, 0.0)


def numbers(node):
    """All numbers of an entry, in order."""
    if isinstance(node, dict):
        return [x for child in node.values() for x in numbers(child)]
    if isinstance(node, list):
        return [x for child in node for x in numbers(child)]
    return [node] if isinstance(node, (int, float)) and not isinstance(node, bool) else []


def among(name, shares):
    """Of many matrices no more than a quarter may be noticeably apart."""
    noticeable = sum(share > AMONG for share in shares)
    return Figure(f"{name}: logits beyond {AMONG} of the noise", noticeable <= len(shares) / 4, noticeable, f"at most {len(shares) / 4:g}", 0.0)
