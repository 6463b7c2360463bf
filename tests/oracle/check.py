"""The outside oracle's verdict on Floatscope. Ends with `N passed, N failed`; non-zero when any failed.

    python check.py                              everything, with the native command, in a process for each core
    python check.py --only committed,fixtures    some of: comparison derivations committed fixtures
                                                 casts sharded threads generated diff rotary forward matmul sampling real sample
    python check.py --processes 1                in one process (with --only, say, to see what a part takes)
    python check.py --report R.json PATH...      a report made elsewhere (page, wasm) of these files

Environment: FLOATSCOPE, the native command (floatscope); ORACLE_DIR, where
large checkpoints are made and kept (nothing there is committed).
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import casts as all_casts
import checkpoints
import compare
import container
import derivations as mathematics
import diffs
import expected
import forward as all_forward
import make_fixtures
import make_format_tables
import matmul as all_matmul
import outliers
import rotary as all_rotary
import sampling as all_sampling
import sampling_coverage
import selftest
from committed import differences
from score import SHOWN, Case, Score, spread

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def command(*arguments):
    """Runs the native command; stdout, and the exit status in words where it is not 0."""
    program = os.environ.get("FLOATSCOPE") or "floatscope"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True)
    trouble = f"exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}" if done.returncode else None
    return done.stdout, trouble


def scan(path, *options):
    return command("scan", path, "--json", "-", "--no-progress", *options)


def files_of(path):
    """The containers under a path."""
    path = Path(path)
    return sorted(path.glob("*.safetensors")) if path.is_dir() else [path]


def check_report(score, place, report, paths, saturate=False):
    """Every figure of a report of these paths against the oracle's."""
    files = [file for path in paths for file in files_of(path)]
    ours = {(Path(t.get("file", "")).name, t["name"]): t for t in report["tensors"]}
    score.note(not report["problems"], f"{place}: problems {report['problems'][:3]}")
    wanted, sums = set(), {}
    for file in files:
        for tensor in container.load(file):
            wanted.add((file.name, tensor.name))
            tallies = all_casts.tallies(tensor, saturate)
            all_casts.add(sums, tallies)
            row = ours.get((file.name, tensor.name))
            score.note(row is not None, f"{place}: {tensor.name!r} of {file.name} is not in the report")
            if row:
                figures = [
                    *compare.tensor(expected.tensor(tensor), row),
                    *compare.casts(all_casts.figures(tallies), row.get("casts", "missing")),
                    compare.outliers(outliers.outliers_db(tensor), tensor.format.bits, row.get("outliers_db", "missing")),
                ]
                score.figures(f"{file.name}: {tensor.name!r}", figures)
    extra = [key for key in ours if key not in wanted]
    score.note(not extra, f"{place}: tensors that no file has: {extra[:5]}")
    check_totals(score, place, report["checkpoint"], files)
    score.figures(place, compare.casts(all_casts.figures(sums), report.get("casts", "missing"), "casts of all"))


def check_totals(score, place, checkpoint, files):
    """Counts of tensors, parameters and bytes, in all and by dtype."""
    tensors = [t for file in files for t in container.load(file)]
    dtypes = {}
    for t in tensors:
        row = dtypes.setdefault(t.dtype, {"tensors": 0, "parameters": 0, "bytes": 0})
        row["tensors"] += 1
        row["parameters"] += len(t.data) * 8 // t.format.bits
        row["bytes"] += len(t.data)
    sums = {key: sum(row[key] for row in dtypes.values()) for key in ("tensors", "parameters", "bytes")}
    figures = [compare.same(f"checkpoint.{key}", checkpoint.get(key), value) for key, value in sums.items()]
    figures.append(compare.same("checkpoint.dtypes", checkpoint.get("dtypes"), dtypes))
    listed = {Path(file["name"]).name: file["bytes"] for file in checkpoint.get("files", [])}
    figures.append(compare.same("checkpoint.files", listed, {f.name: f.stat().st_size for f in files}))
    score.figures(place, figures)


def check_scan(score, path, saturate=False):
    """Scans with the native command and compares."""
    output, trouble = scan(path, *["--saturate"] * saturate)
    score.note(trouble is None, f"{path}: {trouble}")
    try:
        report = json.loads(output)
    except ValueError as error:
        score.note(False, f"{path}: the report is not JSON: {error}")
        return
    check_report(score, str(path), report, [path], saturate)


def committed(score):
    """Fixtures and tables are what their scripts make."""
    made = {
        make_fixtures.FIXTURES: make_fixtures.make(),
        make_format_tables.DATA: make_format_tables.tables(),
    }
    for folder, files in made.items():
        found = list(differences(folder, files))
        score.note(not found, "; ".join(found))
    malformed = ROOT / "tests/malformed/make.py"
    if malformed.exists():
        as_made(score, malformed)


def as_made(score, script):
    """A script's own --check."""
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    score.note(done.returncode == 0, f"{script.name}: {done.stdout}{done.stderr}")


def sample(score):
    """The page's sample is what its script makes of the real checkpoint, and is scanned right."""
    as_made(score, HERE / "make_sample.py")
    check_scan(score, ROOT / "www/sample.safetensors")


def sums(score):
    """The oracle's sums are exact."""
    found = list(selftest.inexact())
    score.note(not found, "\n     ".join(found))


def noticed(score):
    """Its comparison notices a mistake in any figure of any dtype."""
    for tensor in container.load(make_fixtures.FIXTURES / "package_dtypes.safetensors"):
        found = list(selftest.unnoticed(expected.tensor(tensor)))
        score.note(not found, "\n     ".join(found[:SHOWN]))


