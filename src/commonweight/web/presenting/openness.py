"""Openness grades as they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.rights import LABELS, Axis, Openness, Say, plain
from commonweight.web.contexts import AxisView, OpennessView
from commonweight.web.presenting.words import _

#: How high each grade is drawn, of 4, and what it is called. Drawing only: grades are never added up.
GRADES: Final[Mapping[str, tuple[int, str]]] = {
    "open_science": (4, _("open science")),
    "open_tooling": (3, _("open tooling")),
    "open_model": (2, _("open model")),
    "parts": (1, _("some parts")),
    "nothing": (0, _("nothing")),
    "unknown": (0, _("unknown")),
    "open": (4, _("open")),
    "open_but_unsuited": (3, _("open, unusual for models")),
    "use_restricted": (2, _("use-restricted")),
    "size_or_fee_restricted": (1, _("restricted")),
    "non_commercial": (1, _("non-commercial")),
    "none_or_unknown": (0, _("unknown")),
    "click-through": (3, _("click-through")),
    "form": (2, _("form")),
    "manual_approval": (1, _("manual approval")),
    "api_only": (0, _("API only")),
    "retrain": (4, _("run, adapt, retrain")),
    "adapt": (3, _("run and adapt")),
    "run": (2, _("run")),
}
#: Labels short enough for a column; the axes beside them say the rest.
SHORT_LABELS: Final[Mapping[str, str]] = {
    **LABELS,
    "open_source_ai": _("open source AI"),
    "open_weights_permissive": _("open weights, permissive"),
    "open_weights_use_restricted": _("open weights, limited uses"),
    "open_weights_restricted": _("open weights, restricted"),
    "closed_api": _("closed, API only"),
}
UNKNOWN_GRADES: Final = frozenset({"unknown", "none_or_unknown"})


def openness_view(openness: Openness, speak: Say = plain) -> OpennessView:
    """The label and the axes; `speak` says their reasons in the page's language."""
    axes = (
        _axis("completeness", _("Parts"), openness.completeness, speak),
        _axis("legal", _("Terms"), openness.legal, speak),
        _axis("access", _("Access"), openness.access, speak),
        _axis("usability", _("Usability"), openness.usability, speak),
    )
    return OpennessView(SHORT_LABELS[openness.label.value], axes)


def _axis(key: str, name: str, axis: Axis, speak: Say) -> AxisView:
    level, word = GRADES.get(axis.grade, (0, axis.grade))
    return AxisView(key, name, word, level, _state(axis), speak(axis.reason))


def _state(axis: Axis) -> str:
    if axis.grade in UNKNOWN_GRADES:
        return _("unknown")
    return _("checked") if axis.evidence in ("A", "B") else _("claimed")
