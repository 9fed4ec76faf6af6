"""What a bill of materials says, whatever its format."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from commonweight.rights.attachment import DERIVATIVE, MATERIALS, NO_LICENCE, OUTPUT_MODEL, OUTPUTS, OWN_WORK
from commonweight.rights.choices import ways_of
from commonweight.rights.lineage import Lineage, artefacts_of
from commonweight.rights.pack.lineage import ancestors
from commonweight.rights.question import Edge, Node, Question, Subject
from commonweight.rights.records import Records

#: Names of our bills in the space of UUIDs: the same content has the same serial number everywhere.
_NAMESPACE: Final = uuid.UUID("6f0f6f3c-6f9e-5d0c-9c55-0f2d1a1c7d0b")
#: Steps after which a model descends from its parent.
DESCENT: Final = frozenset({"finetune", "merge", "quantise", "convert", "adapter", "prune", "distil_logits"})


@dataclass(frozen=True, slots=True)
class BillFile:
    """A weight file: its SHA-256 in hexadecimal, "" where it is not known."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the revision says of itself. `made` is the moment of its commit; `card` the fields of its card that are used."""

    commit: str
    made: datetime
    publisher: str = ""
    address: str = ""
    task: str = ""
    architecture: str = ""
    family: str = ""
    library: str = ""
    languages: tuple[str, ...] = ()
    metrics: tuple[tuple[str, str, str], ...] = ()
    files: tuple[BillFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it is named: our key or the maker's word, its SPDX id where it has one, its title."""

    key: str
    spdx: str
    title: str

    @property
    def expression(self) -> str:
        """As SPDX expressions name it."""
        return self.spdx or f"LicenseRef-commonweight-{_plain(self.key)}"


@dataclass(frozen=True, slots=True)
class Part:
    """
    A model, data set, program or service. `declared` is what it names, as sets to choose from (one set where nothing is left
    open); `effective` what reaches it over its lineage, likewise. `is_known` is false where a part of that is not known.
    """

    id: str
    kind: str
    name: str
    publisher: str
    version: str
    address: str
    released: str
    declared: tuple[tuple[Licence, ...], ...]
    effective: tuple[tuple[Licence, ...], ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """The root is the first part. `digest` is of everything else, and names the document."""

    root: Part
    parts: tuple[Part, ...]
    steps: tuple[Edge, ...]
    facts: Facts
    version: str
    digest: str = field(default="")

    @property
    def serial(self) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, self.digest)


def make_bill(question: Question, records: Records, facts: Facts, addresses: Mapping[str, str], version: str) -> Bill:
    """
    The bill of a question's subject. `addresses` gives those of parts that are kept here; `version` is Commonweight's.

    Suspicions are left out. Licences are resolved as on the day of the commit. Raises QuestionError for a lineage beyond
    the bounds.
    """
    subject = question.subject
    lineages = [Lineage(way.subject, records, facts.made.date()) for way in ways_of(subject)]
    raw = {str(node["id"]): node for node in question.document["subject"]["nodes"]}
    nodes = [subject.nodes[subject.root], *(node for node, _ in ancestors(question))]
    parts = [_part(node, raw[node.id], lineages, records, facts, addresses.get(node.id, "")) for node in nodes]
    bill = Bill(parts[0], tuple(parts[1:]), _steps(subject, nodes), facts, version)
    return Bill(bill.root, bill.parts, bill.steps, facts, version, _digest(bill))


def _steps(subject: Subject, nodes: Iterable[Node]) -> tuple[Edge, ...]:
    names = {node.id for node in nodes}
    kept = (edge for edge in subject.edges if edge.evidence != "suspected" and {edge.child, edge.parent} <= names)
    return tuple(sorted(kept, key=lambda edge: (edge.child, edge.parent, edge.relation)))


def _part(
    node: Node, raw: Mapping[str, Any], lineages: list[Lineage], records: Records, facts: Facts, address: str
) -> Part:  # fmt: skip
    artefacts = artefacts_of(node)
    found = [_effective(node, artefacts, lineage, records) for lineage in lineages]
    return Part(
        id=node.id,
        kind=node.kind,
        name=node.name,
        publisher=str(raw.get("publisher") or ""),
        version=str(raw.get("revision") or ""),
        address=address,
        released=node.released.isoformat() if node.released else "",
        declared=_declared(node, artefacts, records, facts),
        effective=tuple(dict.fromkeys(keys for keys, _ in found)),
        is_known=all(is_known for _, is_known in found),
    )


def _declared(node: Node, artefacts: tuple[str, ...], records: Records, facts: Facts) -> tuple[tuple[Licence, ...], ...]:
    """The sets to choose from; each is what applies together."""
    ways: list[tuple[str, ...]] = [()]
    for artefact in artefacts:
        rows = node.licences.get(artefact, node.licences.get("*", ()))
        choices = node.choices.get(artefact, node.choices.get("*", ())) or (rows,)
        resolved = [tuple(_key(records, one, facts) for one in way) for way in choices]
        ways = [(*first, *second) for first in ways for second in resolved]
    sets = dict.fromkeys(tuple(dict.fromkeys(way)) for way in ways if way)
    return tuple(tuple(_licence(key, records) for key in way) for way in sets)


def _key(records: Records, declared: Any, facts: Facts) -> str:
    terms, _ = records.resolve(declared, facts.made.date())
    return terms.key if terms is not None else str(declared.key)


def _effective(
    node: Node, artefacts: tuple[str, ...], lineage: Lineage, records: Records
) -> tuple[tuple[Licence, ...], bool]:
    """Terms under which the node stands itself or as a derivative; those of its outputs where it is data."""
    standing = (MATERIALS, DERIVATIVE, *((OUTPUTS,) if node.kind in ("dataset", "service") else ()))
    found = [one for one in lineage.attachments(node.id, artefacts) if one.standing in standing]
    keys = dict.fromkeys(one.key for one in found if one.key not in (NO_LICENCE, OWN_WORK))
    is_known = bool(keys) and not any(one.key == NO_LICENCE for one in found)
    return tuple(_licence(key, records) for key in sorted(keys)), is_known


def _licence(key: str, records: Records) -> Licence:
    terms = records.get(key)
    if terms is None:
        return Licence(key, "", key)
    return Licence(key, next(iter(terms.ids.get("spdx", ())), ""), terms.title)


def _digest(bill: Bill) -> str:
    document = json.dumps(asdict(bill), sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(document.encode()).hexdigest()


def _plain(key: str) -> str:
    """Letters, digits, points and hyphens: what a LicenseRef may hold."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "-" for letter in key)


def moment(made: datetime) -> datetime:
    """In UTC, to the second."""
    return made.astimezone(UTC).replace(microsecond=0)


__all__ = ["DESCENT", "OUTPUT_MODEL", "Bill", "BillFile", "Facts", "Licence", "Part", "make_bill", "moment"]
