"""Discussions and pull requests (contract, section 12)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput
from commonweight.hub import (
    CommentText,
    Comparison,
    Discussion,
    DiscussionNotFound,
    Event,
    GatedRepository,
    Hub,
    Repository,
    Wanted,
    diff_text,
)
from commonweight.identity import Caller
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, Place, for_kind, web_path
from commonweight.wire.huggingface.answers import flag, json_answer, number
from commonweight.wire.huggingface.bodies import optional_text, read_json, text_field

PAGE = 50  # discussions, as on the public hub
HIDDEN = "This comment has been hidden"  # what clients of the public hub show in its place
MAX_DIGITS = 15  # of a number of a discussion or comment; keeps them within what databases hold

#: Markdown of a comment as harmless HTML; the path of the repository is what its addresses are relative to.
Rendered = Callable[[str, str], str]


@dataclass(frozen=True)
class Asked:
    """A deed on one discussion, or on one of its comments."""

    place: Place
    number: int
    comment: int
    body: dict[str, Any]

    @property
    def where(self) -> tuple[Caller, Repository, int]:
        return self.place.caller, self.place.repository, self.number


Deed = Callable[[Asked], Awaitable[dict[str, Any]]]


def as_text(text: str, _path: str) -> str:
    """For wires without a renderer."""
    return f"<p>{escape(text)}</p>"


class DiscussionCalls:
    def __init__(self, hub: Hub, access: Access, rendered: Rendered = as_text) -> None:
        self._hub = hub
        self._access = access
        self._rendered = rendered

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}/discussions"
        one = f"{base}/{{number}}"
        deeds = {"comment": self._comment, "title": self._title, "status": self._status, "merge": self._merge}
        comment_deeds = {"edit": self._edit, "hide": self._hide}
        return [
            Route(("GET",), base, for_kind(self._list, kind), Needs.READ),
            Route(("POST",), base, for_kind(self._open, kind), Needs.READ),
            Route(("GET",), one, for_kind(self._show, kind), Needs.READ),
            *(self._deed(kind, f"{one}/{word}", deed) for word, deed in deeds.items()),
            *(self._deed(kind, f"{one}/comment/{{comment}}/{word}", deed) for word, deed in comment_deeds.items()),
        ]

    def _deed(self, kind: str, pattern: str, deed: Deed) -> Route:
        async def handler(request: Request) -> Response:
            place = await self._access.place(request, kind)
            self._hub.check_contributes(place.caller, place.repository)
            params = request.path_params
            comment = _number(params["comment"]) if "comment" in params else 0
            asked = Asked(place, _number(params["number"]), comment, await read_json(request))
            return json_answer(await deed(asked))

        return Route(("POST",), pattern, handler, Needs.READ)

    # Looking

    async def _list(self, request: Request, kind: str) -> Response:
        place, query = await self._access.place(request, kind), request.query_params
        page = query.get("p", "0")
        wanted = Wanted(
            type=query.get("type", "all"),
            status=query.get("status", "all"),
            author=query.get("author", ""),
            page=int(page[:9]) if page.isascii() and page.isdigit() else 0,
            per_page=number(query.get("limit"), PAGE, PAGE),
        )
        found = await self._hub.discussions.list(place.caller, place.repository, wanted)
        shown = [_head(one, place.repository) for one in found.discussions]
        return json_answer({"count": found.count, "start": found.start, "discussions": shown})

    async def _show(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        number = _number(request.path_params["number"])
        discussion = await self._hub.discussions.find(place.caller, place.repository, number)
        return json_answer(await self._details(place, discussion, with_diff=flag(request.query_params.get("diff"))))

    async def _details(self, place: Place, discussion: Discussion, *, with_diff: bool) -> dict[str, Any]:
        events = await self._events(place, await self._hub.discussions.events(discussion))
        details = _head(discussion, place.repository) | {"events": events}
        if not discussion.is_pull_request:
            return details
        with_lines = with_diff and await self._gives_files(place)
        compared = await self._hub.pulls.compare(place.caller, place.repository, discussion, with_lines=with_lines)
        details |= {"changes": _changes(discussion), "filesWithConflicts": _conflicts(compared)}
        return details | ({"diff": _sendable(diff_text(compared.changes))} if with_diff else {})

    async def _gives_files(self, place: Place) -> bool:
        """Whoever may not have the files of a gated repository is not shown their lines, and told all the rest."""
        try:
            await self._hub.check_files(place.caller, place.repository)
        except GatedRepository:
            return False
        return True

    # Taking part

    async def _open(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        self._hub.check_contributes(place.caller, place.repository)
        body = await read_json(request)
        is_pull, title, text = body.get("pullRequest", False), text_field(body, "title"), text_field(body, "description", "")
        if not isinstance(is_pull, bool):
            raise InvalidInput(f"'pullRequest' is {is_pull!r}; expected true or false.")
        rooms = self._hub.pulls if is_pull else self._hub.discussions
        made = await rooms.open(place.caller, place.repository, title, text)
        url = f"{self._access.base_url(request)}{web_path(place.repository)}/discussions/{made.number}"
        return json_answer(await self._details(place, made, with_diff=False) | {"url": url})

    async def _comment(self, asked: Asked) -> dict[str, Any]:
        event = await self._hub.discussions.comment(*asked.where, text_field(asked.body, "comment"))
        return {"newMessage": await self._told(asked, event)}

    async def _title(self, asked: Asked) -> dict[str, Any]:
        event = await self._hub.discussions.rename(*asked.where, text_field(asked.body, "title"))
        return {"newTitle": await self._told(asked, event)}

    async def _status(self, asked: Asked) -> dict[str, Any]:
        status, comment = text_field(asked.body, "status"), optional_text(asked.body, "comment") or ""
        event = await self._hub.discussions.change_status(*asked.where, status, comment)
        return {"newStatus": await self._told(asked, event)}

    async def _merge(self, asked: Asked) -> dict[str, Any]:
        comment, seen = optional_text(asked.body, "comment") or "", optional_text(asked.body, "headCommit")
        event = await self._hub.pulls.merge(*asked.where, comment, seen)
        merged = await self._hub.discussions.find(*asked.where)
        return {"newStatus": await self._told(asked, event), "changes": _changes(merged)}

    async def _edit(self, asked: Asked) -> dict[str, Any]:
        event = await self._hub.discussions.edit(*asked.where, asked.comment, text_field(asked.body, "content"))
        return {"updatedComment": await self._told(asked, event)}

    async def _hide(self, asked: Asked) -> dict[str, Any]:
        event = await self._hub.discussions.hide(*asked.where, asked.comment)
        return {"updatedComment": await self._told(asked, event)}

    async def _told(self, asked: Asked, event: Event) -> dict[str, Any]:
        return (await self._events(asked.place, [event]))[0]

    async def _events(self, place: Place, events: Sequence[Event]) -> list[dict[str, Any]]:
        """In a thread: two thousand comments take seconds to render."""
        path = web_path(place.repository)
        return await asyncio.to_thread(lambda: [self._event(one, path) for one in events])

    def _event(self, event: Event, path: str) -> dict[str, Any]:
        data = self._comment_data(event, path) if event.type == "comment" else dict(event.data)
        shown = {"id": str(event.id), "type": event.type, "createdAt": iso_z(event.created_at), "data": data}
        return shown | _author(event.author)

    def _comment_data(self, event: Event, path: str) -> dict[str, Any]:
        if event.is_hidden or not event.texts:
            latest = {"raw": HIDDEN, "html": f"<p>{HIDDEN}</p>", "updatedAt": iso_z(event.created_at)}
            return {"edited": False, "hidden": True, "latest": latest | _author(event.author), "history": []}
        *before, latest_text = event.texts
        return {
            "edited": bool(before),
            "hidden": False,
            "latest": self._text(latest_text, path),
            "history": [self._text(one, path) for one in before],
        }

    def _text(self, text: CommentText, path: str) -> dict[str, Any]:
        html = self._rendered(text.text, path)
        return {"raw": text.text, "html": html, "updatedAt": iso_z(text.written_at)} | _author(text.author)


def _head(discussion: Discussion, repository: Repository) -> dict[str, Any]:
    head = {
        "num": discussion.number,
        "title": discussion.title,
        "status": discussion.status,
        "isPullRequest": discussion.is_pull_request,
        "createdAt": iso_z(discussion.created_at),
        "repo": {"name": repository.full_name, "type": repository.kind},
    }
    return head | _author(discussion.author)


def _author(name: str) -> dict[str, Any]:
    """An object, or nothing where the account is gone; never null."""
    return {"author": {"name": name}} if name else {}


def _changes(pull: Discussion) -> dict[str, Any]:
    merged = {"mergeCommitId": pull.merge_commit} if pull.merge_commit else {}
    return {"base": pull.base, **merged}


def _conflicts(compared: Comparison) -> list[str]:
    return [_sendable(one) for one in compared.conflicts]


def _sendable(text: str) -> str:
    """Names of files that are no UTF-8 (git allows them) cannot be sent as they are."""
    return text.encode(errors="replace").decode()


def _number(text: str) -> int:
    """Raises DiscussionNotFound."""
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise DiscussionNotFound(f"There is no discussion or comment {text[:50]!r}.")
    return int(text)
