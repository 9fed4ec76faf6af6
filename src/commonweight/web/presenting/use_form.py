"""
The standing use as a form, and back.

What the form does not ask (permissions held, human decisions, figures of a single product) stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.web.contexts import Choice, FactField, FieldGroup
from commonweight.web.presenting.use_questions import GROUPS, NONE_OF_THESE, Question
from commonweight.web.presenting.words import _
from commonweight.web.visits import Form

MAX_FIGURES = 12  # rows of one figure; a year of months
SPARE_ROWS = 1
_PERIOD_OF = {"mau": "month", "revenue": "period"}


def use_groups(facts: Mapping[str, Any]) -> tuple[FieldGroup, ...]:
    """The form, filled in with these facts."""
    return tuple(FieldGroup(title, tuple(_field(question, facts) for question in questions)) for title, questions in GROUPS)


def facts_from(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a form gives, over those that stood. What is no number stays text: rights says what it expected."""
    facts = {part: dict(values) if isinstance(values, Mapping) else values for part, values in before.items()}
    for _title, questions in GROUPS:
        for question in questions:
            part = facts.setdefault(question.part, {})
            answer = _answer(question, form, part.get(question.key))
            part.pop(question.key, None)
            if answer is not None:
                part[question.key] = answer
    return facts


# Facts to fields


def _field(question: Question, facts: Mapping[str, Any]) -> FactField:
    value = (facts.get(question.part) or {}).get(question.key)
    kind = {"flag": "one", "country": "text", "countries": "text"}.get(question.kind, question.kind)
    return FactField(
        name=question.name,
        question=question.text,
        help=question.help,
        kind=kind,
        choices=_choices(question, value),
        value=", ".join(value) if isinstance(value, list) and question.kind == "countries" else _text(question, value),
        rows=_rows(question, value) if question.kind == "figures" else (),
    )


def _text(question: Question, value: Any) -> str:
    return str(value) if question.kind == "country" and value is not None else ""


def _choices(question: Question, value: Any) -> tuple[Choice, ...]:
    if question.kind == "flag":
        words = {"yes": _("yes"), "no": _("no")}
        now = None if value is None else "yes" if value else "no"
        return _with_unknown(tuple(Choice(key, text, "", key == now) for key, text in words.items()), now)
    if question.kind == "one":
        found = tuple(Choice(key, text, question.hints.get(key, ""), key == value) for key, text in question.choices.items())
        return _with_unknown(found, value)
    if question.kind == "many":
        picked = [NONE_OF_THESE] if value == [] else list(value or ())
        return tuple(Choice(key, text, question.hints.get(key, ""), key in picked) for key, text in question.choices.items())
    return ()


def _with_unknown(choices: tuple[Choice, ...], value: Any) -> tuple[Choice, ...]:
    return (Choice("", _("not known"), "", value is None), *choices)


def _is_ours(row: Mapping[str, Any]) -> bool:
    """Figures of the whole group that are one number; the form leaves others alone."""
    return row.get("scope") == "group" and "value" in row


def _rows(question: Question, value: Any) -> tuple[tuple[str, str], ...]:
    period = _PERIOD_OF[question.key]
    shown = [(_number_text(row["value"]), str(row.get(period, "current"))) for row in value or () if _is_ours(row)]
    return (*shown, *((("", ""),) * SPARE_ROWS))[:MAX_FIGURES]


def _number_text(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


# Fields to facts


def _answer(question: Question, form: Form, before: Any) -> Any:
    if question.kind == "figures":
        return _figures(question, form, before)
    if question.kind == "many":
        given = list(form.many(question.name))
        return [] if given == [NONE_OF_THESE] else [one for one in given if one != NONE_OF_THESE] or None
    given_text = form.one(question.name)
    if question.kind == "flag":
        return {"yes": True, "no": False}.get(given_text)
    if question.kind == "country":
        return given_text.upper() or None
    if question.kind == "countries":
        return [word for word in given_text.upper().replace(",", " ").split() if word] or None
    return given_text or None


def _figures(question: Question, form: Form, before: Any) -> list[dict[str, Any]] | None:
    period = _PERIOD_OF[question.key]
    kept = [dict(row) for row in before or () if not _is_ours(row)]
    values = form.values.get(f"{question.name}.value", ())
    periods = form.values.get(f"{question.name}.period", ())
    for value, when in zip(values[:MAX_FIGURES], periods, strict=False):
        if value.strip():
            row = {"scope": "group", period: when.strip() or "current", "value": _number(value)}
            kept.append({**row, "currency": "USD"} if question.key == "revenue" else row)
    return kept or None


def _number(text: str) -> int | float | str:
    """ "1,200,000" -> 1200000; what is no number stays as it came."""
    plain = text.replace(",", "").replace(" ", "").replace("_", "").replace("$", "")
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text.strip()
