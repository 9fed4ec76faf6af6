"""Questions to a model, so many at once, the same for every contestant: greedy, and cut at the same length."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.errors import Unavailable
from commonweight.tuning.judging.values import Ask, Held, Limits

CHAT: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
#: What may pass by itself: no room, an engine that starts anew.
PASSING: Final = (408, 425, 429, 500, 502, 503, 504)
TRIES: Final = 4
FIRST_PAUSE: Final = 1.0  # seconds; doubled each time
#: Of the questions of a model; beyond that its answers are no sample of anything.
MOST_FAILED: Final = 0.5

MOST_LONGER: Final = 2048  # tokens; beyond, twice as many as before have to do
LEAST_LONGER: Final = 256  # tokens; an answer of a long-winded small model ends before that

Sleep = Callable[[float], Awaitable[None]]


class NotAnswering(Unavailable):
    code = "contestant_not_answering"


@dataclass(frozen=True)
class Said:
    """What was answered. `stopped`: it ended by itself. `problem`: why there is no answer."""

    text: str
    calls: Sequence[Mapping[str, Any]] = ()
    stopped: bool = True
    problem: str = ""


@dataclass(frozen=True)
class Question:
    path: str
    body: Mapping[str, Any]


class Asker:
    """Asks through `ask`, at most `limits.at_once` at a time; `came` is called after each answer."""

    def __init__(
        self, ask: Ask, limits: Limits, came: Callable[[], Awaitable[None]], sleep: Sleep = asyncio.sleep
    ) -> None:  # fmt: skip
        self._ask = ask
        self._room = asyncio.Semaphore(limits.at_once)
        self._came = came
        self._sleep = sleep

    async def say(self, model: str, questions: Sequence[Question]) -> list[Said]:
        """
        The answers, in the order of the questions. Raises NotAnswering where more than half of them failed.
        """
        bodies = await self.bodies(model, questions)
        said = [read(question.path, body) for question, body in zip(questions, bodies, strict=True)]
        problems = [one.problem for one in said if one.problem]
        if questions and len(problems) > MOST_FAILED * len(questions):
            raise NotAnswering(
                f"{model} gave no answer to {len(problems)} of {len(questions)} questions; the first time: {problems[0]}",
                hint="Ask it something by hand; when it answers, judge again.",
            )
        return said

    async def bodies(self, model: str, questions: Sequence[Question]) -> list[Any]:
        """What came as it came, in the order of the questions; a sentence in place of what failed."""
        tasks = [asyncio.ensure_future(self._one(model, question)) for question in questions]
        try:
            return list(await asyncio.gather(*tasks))
        finally:  # the first error ends all
            for task in tasks:
                task.cancel()

    async def _one(self, model: str, question: Question) -> Any:
        """The body of an answer, or a sentence saying why there is none. What may pass is tried again."""
        async with self._room:
            for attempt in range(TRIES):
                answer = await self._ask(question.path, {**question.body, "model": model})
                if answer.status not in PASSING or attempt == TRIES - 1:
                    break
                await self._sleep(FIRST_PAUSE * 2**attempt)
        await self._came()
        return answer.body if answer.status == 200 else _problem(answer.status, answer.body)


def question_of(held: Held, tokens: int, seed: int) -> Question:
    """Greedy: the likeliest token each time, so that the same is answered again."""
    settings = {"temperature": 0, "seed": seed, "max_tokens": tokens}
    if held.prompt is not None:
        return Question(COMPLETIONS, {"prompt": held.prompt, **settings})
    tools = {"tools": list(held.tools)} if held.tools else {}
    return Question(CHAT, {"messages": list(held.messages), **tools, **settings})


def tokens_for(held: Sequence[Held], limits: Limits) -> int:
    """
    How long an answer may be: a token for each character of the longest target, which few languages need; so one that is
    cut there did not stop where it should have.
    """
    longest = max(len(one.target.text) + sum(len(str(call)) for call in one.target.calls) for one in held)
    return _at_most(max(limits.least_tokens, longest), limits.most_tokens)


def longer(tokens: int, limits: Limits) -> int:
    """More room, for answers that were cut: what then still goes on has no end."""
    return _at_most(max(LEAST_LONGER, min(4 * tokens, max(MOST_LONGER, 2 * tokens))), limits.most_tokens)


def _at_most(tokens: int, most: int | None) -> int:
    return tokens if most is None else min(tokens, most)


def read(path: str, body: Any) -> Said:
    """An answer out of the body of a response; what cannot be read is a problem, not an error."""
    if isinstance(body, str):
        return Said("", problem=body)
    try:
        choice = body["choices"][0]
        stopped = choice.get("finish_reason") != "length"
        if path == COMPLETIONS:
            return Said(choice["text"] or "", stopped=stopped)
        message = choice["message"]
        calls = [call["function"] for call in message.get("tool_calls") or ()]
        return Said(message.get("content") or "", calls, stopped)
    except (KeyError, IndexError, TypeError, AttributeError):
        return Said("", problem=f"An answer without a choice came: {str(body)[:200]}")


def _problem(status: int, body: Any) -> str:
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else body
    return f"{status}: {str(message)[:300]}"
