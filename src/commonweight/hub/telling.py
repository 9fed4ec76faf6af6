"""Events of repositories: a job in the transaction of each change, for whoever tells others of it (webhooks)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from commonweight.db import Connection
from commonweight.hub.values import Repository
from commonweight.jobs import enqueue

REPOSITORY_EVENT: Final = "repository_event"


async def tell(connection: Connection, now: datetime, repository: Repository, scope: str, action: str, **more: Any) -> None:
    """
    `scope` is repo, repo.content or repo.config; `action` create, update, move or delete. `more` is `ref`, `old`, `new` of
    content, `moved_to` of a move. The payload says all of the repository, which may be gone when the job runs.
    """
    payload = {"event": secrets.token_hex(12), "scope": scope, "action": action, "repository": described(repository)}
    await enqueue(connection, now, REPOSITORY_EVENT, payload | more)


def described(repository: Repository) -> Mapping[str, Any]:
    return {
        "id": repository.id,
        "kind": repository.kind,
        "namespace": repository.namespace,
        "namespace_id": repository.namespace_id,
        "name": repository.name,
        "is_private": repository.is_private,
    }
