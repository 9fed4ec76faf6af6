"""
LoRA adapters as models: a repository whose card names its base as an adapter's.

The adapters of one namespace for one base share an engine, eight to one, so that rare ones do not each take the memory of
the base. Never those of several namespaces: a broken adapter keeps its engine from starting.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from commonweight.choosing.peft import is_peft, peft_source
from commonweight.choosing.sources import checkpoint_entries, files_of, make_handle, parse_handle
from commonweight.hub import BaseModel, Entry, Hub, Revision
from commonweight.identity import Caller
from commonweight.serving import FileChoiceError, ServableModel, Source, Target, choose_file

MAX_TOGETHER: Final = 8  # adapters of one engine; each takes some per cent of the base
MAX_LOOKED_AT: Final = 200  # models of a namespace, looked through for adapters
RELATION: Final = "adapter"


class Adapters:
    """Finds the base of an adapter, and what shares its engine."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def base_of(self, revision: Revision) -> str:
        """The name of the model that this adapts; empty where it is no adapter."""
        parents = (await self._hub.facts(revision)).base_models
        return parents[0].id if len(parents) == 1 and parents[0].relation == RELATION else ""

    async def source(self, revision: Revision, base: ServableModel) -> Source:
        """What an engine of the base loads of an adapter's repository. Raises FileChoiceError."""
        name, commit = revision.repository.full_name, revision.commit
        if base.target is Target.SNAPSHOT:
            return await self._folder(revision)
        entries = {entry.path: entry for entry in await files_of(self._hub, revision)}
        if is_peft(entries) and not any(path.lower().endswith(".gguf") for path in entries):
            return await peft_source(self._hub, revision, entries, parse_handle(base.handle))
        entry = entries[choose_file(entries)]
        return Source(name, commit, entry.path, entry.size, self._handle(revision, entry))

    def _handle(self, revision: Revision, entry: Entry) -> str:
        if entry.large is None:
            raise FileChoiceError(f"{entry.path!r} is too small to be an adapter.", hint="Publish the adapter's own file.")
        return make_handle(revision.repository.scope, entry.large.sha256)

    async def _folder(self, revision: Revision) -> Source:
        entries = await checkpoint_entries(self._hub, revision)
        if not any(entry.path.endswith(".safetensors") for entry in entries):
            message = f"{revision.repository.full_name} holds no adapter of safetensors, which its base needs."
            raise FileChoiceError(message)
        size, handle = sum(entry.size for entry in entries), str(revision.repository.id)
        return Source(revision.repository.full_name, revision.commit, "", size, handle, target=Target.SNAPSHOT)

    async def with_adapters(self, caller: Caller, revision: Revision, base_name: str, base: ServableModel) -> ServableModel:
        """The base with this adapter and those that share its engine. Raises FileChoiceError."""
        own = await self.source(revision, base)
        group = await self._group(caller, revision, base_name, base)
        return dataclasses.replace(base, adapters=group if own in group else (own,))

    async def _group(self, caller: Caller, revision: Revision, base_name: str, base: ServableModel) -> tuple[Source, ...]:
        """The eight, in the order of their repositories, among which the newest commit of this one is; else nothing."""
        namespace = revision.repository.namespace
        listed = await self._hub.list(caller, "model", author=namespace, limit=MAX_LOOKED_AT)
        heads = await self._hub.heads(sorted(listed, key=lambda repository: repository.id))
        siblings = [head.revision for head in heads if _adapts(head.facts.base_models, base_name)]
        numbers = [sibling.repository.id for sibling in siblings]
        if revision.repository.id not in numbers:
            return ()
        first = numbers.index(revision.repository.id) // MAX_TOGETHER * MAX_TOGETHER
        return tuple([one for one in await self._sources(siblings[first : first + MAX_TOGETHER], base) if one])

    async def _sources(self, revisions: Sequence[Revision], base: ServableModel) -> list[Source | None]:
        found: list[Source | None] = []
        for revision in revisions:
            try:
                found.append(await self.source(revision, base))
            except FileChoiceError:
                found.append(None)
        return found


def _adapts(parents: Sequence[BaseModel], base_name: str) -> bool:
    return any(one.relation == RELATION and one.id.lower() == base_name.lower() for one in parents)
