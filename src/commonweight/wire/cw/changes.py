"""GET /cw/v1/changes, the same as JSON feed and as Atom feed, and how far deciding again has come."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import NotAuthenticated
from commonweight.identity import Caller
from commonweight.policy import CAUSES, Change, ChangeFilters, Policy
from commonweight.wire.cw.atom import MEDIA_TYPE, TITLE, atom_feed
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.languages import Language
from commonweight.wire.cw.numbers import Number
from commonweight.wire.cw.policy_shapes import ChangeAnswer, ChangesAnswer, ProgressAnswer

FEED_VERSION = "https://jsonfeed.org/version/1.1"
FEED_PAGE = 50  # entries of one answer; readers ask every few minutes, and follow `next` at the first time
#: Programs that read feeds sign in by it, with a token as the password, and ask their owner for it when they are told so.
CHALLENGE = {"www-authenticate": 'Basic realm="Commonweight: any name, a token as the password", charset="UTF-8"'}


async def _filters(
    use: Annotated[str, Query(description="name of a use")] = "",
    subject: Annotated[str, Query(description="part of a subject: a namespace, a name, a commit")] = "",
    before: Annotated[str, Query(description="value before")] = "",
    after: Annotated[str, Query(description="value after")] = "",
    direction: Annotated[str, Query(description="worse or better")] = "",
    kind: Annotated[str, Query(description=f"kind of cause: {', '.join(CAUSES)}")] = "",
    cause: Annotated[Number | None, Query(description="number of one cause")] = None,
    before_id: Annotated[Number | None, Query(description="only older ones: `next` of the page before")] = None,
) -> ChangeFilters:
    return ChangeFilters(use, subject, before, after, kind, cause, before_id, direction=direction)


def change_routes(callers: Callers, policy: Policy, address: Callable[[Request], str]) -> APIRouter:
    """What changed and why, for those who may see what it is about. `address`: under which the server was reached."""
    router = APIRouter(tags=["rights"])

    async def reader(request: Request) -> Caller:
        """Raises NotAuthenticated with a challenge, which programs that read feeds know how to answer."""
        caller = await callers.anybody(request)
        if caller.is_anonymous:
            hint = "Sign in by HTTP Basic with a token as the password, or send `Authorization: Bearer <token>`."
            raise NotAuthenticated("This feed needs an account.", hint=hint, headers=CHALLENGE)
        return caller

    asked_for = Annotated[ChangeFilters, Depends(_filters)]
    signed_in = Annotated[Caller, Depends(callers.signed_in)]

    @router.get("/changes", operation_id="list_changes")
    async def changes(
        caller: signed_in,
        asked: asked_for,
        language: Language,
        limit: Annotated[int, Query(description="1 to 500")] = 50,
    ) -> ChangesAnswer:
        """Verdicts that came out otherwise than before, newest first."""
        found = await policy.feed.changes(caller, replace(asked, limit=limit, language=language))
        going_on = found[-1].id if len(found) == limit else None
        return ChangesAnswer(changes=[ChangeAnswer.of(one) for one in found], next=going_on)

    @router.get("/changes/progress", operation_id="read_progress")
    async def progress(caller: signed_in) -> ProgressAnswer:
        """How many verdicts wait to be decided again, for what, and whether a job is at it."""
        return ProgressAnswer.of(await policy.progress())

    @router.get("/changes/feed.json", operation_id="changes_feed")
    async def feed(caller: Annotated[Caller, Depends(reader)], asked: asked_for) -> dict[str, Any]:
        """The newest changes as a JSON feed (jsonfeed.org); readers sign in by HTTP Basic, with a token as the password."""
        found = await policy.feed.changes(caller, replace(asked, limit=FEED_PAGE, language="en"))
        return {"version": FEED_VERSION, "title": TITLE, "items": [_item(one) for one in found]}

    @router.get("/changes/feed.atom", operation_id="changes_atom", response_class=Response)
    async def atom(request: Request, caller: Annotated[Caller, Depends(reader)], asked: asked_for) -> Response:
        """The same as an Atom feed (RFC 4287), page after page; readers sign in as for the JSON feed."""
        found = await policy.feed.changes(caller, replace(asked, limit=FEED_PAGE, language="en"))
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "before_id"]
        own = _with_query(request.url.path, request.query_params.multi_items())
        following = (
            _with_query(request.url.path, [*query, ("before_id", str(found[-1].id))]) if len(found) == FEED_PAGE else ""
        )
        document = atom_feed(found, urlencode(query), address(request), own, following, datetime.now(UTC))
        return Response(document, media_type=MEDIA_TYPE, headers={"cache-control": "private, no-cache"})

    return router


def _with_query(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _item(change: Change) -> dict[str, Any]:
    return {
        "id": str(change.id),
        "url": f"/verdicts/{change.verdict_after}",
        "title": f"{change.title}: {change.before} → {change.after} ({change.use})",
        "content_text": f"{CAUSES[change.cause.kind]} {change.headline}".strip(),
        "date_published": change.at.isoformat(),
    }
