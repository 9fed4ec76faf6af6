"""Sentences for people. Everything here is put together from parts of the verdict; nothing decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from commonweight.rights.conflicts import LabelConflict
from commonweight.rights.said import joined, mark, say
from commonweight.rights.verdict import Clause, Duty, OpenQuestion
from commonweight.rights.vocabulary import Value

_HEAD: Final = {
    Value.ALLOWED: mark("Allowed"),
    Value.ALLOWED_WITH_DUTIES: mark("Allowed, with duties"),
    Value.UNKNOWN: mark("Not known yet"),
    Value.UNCLEAR: mark("Unclear"),
    Value.NEEDS_PERMISSION: mark("Needs permission"),
    Value.PROHIBITED: mark("Prohibited"),
}
ACT_PHRASES: Final = {
    "evaluate": mark("evaluating {name} internally"),
    "use_internally": mark("using {name} in your own work"),
    "offer_product": mark("building {name} into a product or service"),
    "host": mark("giving others access to {name}"),
    "modify": mark("changing {name}"),
    "redistribute": mark("passing {name} on"),
    "publish_derivative": mark("publishing a model made from {name}"),
    "train_on_outputs": mark("training another model with what {name} answers"),
    "share_outputs": mark("publishing what {name} answers"),
}
_ONE_DUTY: Final = mark("1 duty to keep, listed with its clause.")
MAX_REASONS: Final = 6  # a page shows a handful; the clauses have the rest


def headline(value: Value, acts: Mapping[str, Value], name: str) -> str:
    """One line: the worst value and the acts that have it, then what the other acts get."""
    worst = [act for act, found in acts.items() if found is value]
    others = [act for act in acts if act not in worst]
    line = say("{value}: {acts}.", value=_HEAD[value], acts=_and(_phrase(act, name) for act in worst))
    parts = [say("{value}: {acts}.", value=_HEAD[acts[act]], acts=_phrase(act, name)) for act in others]
    return joined([line, *parts])


def _phrase(act: str, name: str) -> str:
    return say(ACT_PHRASES[act], name=name)


def reasons(
    value: Value,
    clauses: Iterable[Clause],
    duties: Iterable[Duty],
    questions: Iterable[OpenQuestion],
    conflicts: Iterable[LabelConflict],
) -> tuple[str, ...]:
    """Why, in a handful of sentences, the deciding clauses first."""
    target = Value.ALLOWED if value is Value.ALLOWED_WITH_DUTIES else value
    said = list(_first_of(clause for clause in clauses if clause.effect is target))
    owed = [duty for duty in duties if not duty.settled_by]
    if owed and value in (Value.ALLOWED_WITH_DUTIES, Value.ALLOWED):
        said.append(
            _ONE_DUTY if len(owed) == 1 else say("{count} duties to keep, listed with their clauses.", count=str(len(owed)))
        )
    asked = [question.question for question in questions]
    if asked:
        said.append(say("To settle it: {questions}", questions=joined(asked)))
    said += [say("Label conflict: {says} {why}", says=conflict.says, why=conflict.why) for conflict in conflicts]
    return tuple(said)


def _first_of(deciding: Iterable[Clause]) -> dict[str, None]:
    said: dict[str, None] = {}
    for clause in deciding:
        said[_cited(clause)] = None
        if len(said) == MAX_REASONS:
            break
    return said


def _cited(clause: Clause) -> str:
    if not clause.clause:
        return clause.reason
    return say("{reason} ({licence} {clause})", reason=clause.reason, licence=clause.licence, clause=clause.clause)


def _and(parts: Iterable[str]) -> str:
    *first, last = parts
    return say("{first} and {last}", first=joined(first, ", "), last=last) if first else last
