"""Sentences for people. Everything here is put together from parts of the verdict; nothing decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from commonweight.rights.conflicts import LabelConflict
from commonweight.rights.verdict import Clause, Duty, OpenQuestion
from commonweight.rights.vocabulary import Value

_HEAD: Final = {
    Value.ALLOWED: "Allowed",
    Value.ALLOWED_WITH_DUTIES: "Allowed, with duties",
    Value.UNKNOWN: "Not known yet",
    Value.UNCLEAR: "Unclear",
    Value.NEEDS_PERMISSION: "Needs permission",
    Value.PROHIBITED: "Prohibited",
}
ACT_PHRASES: Final = {
    "evaluate": "evaluating {name} internally",
    "use_internally": "using {name} in your own work",
    "offer_product": "building {name} into a product or service",
    "host": "giving others access to {name}",
    "modify": "changing {name}",
    "redistribute": "passing {name} on",
    "publish_derivative": "publishing a model made from {name}",
    "train_on_outputs": "training another model with what {name} answers",
    "share_outputs": "publishing what {name} answers",
}
MAX_REASONS: Final = 6  # a page shows a handful; the clauses have the rest


def headline(value: Value, acts: Mapping[str, Value], name: str) -> str:
    """One line: the worst value and the acts that have it, then what the other acts get."""
    worst = [act for act, found in acts.items() if found is value]
    line = f"{_HEAD[value]}: {_and(ACT_PHRASES[act].format(name=name) for act in worst)}."
    others = [act for act in acts if act not in worst]
    parts = [f"{_HEAD[acts[act]]}: {ACT_PHRASES[act].format(name=name)}." for act in others]
    return " ".join([line, *parts])


def reasons(
    value: Value,
    clauses: Iterable[Clause],
    duties: Iterable[Duty],
    questions: Iterable[OpenQuestion],
    conflicts: Iterable[LabelConflict],
) -> tuple[str, ...]:
    """Why, in a handful of sentences, the deciding clauses first."""
    target = Value.ALLOWED if value is Value.ALLOWED_WITH_DUTIES else value
    said = [_cited(clause) for clause in clauses if clause.effect is target]
    said = list(dict.fromkeys(said))[:MAX_REASONS]
    owed = [duty for duty in duties if not duty.settled_by]
    if owed and value in (Value.ALLOWED_WITH_DUTIES, Value.ALLOWED):
        said.append(f"{len(owed)} {'duty' if len(owed) == 1 else 'duties'} to keep, listed with their clauses.")
    asked = [question.question for question in questions]
    if asked:
        said.append(f"To settle it: {' '.join(asked)}")
    said += [f"Label conflict: {conflict.says} {conflict.why}" for conflict in conflicts]
    return tuple(said)


def _cited(clause: Clause) -> str:
    return f"{clause.reason} ({clause.licence} {clause.clause})" if clause.clause else clause.reason


def _and(parts: Iterable[str]) -> str:
    found = list(parts)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
