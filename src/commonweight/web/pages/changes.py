"""`/rights/changes`: what changed and why, cause by cause, and what still waits to be decided again."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.policy import CAUSES, DIRECTIONS, ChangeFilters
from commonweight.web.contexts import CauseGroup, ChangesPage, Choice
from commonweight.web.links import with_query
from commonweight.web.pages.openness import language_of
from commonweight.web.presenting.causes import CHANGES, cause_word
from commonweight.web.presenting.changes import DIRECTION_WORDS, cause_group, of_cause, progress_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

FEED: Final = "/cw/v1/changes/feed.atom"
MAX_SUBJECT: Final = 200  # characters of a search; a name has 193 at most
MAX_NUMBER: Final = 2**62  # beyond it nothing is numbered


class ChangesPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """For whoever has an account, as far as they may see what it is about. Words that are none filter nothing."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        filters = filters_in(request)
        groups, older = await (self._one_cause(visit, filters) if filters.cause else self._all(visit, filters))
        uses = [one.name for one in await self._services.policy.uses.list()]
        kept = _pairs(filters)
        page = ChangesPage(
            frame=visit.frame,
            progress=progress_view(await self._services.policy.progress()),
            uses=tuple(Choice(name, name, "", name == filters.use) for name in uses),
            kinds=tuple(Choice(kind, cause_word(kind).text, "", kind == filters.kind) for kind in CAUSES),
            directions=tuple(Choice(key, word.text, "", key == filters.direction) for key, word in DIRECTION_WORDS.items()),
            subject=filters.subject,
            cause=str(filters.cause or ""),
            is_filtered=bool(kept),
            groups=groups,
            next=with_query(CHANGES, [*kept, ("before", older)]) if older else "",
            feed=with_query(FEED, kept),
        )
        return self._renderer.answer(page)

    async def _all(self, visit: Visit, filters: ChangeFilters) -> tuple[tuple[CauseGroup, ...], str]:
        """Causes with the first of their changes; and where the next page begins."""
        found = await self._services.policy.feed.by_cause(visit.caller, replace(filters, language=language_of(visit)))
        groups = tuple(
            cause_group(one.cause, one.changes, href=of_cause(one.cause) if one.is_cut else "") for one in found.groups
        )
        return groups, ".".join(map(str, found.next)) if found.next else ""

    async def _one_cause(self, visit: Visit, filters: ChangeFilters) -> tuple[tuple[CauseGroup, ...], str]:
        filters = replace(filters, language=language_of(visit), before_cause=None)
        changes = await self._services.policy.feed.changes(visit.caller, filters)
        if not changes:
            return (), ""
        older = f"{filters.cause}.{changes[-1].id}" if len(changes) == filters.limit else ""
        return (cause_group(changes[0].cause, changes),), older


def filters_in(request: Request) -> ChangeFilters:
    """The filters of an address. `before` goes on: number of a cause, a dot, number of a change."""
    query = request.query_params
    kind, direction = query.get("kind", ""), query.get("direction", "")
    before_cause, _, before_id = query.get("before", "").partition(".")
    return ChangeFilters(
        use=query.get("use", "")[:MAX_SUBJECT],
        subject=query.get("subject", "").strip()[:MAX_SUBJECT],
        kind=kind if kind in CAUSES else "",
        direction=direction if direction in DIRECTIONS else "",
        cause=_number(query.get("cause", "")),
        before_cause=_number(before_cause),
        before_id=_number(before_id) if _number(before_cause) is not None else None,
    )


def _number(text: str) -> int | None:
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
    return found if found is not None and found < MAX_NUMBER else None


def _pairs(filters: ChangeFilters) -> list[tuple[str, str]]:
    pairs = [(name, getattr(filters, name)) for name in ("use", "subject", "kind", "direction")]
    return [(name, value) for name, value in [*pairs, ("cause", str(filters.cause or ""))] if value]
