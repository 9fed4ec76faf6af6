"""What goes into a pack and what comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from commonweight.rights.question import Question
from commonweight.rights.records import Records
from commonweight.rights.said import Say
from commonweight.rights.verdict import Duty, Verdict
from commonweight.rights.vocabulary import Value

#: Where a text comes from: a repository of the lineage, the asker, or elsewhere (only texts that anybody may copy).
REPOSITORY: Final = "repository"
GIVEN: Final = "given"
ELSEWHERE: Final = "elsewhere"

#: What became of a duty.
DONE: Final = "done"  # the pack does it
PREPARED: Final = "prepared"  # the pack brings what has to be put in place by a person
PERSON: Final = "person"  # a person has to do it
MISSING: Final = "missing"  # the pack would do it, and something is not at hand
MET: Final = "met"  # a record says that it is met already

LICENCES_FOLDER: Final = "LICENSES"


@dataclass(frozen=True, slots=True)
class TextAtHand:
    """
    A file that may hold a licence, a policy or a notice. `path` is its place there, `node` whose repository holds it;
    `source` says for people where it was found.
    """

    path: str
    content: bytes = field(repr=False)
    origin: str = REPOSITORY
    node: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that goes in. `policy` is the id of a policy of the licence; `verified`: its words are those recorded."""

    path: str
    licence: str
    policy: str
    text: TextAtHand
    verified: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """
    The texts chosen for a pack: copies of terms, keys of licences whose text is not at hand, notices of the parents. `own`
    are keys of terms that stand on the asker's own work alone, which owe nobody anything.
    """

    copies: tuple[Copy, ...]
    missing: tuple[str, ...]
    notices: tuple[TextAtHand, ...]
    own: frozenset[str]

    def of(self, licence: str) -> tuple[Copy, ...]:
        """Copies of the licence itself, without its policies."""
        return tuple(copy for copy in self.copies if copy.licence == licence and not copy.policy)


@dataclass(frozen=True, slots=True)
class NameCheck:
    """
    Whether a name keeps what the terms ask. `state`: free (nothing is asked), passes, fails, doubtful (only duties that may
    not be owed ask for another), impossible (no name keeps all), not_given.
    """

    name: str
    state: str
    prefixes: tuple[str, ...]
    proposal: str

    @property
    def is_settled(self) -> bool:
        return self.state in ("free", "passes", "doubtful")


@dataclass(frozen=True, slots=True)
class PackedDuty:
    """A duty of the verdict, what became of it, the files that serve it, and what is left to do in a sentence."""

    duty: Duty
    state: str
    files: tuple[str, ...]
    left: str


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file. `along`: it goes along with copies of the model; the others are for whoever publishes it."""

    path: str
    content: bytes = field(repr=False)
    about: str
    along: bool = False

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Matter:
    """All that the files of a pack are written from. `links` gives addresses of nodes of the lineage."""

    question: Question
    verdict: Verdict
    records: Records
    texts: Texts
    naming: NameCheck
    speak: Say
    language: str
    links: Mapping[str, str]

    @property
    def name(self) -> str:
        """What the pack goes along with: the planned name, else that of the subject."""
        return self.question.use.planned_name or self.question.subject.nodes[self.question.subject.root].name

    @property
    def owed(self) -> tuple[Duty, ...]:
        """Duties that no record has met yet, but for those of the asker's own terms."""
        return tuple(duty for duty in self.verdict.duties if not (duty.settled_by or duty.licence in self.texts.own))

    def duties(self, *kinds: str) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.owed if duty.do in kinds)

    def title(self, licence: str) -> str:
        terms = self.records.get(licence)
        return terms.title if terms is not None else licence


@dataclass(frozen=True, slots=True)
class Pack:
    """
    What an act's duties come to. For an act that the texts withhold or make depend on the licensor, `refusal` says why and
    `files` holds nothing but the reason. `missing` are keys of licences whose text is not at hand; `notices` and `badges`
    are the texts to be reproduced.
    """

    value: Value
    refusal: str
    files: tuple[PackFile, ...]
    duties: tuple[PackedDuty, ...] = ()
    naming: NameCheck = NameCheck("", "free", (), "")
    missing: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Nothing that the pack itself should do is left over, and no fact is missing."""
        lacking = any(item.state == MISSING for item in self.duties) or not self.naming.is_settled
        return not (self.refusal or lacking or self.missing or self.value is Value.UNKNOWN)

    def file(self, path: str) -> PackFile | None:
        return next((file for file in self.files if file.path == path), None)
