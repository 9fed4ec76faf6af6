"""The lineage of a model or data set, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.hub import Descendant, Descent, KnownModel, Revision
from commonweight.identity import Caller
from commonweight.web.contexts import GraphView, LineagePage, NodeView
from commonweight.web.contexts.repository import Head
from commonweight.web.links import known_address, of_repository
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.nodes import NodeLinks
from commonweight.web.presenting.verdicts import edge_view, node_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits


class LineagePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._links = NodeLinks(services)

    async def model(self, request: Request) -> Response:
        return await self._hosted(request, "model")

    async def dataset(self, request: Request) -> Response:
        return await self._hosted(request, "dataset")

    async def known(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        known = await self._services.known.get(f"{visit.params['namespace']}/{visit.params['name']}")
        return await self._show(visit, known, None, known.id, known_address(known.id))

    async def _hosted(self, request: Request, kind: str) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, kind, "main")
        head = await self._heads.head(seen, _("Lineage"))
        return await self._show(visit, seen.revision, head, seen.repository.full_name, seen.href)

    async def _show(self, visit: Visit, start: Revision | KnownModel, head: Head | None, id: str, href: str) -> Response:
        subject = await self._services.policy.subject_for(start)
        descent = await self._services.policy.stands_on(visit.caller, start)
        page = LineagePage(
            frame=visit.frame,
            head=head,
            id=id,
            href=href,
            ancestors=_ancestors(subject.document, await self._links.of(visit.caller, subject.document)),
            descendants=await self._descendants(visit.caller, descent),
            count=len(descent.nodes),
            is_cut=descent.cut,
        )
        return self._renderer.answer(page)

    async def _descendants(self, caller: Caller, descent: Descent) -> GraphView:
        licences = await self._licences(descent)
        nodes = tuple(
            NodeView(node.id, node.kind, licences.get(node.id, ""), _address(node), node is descent.root)
            for node in (descent.root, *descent.nodes)
        )
        edges = tuple(
            edge_view({
                "child": child, "parent": parent, "relation": step.relation, "evidence": step.evidence, "part": step.part,
            })
            for child, parent, step in descent.edges
        )  # fmt: skip
        return GraphView(nodes, edges)

    async def _licences(self, descent: Descent) -> Mapping[str, str]:
        """What each declares, in one look for all that are kept here."""
        nodes = (descent.root, *descent.nodes)
        hosted = {node.repository.id: node.id for node in nodes if node.repository is not None}
        repositories = [node.repository for node in nodes if node.repository is not None]
        heads = await self._services.hub.heads(repositories)
        declared = {hosted[head.repository.id]: ", ".join(head.facts.licences) for head in heads}
        return {node.id: node.known.licence for node in nodes if node.known is not None} | declared


def _ancestors(document: Mapping[str, Any], links: Mapping[str, str]) -> GraphView:
    nodes: Sequence[Mapping[str, Any]] = document["nodes"]
    return GraphView(
        tuple(node_view(node, document, links) for node in nodes), tuple(edge_view(edge) for edge in document["edges"])
    )


def _address(node: Descendant) -> str:
    if node.repository is not None:
        return of_repository(node.repository)
    return known_address(node.known.id) if node.known is not None and node.kind == "model" else ""
