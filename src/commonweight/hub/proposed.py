"""Which commits somebody has only proposed, so that what their cards say is not the word of who owns the repository."""

from __future__ import annotations

from typing import Final

from commonweight.db import Connection
from commonweight.hub import refs
from commonweight.hub.history import History
from commonweight.hub.values import Revision

PULLS: Final = "refs/pr/"
MAX_WALKED: Final = 1_000  # commits of main; one that lies further back counts as proposed where there are pull requests


async def is_proposed(connection: Connection, revision: Revision) -> bool:
    """
    Whether a commit stands in a pull request and not in the history of `main`, nor under a branch or tag.

    Where that is not sure it is True: whoever asks then asks about `main` too.
    """
    if revision.ref is not None and not revision.ref.startswith(PULLS):
        return False
    named = await refs.listing(connection, revision.repository)
    if not any(one.name.startswith(PULLS) for one in named):
        return False
    if any(one.commit == revision.commit and not one.name.startswith(PULLS) for one in named):
        return False
    main = next((one.commit for one in named if one.name == refs.MAIN), None)
    return main is None or not await _is_in_history(connection, revision, main)


async def _is_in_history(connection: Connection, revision: Revision, start: str) -> bool:
    walked = 0
    async for commit in History(connection, revision.repository.scope).walk(start):
        walked += 1
        if commit.id == revision.commit:
            return True
        if walked >= MAX_WALKED:
            break
    return False
