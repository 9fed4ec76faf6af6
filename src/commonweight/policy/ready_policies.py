"""Ready policies to start from. Each is a whole document; what is chosen can be changed before it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.policy.rules import AREAS, DEFAULT_DOCUMENT


@dataclass(frozen=True)
class ReadyPolicy:
    key: str
    title: str
    description: str
    document: Mapping[str, Any]


def _everywhere(drafts: str, stale: str, **values: Sequence[str]) -> dict[str, Any]:
    areas = {area: {value: list(measures) for value, measures in values.items()} for area in AREAS}
    return {"areas": areas, "drafts": drafts, "stale_approvals": stale}


_WARN: Final = ("warn",)
_STOP: Final = ("refuse_serving", "refuse_download")

READY_POLICIES: Final = (
    ReadyPolicy("default", "As shipped", "What is refused is not served; everything else warns.", DEFAULT_DOCUMENT),
    ReadyPolicy(
        "watch",
        "Only warn",
        "Nothing is stopped: see first what a stricter policy would mean.",
        _everywhere("warn", "hold", prohibited=_WARN, needs_permission=_WARN, unclear=_WARN, unknown=_WARN),
    ),
    ReadyPolicy(
        "approve",
        "Ask before doubt",
        "What is refused goes nowhere; what is unclear, unknown or needs permission waits for an approval.",
        _everywhere(
            "warn",
            "hold",
            prohibited=_STOP,
            needs_permission=("require_approval",),
            unclear=("require_approval",),
            unknown=("require_approval",),
        ),
    ),
    ReadyPolicy(
        "strict",
        "Only what is clear",
        "Whatever is not allowed goes nowhere, draft records count, and an approval ends when what it rested on changes.",
        _everywhere("count", "void", prohibited=_STOP, needs_permission=_STOP, unclear=_STOP, unknown=_STOP),
    ),
)
