"""Fifth stage: base and tuned are asked what was held out, by the way that serves everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.batches import RunLine
from commonweight.tuning.converting import Quantisation
from commonweight.tuning.judging import (
    Conditions,
    Contestant,
    NothingHeldOut,
    judge,
    read_held,
    renderer,
)
from commonweight.tuning.serving_path import asking
from commonweight.tuning.stages.folders import ADAPTER_GGUF, BASE, BASE_GGUF, DATA, GGUF, BrokenOff, base_of
from commonweight.tuning.stages.preparing import Examples
from commonweight.tuning.steps import Say, Work
from commonweight.tuning.values import Level

HELD_OUT: Final = "held_out.jsonl"
TELL_EVERY: Final = 20  # answers


@dataclass
class _Told:
    """Called with how many answers came of how many."""

    say: Say
    next: int = 0

    async def __call__(self, came: int, wanted: int) -> None:
        if came >= self.next or came == wanted:
            self.next = came + TELL_EVERY
            await self.say(progress={"judged": came, "to_judge": wanted})


class Judging(BrokenOff):
    def __init__(self, examples: Examples, run_line: RunLine, render: Callable[[Path], Any] = renderer) -> None:
        self._examples = examples
        self._run_line = run_line
        self._render = render

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`."""
        held_out = await self._held_out(work)
        try:
            items = await asyncio.to_thread(read_held, held_out)
        except NothingHeldOut as error:
            await work.say(f"Not judged: {error.sentence}", level=Level.WARN)
            return {"report": None}
        await work.say(f"Asking base and tuned {len(items)} held-out questions")
        base, contestants = base_contestant(work), contestants_of(work)
        ask = asking(self._run_line, work.caller, work.tuning.address)
        report = await judge(items, base, contestants, ask, self._conditions(work), _Told(work.say))
        document = report.to_json()
        await work.say(report.sentence, columns={"report": document})
        for warning in report.warnings:
            await work.say(warning, level=Level.WARN)
        return {"report": "judged"}

    def _conditions(self, work: Work) -> Conditions:
        folder = work.folder / BASE
        render = self._render(folder) if folder.exists() and work.tuning.method["type"] == "dpo" else None
        judge_model = work.tuning.options.get("judge_model")
        return Conditions(
            judge_model=judge_model, render=render, settings={"split": work.made["preparing"]["split"]["split_hash"]}
        )

    async def _held_out(self, work: Work) -> Path:
        """On another host than the one that trained they are split once more, the same way."""
        path = work.folder / DATA / HELD_OUT
        if not path.exists():
            await self._examples.split(work)
        return path


def base_contestant(work: Work) -> Contestant:
    """
    By the name that means it at its commit, whatever an alias says later. One without a GGUF file is asked by the file that
    was converted: in the engine of the tuned model, so that what differs is the tuning.
    """
    base, converted = base_of(work), work.made["converting"].get("base")
    if converted:
        return Contestant(_in_draft(work, converted["path"]), "base", artefact=converted["sha256"])
    name = base.tuned or f"{base.repository}@{base.commit}" + (f":{base.path}" if base.path else "")
    return Contestant(name, "base")


def contestants_of(work: Work) -> list[Contestant]:
    """The one that is served first, then each file of the merged model."""
    made, published = work.made["converting"], work.made["publishing"]
    files = {one["path"]: one for one in made["files"]}
    found = []
    if made["adapter"]:
        label = f"adapter on {Path(base_of(work).path or BASE_GGUF).stem}"
        found.append(Contestant(published["name"], label, artefact=files[ADAPTER_GGUF]["sha256"]))
    for path, one in files.items():
        if path == ADAPTER_GGUF:
            continue
        whole = one["kind"] == Quantisation.F16
        served = whole and not made["adapter"]
        label = "merged F16" if whole else str(one["kind"])
        quantised_from = "" if whole else "merged F16"
        found.append(
            Contestant(published["name"] if served else _in_draft(work, path), label, quantised_from, one["sha256"])
        )
    return found


def _in_draft(work: Work, path: str) -> str:
    """The name of a file of the draft at its commit."""
    draft = work.made["publishing"]["draft"]
    return f"{draft['repository']}@{draft['commit']}:{GGUF}/{path}"
