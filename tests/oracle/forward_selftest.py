"""Does the comparison of forward passes notice? A report made of the oracle's own traces must pass; spoiled, it must fail.

`PASSES` are forward passes with one step of the numerics done otherwise, as an implementation might have it.
"""

import copy

import numpy as np

import forward_compare
import forward_figures
import forward_truth
from forward_truth import A, B, F32, Pass

NAME = "llama_biases"


def stand_in(traces, tokens, policies):
    """What the command would give: status, report, logits, stderr."""
    a, b = traces
    found = forward_figures.of(a, b)
    listed = lambda rows: [{"name": name, **row} for name, row in rows.items()]
    report = {"schema": "floatscope.forward/1", "tokens": list(tokens), "a": dict(vars(policies[0])), "b": dict(vars(policies[1]))}
    report |= {"first_difference": found["first_difference"], "modules": listed(found["modules"]), "buffers": listed(found["buffers"])}
    report |= {"layers": [{"layer": at, **row} for at, row in enumerate(found["layers"])], "logits": found["logits"]}
    logits = {side: trace.modules["lm_head"] for side, trace in zip("ab", traces)}
    return 0, report | {"headline": "Made by the oracle of its own figures."}, logits, ""


class NormOnce(Pass):
    """A norm that is rounded only after its weight."""

    def norm(self, name, x):
        variance = (x * x).astype(np.float64).mean(-1, keepdims=True).astype(F32)
        scale = F32(1) / np.sqrt(variance + F32(self.model.rms_norm_eps))
        return self.put(name, self.r(self.weight(f"model.{name}.weight") * (x * scale)))


class TurnedOnce(Pass):
    """Rotary products that are added before they are rounded."""

    def turned(self, x):
        cos, sin = self.trace.buffers.values()
        half = x.shape[-1] // 2
        return self.r(x * cos + np.concatenate([-x[..., half:], x[..., :half]], -1) * sin)


class ExactShares(Pass):
    """A softmax that is not rounded."""

    def softmax(self, scores):
        powers = np.exp((scores - scores.max(-1, keepdims=True)).astype(np.float64))
        return (powers / powers.sum(-1, keepdims=True)).astype(F32)


class ActiveOnce(Pass):
    """silu times up, rounded once."""

    def mlp(self, place, x):
        gate, up = self.linear(f"{place}.gate_proj", x), self.linear(f"{place}.up_proj", x)
        product = gate / (1 + np.exp(-gate.astype(np.float64))) * up
        return self.linear(f"{place}.down_proj", self.r(product.astype(F32)))


class BiasAfter(Pass):
    """A bias that is added to a rounded sum."""

    def linear(self, name, x, parameter=None):
        parameter = parameter or f"model.{name}"
        sums = self.r((x.astype(np.float64) @ self.weight(f"{parameter}.weight").T.astype(np.float64)).astype(F32))
        if f"{parameter}.bias" in self.model.weights:
            sums = self.r(sums + self.weight(f"{parameter}.bias"))
        return self.put(name, sums)


class Interleaved(Pass):
    """Rotary pairs that lie side by side, as in the original Llama files."""

    def turned(self, x):
        cos, sin = (part[:, : part.shape[1] // 2].repeat(2, 1) for part in self.trace.buffers.values())
        swapped = np.stack([-x[..., 1::2], x[..., ::2]], -1).reshape(x.shape)
        return self.r(self.r(x * cos) + self.r(swapped * sin))


PASSES = [NormOnce, TurnedOnce, ExactShares, ActiveOnce, BiasAfter, Interleaved]


def unnoticed(figures, reference, folder):
    """Mistakes that `figures` (forward.py) lets pass, one line each."""
    theirs, logits = reference(NAME)
    model, tokens = forward_truth.load(folder / NAME), theirs["tokens"]
    noise = [theirs["noise"]["rounding"]] * 2

    def passes(run):
        found, shares = figures(run, theirs, logits, tokens, (A, B), noise)
        return all(figure.right for figure in [*found, forward_compare.among("both", shares)])

    for other in PASSES:
        if passes(stand_in([other(model, tokens, policy).run() for policy in (A, B)], tokens, (A, B))):
            yield f"{other.__name__} is not noticed"
    right = stand_in([forward_truth.run(model, tokens, policy) for policy in (A, B)], tokens, (A, B))
    if not passes(right):
        yield "what is right is not taken for right"
    for path, run in spoiled(right):
        if passes(run):
            yield f"{path} is not noticed"


def spoiled(right):
    """The run with one figure of its report missing or changed, one tensor missing, one logit off."""
    for path, value in leaves(right[1]):
        # Wider than any tolerance where there is one; other figures must be right to the digit.
        loose = isinstance(value, float) and path[0] in ("modules", "buffers", "layers")
        for wrong in (None,) if path == ("headline",) else (None, worse(value, loose)):
            if wrong != value and not (loose and path[-1] == "equal" and path[0] == "layers"):
                yield f"{path} = {wrong}", replaced(right, path, wrong)
    for side in "ab":
        status, report, logits, said = right
        yield f"no logits {side}", (status, report, {key: x for key, x in logits.items() if key != side}, said)
        changed = {key: x.copy() for key, x in logits.items()}
        changed[side][3, 5] += 0.25
        yield f"logits {side} changed", (status, report, changed, said)


def worse(value, loose):
    if isinstance(value, str):
        return value[1:]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value * 5 + 0.2 if loose else value + 1e-9


def leaves(node, path=()):
    if isinstance(node, (dict, list)):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(child, (*path, key))
    else:
        yield path, node


def replaced(run, path, value):
    status, report, logits, said = run
    report = copy.deepcopy(report)
    node = report
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return status, report, logits, said
