"""Which column of a table is which part of an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from commonweight.errors import InvalidInput
from commonweight.tuning.data.canonical import NotAnExample

Document = dict[str, Any]
#: What an example is made of, one line for each form; what may be left out is in the second part.
FORMS: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = (
    (frozenset({"messages"}), frozenset({"tools"})),
    (frozenset({"user", "assistant"}), frozenset({"system"})),
    (frozenset({"prompt", "completion"}), frozenset()),
    (frozenset({"prompt", "preferred", "rejected"}), frozenset({"system"})),
)
_EXPECTED: Final = "messages[,tools] · user,assistant[,system] · prompt,completion · prompt,preferred,rejected[,system]"


class InvalidMapping(InvalidInput):
    code = "invalid_mapping"

    def __init__(self, detail: str) -> None:
        hint = f"Name a column for each part of one of these: {_EXPECTED}; as prompt=question,completion=answer."
        super().__init__(detail, hint=hint)


@dataclass(frozen=True)
class Columns:
    """
    `names` says of each part of an example in which column it stands; none: the columns are called as the fields of a form
    that is known (question and answer, instruction and output, messages, …). A column of messages holds a list, or its JSON.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises InvalidMapping for parts that are no example."""
        parts = self.names.keys()
        if self.names and not any(needed <= parts <= needed | optional for needed, optional in FORMS):
            raise InvalidMapping(f"{', '.join(sorted(map(str, parts)))} make no example.")
        if not all(isinstance(name, str) and name for name in self.names.values()):
            raise InvalidMapping("A column is named by a string.")

    @classmethod
    def parse(cls, said: str) -> Columns:
        """From `prompt=question,completion=answer`. Raises InvalidMapping."""
        pairs = [pair.partition("=") for pair in said.split(",") if pair.strip()]
        if not all(equals and part.strip() and column.strip() for part, equals, column in pairs):
            raise InvalidMapping(f"{said[:200]!r} names no columns.")
        return cls({part.strip(): column.strip() for part, _, column in pairs})

    def document(self, row: Mapping[str, Any]) -> Document:
        """The example in a row. Raises NotAnExample where a column is missing."""
        if not self.names:
            return {name: value for name, value in row.items() if isinstance(name, str)}
        missing = [column for column in self.names.values() if column not in row]
        if missing:
            there = ", ".join(repr(str(name)[:60]) for name in list(row)[:20])
            raise NotAnExample(f"There is no column {missing[0][:60]!r}; there are {there}.", hint="Name another column.")
        return _document({part: row[column] for part, column in self.names.items()})


def _document(said: Document) -> Document:
    if "messages" in said:
        return {name: _parsed(value) for name, value in said.items() if value not in (None, "")}
    system = [{"role": "system", "content": said["system"]}] if said.get("system") else []
    if "user" in said:
        answer = {"role": "assistant", "content": said["assistant"]}
        return {"messages": [*system, {"role": "user", "content": said["user"]}, answer]}
    if "completion" in said:
        return {"prompt": said["prompt"], "completion": said["completion"]}
    asked = _parsed(said["prompt"])
    messages = asked if isinstance(asked, list) else [{"role": "user", "content": asked}]
    better, worse = _answer(said["preferred"]), _answer(said["rejected"])
    return {"input": {"messages": [*system, *messages]}, "preferred_output": better, "non_preferred_output": worse}


def _answer(value: Any) -> list[Any]:
    """One answer: the last of a list of messages, or a text."""
    said = _parsed(value)
    return said[-1:] if isinstance(said, list) else [{"role": "assistant", "content": said}]


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value
