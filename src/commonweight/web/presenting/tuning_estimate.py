"""What a tuning will take, and whether it may begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.errors import CommonweightError
from commonweight.tuning import Start
from commonweight.web.contexts import EstimateView
from commonweight.web.presenting.event_sentences import told_again
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.spans import span_text
from commonweight.web.presenting.words import _, verdict_word


@dataclass(frozen=True)
class Derived:
    """The verdict on a derivative of a base, as a document in the reader's language; None: none can be given."""

    document: Mapping[str, Any] | None

    @property
    def value(self) -> str:
        return str(self.document["value"]) if self.document else ""

    @property
    def headline(self) -> str:
        return str(self.document["headline"]) if self.document else ""

    @property
    def clause(self) -> str:
        """The first clause that decided, with its licence; empty where none is named."""
        found = next((one for one in (self.document or {}).get("clauses", ()) if one.get("clause")), None)
        return f"{found['licence']} {found['clause']}" if found else ""


def estimate_view(model: str, derived: Derived, start: Start | None, refused: CommonweightError | None) -> EstimateView:
    """`refused`: why it may not begin; else `start` says what it will take as far as that can be told before."""
    told = start.estimate if start and start.estimate else {}
    return EstimateView(
        verdict=verdict_word(derived.value),
        headline=derived.headline,
        clause=derived.clause,
        rights=f"/{start.base.repository}/rights" if start else f"/{model.partition(':')[0]}/rights",
        figures=_figures(told),
        refusal=refused.detail if refused else "",
        hint=refused.hint if refused else "",
        warnings=tuple(told_again(str(one["message"])) for one in start.warnings) if start else (),
    )


def _figures(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    figures = (
        (_("Time"), about_text(told["seconds"]) if told.get("seconds") else ""),
        (_("Memory"), _of(told, "memory_bytes", "memory_free")),
        (_("Disk"), _of(told, "disk_bytes", "disk_free")),
        (_("Parameters"), _count(told.get("parameters"))),
        (_("of them trained"), _count(told.get("trainable_parameters"))),
        (_("On"), str(told.get("device") or "").upper()),
    )
    return tuple((name, value) for name, value in figures if value)


def about_text(seconds: float) -> str:
    """A guess says no more than it knows: 127 -> "≈ 2 min", 5000 -> "≈ 1 h 20 min"."""
    unit = 10 if seconds < 100 else 60 if seconds < 3600 else 600
    return f"≈ {span_text(max(unit, round(seconds / unit) * unit))}"


def _of(told: Mapping[str, Any], needed: str, free: str) -> str:
    """`2.55 GB / 12.1 GB`: needed, and free."""
    values = [size_text(told[name]) for name in (needed, free) if isinstance(told.get(name), int)]
    return " / ".join(values) if isinstance(told.get(needed), int) else ""


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
