"""The pages of the nodes of a lineage, as far as a reader can open them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.errors import NotFound
from commonweight.identity import Caller
from commonweight.web.links import known_address, repository_address
from commonweight.web.services import WebServices

MAX_LINKED_NODES: Final = 40  # of one lineage, each a look into the hub


class NodeLinks:
    def __init__(self, services: WebServices) -> None:
        self._services = services

    async def of(self, caller: Caller, lineage: Mapping[str, Any]) -> Mapping[str, str]:
        """The page of each node of a lineage that this caller can open, by the node's id."""
        nodes = lineage.get("nodes", ())[:MAX_LINKED_NODES]
        found = [(node["id"], await self._link(caller, node)) for node in nodes]
        return {name: href for name, href in found if href}

    async def _link(self, caller: Caller, node: Mapping[str, Any]) -> str:
        kind = "dataset" if node.get("kind") == "dataset" else "model"
        full_name = node["id"].removeprefix("datasets/")
        namespace, _slash, name = full_name.partition("/")
        try:
            repository = await self._services.hub.find(caller, kind, namespace, name)
            return repository_address(kind, repository.full_name)
        except NotFound:
            known = await self._services.known.find(full_name) if kind == "model" else None
            return known_address(known.id) if known and known.kind == "model" else ""
