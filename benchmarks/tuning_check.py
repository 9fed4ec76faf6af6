"""
What the check of a file of examples takes: 200 MB, 50,000 lines. From the root of the project:

    .venv/bin/python benchmarks/tuning_check.py

Prints, each from a child of its own: the memory that the check adds at its peak, and its processor time as a multiple of
reading the same lines with plain `orjson.loads`, in the same run.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from commonweight.files import LineChecker
from commonweight.tuning.data import TuningLines

LINES, MEGABYTES = 50_000, 200
PIECE = 1 << 20
RUNS = 3  # of each, in turn; the quickest counts
TEXT = (
    "the customer wrote that her parcel has not arrived yet and asks for a refund of order number 4711 please see the "
    "invoice of last March you are right we are sorry naïve façade"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "examples.jsonl"
        _write(path)
        print(f"{path.stat().st_size / 1e6:.0f} MB, {LINES:,} lines")
        plain, whole = [], []
        for _ in range(RUNS):
            plain.append(_in_child(_plain, path))
            whole.append(_in_child(_check, path))
        added = max(run["added"] for run in whole) / 1e6
        quickest, least = min(run["seconds"] for run in whole), min(run["seconds"] for run in plain)
        print(f"memory added by the check: {added:.0f} MB (at most 200, goal 100)")
        print(f"processor time: {quickest:.1f} s, {quickest / least:.1f} times orjson.loads alone ({least:.1f} s)")
        print(f"found: {whole[0]['told']}")


def _write(path: Path) -> None:
    chance, words = random.Random(7), TEXT.split()
    with path.open("wb") as file:
        for _ in range(LINES):
            texts = [" ".join(chance.choices(words, k=round(MEGABYTES * 1_000_000 / LINES / 4 / 5.3))) for _ in range(4)]
            roles = ("user", "assistant") * 2
            messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
            file.write(json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n")


def _in_child(work: Callable[[Path], Any], path: Path) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_run, args=(work, path, there))
    child.start()
    told: dict[str, Any] = here.recv()
    child.join()
    return told


def _run(work: Callable[[Path], Any], path: Path, there: Any) -> None:
    before = _peak()
    began = time.process_time()
    told = work(path)
    there.send({"seconds": time.process_time() - began, "added": _peak() - before, "told": told})


def _plain(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if orjson.loads(line))


def _check(path: Path) -> Any:
    checker = LineChecker(TuningLines())
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            checker.feed(piece)
    findings = checker.end()
    return findings or checker.facts()["warning_counts"]


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
