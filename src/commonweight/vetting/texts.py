"""
Which licence each licence text of a revision is (docs/identification.md): by the digest of its words where that is recorded,
else as the matcher read it. An id is never a right: whoever asks gives a revision that they may read.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from commonweight.errors import NotFound
from commonweight.hub import (
    CARD,
    MAX_CARD_BYTES,
    Hub,
    LicenceFile,
    Revision,
    RevisionFacts,
    TooMuch,
    folder_of,
    is_licences_folder,
    licence_section,
    licence_texts_of,
)
from commonweight.rights import Records, RightsError, Terms, identify_text
from commonweight.rights.identify import EMPTY_TAGS, FAMILY_TAGS
from commonweight.rights.matching import IDENTIFIED, Likened, Piece
from commonweight.storage import NotStored
from commonweight.vetting.text_store import KeptReadings, Reading

WAITING: Final = "waiting"  # a job will read it
NOT_COMPARED: Final = "not_compared"  # its digest is none that is recorded, and there is no matcher here
BY_DIGEST: Final = "digest"
BY_MATCHER: Final = "matcher"

MAX_LICENCE_BYTES: Final = 1 << 20  # the longest licence known has 60 KB
REMEMBERED_TEXTS: Final = 2048  # git ids of texts whose digest is known; about 200 bytes each
SCANCODE_NAMESPACE: Final = "LicenseRef-scancode-"  # SPDX's way to name a licence by ScanCode's key

EVERYTHING: Final = "*"  # in place of an artefact: whatever has no licence of its own
_ARTEFACT_OF_NAME: Final = (
    (re.compile(r"code", re.IGNORECASE), "inference_code"),
    (re.compile(r"data", re.IGNORECASE), "data"),
)


@dataclass(frozen=True)
class TextLicence:
    """
    A licence that a text is, or is nearest to. `record` is the key of ours ("" where there is none), `key` what to write
    into a question for it; `score`, `held` and `foreign` as in `rights.matching.Likened`.
    """

    key: str
    title: str
    record: str
    score: float = 1.0
    held: float = 1.0
    foreign: float = 0.0
    is_policy: bool = False


@dataclass(frozen=True)
class LicenceText:
    """
    A licence text of a revision, and what it is. `state` is one of `rights.matching`, `failed`, `waiting` or
    `not_compared`; `by` is digest, matcher or "". `digest` is that of its words, "" where it cannot be read as a text. It
    speaks of these `artefacts` of what lies in `folder` ("" for all).
    """

    path: str
    oid: str
    size: int
    state: str
    by: str = ""
    digest: str = ""
    licences: tuple[TextLicence, ...] = ()
    diff: tuple[Piece, ...] = ()
    matcher: str = ""
    problem: str = ""
    folder: str = ""
    artefacts: tuple[str, ...] = (EVERYTHING,)

    @property
    def is_settled(self) -> bool:
        """Whether somebody has read it, or tried to."""
        return self.state not in (WAITING, NOT_COMPARED)

    @property
    def is_of_card(self) -> bool:
        """Whether it stands in a section of the card; there, what is no licence may be a sentence about one."""
        return self.path == CARD

    @property
    def names(self) -> tuple[TextLicence, ...]:
        """The licences that it is, where it is identified; rules of use are none."""
        return tuple(one for one in self.licences if not one.is_policy) if self.state == IDENTIFIED else ()

    def to_document(self) -> dict[str, Any]:
        licences = [
            {
                "key": one.key, "title": one.title, "record": one.record or None, "score": one.score, "held": one.held,
                "foreign": one.foreign, "is_policy": one.is_policy,
            }
            for one in self.licences
        ]  # fmt: skip
        return {
            "path": self.path,
            "size": self.size,
            "state": self.state,
            "by": self.by or None,
            "digest": self.digest or None,
            "licences": licences,
            "diff": [{"kind": piece.kind, "text": piece.text} for piece in self.diff],
            "matcher": self.matcher or None,
            "problem": self.problem or None,
            "folder": self.folder,
            "artefacts": list(self.artefacts),
        }


class LicenceTexts:
    """What is known of texts by now. Nothing is matched here: `TextReader` does that, in a job."""

    def __init__(self, hub: Hub, records: Records, kept: KeptReadings | None = None, matcher: str = "") -> None:
        """`kept` holds what was read; `matcher` is the version of the one that jobs read with, "" where there is none."""
        self.matcher = matcher
        self._kept = kept
        self._hub = hub
        self._records = records
        self._exact: OrderedDict[str, tuple[str, str]] = OrderedDict()

    async def of(self, revision: Revision, facts: RevisionFacts) -> tuple[LicenceText, ...]:
        """Each licence text of a revision, those nearest to the root first."""
        files = licence_texts_of(facts)
        exact = {file.oid: await self._identify(revision, file) for file in files}
        asked = [oid for oid, (key, _) in exact.items() if not key]
        readings = await self._kept.of(asked) if self._kept else {}
        return tuple(self._told(file, *exact[file.oid], readings.get(file.oid)) for file in files)

    async def unread(self, revision: Revision, facts: RevisionFacts) -> tuple[LicenceFile, ...]:
        """Those that no digest tells of: what a matcher would have to read, whether it has or not."""
        files = licence_texts_of(facts)
        return tuple([file for file in files if not (await self._identify(revision, file))[0]])

    def _told(self, file: LicenceFile, key: str, digest: str, reading: Reading | None) -> LicenceText:
        text = LicenceText(
            file.path, file.oid, file.size, WAITING if self.matcher else NOT_COMPARED, digest=digest,
            folder=folder_of(file.path), artefacts=artefacts_of(file),
        )  # fmt: skip
        terms = self._records.get(key) if key else None
        if terms is not None:
            exact = TextLicence(terms.key, terms.title, terms.key)
            return replace(text, state=IDENTIFIED, by=BY_DIGEST, licences=(exact,))
        if reading is None:
            return text
        match = reading.match
        return replace(
            text, state=match.state, by=BY_MATCHER, licences=tuple(self._licence(one) for one in match.licences),
            diff=match.diff, matcher=reading.matcher, problem=reading.problem,
        )  # fmt: skip

    def _licence(self, like: Likened) -> TextLicence:
        record = self._by_scancode.get(like.key)
        key = record.key if record else self._key_of_unrecorded(like.key)
        title = record.title if record else like.title
        return TextLicence(key, title, record.key if record else "", like.score, like.held, like.foreign, like.is_policy)

    @cached_property
    def _by_scancode(self) -> dict[str, Terms]:
        return {key: terms for terms in self._records for key in terms.ids.get("scancode", ())}

    def _key_of_unrecorded(self, key: str) -> str:
        """ScanCode's name, unless something else goes by it here: a licence without a record must not get another's."""
        taken = key.lower() in FAMILY_TAGS | EMPTY_TAGS or bool(self._records.named(key))
        return f"{SCANCODE_NAMESPACE}{key}" if taken else key

    async def _identify(self, revision: Revision, file: LicenceFile) -> tuple[str, str]:
        """Key of the record whose words these are ("" for none), and the digest; remembered, as an id is one text."""
        if file.size > MAX_LICENCE_BYTES:
            return "", ""
        if file.oid not in self._exact:
            try:
                found = identify_text(await self.read(revision, file), self._records)
            except (NotFound, NotStored, TooMuch):
                return "", ""  # perhaps only now: nothing is remembered of it
            except RightsError:
                self._exact[file.oid] = ("", "")
            else:
                self._exact[file.oid] = (found.terms.key if found.terms else "", found.digest)
            if len(self._exact) > REMEMBERED_TEXTS:
                self._exact.popitem(last=False)
        return self._exact[file.oid]

    async def read(self, revision: Revision, file: LicenceFile) -> str:
        """The words of a text; of a card, those of its section. Raises NotFound, TooMuch, NotStored."""
        if file.path == CARD:
            card = await self._hub.read_small(revision, CARD, MAX_CARD_BYTES)
            return licence_section(card.decode(errors="replace"))
        return (await self._hub.read_small(revision, file.path, MAX_LICENCE_BYTES)).decode(errors="replace")


def artefacts_of(file: LicenceFile) -> tuple[str, ...]:
    """
    What a licence speaks of: LICENSE-CODE of code, one in a folder of what lies there; any other of everything, as does
    one in a folder where nothing else lies.
    """
    folder, _, name = file.path.rpartition("/")
    if not is_licences_folder(folder):  # there a name is that of a licence, such as bigcode-openrail-m
        for pattern, artefact in _ARTEFACT_OF_NAME:
            if pattern.search(name):
                return (artefact,)
    return file.holds or (EVERYTHING,)


def progress_of(texts: Iterable[LicenceText]) -> tuple[int, int]:
    """How many have been read, of how many."""
    states = [text.is_settled for text in texts]
    return sum(states), len(states)
