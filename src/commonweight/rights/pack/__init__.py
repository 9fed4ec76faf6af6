"""
What an act owes, as files: notices, copies of terms, credit, badges, restrictions to pass on, and a list of all of it.

    pack = make_pack(question, verdict, records, texts)

Pure. docs/pack.md describes what comes out.
"""

from commonweight.rights.pack.archive import as_zip
from commonweight.rights.pack.badges import as_markdown
from commonweight.rights.pack.card import with_badges
from commonweight.rights.pack.making import make_pack
from commonweight.rights.pack.merging import DIFFERS, EXTENDS, NEW, SAME, Addition, additions_to
from commonweight.rights.pack.refusing import REFUSED
from commonweight.rights.pack.values import (
    DONE,
    ELSEWHERE,
    GIVEN,
    MET,
    MISSING,
    PERSON,
    PREPARED,
    REPOSITORY,
    NameCheck,
    Pack,
    PackedDuty,
    PackFile,
    TextAtHand,
)

__all__ = [
    "DIFFERS",
    "DONE",
    "ELSEWHERE",
    "EXTENDS",
    "GIVEN",
    "MET",
    "MISSING",
    "NEW",
    "PERSON",
    "PREPARED",
    "REFUSED",
    "REPOSITORY",
    "SAME",
    "Addition",
    "NameCheck",
    "Pack",
    "PackFile",
    "PackedDuty",
    "TextAtHand",
    "additions_to",
    "as_markdown",
    "as_zip",
    "make_pack",
    "with_badges",
]
