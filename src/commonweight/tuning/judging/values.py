"""What is asked, who is asked, what is answered, and what a comparison comes to."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

#: All scores and differences are shares between 0 and 1 (differences between -1 and 1); a *point* is a hundredth.
POINT: Final = 0.01


@dataclass(frozen=True)
class Answer:
    """What a route of the OpenAI API answered: its status and its body as JSON."""

    status: int
    body: Any


#: Ask a route of the OpenAI API, such as "/v1/chat/completions", with a body; through the way that serves everybody.
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Answer]]
#: How far it is: answers that came, answers that are wanted.
Tell = Callable[[int, int], Awaitable[None]]
#: Messages (and tools) as the text that a model reads, ready for its answer.
Render = Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], str]


@dataclass(frozen=True)
class Target:
    """What should have been answered: a text, calls of tools [{name, arguments}], or both."""

    text: str
    calls: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Held:
    """
    An example that was held out. `messages` end before the answer; with `prompt` (a text that is to be gone on with) there
    are none. `rejected` is what should not have been answered, of preference data.
    """

    messages: Sequence[Mapping[str, Any]]
    target: Target
    tools: Sequence[Mapping[str, Any]] = ()
    prompt: str | None = None
    rejected: Target | None = None


@dataclass(frozen=True)
class Contestant:
    """
    A model that is asked. `name` is what requests call it by, `label` what people read ("base", "Q8_0"). `quantised_from` is
    the label of the contestant that this one was made from with fewer bits; `artefact` the hash of its file; `about` what
    else its scores rest on (engine and version, template hash).
    """

    name: str
    label: str
    quantised_from: str = ""
    artefact: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


class Verdict(enum.StrEnum):
    """What a comparison of a contestant with the base comes to."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"  # whatever difference there is lies within the margin
    CANNOT_TELL = "cannot_tell"  # too few items
    CONSTANT = "constant"  # it answers the same whatever is asked
    NEVER_STOPS = "never_stops"  # most of its answers end only because they were cut


@dataclass(frozen=True)
class Limits:
    """
    From where on something is told. `margin`: a difference within it is none; `quantising`: a drop by quantising beyond it
    is told; an answer may be as long as the longest target, of `least_tokens` at least and, where it is given, `most_tokens`
    at most; `at_once`: questions under way; `examples`: how many won and lost are kept, each.
    """

    margin: float = 5 * POINT
    quantising: float = 3 * POINT
    least_tokens: int = 64
    most_tokens: int | None = None
    at_once: int = 8
    examples: int = 20
    resamples: int = 2000
    seed: int = 0
