"""A matcher that says what it was told to, and the jobs of texts over a small installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commonweight.hub import Revision
from commonweight.jobs import Jobs, Runner
from commonweight.rights.matching import IDENTIFIED, NEAR_BY, UNKNOWN, Likened, Piece, TextMatch
from commonweight.rooms import in_turn
from commonweight.vetting import (
    READ_ALL_TEXTS,
    READ_TEXTS,
    KeptReadings,
    LicenceText,
    LicenceTexts,
    ReadingFailed,
    TextReader,
)
from tests.policy.world import World

MIT_AS_WRITTEN = "Here is what you may do with our model. It is the MIT licence in our own layout."


def is_like(key: str, score: float = 0.99, *, is_policy: bool = False) -> Likened:
    return Likened(key, key.upper(), score, score, 0.0, is_policy)


def identified(*keys: str) -> TextMatch:
    return TextMatch(IDENTIFIED, tuple(map(is_like, keys)))


def near(key: str) -> TextMatch:
    return TextMatch(NEAR_BY, (is_like(key, 0.8),), (Piece("same", "Permission is"), Piece("foreign", "not")))


@dataclass
class FakeMatcher:
    """Answers by the words that a text contains; `deadly` ones it does not survive."""

    answers: Mapping[str, TextMatch] = field(default_factory=dict)
    version: str = "fake 1"
    deadly: str = "\0"
    asked: list[str] = field(default_factory=list)

    async def match(self, text: str) -> TextMatch:
        self.asked.append(text)
        if self.deadly in text:
            raise ReadingFailed("The matcher's process died at this text.")
        return next((match for words, match in self.answers.items() if words in text), TextMatch(UNKNOWN))

    async def close(self) -> None:
        return


class Desk:
    """Texts, their reader and the jobs, as `rooms.py` puts them together."""

    def __init__(self, world: World, matcher: FakeMatcher, turn_seconds: float = 20.0) -> None:
        hub, upkeep = world.hub, world.policy.upkeep
        self.world = world
        self.texts = LicenceTexts(hub, world.policy.records, KeptReadings(world.database), matcher.version)
        self.reader = reader = TextReader(
            world.database, hub, self.texts, world.policy.records, matcher, world.clock, turn_seconds
        )
        handlers: dict[str, Any] = {
            "read_revision": in_turn(hub.on_read_revision, upkeep.on_commit, reader.on_commit),
            READ_TEXTS: in_turn(reader.on_read_texts, upkeep.on_commit),
            READ_ALL_TEXTS: reader.on_read_all,
            "repository_changed": upkeep.on_repository_changed,
            "repository_event": in_turn(),  # nobody is told
            **upkeep.handlers(),
        }
        self.runner = Runner(Jobs(world.database, world.clock, "test"), handlers)

    async def run(self) -> None:
        """What is due now."""
        await self.runner.run_until_empty()

    async def told(self, revision: Revision) -> dict[str, LicenceText]:
        """By path."""
        return {text.path: text for text in await self.texts.of(revision, await self.world.hub.facts(revision))}

    async def licences(self, revision: Revision) -> list[tuple[str, str]]:
        """Key and origin of each licence of all artefacts, as a question would hold them."""
        document = (await self.world.policy.subject_for(revision)).document
        node = next(one for one in document["nodes"] if one["id"] == document["root"])
        return [(row["key"], row["by"]) for row in node.get("licence", [])]
