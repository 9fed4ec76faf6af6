"""Conversions as a list shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.tuning import Status
from commonweight.tuning.conversions import Conversion, ConversionStatus
from commonweight.web.contexts import ConversionPage, ConversionRow, Frame, Word
from commonweight.web.presenting.ladder import ladder_rows, ladder_view
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.tuning_words import ENDING, STATUS_WORDS, TUNING

CONVERSIONS: Final = f"{TUNING}/conversions"
READY: Final = ("F16", "Q8_0", "Q4_K")  # ticked where nobody has ticked anything


def conversion_row(one: Conversion, *, is_draft: bool = False) -> ConversionRow:
    made = one.status is ConversionStatus.SUCCEEDED
    return ConversionRow(
        id=one.id,
        source=one.source.repository,
        source_href=f"/{one.source.repository}",
        target=one.target,
        target_href=f"/{one.target}" if made or one.repository_id is not None else "",
        state=_state(one),
        now="" if one.is_over or one.progress.get("to_score") else str(one.progress.get("what") or ""),
        percent=round(100 * float(one.progress.get("share") or 0), 1),
        files=tuple(map(_file, (one.report or {}).get("files", ()))),
        problem=" ".join(str((one.error or {}).get(part) or "") for part in ("message", "hint")).strip(),
        may_cancel=not one.is_over and one.wanted == "run",
        is_draft=is_draft,
        href=f"{CONVERSIONS}/{one.id}",
        answers=_answers(one),
        is_broken=bool(one.broken),
    )


def conversion_page(frame: Frame, one: Conversion, *, is_draft: bool = False, error: str = "") -> ConversionPage:
    report = one.report or {}
    files, judging = report.get("files", ()), report.get("judging")
    return ConversionPage(
        frame=frame,
        row=conversion_row(one, is_draft=is_draft),
        file=one.source.path,
        warning=one.source.warning,
        rows=ladder_rows(files),
        drawing=ladder_view(files),
        not_scored=str(report.get("not_scored") or ""),
        original=str(judging["base"]["label"]) if judging else "",
        items=int(judging["items"]) if judging else 0,
        warnings=tuple(
            f"{told['path']}: {warning}"
            for told in files
            for warning in told.get("warnings", ())
            if warning != one.source.warning  # which stands above already
        ),
        error=error,
    )


def _answers(one: Conversion) -> str:
    wanted = 0 if one.is_over else int(one.progress.get("to_score") or 0)
    return f"{one.progress['scored']:,}/{wanted:,}" if wanted else ""


def _state(one: Conversion) -> Word:
    if not one.is_over and one.wanted != "run":
        return ENDING
    return STATUS_WORDS[Status(one.status.value)]


def _file(told: Mapping[str, Any]) -> tuple[str, str, str]:
    """Its name, its size, and at how many places its next word is that of the floats."""
    near = told.get("likeness")
    size = size_text(told["size"]) if isinstance(told.get("size"), int) else ""
    return str(told["path"]).rpartition("/")[2], size, f"{near['same']}/{near['places']}" if near else ""
