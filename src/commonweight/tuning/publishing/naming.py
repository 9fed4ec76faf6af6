"""What a tuned model's repository is called."""

from __future__ import annotations

import re
from typing import Final

MAX_NAME: Final = 96
ID_CHARACTERS: Final = 8  # of the id of a tuning, as in its ft: name
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
_RUNS: Final = re.compile(r"-{2,}|\.{2,}")
_FORMAT: Final = re.compile(r"[-_.]?gguf$", re.IGNORECASE)


def planned_name(base: str, suffix: str, tuning: str, *, with_id: bool = False) -> str:
    """
    The base's short name and the suffix; without a suffix, or `with_id`, the end of the tuning's id.

        planned_name("ada/SmolLM2-135M-Instruct-GGUF", "tickets", "ftjob-9a1b22c4") == "SmolLM2-135M-Instruct-tickets"
    """
    short, tail = _FORMAT.sub("", base.rpartition("/")[2]), tuning[-ID_CHARACTERS:]
    wanted = _fitting(suffix)
    ends = [part for part in (wanted, tail if with_id or not wanted else "") if part]
    room = MAX_NAME - sum(len(part) + 1 for part in ends)
    return _fitting("-".join([_fitting(short)[:room], *ends]))


def _fitting(text: str) -> str:
    """Letters, digits, `_`, `.`, `-`, none of the latter two at an end or twice in a row; no `.git` at the end."""
    plain = _RUNS.sub("-", _UNFIT.sub("-", text)).strip("-.")
    return plain.removesuffix(".git").strip("-.")[:MAX_NAME].strip("-.")
