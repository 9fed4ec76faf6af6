"""What one right line says: its texts with their places, its hashes, and what in it is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from commonweight.tuning.data.alike import digest
from commonweight.tuning.data.answers import kind_of
from commonweight.tuning.data.forms import PREFERRED, REJECTED, LineForm, first_of
from commonweight.tuning.data.suspicions import suspicions

_ECHO: Final = 20  # characters of a question that an answer may begin with without repeating it

Texts = list[tuple[str, str]]  # paths and texts


@dataclass(frozen=True)
class Read:
    """
    `texts` with their paths in the line; `learnt`: characters of answers that are learnt; `hashes` of what is asked and of
    what is answered; `question`: the last thing a user says; `answer`: the last thing an assistant says.
    """

    texts: Texts
    characters: int
    learnt: int
    kind: str
    hashes: tuple[bytes, bytes]
    question: str
    answer: tuple[str, str]
    odd: tuple[tuple[str | None, str, str], ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], line: Mapping[str, Any], form: LineForm) -> Read:
        """Of a document as it came, and of its canonical line."""
        if form is LineForm.COMPLETION:
            return _completion(line)
        return _chat(line) if form is LineForm.CHAT else _preference(document, line)

    def suspicions(self) -> Iterator[tuple[str | None, str, str]]:
        """Paths, codes and sentences of what is odd."""
        yield from self.odd
        for param, text in self.texts:
            for code, message in suspicions(text):
                yield param, code, message
        if _echoes(self.question.strip(), self.answer[1].strip()):
            yield self.answer[0], "answer_repeats_question", "it repeats what is asked"


def _echoes(question: str, answer: str) -> bool:
    return bool(question) and (answer == question or (len(question) >= _ECHO and answer.startswith(question)))


def _completion(line: Mapping[str, Any]) -> Read:
    prompt, completion = line["prompt"], line["completion"]
    return Read(
        texts=[("prompt", prompt), ("completion", completion)],
        characters=len(prompt) + len(completion),
        learnt=len(completion),
        kind=kind_of(completion, calls=False),
        hashes=(digest([prompt.encode()]), digest([completion.encode()])),
        question=prompt,
        answer=("completion", completion),
        odd=() if prompt.strip() else (("prompt", "empty_prompt", "it is empty: the model learns to say this to anything"),),
    )


def _chat(line: Mapping[str, Any]) -> Read:
    messages = line["messages"]
    texts, last = _texts("messages", messages), messages[-1]
    learnt = sum(len(one["content"]) for one in messages if one["role"] == "assistant" and one.get("weight", 1))
    return Read(
        texts=texts,
        characters=sum(len(text) for _, text in texts),
        learnt=learnt,
        kind=kind_of(last["content"], calls="tool_calls" in last),
        hashes=(_hash(messages[:-1], line.get("tools")), _hash(messages[-1:], None)),
        question=_question(messages),
        answer=(f"messages[{len(messages) - 1}].content", last["content"]),
        odd=tuple(_odd_order("messages", messages)),
    )


def _preference(document: Mapping[str, Any], line: Mapping[str, Any]) -> Read:
    messages, names = line["input"]["messages"], (first_of(document, PREFERRED), first_of(document, REJECTED))
    answers = [line["preferred"][0], line["rejected"][0]]
    texts = _texts("input.messages", messages)
    for name, answer in zip(names, answers, strict=True):
        texts += _texts(str(name), [answer])
    same = answers[0]["content"] == answers[1]["content"] and answers[0].get("tool_calls") == answers[1].get("tool_calls")
    equal = (
        [(names[1], "equal_answers", "it is the same as the preferred answer: there is nothing to prefer")] if same else []
    )
    return Read(
        texts=texts,
        characters=sum(len(text) for _, text in texts),
        learnt=sum(len(answer["content"]) for answer in answers),
        kind=kind_of(answers[0]["content"], calls="tool_calls" in answers[0]),
        hashes=(_hash(messages, line["input"].get("tools")), _hash(answers, None)),
        question=_question(messages),
        answer=(f"{names[0]}[0].content", answers[0]["content"]),
        odd=(*_odd_order("input.messages", messages), *equal),
    )


def _texts(where: str, messages: Sequence[Mapping[str, Any]]) -> Texts:
    texts = [(f"{where}[{i}].content", message["content"]) for i, message in enumerate(messages)]
    for i, message in enumerate(messages):
        for j, call in enumerate(message.get("tool_calls") or ()):
            texts.append((f"{where}[{i}].tool_calls[{j}].function.arguments", call["function"]["arguments"]))
    return texts


def _question(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((str(message["content"]) for message in reversed(messages) if message["role"] == "user"), "")


def _hash(messages: Sequence[Mapping[str, Any]], tools: Any) -> bytes:
    parts: list[bytes] = []
    for message in messages:
        parts += (message["role"].encode(), message["content"].encode())
        if len(message) > 2:
            rest = {name: value for name, value in message.items() if name not in ("role", "content")}
            parts.append(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))
    if tools:
        parts.append(orjson.dumps(tools, option=orjson.OPT_SORT_KEYS))
    return digest(parts)


def _odd_order(where: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str | None, str, str]]:
    """What is no error, and what some models' templates refuse."""
    first = 1 if messages[0]["role"] == "system" and len(messages) > 1 else 0
    if messages[first]["role"] == "assistant":
        yield f"{where}[{first}].role", "assistant_begins", "the assistant speaks first, which some templates refuse"
    open_calls: dict[str, int] = {}
    for i, message in enumerate(messages):
        if message["role"] == "tool":
            open_calls.pop(message["tool_call_id"], None)
        elif open_calls:
            at = min(open_calls.values())
            yield f"{where}[{at}].tool_calls", "call_without_answer", "no tool answers it before the chat goes on"
            open_calls = {}
        for call in message.get("tool_calls") or ():
            open_calls[call["id"]] = i
