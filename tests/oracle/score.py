"""What passed and failed, and the processes among which cases are shared out."""

import io
import os
import traceback
from collections import Counter
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import redirect_stdout
from multiprocessing import get_context
from typing import Callable, NamedTuple

SHOWN = 20  # mismatches told of each place


class Score:
    """What passed and failed so far, the largest error of each figure over its scale, and what to say of failures."""

    def __init__(self):
        self.passed = self.failed = 0
        self.errors = Counter()
        self.lines = []

    def note(self, right, message):
        self.passed += right
        self.failed += not right
        if not right:
            self.lines.append(f"FAIL {message}")

    def figures(self, place, figures):
        """Counts figures and keeps the first wrong ones."""
        wrong = []
        for figure in figures:
            self.passed += figure.right
            self.errors[figure.name] = max(self.errors[figure.name], figure.error)
            if not figure.right:
                wrong.append(figure)
        self.wrong(place, wrong)

    def wrong(self, place, wrong):
        """Counts wrong figures and keeps the first of them."""
        self.failed += len(wrong)
        for figure in wrong[:SHOWN]:
            error = f", off by {figure.error:.2e} of its scale" if figure.error else ""
            self.lines.append(f"FAIL {place}: {figure.name}: ours {figure.ours}, oracle {figure.oracle}{error}")
        if len(wrong) > SHOWN:
            self.lines.append(f"FAIL {place}: {len(wrong) - SHOWN} more")

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.errors |= other.errors
        self.lines += other.lines

    def show(self):
        """Prints what was kept, once."""
        for line in self.lines:
            print(line, flush=True)
        self.lines = []


class Case(NamedTuple):
    """A piece of work of some seconds: `check(score, *arguments)`."""

    seconds: float
    check: Callable
    arguments: tuple = ()

    def __str__(self):
        return " ".join([self.check.__name__, *self.arguments])


def performed(case):
    """The score of a case, with what it printed; one that breaks off has failed."""
    score, printed = Score(), io.StringIO()
    try:
        with redirect_stdout(printed):
            case.check(score, *case.arguments)
    except Exception:
        score.note(False, f"{case} broke off: {traceback.format_exc()}")
    score.lines[:0] = printed.getvalue().splitlines()
    return score


def spread(cases, processes):
    """The score of every case, in their order; the longest are begun first."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of each process, which begins anew for that
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        begun = {at: pool.submit(performed, cases[at]) for at in longest_first(cases)}
        for at, case in enumerate(cases):
            yield ended(case, begun[at])


def longest_first(cases):
    return sorted(range(len(cases)), key=lambda at: -cases[at].seconds)


def ended(case, future):
    """What a process found, or that it died, say for want of memory."""
    try:
        return future.result()
    except BrokenExecutor as error:
        score = Score()
        score.note(False, f"{case}: no score, {error}")
        return score
