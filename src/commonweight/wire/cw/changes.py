"""GET /cw/v1/changes, and the same as a JSON feed."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from commonweight.identity import Caller
from commonweight.policy import CAUSES, Change, ChangeFilters, Policy
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.policy_shapes import ChangeAnswer, ChangesAnswer

FEED_VERSION = "https://jsonfeed.org/version/1.1"


def change_routes(callers: Callers, policy: Policy) -> APIRouter:
    """What changed and why, for those who may see what it is about."""
    router = APIRouter(tags=["rights"])

    @router.get("/changes", operation_id="list_changes")
    async def changes(
        caller: Annotated[Caller, Depends(callers.signed_in)],
        use: Annotated[str, Query(description="name of a use")] = "",
        subject: Annotated[str, Query(description="part of a subject: a namespace, a name, a commit")] = "",
        before: Annotated[str, Query(description="value before")] = "",
        after: Annotated[str, Query(description="value after")] = "",
        kind: Annotated[str, Query(description=f"kind of cause: {', '.join(CAUSES)}")] = "",
        cause: Annotated[int | None, Query(description="number of one cause")] = None,
        before_id: Annotated[int | None, Query(description="only older ones: `next` of the page before")] = None,
        limit: Annotated[int, Query(description="1 to 500")] = 50,
    ) -> ChangesAnswer:
        """Verdicts that came out otherwise than before, newest first."""
        filters = ChangeFilters(use, subject, before, after, kind, cause, before_id, limit)
        found = await policy.feed.changes(caller, filters)
        going_on = found[-1].id if len(found) == limit else None
        return ChangesAnswer(changes=[ChangeAnswer.of(one) for one in found], next=going_on)

    @router.get("/changes/feed.json", operation_id="changes_feed")
    async def feed(caller: Annotated[Caller, Depends(callers.signed_in)]) -> dict[str, Any]:
        """The newest changes as a JSON feed (jsonfeed.org); readers sign in by HTTP Basic, with a token as the password."""
        found = await policy.feed.changes(caller)
        return {"version": FEED_VERSION, "title": "Verdicts that changed", "items": [_item(one) for one in found]}

    return router


def _item(change: Change) -> dict[str, Any]:
    return {
        "id": str(change.id),
        "url": f"/verdicts/{change.verdict_after}",
        "title": f"{change.title}: {change.before} → {change.after} ({change.use})",
        "content_text": CAUSES[change.cause.kind],
        "date_published": change.at.isoformat(),
    }
