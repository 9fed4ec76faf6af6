"""Facts of an organisation or of a use as a form, and back. What the form does not ask stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.web.contexts import Choice, FactField, FieldGroup, FigureRow
from commonweight.web.presenting.figure_form import MONEY, figure_rows, figures_in
from commonweight.web.presenting.questions import NONE_OF_THESE, Groups, Question, QuestionGroup
from commonweight.web.presenting.words import _
from commonweight.web.visits import Form

CODE: Final = 2  # letters of a country code; what is longer is shown as it was typed
CURRENT: Final = "current"  # the period of a figure that names none
ASKING_SHOWN: Final = 12  # licences that are named beside a question; the library has them all
AskedBy = Mapping[str, Sequence[str]]


def field_groups(groups: Groups, facts: Mapping[str, Any], asked_by: AskedBy, problem: str = "") -> tuple[FieldGroup, ...]:
    """
    The form, filled in with the facts of one part. `problem` is why they were refused: it is shown at the question that it
    names.
    """
    return tuple(_group(group, facts, asked_by, problem) for group in groups)


def facts_from(form: Form, before: Mapping[str, Any], groups: Groups) -> dict[str, Any]:
    """The facts that a form gives, over those that stood. What is no number stays text: rights says what it expected."""
    facts = dict(before)
    for group in groups:
        for question in group.questions:
            answer = _answer(question, form, facts.pop(question.key, None))
            if answer is not None:
                facts[question.key] = answer
    return facts


def fact_text(question: Question, value: Any) -> str:
    """An answer in a line; "" for not known."""
    if value is None:
        return ""
    if question.kind == "flag":
        return _("yes") if value is True else _("no") if value is False else str(value)
    if question.kind == "figures":
        rows, _more = figure_rows(question.key, value)
        return "; ".join(f"{row.period or CURRENT}: {row.amount} {row.currency}".strip() for row in rows if row.amount)
    if isinstance(value, list):
        return ", ".join(question.choices.get(str(one), str(one)) for one in value) or _("none")
    return question.choices.get(str(value), str(value))


def _group(group: QuestionGroup, facts: Mapping[str, Any], asked_by: AskedBy, problem: str) -> FieldGroup:
    fields = tuple(_field(question, facts.get(question.key), asked_by, problem) for question in group.questions)
    answered = any(facts.get(question.key) is not None for question in group.questions)
    return FieldGroup(group.title, fields, group.folds and not answered and not any(one.problem for one in fields))


def merged(was: Mapping[str, Any], recorded: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody typed over facts that have changed meanwhile: what they left alone follows the record."""
    names = [*recorded, *(name for name in typed if name not in recorded)]
    found = {name: recorded.get(name) if typed.get(name) == was.get(name) else typed.get(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


# Facts to fields


def _field(question: Question, value: Any, asked_by: AskedBy, problem: str) -> FactField:
    asking = asked_by.get(question.name, ())
    rows, more = figure_rows(question.key, value) if question.kind == "figures" else ((), 0)
    return FactField(
        name=question.name,
        question=question.text,
        help=question.help,
        kind=_KIND_OF.get(question.kind, question.kind),
        choices=_choices(question, value),
        value=_text(question, value),
        rows=rows,
        is_money=question.key in MONEY,
        more_rows=more,
        asked_by=tuple((key, f"/docs/licences/{key}") for key in asking[:ASKING_SHOWN]),
        asked_count=len(asking),
        problem=problem.partition(": ")[2] if _is_about(problem, question) else "",
    )


_KIND_OF: Final = {"flag": "one", "country": "text", "countries": "text", "names": "text"}


def _is_about(problem: str, question: Question) -> bool:
    """Complaints of rights begin with the place that they are about: `use.organisation.mau[0].month: …`."""
    place = f"{question.part}.{question.key}"
    return any(problem.startswith(f"{front}{place}{end}") for front in ("", "use.") for end in (":", "[", "."))


def _text(question: Question, value: Any) -> str:
    if value is None or question.kind not in ("text", "country", "countries", "names"):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or (NONE_OF_THESE if question.kind == "names" else "")
    return str(value)


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


# Fields to facts


def _answer(question: Question, form: Form, before: Any) -> Any:
    if question.kind == "figures":
        return figures_in(question.key, question.name, form, before)
    if question.kind == "many":
        given = list(form.many(question.name))
        answer = [] if given == [NONE_OF_THESE] else [one for one in given if one != NONE_OF_THESE] or None
        return before if _same(answer, before) else answer
    return _of_text(question.kind, form.one(question.name))


def _same(answer: Any, before: Any) -> bool:
    """Whether the same is ticked: a form has its own order, and another order is no other fact."""
    return isinstance(answer, list) and isinstance(before, list) and sorted(map(str, before)) == sorted(answer)


def _of_text(kind: str, given: str) -> Any:
    if kind == "flag":
        return {"yes": True, "no": False}.get(given)
    if kind == "country":
        return (given.upper() if len(given) == CODE else given) or None
    if kind == "countries":
        return [word for word in given.upper().replace(",", " ").split() if word] or None
    if kind == "names":
        return [] if given.lower() == NONE_OF_THESE else [name for name in map(str.strip, given.split(",")) if name] or None
    return given or None


__all__ = ["AskedBy", "FigureRow", "fact_text", "facts_from", "field_groups"]
