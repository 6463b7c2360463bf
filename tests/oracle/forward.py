"""Runs `floatscope lab forward` on small checkpoints and compares every figure: with PyTorch's, and with forward_truth.py's on random ones.

`committed` are those under tests/fixtures/forward, `random` others, with other policies; `bad` is input that must be refused;
`attribution` is one change of numerics at a time; `oracle` holds the NumPy forward pass against PyTorch's figures and sees whether the
comparison notices mistakes.
"""

import base64
import json
import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import container
import forward_bad
import forward_cases
import forward_compare
import forward_figures
import forward_random
import forward_selftest
import forward_truth
from committed import differences
from compare import Figure, same
from formats import decode, unpack
from forward_random import written
from forward_truth import A, B

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/forward"
# About what each takes on one core.
SECONDS = {"oracle": 7, "committed": 3, "random": 10, "attribution": 1, "bad": 2}


def check(name):
    """Place and figures of every case of a group."""
    return {"oracle": oracle, "committed": committed, "random": random, "attribution": attribution, "bad": bad}[name]()


def command(folder, tokens, *options):
    """Exit status, report, logits by name, and what was said on stderr."""
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    with tempfile.TemporaryDirectory() as home:
        logits = Path(home, "logits.safetensors")
        listed = tokens if isinstance(tokens, str) else ",".join(map(str, tokens))
        arguments = ["lab", "forward", folder, "--tokens", listed, "--json", "-", "--logits", logits, *options]
        done = subprocess.run([program, *map(str, arguments)], capture_output=True)
        matrices = {t.name: matrix(t) for t in container.parse(logits.read_bytes())} if logits.exists() else {}
    return done.returncode, parsed(done.stdout), matrices, done.stderr.decode(errors="replace").strip()


def parsed(output):
    try:
        return json.loads(output)
    except ValueError:
        return {}


def matrix(t):
    return decode(t.format, unpack(t.format, t.data)).astype(np.float32).reshape(t.shape) if t.dtype == "F32" else np.zeros(0, np.float32)


def reference(name):
    """reference.json, with the logits that it packs."""
    found = json.loads((FIXTURES / name / "reference.json").read_text())
    codes = lambda text: np.frombuffer(base64.b64decode(text), "<u2").astype("<u4") << 16
    logits = {side: codes(found[f"logits_{side}"]).view("<f4").reshape(len(found["tokens"]), -1) for side in "ab"}
    return found, logits


def figures(run, theirs, logits, tokens, policies, noise, blur=0.0):
    """Every figure of one run of the command, and how far its logits are from the oracle's."""
    status, report, matrices, said = run
    found = [same("exit status", status, 0), same("stderr", said, ""), same("logits", sorted(matrices), ["a", "b"])]
    if status or len(matrices) < 2:
        return found, []
    a, b = matrices["a"], matrices["b"]
    found += forward_compare.report(report, theirs, tokens, policies, blur)
    distances = [forward_compare.distance(side, matrices[side], logits[side], of) for side, of in zip("ab", noise)]
    found += distances
    if all(figure.right for figure in distances):
        found += forward_compare.statistics(report.get("logits") or {}, a, b)
        if all(policy == A or policy == B for policy in policies):
            found.append(forward_compare.beginning(a, b))
    return found, [figure.error for figure, of in zip(distances, noise) if of is not None]


def committed():
    """The fixtures are what their script makes, and the command agrees with PyTorch."""
    shares = []
    for case in forward_cases.CASES:
        theirs, logits = reference(case.name)
        found = [Figure("as made", False, line, "", 0.0) for line in differences(FIXTURES / case.name, forward_cases.files(case))]
        run = command(FIXTURES / case.name, case.ids())
        more, far = figures(run, theirs, logits, case.ids(), (A, B), [theirs["noise"]["rounding"]] * 2)
        shares += far
        yield f"forward {case.name}", [*found, *more]
    yield "forward", [forward_compare.among("committed", shares)]


def random():
    """Configurations beyond the committed ones, and policies that PyTorch has not."""
    shares = []
    for case, policies in forward_random.cases():
        with tempfile.TemporaryDirectory() as folder:
            for name, data in forward_cases.files(case).items():
                Path(folder, name).write_bytes(data)
            model, tokens = forward_truth.load(folder), case.ids()
            traces = [forward_truth.run(model, tokens, policy) for policy in policies]
            options = [] if policies == (A, B) else ["--a", written(policies[0]), "--b", written(policies[1])]
            run = command(folder, tokens, *options)
        noise = [forward_random.noise(model, tokens, policy, trace) for policy, trace in zip(policies, traces)]
        logits = {side: trace.modules["lm_head"] for side, trace in zip("ab", traces)}
        blur = forward_compare.BLUR if None in noise else 0.0
        found, far = figures(run, forward_figures.of(*traces), logits, tokens, policies, noise, blur)
        shares += far
        yield f"forward {case.name} {written(policies[1])}", found
    yield "forward, random", [forward_compare.among("random", shares)]


def attribution():
    """Three changes at once, and what each does alone."""
    folder, tokens = FIXTURES / "qwen3", reference("qwen3")[0]["tokens"]
    changes = {"inv_freq": "bf16", "norm": "bf16", "softmax": "bf16"}
    _, report, _, said = command(folder, tokens, "--a", written(A), "--b", written(replace(A, **changes)), "--attribute")
    rows = report.get("attribution") or []
    found = [same("stderr", said, ""), same("changes", len(rows), len(changes))]
    model = forward_truth.load(folder)
    usual = forward_truth.run(model, tokens, A).modules["lm_head"]
    for key, value in changes.items():
        alone = forward_truth.run(model, tokens, replace(A, **{key: value})).modules["lm_head"]
        mine = next((row for row in rows if key in str(row.get("change"))), {})
        mean = forward_figures.difference(usual, alone)["mean_abs"]
        found.append(forward_compare.within(f"{key}: logits_mean_abs", mine.get("logits_mean_abs"), mean, forward_compare.LAYERS))
    by = lambda name: [row.get("change") for row in sorted(rows, key=lambda row: row.get(name) or 0)]
    yield "forward, attribution", [*found, same("shares' order", by("share"), by("logits_mean_abs"))]


def bad():
    for name, tokens, options, words, folder in forward_bad.cases():
        with folder as home:
            status, report, _, said = command(home, tokens, *options)
        found = [same("exit status", status, 2), same("no report", report == {}, True), same("begins", said.startswith(("floatscope: ", "error: ")), True)]
        found += [Figure(f"names {word!r}", word.lower() in said.lower(), said, word, 0.0) for word in words]
        yield f"forward, {name}", [*found, same("panics", "panicked" in said, False)]


def oracle():
    """NumPy against PyTorch, and the comparison against mistakes."""
    shares = []
    for case in forward_cases.CASES:
        theirs, logits = reference(case.name)
        model = forward_truth.load(FIXTURES / case.name)
        traces = [forward_truth.run(model, case.ids(), policy) for policy in (A, B)]
        run = forward_selftest.stand_in(traces, case.ids(), (A, B))
        found, far = figures(run, theirs, logits, case.ids(), (A, B), [theirs["noise"]["rounding"]] * 2)
        shares += far
        yield f"forward {case.name}, NumPy against PyTorch", found
    yield "forward, oracle", [forward_compare.among("oracle", shares)]
    faults = list(forward_selftest.unnoticed(figures, reference, FIXTURES))
    yield "forward, mistakes", [same(fault, fault, None) for fault in faults] or [same("selftest", True, True)]
