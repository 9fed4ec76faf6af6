"""Some held-out prompts, answered by what was trained: do answers end, do they differ? Counts leave here, no text."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from commonweight.tuning.training.child.examples import Writing
from commonweight.tuning.training.errors import Code
from commonweight.tuning.training.values import Finding, Sample

PROMPTS = 20
TOGETHER = 10
SECONDS = 60.0  # of generating, all together: what was not asked by then is not counted
LONGEST = 512  # tokens of an answer: an answer cut here is not held against the model where its target is as long
ROOM = 16  # tokens above twice the longest target
FEWEST = 5  # fewer answers say nothing
STOPS_FATAL, STOPS_WARN = 0.5, 0.95
CONSTANT_SHARE, VARIED_SHARE = 0.9, 0.6


def sample(model: Any, writing: Writing, lines: Sequence[Mapping[str, Any]]) -> Sample | None:
    """Greedy answers to the prompts of `lines`. None when there is nothing to ask."""
    wanted = [(line, _target(line)) for line in lines]
    asked = [(line, target, writing.tokenizer(target, add_special_tokens=False)["input_ids"]) for line, target in wanted]
    short = [each for each in asked if 0 < len(each[2]) <= LONGEST // 2][:PROMPTS]
    if not short:
        return None
    limit = min(LONGEST, 2 * max(len(ids) for _, _, ids in short) + ROOM)
    deadline = time.monotonic() + SECONDS
    model.eval()
    answers: list[tuple[str, str, bool]] = []
    for at in range(0, len(short), TOGETHER):
        if time.monotonic() >= deadline:
            break
        part = short[at : at + TOGETHER]
        made = _generate(model, writing, [writing.ids(writing.asked(line), line) for line, _, _ in part], limit, deadline)
        answers += [
            (text, target, stopped) for (text, stopped), (_, target, _) in zip(made, part, strict=True) if text is not None
        ]
    return _counted(answers)


def _counted(answers: Sequence[tuple[str, str, bool]]) -> Sample | None:
    if not answers:
        return None
    said, wanted = Counter(text for text, _, _ in answers), Counter(target for _, target, _ in answers)
    return Sample(
        asked=len(answers),
        stopped=sum(stopped for _, _, stopped in answers),
        different=len(said),
        wanted_different=len(wanted),
        exact=sum(text == target for text, target, _ in answers),
        commonest=max(said.values()),
        wanted_commonest=max(wanted.values()),
    )


def judged(found: Sample | None) -> list[Finding]:
    """What a sample says against the model."""
    if found is None or found.asked < FEWEST:
        return []
    findings = []
    rate = found.stopped / found.asked
    if rate < STOPS_WARN:
        said = f"{found.asked - found.stopped} of {found.asked} answers to held-out prompts did not end by themselves."
        findings.append(Finding(Code.NEVER_STOPS, said, fatal=rate < STOPS_FATAL))
    alike, wanted_alike = found.commonest / found.asked, found.wanted_commonest / found.asked
    if alike >= CONSTANT_SHARE and wanted_alike <= VARIED_SHARE:
        said = (
            f"{found.commonest} of {found.asked} different held-out prompts got the same answer: it learned the form alone."
        )
        findings.append(Finding(Code.CONSTANT_ANSWERS, said, fatal=True))
    return findings


def _generate(
    model: Any, writing: Writing, prompts: list[list[int]], limit: int, deadline: float
) -> list[tuple[str | None, bool]]:
    """Text and whether it ended; None for the text where time ran out before either was known."""
    pad = writing.tokenizer.pad_token_id
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(each)) + each for each in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in prompts], device=model.device)
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=limit,
            max_time=max(1.0, deadline - time.monotonic()),
            do_sample=False,
            use_cache=True,
            pad_token_id=pad,
            eos_token_id=list(writing.ends),
        )
    return [_read(writing, answer, limit) for answer in out[:, width:].tolist()]


def _read(writing: Writing, answer: list[int], limit: int) -> tuple[str | None, bool]:
    end = next((at for at, token in enumerate(answer) if token in writing.ends), None)
    if end is None and len(answer) < limit:
        return None, False
    return writing.tokenizer.decode(answer[:end], skip_special_tokens=True).strip(), end is not None


def _target(line: Mapping[str, Any]) -> str:
    if "prompt" in line:
        return str(line["completion"]).strip()
    last = line["preferred"][-1] if "input" in line else line["messages"][-1]
    return str(last.get("content") or "").strip()