def casts_selftest(score):
    found = [*selftest.miscast(), *selftest.unnoticed_casts()]
    score.note(not found, "\n     ".join(found[:SHOWN]))


def diffs_selftest(score):
    found = [*selftest.misdiffed(), *selftest.unnoticed_differences()]
    score.note(not found, "\n     ".join(found[:SHOWN]))


def derivations(score):
    """What docs/how-it-knows.md derives is what simulation shows."""
    for line, right in mathematics.check():
        score.note(right, line)


def fixtures(score):
    for path in sorted(make_fixtures.FIXTURES.glob("*.safetensors")):
        check_scan(score, path)


def casts(score):
    """Every tensor that was thought of for casts, with infinities for what FP8 cannot hold and without."""
    for saturate in (False, True):
        check_scan(score, checkpoints.cast_tensors(), saturate)


def sharded(score):
    """By folder, by index and file by file the report is of the same tensors."""
    home = make_fixtures.FIXTURES / "sharded"
    check_scan(score, home)
    by_index, trouble = scan(home / "model.safetensors.index.json")
    score.note(trouble is None, f"index: {trouble}")
    by_folder, _ = scan(home)
    rows = [json.loads(output)["tensors"] for output in (by_index, by_folder) if output]
    score.note(len(rows) == 2 and rows[0] == rows[1], "the index and its folder give different tensors")


def threads(score, name):
    """No figure depends on the number of threads."""
    path = checkpoints.generated() if name == "generated" else make_fixtures.FIXTURES / f"{name}.safetensors"
    outputs = {count: scan(path, "--threads", count)[0] for count in (1, 2, 7)}
    one = outputs.pop(1)
    for count, output in outputs.items():
        score.note(bool(one) and output == one, f"{path}: --threads {count} differs from --threads 1")


def generated(score):
    check_scan(score, checkpoints.generated())


def diff(score, name):
    """A group of pairs of checkpoints: every figure of `floatscope diff`."""
    for found in diffs.check(name):
        score.passed += found.passed
        score.errors |= found.errors
        score.wrong(found.place, found.wrong)


def rotary(score):
    """Rotary frequencies of many configs, rounded: every figure of `floatscope lab rotary`."""
    for place, figures in all_rotary.check():
        score.figures(place, figures)


def forward(score, name):
    """Small models under two numerics: every figure of `floatscope lab forward`."""
    for place, figures in all_forward.check(name):
        score.figures(place, figures)


def matmul(score):
    """Matrix products summed in two ways: every figure of `floatscope lab matmul`."""
    for place, figures in all_matmul.check():
        score.figures(place, figures)


def sampling(score, name):
    """Samples: every figure and every interval, from the bytes at the places that the report names."""
    for place, figures in all_sampling.check(name):
        score.figures(place, figures)


def coverage(score, kind):
    """How often intervals of samples hold the truth."""
    for place, figures in sampling_coverage.check(kind):
        score.figures(place, figures)


def real(score, name):
    """Trained weights as they are, in another type, or in shards."""
    made = {"model": checkpoints.real, "shards": checkpoints.shards}
    check_scan(score, made[name]() if name in made else checkpoints.converted(name))


# What each part consists of, and about how many seconds each takes on one core.
PARTS = {
    "comparison": [Case(1, sums), Case(1, noticed), Case(20, casts_selftest), Case(2, diffs_selftest)],
    "derivations": [Case(12, derivations)],
    "committed": [Case(5, committed)],
    "fixtures": [Case(4, fixtures)],
    "casts": [Case(5, casts)],
    "sharded": [Case(1, sharded)],
    "threads": [Case(20, threads, ("generated",)), Case(1, threads, ("ragged",))],
    "generated": [Case(50, generated)],
    "diff": [Case(seconds, diff, (name,)) for name, seconds in diffs.SECONDS.items()],
    "rotary": [Case(2, rotary)],
    "forward": [Case(seconds, forward, (name,)) for name, seconds in all_forward.SECONDS.items()],
    "matmul": [Case(15, matmul)],
    "sampling": [
        *[Case(seconds, sampling, (name,)) for name, seconds in all_sampling.SECONDS.items()],
        *[Case(3, coverage, (kind,)) for kind in sampling_coverage.KINDS],
    ],
    "real": [Case(40 if name in ("model", "F64") else 16, real, (name,)) for name in ("model", *checkpoints.CASTS, "shards")],
    "sample": [Case(2, sample)],
}


def cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--processes", type=int, default=cores(), help="how many at once, one a core by default")
    parser.add_argument("--report", type=Path, help="a JSON report to check instead of running the command")
    parser.add_argument("paths", nargs="*", type=Path, help="with --report: the files that it is of")
    return parser.parse_args()


def main():
    options, score = arguments(), Score()
    if options.report:
        report = json.loads(options.report.read_bytes())
        check_report(score, str(options.report), report, options.paths)
    else:
        parts = options.only.split(",")
        found = spread([case for part in parts for case in PARTS[part]], options.processes)
        for part in parts:
            print(f"{part} …", flush=True)
            for _ in PARTS[part]:
                score.add(next(found))
                score.show()
    score.show()
    worst = {name: error for name, error in sorted(score.errors.items()) if error}
    for name, error in worst.items():
        print(f"largest error of {name}: {error:.1e} of its scale")
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed else 0


if __name__ == "__main__":
    sys.exit(main())
