"""The forms a line of examples may have, told by the fields at its top (OpenAI's contract, section 9)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final


class LineForm(enum.StrEnum):
    CHAT = "chat"  # {"messages": […], "tools"?: […]}
    PREFERENCE = "preference"  # {"input": {"messages": […]}, "preferred…": […], "non_preferred…": […]}
    COMPLETION = "completion"  # {"prompt": "…", "completion": "…"}


#: Both spellings of the two answers of a preference: of the contract's client, and of OpenAI's guide.
PREFERRED: Final = ("preferred_output", "preferred_completion", "preferred")
REJECTED: Final = ("non_preferred_output", "non_preferred_completion", "rejected")

#: What a line of each form may hold at its top, and nothing else.
FIELDS: Final[Mapping[LineForm, tuple[str, ...]]] = {
    LineForm.CHAT: ("messages", "tools", "parallel_tool_calls", "functions"),
    LineForm.PREFERENCE: ("input", *PREFERRED, *REJECTED),
    LineForm.COMPLETION: ("prompt", "completion"),
}


def forms_of(document: Mapping[str, Any]) -> list[LineForm]:
    """The forms of which a line has fields that say something: one, if it is as it should be."""
    return [form for form, fields in FIELDS.items() if first_of(document, fields)]


def first_of(document: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that says something in a document; null says nothing."""
    return next((name for name in names if document.get(name) is not None), None)
