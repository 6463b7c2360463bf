"""Runs `floatscope diff` on pairs of checkpoints and compares every figure with diff_truth.py's.

Each group of pairs says how much was right, and every figure that was not.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field

import checkpoints
import diff_cases
import diff_chance
import diff_checkpoints
import diff_compare
import diff_grouped_cases
import diff_shapes
import diff_truth
from compare import Figure, same

USUAL = {"rtol": 1e-5, "atol": 1e-8, "equal_nan": False}
LOOSE = {"rtol": 0.125, "atol": 1e-3, "equal_nan": True}
GROUPS = {group.__name__: group for group in (
    diff_cases.conversions, diff_shapes.joined, diff_shapes.large, diff_shapes.looks, diff_grouped_cases.grouped, diff_cases.factors, diff_shapes.tiles,
    diff_cases.types, diff_chance.chance, diff_chance.edges, diff_shapes.special,
)}  # fmt: skip
THREADED = ["large", "grouped", "joined", "looks", "tiles"]
# About what each takes on one core where that is long; check.py begins with the longest.
LONG = {"conversions": 17, "joined": 15, "large": 16, "looks": 9, "factors": 5, "tiles": 10, "types": 5, "chance": 10, "grouped": 15}
SECONDS = {**dict.fromkeys(GROUPS, 2), **LONG, "checkpoints": 3}


@dataclass
class Found:
    """Figures of one place: how many are right, those that are not, the largest errors."""

    place: str
    passed: int = 0
    wrong: list = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)

    def add(self, figures):
        for figure in figures:
            self.passed += figure.right
            self.errors[figure.name] = max(self.errors[figure.name], figure.error)
            if not figure.right:
                self.wrong.append(figure)


def check(name):
    """What was found of a group, or of every pair of checkpoints."""
    return of_checkpoints() if name == "checkpoints" else of_group(name)


def command(a, b, *options):
    """Exit status, JSON as bytes, and what was said on stderr."""
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    arguments = [program, "diff", a, b, "--json", "-", "--no-progress", "--exit-code", *options]
    done = subprocess.run(list(map(str, arguments)), capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def folder():
    path = checkpoints.folder() / "diff"
    path.mkdir(parents=True, exist_ok=True)
    return path


def written(name, group):
    """The two files of a group of pairs, made anew."""
    pairs = list(diff_cases.renamed(group()))
    paths = [folder() / f"{name}.{side}.safetensors" for side in "ab"]
    for side, path in enumerate(paths, 1):
        path.write_bytes(diff_shapes.container_of(pair[side] for pair in pairs))
    return paths


def of_group(name):
    a, b = written(name, GROUPS[name])
    found = [compared(name, a, b, [a], [b])]
    if name == "special":
        options = ["--rtol", LOOSE["rtol"], "--atol", LOOSE["atol"], "--equal-nan"]
        found.append(compared(f"{name}, loose", a, b, [a], [b], options, tolerance=LOOSE))
    if name in THREADED:
        found.append(threads(name, a, b))
    for path in (a, b):
        path.unlink()
    return found


def of_checkpoints():
    home = folder() / "checkpoints"
    shutil.rmtree(home, ignore_errors=True)
    found = []
    for case in diff_checkpoints.checkpoints(home):
        sides = files_of(case.a), files_of(case.b)
        found.append(compared(case.name, case.a, case.b, *sides, case.options, case.names, case.renames))
    return found


def files_of(path):
    """The containers of a folder, of an index's folder, or the one."""
    if path.suffix == ".json":
        path = path.parent
    return sorted(path.glob("*.safetensors")) if path.is_dir() else [path]


def compared(place, a, b, files_a, files_b, options=(), names=None, renames=(), tolerance=USUAL):
    """Every figure of one run."""
    found = Found(f"diff {place}")
    status, output, said = command(a, b, *options)
    try:
        report = json.loads(output)
    except ValueError as error:
        found.add([Figure("report", False, f"exit {status}: {said[-300:]}", f"JSON: {error}", 0.0)])
        return found
    expected = diff_truth.compare(diff_truth.load(files_a), diff_truth.load(files_b), tolerance, names or {})
    expected |= {"tolerance": tolerance, "renames": set(renames)}
    found.add([same("exit status", status, int(expected["differ"])), same("stderr", said, "")])
    found.add(diff_compare.whole(expected, report))
    for side, files in (("a", files_a), ("b", files_b)):
        found.add(diff_compare.summary(side, diff_truth.summary(files), report.get(side, {})))
    ours = {row.get("name"): row for row in report["tensors"]}
    found.add([same("tensors", sorted(map(str, ours)), sorted(expected["tensors"]))])
    for name, theirs in expected["tensors"].items():
        row = Found(name)
        row.add(diff_compare.tensor(theirs, ours.get(name, {})))
        found.passed += row.passed
        found.errors |= row.errors
        found.wrong += [figure._replace(name=f"{name!r}: {figure.name}") for figure in row.wrong]
    return found


def threads(name, a, b):
    """No byte depends on the number of threads."""
    outputs = [command(a, b, "--threads", count)[1] for count in (1, 2, 3)]
    found = Found(f"diff {name}, threads")
    found.add([same(f"--threads {count}", output == outputs[0] != b"", True) for count, output in zip((1, 2, 3), outputs)])
    return found
