"""
Terms as data: one record per licence text version. Every fact carries its clause and how it was learned.

The document form is described in docs/rights.md; `terms_reader` builds these from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from commonweight.rights.expression import Condition
from commonweight.rights.vocabulary import Value


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a fact stands in the text, and how it was learned (`vocabulary.EVIDENCE`)."""

    clause: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A right: `value` is yes, no, silent, or unread (nobody read what is said of it); `when` limits a yes to some uses."""

    right: str
    value: str
    cite: Cite
    reason: str
    when: Condition | None
    otherwise: Value
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A size, place, fee or business condition; `effect` follows where `test` holds. `unmet` says that it does not."""

    id: str
    test: Condition
    effect: Value
    cite: Cite
    reason: str
    unmet: str
    clock: str
    watch: str | None
    remedy: str | None
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ban:
    """
    Something withheld: by purpose (`purposes`, unless a qualification holds) or by a condition on the act (`when`).

    `observe` is the sentence that tells those whom it does not stop what to keep off.
    """

    id: str
    purposes: frozenset[str]
    when: Condition | None
    unless: Condition | None
    strength: str
    cite: Cite
    reason: str
    observe: str | None
    policy: str | None
    remedy: str | None
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A document that the text incorporates, such as a use policy; `digests` and `read` say which text of it was read."""

    id: str
    title: str
    url: str | None
    dynamic: bool
    cite: Cite
    observe: str
    digests: tuple[str, ...] = ()
    read: date | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an item may not apply; shown wherever the item is shown and `when` does not fail."""

    when: Condition | None
    note: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Something owed when `when` holds. `text` is to be reproduced as it stands, at the places of `where`."""

    id: str
    when: Condition
    do: str
    text: str | None
    where: tuple[str, ...]
    cite: Cite
    reason: str
    doubt: Doubt | None
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What a text says of a lineage relation. `mode` and `treat_as` are words of `lineage.MODES`; `unlike` is what holds where
    the child was not made to perform similarly to the parent, of a text that goes by that purpose.
    """

    mode: str
    treat_as: str
    cite: Cite
    note: str
    unless: Condition | None
    unlike: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    id: str
    says: str
    value: Value


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A place where the text can be read in several ways; it matters where `when` holds."""

    id: str
    when: Condition
    question: str
    readings: tuple[Reading, ...]
    default: str
    cite: Cite
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends the rights."""

    event: str
    automatic: bool
    cite: Cite
    note: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the text says about what the model answers."""

    owner: str
    training: str
    cite: Cite
    note: str


@dataclass(frozen=True, slots=True)
class Propagation:
    """How the text goes along with a derivative; `compatible` are keys and families that one of its kind admits."""

    mode: str
    cite: Cite
    note: str
    compatible: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Review:
    status: str
    by: str
    date: date
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text was read."""

    repository: str
    path: str
    commit: str
    read: date


class Over(NamedTuple):
    """The parts of a text that concern one standing."""

    gates: tuple[Gate, ...]
    bans: tuple[Ban, ...]
    ambiguities: tuple[Ambiguity, ...]
    #: Purposes that some ban names.
    purposes: frozenset[str]
    #: Bans by a condition, whatever the purpose.
    by_condition: tuple[Ban, ...]
    #: Bans that tell those whom they do not stop what to keep off.
    observed: tuple[Ban, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """
    One licence text version. `path_tests` are what its conditions ask about the way to the subject; `naming` and `noticing`
    the duties by which labels are judged (a prefix of the name; a copy, a notice, a badge); `labels_by_way`: these ask
    nothing about the asker or the use.

    `offered_by` is anyone where the text is made for all to put their own work under, else licensor (its maker alone).
    `binding` is licence (whoever has the thing stands under it) or contract (whoever accepted it does). `copyable`: the text
    allows verbatim copies of itself by anybody.
    """

    key: str
    title: str
    family: str
    version: str
    effective: date | None
    supersedes: str | None
    licensor: str
    ids: Mapping[str, tuple[str, ...]]
    source: Source
    text_digests: tuple[str, ...]
    sections: Mapping[str, str]
    openness: str
    review: Review
    covers: frozenset[str]
    covers_cite: Cite
    grants: Mapping[str, Grant]
    gates: tuple[Gate, ...]
    policies: tuple[Policy, ...]
    bans: tuple[Ban, ...]
    duties: tuple[Duty, ...]
    reach: Mapping[str, Reach]
    propagates: Propagation
    outputs: Outputs
    endings: tuple[Ending, ...]
    ambiguities: tuple[Ambiguity, ...]
    notes: tuple[str, ...]
    digest: str
    binding: str = "licence"
    offered_by: str = "licensor"
    path_tests: tuple[tuple[str, tuple[str, ...]], ...] = ()
    naming: tuple[Duty, ...] = ()
    noticing: tuple[Duty, ...] = ()
    labels_by_way: bool = False
    copyable: bool = False
    #: Duties that an act may trigger for what stands so under the text, as `duties` found before.
    may_be_owed: dict[tuple[str, str], tuple[Duty, ...]] = field(default_factory=dict, compare=False, repr=False)
    _over: dict[str, Over] = field(default_factory=dict, compare=False, repr=False)

    def over(self, standing: str) -> Over:
        """What concerns that which stands so under the text."""
        kept = self._over.get(standing)
        if kept is None:
            gates = tuple(gate for gate in self.gates if standing in gate.over)
            bans = tuple(ban for ban in self.bans if standing in ban.over)
            kept = self._over[standing] = Over(
                gates,
                bans,
                ambiguities=tuple(item for item in self.ambiguities if standing in item.over),
                purposes=frozenset(purpose for ban in bans for purpose in ban.purposes),
                by_condition=tuple(ban for ban in bans if ban.when is not None),
                observed=tuple(ban for ban in bans if ban.observe is not None),
            )
        return kept

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the record."""
        found: list[Condition | None] = [grant.when for grant in self.grants.values()]
        found += [gate.test for gate in self.gates]
        found += [condition for ban in self.bans for condition in (ban.when, ban.unless)]
        found += [duty.when for duty in self.duties]
        found += [duty.doubt.when for duty in self.duties if duty.doubt is not None]
        found += [reach.unless for reach in self.reach.values()]
        found += [item.when for item in self.ambiguities]
        return tuple(condition for condition in found if condition is not None)

    @property
    def names(self) -> frozenset[str]:
        """Every id and name that the text goes by, beside our key."""
        return frozenset(name for names in self.ids.values() for name in names)
