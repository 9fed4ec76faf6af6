"""One line of examples by itself: its form, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from commonweight.tuning.data import spellings
from commonweight.tuning.data.forms import FIELDS, PREFERRED, REJECTED, LineForm, forms_of
from commonweight.tuning.data.messages import check_message, check_messages
from commonweight.tuning.data.problems import SHOWN, Problem, got, problem, unknown_fields
from commonweight.tuning.data.tools import Calls, check_tools

_EXPECTED: Final = (
    "{'messages': […]}, {'input': {'messages': […]}, 'preferred_output': […], 'non_preferred_output': […]} "
    "or {'prompt': '…', 'completion': '…'}"
)
_CHAT: Final = frozenset(FIELDS[LineForm.CHAT])
_INPUT: Final = ("messages", "tools", "parallel_tool_calls")


def form_of(document: Mapping[str, Any]) -> LineForm | Problem:
    """The one form that a line has, or what is wrong with its fields."""
    if "messages" in document and document.keys() <= _CHAT:
        return LineForm.CHAT
    forms = forms_of(document)
    if len(forms) == 1 and not _written_elsewhere(document):
        return forms[0]
    names = ", ".join(repr(name[:SHOWN]) for name in list(document)[:8]) or "no fields"
    if len(forms) > 1 and not _written_elsewhere(document):
        both = " and ".join(form.value for form in forms)
        return Problem("mixed_forms", "", f"The line has fields of {both} ({names}); expected those of one form.")
    return Problem("unknown_form", "", f"The line has {names}; expected {_EXPECTED}.{_remedy(document)}")


def _remedy(document: Mapping[str, Any]) -> str:
    if _written_elsewhere(document) or any(name in document for name in spellings.MESSAGES):
        return " A repair writes it so."
    return " A mapping of columns writes it so." if document else ""


def _written_elsewhere(document: Mapping[str, Any]) -> bool:
    """Whether a line has the fields of another house's form, some of which are called as fields here."""
    return any(
        question in document and better in document and worse in document
        for question, better, worse in spellings.CHOICES
        if not isinstance(document.get(question), dict)
    ) or any(question in document and answer in document for question, answer, _ in spellings.PAIRS)


def problems_of(document: Mapping[str, Any], form: LineForm) -> Iterator[Problem]:
    """All that is wrong with a line of this form."""
    yield from unknown_fields("", document, FIELDS[form])
    if form is LineForm.CHAT:
        yield from _chat("", document)
    elif form is LineForm.COMPLETION:
        yield from _completion(document)
    else:
        yield from _preference(document)


def _chat(where: str, document: Mapping[str, Any], *, whole: bool = True) -> Iterator[Problem]:
    """`whole`: with the answer that is learnt."""
    names: set[str] = set()
    yield from check_tools(where, document, names)
    path = f"{where}.messages" if where else "messages"
    yield from check_messages(path, document.get("messages"), Calls(names), whole=whole)


def _completion(document: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("prompt", "completion"):
        value = document.get(name)
        if not isinstance(value, str):
            came = got(value) if name in document else "it is missing"
            chat = " (a list of messages belongs in 'messages')" if isinstance(value, list) else ""
            yield problem("invalid_completion", name, came, f"a string{chat}")
        elif name == "completion" and not value.strip():
            yield problem("empty_content", name, "it is empty", "words to learn")


def _preference(document: Mapping[str, Any]) -> Iterator[Problem]:
    asked = document.get("input")
    if isinstance(asked, dict):
        yield from unknown_fields("input", asked, _INPUT)
        yield from _chat("input", asked, whole=False)
    else:
        came = got(asked) if "input" in document else "it is missing"
        yield problem("invalid_preference", "input", came, "an object with 'messages'")
    for names in (PREFERRED, REJECTED):
        yield from _answer(document, names, asked)


def _answer(document: Mapping[str, Any], names: tuple[str, ...], asked: Any) -> Iterator[Problem]:
    """One of the two answers: exactly one message of an assistant."""
    given = [name for name in names if document.get(name) is not None]
    if len(given) != 1:
        came = "it is missing" if not given else f"it stands here and as {given[1]!r}"
        yield problem("invalid_preference", names[0] if not given else given[0], came, "an array of one message, once")
        return
    name, answer = given[0], document[given[0]]
    if not isinstance(answer, list) or len(answer) != 1:
        came = f"got {len(answer)} messages" if isinstance(answer, list) else got(answer)
        yield problem("invalid_preference", name, came, "an array of exactly one message of the assistant")
        return
    declared: set[str] = set()
    for _ in check_tools("", asked if isinstance(asked, dict) else {}, declared):
        pass  # what is wrong with them was said where they stand
    yield from check_message(f"{name}[0]", answer[0], Calls(declared))
    role = answer[0].get("role") if isinstance(answer[0], dict) else None
    if role in ("system", "developer", "user", "tool", "function"):
        yield problem("invalid_preference", f"{name}[0].role", got(role), "'assistant'")
