"""From what happened to what is told: which webhooks watch it, whose owners may know of it, and what the body says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.hub import (
    DISCUSSION_CHANGED,
    REPOSITORY_EVENT,
    Discussion,
    Event,
    Hub,
    Repository,
    RevisionNotFound,
    described_repository,
)
from commonweight.identity import Identity, on_nobodys_behalf
from commonweight.jobs import Handler, Progress, enqueue
from commonweight.webhooks import store
from commonweight.webhooks.delivering import DELIVER
from commonweight.webhooks.values import WAITING, Watched, Webhook

KEEP: Final = timedelta(days=30)  # deliveries; a month of what went wrong is enough to find out why
KEEP_MOST: Final = 500  # of one webhook

Snapshot = Mapping[str, Any]
"""A repository as an event carries it; it may be gone by now."""


class Teller:
    """`base_url` is how people reach this server, without a slash at the end."""

    def __init__(self, database: Database, hub: Hub, identity: Identity, clock: Clock, base_url: str) -> None:
        self._database = database
        self._hub = hub
        self._identity = identity
        self._clock = clock
        self._base_url = base_url

    def handlers(self) -> Mapping[str, Handler]:
        return {REPOSITORY_EVENT: self.on_repository_event, DISCUSSION_CHANGED: self.on_discussion_changed}

    async def on_repository_event(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """The job after each change of a repository (hub/telling.py)."""
        here, more = payload["repository"], dict[str, Any]()
        if payload.get("ref"):
            change = {"ref": payload["ref"], "oldSha": payload["old"] or None, "newSha": payload["new"] or None}
            more = {"updatedRefs": [change]}
        if payload.get("moved_to"):
            moved = payload["moved_to"]
            more = {"movedTo": {"name": _full_name(moved), "owner": {"id": str(moved["namespace_id"])}}}
        await self._tell(payload["event"], payload["scope"], payload["action"], here, more)

    async def on_discussion_changed(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """The job after each event of a discussion (docs/discussions.md). Commits are told as content."""
        what = payload["what"]
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None or what == "commit":
            return
        try:
            talks, nobody = self._hub.discussions, on_nobodys_behalf("webhooks")
            discussion = await talks.find(nobody, repository, int(payload["number"]))
        except NotFound:
            return
        events = await talks.events(discussion)
        event = next((one for one in events if one.id == payload["event_id"]), None)
        if event is None:
            return
        is_first = event.id == events[0].id and what == "comment"
        scope = "discussion.comment" if what.startswith("comment") and not is_first else "discussion"
        action = "create" if what == "comment" else "update"
        more: dict[str, Any] = {"discussion": self._discussion(repository, discussion)}
        if event.type == "comment":
            more["comment"] = self._comment(repository, discussion, event)
        key = f"discussion-{event.id}-{what}-{len(event.texts)}"
        await self._tell(key, scope, action, described_repository(repository), more)

    async def _tell(self, key: str, scope: str, action: str, here: Snapshot, more: Mapping[str, Any]) -> None:
        async with self._database.read() as connection:
            found = [one for one in await store.enabled(connection) if _watches(one, scope, here)]
        allowed = [one for one in found if await self._may_know(one, here)]
        if not allowed:
            return
        repo, now = await self._repo(here), self._clock.now()
        async with self._database.write() as connection:
            for webhook in allowed:
                body = {"event": {"action": action, "scope": scope}, "repo": repo, **more}
                body["webhook"] = {"id": webhook.key, "version": 3}
                row: dict[str, Any] = {"webhook_id": webhook.id, "event": key, "scope": scope, "action": action}
                row |= {"about": f"{here['kind']}s/{_full_name(here)}", "body": orjson.dumps(body).decode()}
                row |= {"state": WAITING, "created_at": now, "tries": 0, "answer": ""}
                number = await store.insert_delivery(connection, row)
                if number is not None:
                    await enqueue(connection, now, DELIVER, {"delivery_id": number})
                await store.forget(connection, webhook, now - KEEP, KEEP_MOST)

    async def _may_know(self, webhook: Webhook, here: Snapshot) -> bool:
        """Of what is private only who may read in its namespace is told, as things are now."""
        if not here["is_private"]:
            return True
        return (await self._identity.reader(webhook.account_id)).may_read(here["namespace_id"])

    async def _repo(self, here: Snapshot) -> dict[str, Any]:
        described = {
            "type": here["kind"],
            "name": _full_name(here),
            "id": str(here["id"]),
            "private": here["is_private"],
            "url": {"web": self._base_url + _web_path(here), "api": f"{self._base_url}/api/{_api_path(here)}"},
            "owner": {"id": str(here["namespace_id"])},
        }
        repository = await self._hub.by_id(here["id"])
        if repository is None:
            return described
        try:
            return described | {"headSha": (await self._hub.resolve(repository)).commit}
        except RevisionNotFound:
            return described

    def _discussion(self, repository: Repository, discussion: Discussion) -> dict[str, Any]:
        here = described_repository(repository)
        described: dict[str, Any] = {
            "id": str(discussion.id),
            "num": discussion.number,
            "title": discussion.title,
            "status": discussion.status,
            "isPullRequest": discussion.is_pull_request,
            "pinned": False,
            "author": {"id": str(discussion.author_id or 0)},
            "url": {
                "web": f"{self._base_url}{_web_path(here)}/discussions/{discussion.number}",
                "api": f"{self._base_url}/api/{_api_path(here)}/discussions/{discussion.number}",
            },
        }
        if discussion.is_pull_request:
            merged = {"mergeCommitId": discussion.merge_commit} if discussion.merge_commit else {}
            described["changes"] = {"base": discussion.base, **merged}
        return described

    def _comment(self, repository: Repository, discussion: Discussion, event: Event) -> dict[str, Any]:
        page = f"{self._base_url}{_web_path(described_repository(repository))}/discussions/{discussion.number}"
        described: dict[str, Any] = {
            "id": str(event.id),
            "author": {"id": str(event.author_id or 0)},
            "hidden": event.is_hidden,
            "url": {"web": f"{page}#entry-{event.id}"},
        }
        return described | ({"content": event.texts[-1].text} if event.texts else {})


def _watches(webhook: Webhook, scope: str, here: Snapshot) -> bool:
    return scope.partition(".")[0] in webhook.domains and any(_is_meant(one, here) for one in webhook.watched)


def _is_meant(watched: Watched, here: Snapshot) -> bool:
    if watched.type in ("user", "org"):
        return watched.name.lower() == str(here["namespace"]).lower()
    return watched.type == here["kind"] and watched.name.lower() == _full_name(here).lower()


def _full_name(here: Snapshot) -> str:
    return f"{here['namespace']}/{here['name']}"


def _web_path(here: Snapshot) -> str:
    return f"/{_full_name(here)}" if here["kind"] == "model" else f"/{here['kind']}s/{_full_name(here)}"


def _api_path(here: Snapshot) -> str:
    return f"{here['kind']}s/{_full_name(here)}"
