"""Held-out examples: canonical lines (see `tuning/data`) as questions with what should be answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from commonweight.errors import InvalidInput
from commonweight.tuning.judging.values import Held, Target


class NothingHeldOut(InvalidInput):
    code = "nothing_held_out"


def read_held(path: Path) -> list[Held]:
    """
    The examples of a file of canonical lines, in its order. Raises NothingHeldOut where there is none.
    """
    with path.open("rb") as lines:
        held = [held_of(orjson.loads(line)) for line in lines if line.strip()]
    if not held:
        raise NothingHeldOut(
            "No example was held out, so nothing can be judged.",
            hint="Send a validation_file, or more examples: one in ten is held out, at least 20.",
        )
    return held


def held_of(line: Mapping[str, Any]) -> Held:
    """A canonical line of any of the three forms: chat, preference, prompt and completion."""
    if "prompt" in line:
        return Held((), Target(line["completion"]), prompt=line["prompt"])
    if "preferred" in line:
        given = line["input"]
        preferred, rejected = target_of(line["preferred"][-1]), target_of(line["rejected"][-1])
        return Held(given["messages"], preferred, given.get("tools") or (), rejected=rejected)
    messages = line["messages"]
    answers = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
    last = max((at for at in answers if messages[at].get("weight") != 0), default=answers[-1])
    return Held([_sent(one) for one in messages[:last]], target_of(messages[last]), line.get("tools") or ())


def target_of(message: Mapping[str, Any]) -> Target:
    calls = tuple(call["function"] for call in message.get("tool_calls") or ())
    return Target(message.get("content") or "", calls)


def items_hash(held: Sequence[Held]) -> str:
    """SHA-256 over the examples, whatever their order."""
    return hashlib.sha256(b"".join(sorted(_digests(held)))).hexdigest()


def _digests(held: Sequence[Held]) -> Iterator[bytes]:
    for one in held:
        said = [one.messages, one.prompt, one.tools, one.target.text, one.target.calls]
        rejected = [one.rejected.text, one.rejected.calls] if one.rejected else None
        plain = orjson.dumps([*said, rejected], option=orjson.OPT_SORT_KEYS)
        yield hashlib.sha256(plain).digest()


def _sent(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what is meant for training alone."""
    return {key: value for key, value in message.items() if key != "weight"}
