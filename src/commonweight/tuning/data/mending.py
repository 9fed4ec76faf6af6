"""One document as it should have been written: other houses' forms and fields become ours, and each change is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from commonweight.tuning.data import spellings
from commonweight.tuning.data.forms import FIELDS, PREFERRED, REJECTED, LineForm, first_of, forms_of
from commonweight.tuning.data.mending_messages import mend_messages
from commonweight.tuning.data.mending_text import Told, mend_text
from commonweight.tuning.data.mending_tools import mend_tools

Document = dict[str, Any]
_TEXTS: Final = (str, int, float)


def mend(document: Mapping[str, Any], told: Told) -> Document:
    """The document mended as far as that goes; what is right stays as it is. Changes are added to `told`."""
    shaped = _shaped(dict(document), told)
    forms = forms_of(shaped)
    if len(forms) != 1:
        return shaped
    form = forms[0]
    for name in [name for name in shaped if name not in FIELDS[form]]:
        told.add("unknown_field", name, "left out: nothing reads it")
        del shaped[name]
    if form is LineForm.COMPLETION:
        return _completion(shaped, told)
    return _chat(shaped, told, "") if form is LineForm.CHAT else _preference(shaped, told)


def _shaped(document: Document, told: Told) -> Document:
    """The document in one of our forms, where another house's is known."""
    for make in (_choice, _conversation, _prompt_of_messages, _pair):
        made = make(document)
        if made is not None:
            kept = ", ".join(repr(name) for name in made)
            told.add("unknown_form", "", f"{', '.join(repr(name[:40]) for name in document)} written as {kept}")
            return made
    return document


def _conversation(document: Document) -> Document | None:
    name = first_of(document, spellings.MESSAGES)
    system = document.get("system")
    if name is None and not (isinstance(system, str) and "messages" in document):
        return None
    if first_of(document, ("messages",)) and name is not None:
        return None  # both: which one is meant is not ours to say
    messages = _parsed(document.get(name or "messages"))
    if not isinstance(messages, list):
        return None
    begun = [{"role": "system", "content": system}] if isinstance(system, str) and system.strip() else []
    rest = {key: value for key, value in document.items() if key in FIELDS[LineForm.CHAT]}
    return {**rest, "messages": [*begun, *messages]}


def _parsed(value: Any) -> Any:
    """What a string of JSON holds: tables keep lists so."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _choice(document: Document) -> Document | None:
    for question, better, worse in spellings.CHOICES:
        if document.get(better) is None or document.get(worse) is None:
            continue
        asked = document.get(question)
        if isinstance(asked, Mapping):
            return None
        said = [_parsed(document[name]) for name in (better, worse)]
        messages = _asked(_parsed(asked)) or _common(*said)
        if messages:
            return {"input": {"messages": messages}, PREFERRED[0]: _last(said[0]), REJECTED[0]: _last(said[1])}
    return None


def _asked(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [{"role": "user", "content": value}] if isinstance(value, str) else []


def _common(better: Any, worse: Any) -> list[Any]:
    """The question that both of two whole chats begin with."""
    if not isinstance(better, list) or not isinstance(worse, list) or better[:-1] != worse[:-1]:
        return []
    return better[:-1]


def _last(answer: Any) -> list[Any]:
    return answer[-1:] if isinstance(answer, list) else [{"role": "assistant", "content": answer}]


def _prompt_of_messages(document: Document) -> Document | None:
    prompt, completion = document.get("prompt"), document.get("completion")
    if isinstance(prompt, list) and isinstance(completion, (list, str)):
        rest = {key: value for key, value in document.items() if key in FIELDS[LineForm.CHAT]}
        answer = completion if isinstance(completion, list) else _last(completion)
        return {**rest, "messages": [*prompt, *answer]}
    messages = document.get("messages")
    if isinstance(messages, str) and isinstance(_parsed(messages), list):
        return {**document, "messages": _parsed(messages)}
    return None


def _pair(document: Document) -> Document | None:
    for question, answer, more in spellings.PAIRS:
        asked, said = document.get(question), document.get(answer)
        if (
            isinstance(asked, _TEXTS)
            and isinstance(said, _TEXTS)
            and forms_of(document) in ([], [LineForm.COMPLETION], [_P])
        ):
            extra = document.get(more) if more else None
            text = f"{asked}\n\n{extra}" if isinstance(extra, str) and extra.strip() else str(asked)
            system = document.get("system")
            begun = [{"role": "system", "content": system}] if isinstance(system, str) and system.strip() else []
            asking = {"role": "user", "content": text}
            return {"messages": [*begun, asking, {"role": "assistant", "content": str(said)}]}
    return None


_P: Final = LineForm.PREFERENCE  # Alpaca's `input` is called as ours


def _chat(document: Document, told: Told, where: str) -> Document:
    document = mend_tools(document, told, where)
    messages = _parsed(document.get("messages"))
    if isinstance(messages, list):
        path = f"{where}.messages" if where else "messages"
        document = {**document, "messages": mend_messages(messages, told, path, whole=not where)}
    return document


def _completion(document: Document, told: Told) -> Document:
    out = {}
    for name, value in document.items():
        text = value
        if isinstance(value, _TEXTS) and not isinstance(value, str):
            told.add("invalid_completion", name, "a number became a string")
            text = str(value)
        out[name] = mend_text(text, told, name, strip=str.rstrip if name == "completion" else str)
    return out


def _preference(document: Document, told: Told) -> Document:
    out = dict(document)
    if isinstance(asked := document.get("input"), dict):
        known = {
            name: value for name, value in asked.items() if name in ("messages", "tools", "parallel_tool_calls", "functions")
        }
        for name in asked.keys() - known.keys():
            told.add("unknown_field", f"input.{name}", "left out: nothing reads it")
        out["input"] = _chat(known, told, "input")
    for names in (PREFERRED, REJECTED):
        name = first_of(out, names)
        if name is None:
            continue
        answer = out[name]
        if isinstance(answer, (str, dict)):
            told.add("invalid_preference", name, "became an array of one message")
            answer = [{"role": "assistant", "content": answer} if isinstance(answer, str) else answer]
        if isinstance(answer, list):
            out[name] = mend_messages(answer, told, name, whole=False)
    return out
