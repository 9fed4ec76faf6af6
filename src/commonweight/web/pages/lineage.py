"""The lineage of a model or data set, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotFound
from commonweight.hub import Descendant, Descent, KnownModel, Revision
from commonweight.identity import Caller
from commonweight.web.contexts import GraphView, HeaderView, LineagePage, NodeView, SuspectsView
from commonweight.web.contexts.repository import Head
from commonweight.web.links import known_address, of_repository
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.pages.nodes import NodeLinks
from commonweight.web.presenting.suspects import header_views, suspects_view
from commonweight.web.presenting.verdicts import edge_view, node_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account


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
        return await self._of(visit, await self._heads.find(visit, kind, "main"))

    async def _of(self, visit: Visit, seen: Seen, error: CommonweightError | None = None) -> Response:
        head = await self._heads.head(seen, _("Lineage"))
        suspects = None
        if self._services.suspects.may_ask(visit.caller, seen.repository):
            found = await self._services.suspects.of(visit.caller, seen.repository)
            suspects = suspects_view(found, f"{seen.href}/lineage/suspects", error.sentence if error else "")
        status = error.status if error else 200
        return await self._show(visit, seen.revision, head, seen.repository.full_name, seen.href, suspects, status)

    async def decide(self, request: Request) -> Response:
        """Confirm or dismiss a suspected base. Raises SignInNeeded, MayNotWrite, RepositoryNotFound."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model", "main")
        caller = needs_account(visit)
        self._services.hub.check_writes(caller, seen.repository)
        form, suspects = await self._visits.form(visit), self._services.suspects
        number = int(form.one("suspect")) if form.one("suspect").isdecimal() else 0
        try:
            if form.one("deed") == "confirm":
                await suspects.confirm(caller, seen.repository, number, form.one("relation"))
            else:
                await suspects.dismiss(caller, seen.repository, number, form.one("reason"))
        except (InvalidInput, Conflict, NotFound) as error:
            return await self._of(visit, seen, error)
        return RedirectResponse(f"{seen.href}/lineage#suspects", status_code=303)

    async def _show(
        self,
        visit: Visit,
        start: Revision | KnownModel,
        head: Head | None,
        id: str,
        href: str,
        suspects: SuspectsView | None = None,
        status: int = 200,
    ) -> Response:
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
            headers=await self._headers(visit.caller, start),
            suspects=suspects,
        )
        return self._renderer.answer(page, status)

    async def _headers(self, caller: Caller, start: Revision | KnownModel) -> tuple[HeaderView, ...]:
        if isinstance(start, KnownModel):
            return ()
        return header_views(await self._services.suspects.headers(caller, start))

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
