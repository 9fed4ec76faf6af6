"""What is known of a model's components: its files, the catalogue, data sets kept here, the models it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from commonweight.choosing.evidence import Evidence
from commonweight.choosing.grading import (
    EVALUATION_DATA,
    MADE_FROM,
    NO_LICENCE,
    Lineage,
    claims_of,
    nodes_of,
    own_licences,
    parents_of,
    with_data_terms,
)
from commonweight.errors import NotFound
from commonweight.hub import GatedRepository, Hub, KnownModel, KnownModels, Repository, Revision, RevisionFacts
from commonweight.identity import ANONYMOUS, Account, Caller
from commonweight.rights import (
    COMPONENTS,
    Base,
    Component,
    LinkedData,
    Seen,
    evaluation_sets,
    strongest,
    with_bases,
    with_linked_data,
)

MAX_DEPTH: Final = 3  # steps to originals whose components count: a quantised copy of a tuned model of a base
MAX_LINKED: Final = 16  # data sets of one model that are looked into; cards name a handful
_NOTHING: Final = Seen(dict.fromkeys(COMPONENTS, Component(looked=False)))


class Looking:
    """
    Looks along a lineage. What is private stays private: of a public model only public parents and data sets are looked
    at, of a private one also those of its own namespace, whose readers are the same people.
    """

    def __init__(self, hub: Hub, known: KnownModels, evidence: Evidence) -> None:
        self._hub = hub
        self._known = known
        self._evidence = evidence

    async def at(self, revision: Revision, facts: RevisionFacts, lineage: Lineage) -> Seen:
        """A repository kept here."""
        reader = _reader_of(revision.repository)
        seen = await self._of_node(lineage, lineage["root"], reader, 0, revision)
        sets = [await self._linked(name, "evaluation", {}, reader) for name in evaluation_sets(facts.card)[:MAX_LINKED]]
        return with_linked_data(seen, (), [one for one in sets if one is not None])

    async def at_known(self, lineage: Lineage) -> Seen:
        """An entry of the catalogue."""
        return await self._of_node(lineage, lineage["root"], ANONYMOUS, 0)

    async def evaluation_licences(self, revision: Revision, facts: RevisionFacts) -> dict[str, tuple[str, ...]]:
        """Tags of the data sets that results were measured on, where they are kept here."""
        reader, found = _reader_of(revision.repository), list[str]()
        for name in evaluation_sets(facts.card)[:MAX_LINKED]:
            there = await self._revision(f"datasets/{name}", reader)
            if there is not None:
                found += (await self._hub.facts(there)).licences or (NO_LICENCE,)
        return {EVALUATION_DATA: tuple(dict.fromkeys(found))} if found else {}

    async def _of_node(
        self, lineage: Lineage, name: str, reader: Caller, depth: int, revision: Revision | None = None
    ) -> Seen:
        nodes = nodes_of(lineage)
        seen = await self._own(name, reader, nodes.get(name, {}), revision)
        sets = [parent for parent, _relation in parents_of(lineage, name, ("trained_on_data",))][:MAX_LINKED]
        linked = [await self._linked(parent, "training", nodes[parent], reader) for parent in sets]
        seen = with_linked_data(seen, map(_bare, sets), [one for one in linked if one is not None])
        seen = with_data_terms(await self._with_claims(seen, name), lineage, name)
        steps = parents_of(lineage, name, MADE_FROM) if depth < MAX_DEPTH else []
        return with_bases(seen, [await self._base(lineage, step, reader, depth) for step in steps])

    async def _own(self, name: str, reader: Caller, node: Mapping[str, Any], revision: Revision | None) -> Seen:
        found = revision or (await self._revision(name, reader) if node.get("revision") else None)
        return await self._evidence.of(found) if found else _NOTHING

    async def _with_claims(self, seen: Seen, name: str) -> Seen:
        """What the catalogue says of something by that name, where nothing was seen."""
        known = await self._known.find(_bare(name))
        claims: Mapping[str, Component] = claims_of(known) if isinstance(known, KnownModel) else {}
        found = {key: strongest(one, claims[key]) if key in claims else one for key, one in seen.components.items()}
        return replace(seen, components=found)

    async def _base(self, lineage: Lineage, step: tuple[str, str], reader: Caller, depth: int) -> Base:
        parent, relation = step
        node = nodes_of(lineage)[parent]
        seen = await self._of_node(lineage, parent, reader, depth + 1)
        return Base(parent, relation, seen.components, bool(node.get("revision")), own_licences(node))

    async def _linked(self, name: str, role: str, node: Mapping[str, Any], reader: Caller) -> LinkedData | None:
        """A data set that is kept here; None where it is not, or not for every reader of the model."""
        revision = await self._revision(f"datasets/{_bare(name)}", reader)
        if revision is None:
            return None
        return LinkedData(_bare(name), role, (await self._evidence.of(revision)).components, own_licences(node)["*"])

    async def _revision(self, name: str, reader: Caller) -> Revision | None:
        kind = "dataset" if name.startswith("datasets/") else "model"
        namespace, slash, bare = _bare(name).partition("/")
        if not slash or "/" in bare:
            return None
        try:
            repository = await self._hub.find(reader, kind, namespace, bare)
            await self._hub.check_files(reader, repository)
            return await self._hub.resolve(repository)
        except (NotFound, GatedRepository):
            return None


def _bare(name: str) -> str:
    return name.removeprefix("datasets/")


def _reader_of(repository: Repository) -> Caller:
    """Whoever reads a private repository reads its namespace; of a public one anybody is a reader."""
    if not repository.is_private:
        return ANONYMOUS
    return Caller(Account(repository.namespace_id, "organisation", repository.namespace, repository.namespace))
