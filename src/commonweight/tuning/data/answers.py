"""What the answers of a file look like: judging chooses its measures by that, and a constant answer is a silent failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import orjson

from commonweight.tuning.data.alike import Answers

SHORT: Final = 40  # characters of one line: what may be a label
MANY: Final = 0.9  # this share of the answers makes a kind
_FEW_LABELS: Final = 0.2  # labels come again and again: different ones are at most this share of the lines,
_MOST_LABELS: Final = 200  # and at most so many


def kind_of(text: str, *, calls: bool) -> str:
    """`tools`, `json`, `short` or `text`."""
    if calls:
        return "tools"
    said = text.strip()
    if said[:1] in ("{", "[") and said[-1:] in ("}", "]") and _is_json(said):
        return "json"
    return "short" if len(said) <= SHORT and "\n" not in said else "text"


def _is_json(said: str) -> bool:
    try:
        orjson.loads(said)
    except orjson.JSONDecodeError:
        return False
    return True


def targets(kinds: Counter[str], answers: Answers) -> dict[str, Any]:
    """`looks_like` is `tools`, `json`, `label` or `text`; `kinds` counts lines; `most_common` is the share of one answer."""
    return {
        "looks_like": _looks_like(kinds, answers),
        "kinds": dict(sorted(kinds.items())),
        "distinct": answers.distinct,
        "most_common": round(answers.most_common, 4),
    }


def _looks_like(kinds: Mapping[str, int], answers: Answers) -> str:
    total = sum(kinds.values())
    if kinds.get("tools", 0) * 2 >= total > 0:
        return "tools"
    if kinds.get("json", 0) >= MANY * total > 0:
        return "json"
    few = answers.distinct <= min(max(_FEW_LABELS * total, 2), _MOST_LABELS)
    return "label" if kinds.get("short", 0) >= MANY * total > 0 and few else "text"
