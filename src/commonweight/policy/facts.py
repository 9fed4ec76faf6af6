"""
Facts as people give them: checked against the vocabulary of rights, put into their canonical form, taken apart and joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.errors import InvalidUse
from commonweight.rights import Question, RightsError

_PARTS: Final = frozenset({"organisation", "use", "decisions"})
_ENVELOPE: Final = frozenset({"format", "subject"})  # a whole question file may be given; these parts are not the use's
_OF_THE_ACTS: Final = frozenset({"production", "hosted_for_others", "audience", "improves", "improves_kind", "name"})
#: The smallest subject there is: a use is checked by asking about it.
_PROBE: Final[Mapping[str, Any]] = {"nodes": [{"id": "probe"}]}
#: The smallest use there is: an organisation is checked by letting it ask.
_ANY_USE: Final[Mapping[str, Any]] = {"acts": ["evaluate"]}


@dataclass(frozen=True)
class Apart:
    """
    Facts of the organisation, of the use, and what people decided, as documents. `permissions` and `decisions` are
    None where nothing was said of them.
    """

    organisation: Mapping[str, Any]
    use: Mapping[str, Any]
    permissions: tuple[Mapping[str, Any], ...] | None
    decisions: tuple[Mapping[str, Any], ...] | None


def checked_facts(facts: Any, clock: Clock) -> dict[str, Any]:
    """
    The facts of a use in their canonical form: organisation, use, decisions.

    A whole question may be given (its subject is passed over), or only the inner part with `acts`. Raises InvalidUse
    naming the field, what came and what was expected.
    """
    if isinstance(facts, Mapping) and "acts" in facts:
        facts = {"use": facts}
    if not isinstance(facts, Mapping) or not set(facts) <= _PARTS | _ENVELOPE:
        came = sorted(map(str, facts)) if isinstance(facts, Mapping) else type(facts).__name__
        raise InvalidUse(
            f"A use is a mapping with the keys organisation, use and decisions; got {came}.",
            hint="docs/rights-io.md describes them.",
        )
    given = {part: facts[part] for part in sorted(_PARTS) if facts.get(part) is not None}
    return _canonical(given, clock)


def varied(facts: Mapping[str, Any], use: Mapping[str, Any]) -> dict[str, Any]:
    """
    Facts of a use with other acts or purposes. With other acts, what was said of the old ones (whether in production, for
    whom) is not said of the new.
    """
    before = dict(facts.get("use") or {})
    if set(use.get("acts", ())) != set(before.get("acts", ())):
        before = {name: value for name, value in before.items() if name not in _OF_THE_ACTS}
    return {**facts, "use": {**before, **use}}


def checked_organisation(facts: Any, clock: Clock) -> dict[str, Any]:
    """Facts of an organisation alone, in their canonical form. Raises InvalidUse."""
    _refuse_other_than_mapping(facts, "The facts of an organisation")
    if "permissions" in facts:
        raise InvalidUse(
            "Permissions are records of their own, not facts of the organisation.", hint="POST /cw/v1/permissions."
        )
    found: dict[str, Any] = _canonical({"organisation": facts, "use": _ANY_USE}, clock).get("organisation", {})
    return found


def checked_use(facts: Any, clock: Clock) -> dict[str, Any]:
    """Facts of a use alone, in their canonical form. Raises InvalidUse."""
    _refuse_other_than_mapping(facts, "The facts of a use")
    found: dict[str, Any] = _canonical({"use": facts}, clock)["use"]
    return found


def checked_record(part: str, record: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    """A permission or a decision, in its canonical form. `part` is permissions or decisions. Raises InvalidUse."""
    given = {"organisation": {"permissions": [record]}} if part == "permissions" else {"decisions": [record]}
    question = _canonical({**given, "use": _ANY_USE}, clock)
    found = question["organisation"]["permissions"] if part == "permissions" else question["decisions"]
    checked: dict[str, Any] = found[0]
    return checked


def taken_apart(facts: Mapping[str, Any]) -> Apart:
    """Checked facts by whom they are about."""
    organisation = dict(facts.get("organisation") or {})
    held = organisation.pop("permissions", None)
    made = facts.get("decisions")
    return Apart(
        organisation, facts["use"], None if held is None else tuple(held), None if made is None else tuple(made)
    )  # fmt: skip


def joined(
    organisation: Mapping[str, Any],
    use: Mapping[str, Any],
    held: Iterable[HeldPermission],
    made: Iterable[PersonsDecision],
) -> dict[str, Any]:
    """The other way round: the document of a question without its subject."""
    permissions = [one.to_question() for one in held]
    parts = {
        "organisation": {**organisation, **({"permissions": permissions} if permissions else {})},
        "use": dict(use),
        "decisions": [one.to_question() for one in made],
    }
    return {name: part for name, part in parts.items() if part}


def _canonical(given: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    try:
        question = Question.from_document({**given, "subject": _PROBE}, today=clock.now().date(), name="use")
    except RightsError as error:
        raise InvalidUse(error.detail, hint=error.hint) from None
    canonical = question.to_document()
    checked = {part: canonical[part] for part in sorted(_PARTS) if part in canonical and part in given}
    if "date" not in given["use"]:
        # today, whenever asked
        checked["use"] = {key: value for key, value in checked["use"].items() if key != "date"}
    return checked


def _refuse_other_than_mapping(facts: Any, what: str) -> None:
    if not isinstance(facts, Mapping):
        raise InvalidUse(f"{what} are a mapping; got {type(facts).__name__}.", hint="docs/rights-io.md describes them.")
