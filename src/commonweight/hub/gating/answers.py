"""Whether a gate's form was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub.gating.values import GateField

MAX_ANSWER: Final = 2_000  # characters of one field
_YES: Final = ("true", "on", "1", "yes")


def check_answers(fields: Sequence[GateField], given: Mapping[str, Any]) -> dict[str, Any]:
    """
    What was filled in, by label; every field is needed. Raises InvalidInput for one that is missing, does not fit or was not
    asked for, TooLarge.
    """
    unknown = sorted(given.keys() - {one.label for one in fields})
    if unknown:
        asked = ", ".join(repr(one.label) for one in fields) or "no fields"
        raise InvalidInput(f"{unknown[0][:100]!r} is not asked for here; asked for: {asked}.")
    return {one.label: _checked(one, given.get(one.label)) for one in fields}


def _checked(field: GateField, value: Any) -> Any:
    if field.kind == "checkbox":
        if str(value).lower() not in _YES:
            raise InvalidInput(f"{field.label!r} is not ticked; access is given to those who agree to it.")
        return True
    text = value.replace("\0", "").strip() if isinstance(value, str) else ""
    if not text:
        raise InvalidInput(f"{field.label!r} is not filled in.")
    if len(text) > MAX_ANSWER:
        raise TooLarge(f"{field.label!r} has {len(text)} characters; it may have {MAX_ANSWER}.")
    if field.kind == "date":
        _check_date(field, text)
    if field.kind == "select" and text not in [value for value, _label in field.options]:
        raise InvalidInput(f"{field.label!r} is {text[:100]!r}; expected one of the options that are shown.")
    return text


def _check_date(field: GateField, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{field.label!r} is {text[:50]!r}; expected a date as 2026-03-01.") from None
