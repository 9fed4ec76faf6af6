"""
Canonical lines become rows of tokens and labels. The assistant's turns are trained, each to its end token.

A conversation is one row where its template writes a turn in the same way whatever follows; otherwise each trained turn is a
row of its own with what went before (templates that drop earlier thoughts are of that kind).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.tuning.training.errors import Code, TrainingFailed

IGNORED = -100  # the label of a token that is only read
Span = tuple[int, int]
Message = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    ids: list[int]
    labels: list[int]

    @property
    def trained(self) -> int:
        return sum(label != IGNORED for label in self.labels)


@dataclass
class Counted:
    """What became of the lines. `cut`: rows left out, or shortened, because they were too long."""

    lines: int = 0
    rows: int = 0
    cut: int = 0
    silent: int = 0  # lines of which nothing is trained: all weights are 0
    tokens: int = 0
    trained: int = 0


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


class Writing:
    """How a model's tokenizer and template write conversations."""

    def __init__(self, tokenizer: Any, ends: Sequence[int], max_tokens: int) -> None:
        """`ends` are the tokens at which generation stops; the first is the tokenizer's own."""
        self.tokenizer, self.ends, self.max_tokens = tokenizer, ends, max_tokens

    def rows(self, line: Mapping[str, Any], counted: Counted) -> list[Row]:
        """Of one line, chat or completion; what cannot be trained is counted and left out."""
        counted.lines += 1
        made = [self._completion(line)] if "prompt" in line else self._chat(line)
        if not made:
            counted.silent += 1
        rows = [short for row in made if (short := self._shortened(row, counted)) is not None]
        counted.rows += len(rows)
        counted.tokens += sum(len(row.ids) for row in rows)
        counted.trained += sum(row.trained for row in rows)
        return rows

    def asked(self, line: Mapping[str, Any]) -> str:
        """The text after which the last answer of a line is generated."""
        if "prompt" in line:
            return str(line["prompt"])
        if "input" in line:
            return self.template(line["input"]["messages"], line["input"].get("tools"), to_go_on=True)
        return self.template(line["messages"][:-1], line.get("tools"), to_go_on=True)

    def ids(self, text: str, line: Mapping[str, Any]) -> list[int]:
        """Of a text that `asked` gave for this line: a template writes its own first token."""
        return list(self.tokenizer(text, add_special_tokens="prompt" in line)["input_ids"])

    def pair(self, line: Mapping[str, Any], counted: Counted) -> dict[str, list[int]] | None:
        """Of a line of preference: the ids of its prompt and of both answers; None, and counted, when too long."""
        counted.lines += 1
        prompt = self.ids(self.asked(line), line)
        answers = {
            name: self._answer(line, line[given]) for name, given in (("chosen", "preferred"), ("rejected", "rejected"))
        }
        if max(len(answer) for answer in answers.values()) + len(prompt) > self.max_tokens:
            counted.cut += 1
            return None
        counted.rows += 1
        counted.tokens += 2 * len(prompt) + sum(map(len, answers.values()))
        counted.trained += len(answers["chosen"])
        return {"prompt_ids": prompt, "chosen_ids": answers["chosen"], "rejected_ids": answers["rejected"]}

    def _answer(self, line: Mapping[str, Any], messages: Sequence[Message]) -> list[int]:
        row = self._turn([*line["input"]["messages"], *messages], line["input"].get("tools"), len(line["input"]["messages"]))
        return [label for label in row.labels if label != IGNORED]

    def template(self, messages: Sequence[Message], tools: Any = None, *, to_go_on: bool = False) -> str:
        if not self.tokenizer.chat_template:
            raise TrainingFailed(
                Code.NOT_TRAINABLE,
                "The base has no chat template, but the examples are conversations.",
                "Choose a base for chat (often named -Instruct or -it), or give lines with prompt and completion.",
            )
        plain = [_plain(message) for message in messages]
        text: str = self.tokenizer.apply_chat_template(plain, tools=tools, tokenize=False, add_generation_prompt=to_go_on)
        return text

    def _chat(self, line: Mapping[str, Any]) -> list[Row]:
        messages, tools = line["messages"], line.get("tools")
        trained = [number for number, message in enumerate(messages) if _is_trained(message)]
        if not trained:
            return []
        whole = self.template(messages[: trained[-1] + 1], tools)
        spans = [self._span(messages, tools, number) for number in trained]
        if all(span is not None and whole.startswith(text) for span, text in spans):
            row = self._labelled(whole, [span for span, _ in spans if span is not None])
            if row is not None:
                return [row]
        return [self._turn(messages, tools, number) for number in trained]

    def _span(self, messages: Sequence[Message], tools: Any, number: int) -> tuple[Span | None, str]:
        """Where the answer of message `number` stands in the text up to it, and that text."""
        before = self.template(messages[:number], tools, to_go_on=True)
        text = self.template(messages[: number + 1], tools)
        return ((len(before), len(text)) if text.startswith(before) else None), text

    def _turn(self, messages: Sequence[Message], tools: Any, number: int) -> Row:
        """One answer after all that went before, with an end whatever the template says."""
        before = self.template(messages[:number], tools, to_go_on=True)
        text = self.template(messages[: number + 1], tools)
        start = len(before) if text.startswith(before) else _common(before, text)
        row = self._labelled(text, [(start, len(text))])
        return row or self._ended(text, start, special=False)

    def _completion(self, line: Mapping[str, Any]) -> Row:
        return self._ended(line["prompt"] + line["completion"], len(line["prompt"]), special=True)

    def _ended(self, text: str, start: int, *, special: bool) -> Row:
        """The text with its end token behind it."""
        ids, labels = self._tokens(text.rstrip("\n"), [(start, len(text))], special=special)
        if ids and ids[-1] in self.ends:
            return Row(ids, labels)
        return Row([*ids, self.ends[0]], [*labels, self.ends[0]])

    def _labelled(self, text: str, spans: Sequence[Span]) -> Row | None:
        """Each span trained to its last end token, the row ending with the last one; None when a span has no end token."""
        ids, labels = self._tokens(text, spans, special=False)
        stop = 0
        for run in _runs(labels):
            ends = [position for position in range(*run) if ids[position] in self.ends]
            if not ends:
                return None
            stop = ends[-1] + 1
            labels[stop : run[1]] = [IGNORED] * (run[1] - stop)
        return Row(ids[:stop], labels[:stop]) if len(_runs(labels)) == len(spans) else None

    def _tokens(self, text: str, spans: Sequence[Span], *, special: bool) -> tuple[list[int], list[int]]:
        encoded = self.tokenizer(text, add_special_tokens=special, return_offsets_mapping=True)
        ids, labels = list(encoded["input_ids"]), []
        for token, (start, end) in zip(ids, encoded["offset_mapping"], strict=True):
            inside = end > start and any(first <= start and end <= last for first, last in spans)
            labels.append(token if inside else IGNORED)
        return ids, labels

    def _shortened(self, row: Row, counted: Counted) -> Row | None:
        """The row up to the last answer that is whole within the limit: an answer without its end teaches not to stop."""
        if len(row.ids) <= self.max_tokens:
            return row
        counted.cut += 1
        whole = [end for _, end in _runs(row.labels) if end <= self.max_tokens]
        return Row(row.ids[: whole[-1]], row.labels[: whole[-1]]) if whole else None


def _is_trained(message: Message) -> bool:
    return bool(message["role"] == "assistant" and message.get("weight", 1) != 0)


def _plain(message: Message) -> dict[str, Any]:
    """As templates read it: no weight, content a text, arguments of tool calls as objects."""
    plain = {key: value for key, value in message.items() if key != "weight" and value is not None}
    plain.setdefault("content", "")
    if calls := plain.get("tool_calls"):
        plain["tool_calls"] = [_call(call) for call in calls]
    return plain


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = dict(call.get("function") or {})
    if isinstance(function.get("arguments"), str):
        try:
            function["arguments"] = json.loads(function["arguments"])
        except ValueError:  # a template that wants a text gets it
            return dict(call)
    return {**call, "function": function}


def _runs(labels: Sequence[int]) -> list[Span]:
    """Where trained tokens stand together: first and behind the last."""
    runs, start = [], None
    for position, label in enumerate([*labels, IGNORED]):
        if label != IGNORED and start is None:
            start = position
        elif label == IGNORED and start is not None:
            runs.append((start, position))
            start = None
    return runs


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
