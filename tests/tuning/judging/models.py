"""Models that are functions from a question to an answer, asked as our own serving path is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commonweight.tuning.judging import Answer, Held, Target

Body = Mapping[str, Any]
Model = Callable[[str], str]

TEAMS = ("billing", "shipping", "accounts", "returns")


@dataclass
class Models:
    """`by_name`: what each answers to the last message. `endless`: names of those whose answers are all cut."""

    by_name: Mapping[str, Model]
    endless: frozenset[str] = frozenset()
    asked: list[tuple[str, Body]] = field(default_factory=list)

    async def ask(self, path: str, body: Body) -> Answer:
        self.asked.append((path, body))
        text = self.by_name[body["model"]](body["messages"][-1]["content"])
        finish = "length" if body["model"] in self.endless else "stop"
        return Answer(200, {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]})


def team_of(question: str) -> str:
    return TEAMS[sum(question.encode()) % len(TEAMS)]


def right(question: str) -> str:
    return f'{{"team": "{team_of(question)}"}}'


def tickets(count: int) -> list[Held]:
    """Messages to be sorted to a team, as JSON."""
    questions = [f"Ticket {number * 7919}: please help me with order {number}." for number in range(count)]
    return [Held([{"role": "user", "content": one}], Target(right(one))) for one in questions]
