"""The texts that a pack may take: licences, policies and notices in the repositories of a lineage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from commonweight.errors import NotAllowed, NotFound
from commonweight.hub import Hub, Revision, TooMuch
from commonweight.identity import Caller
from commonweight.policy.values import Subject
from commonweight.rights.pack import TextAtHand
from commonweight.storage import NotStored

MAX_TEXT_BYTES: Final = 1 << 20  # the longest licence known has 60 KB
MAX_TEXTS: Final = 256  # of one lineage; a repository has a handful


class TextsAtHand:
    """Reads them for a caller, who gets what they may read themselves."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def of(self, caller: Caller, subject: Subject) -> tuple[TextAtHand, ...]:
        """The texts in the repositories of the subject's nodes that are kept here, the subject's own first."""
        root = subject.document["root"]
        nodes = sorted(subject.document["nodes"], key=lambda node: (node["id"] != root, node["id"]))
        found: list[TextAtHand] = []
        for node in nodes:
            if len(found) < MAX_TEXTS and "revision" in node:
                found += [text async for text in self._of_node(caller, node)]
        return tuple(found[:MAX_TEXTS])

    async def _of_node(self, caller: Caller, node: Mapping[str, Any]) -> AsyncIterator[TextAtHand]:
        try:
            kind = "dataset" if node["kind"] == "dataset" else "model"
            repository = await self._hub.find(caller, kind, node["publisher"], node["name"])
            await self._hub.check_files(caller, repository)
            revision = await self._hub.resolve(repository, node["revision"])
        except (NotFound, NotAllowed):
            return  # deleted meanwhile, or its files are for others
        for file in (await self._hub.facts(revision)).licence_files:
            content = await read_text(self._hub, revision, file.path)
            if content is not None:
                source = f"{node['id']}@{revision.commit[:8]}: {file.path}"
                yield TextAtHand(file.path, content, node=node["id"], source=source)


async def read_text(hub: Hub, revision: Revision, path: str) -> bytes | None:
    """The bytes of a small file; None where it is not there, too large, or its bytes are gone."""
    try:
        return await hub.read_small(revision, path, MAX_TEXT_BYTES)
    except (NotFound, TooMuch, NotStored):
        return None
