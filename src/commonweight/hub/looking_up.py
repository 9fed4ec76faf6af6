"""
A repository and one of its revisions in one glance at the database: the hot path of reads.

Everything that can change is in it (who owns the repository, whether it is private or gated, where its branch stands,
whether a commit is still there), so a change by any process counts from the next request on. What is left, the files
and facts of a commit, never changes and is remembered (`remembered.py`).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Label, ScalarSelect, bindparam, select

from commonweight.db import Database, Glance
from commonweight.db.tables import hub as tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.hub import refs, repositories
from commonweight.hub.values import Repository, Revision

_accounts = accounts_tables.accounts
_repositories = tables.repositories
_NO_REF: Final = ""  # no ref and no object has this name


def _commit_under(name: str) -> Label[str]:
    here = tables.refs.c
    query = select(here.commit).where(here.repository_id == _repositories.c.id, here.name == bindparam(name))
    return query.scalar_subquery().label(name)


def _own_commit() -> ScalarSelect[str]:
    objects = tables.git_objects.c
    mine = (objects.scope == _repositories.c.scope, objects.id == bindparam("sha"), objects.type == "commit")
    return select(objects.id).where(*mine).scalar_subquery()


_FIND: Final = Glance(
    repositories.selected()
    .add_columns(_commit_under("branch"), _commit_under("tag"), _own_commit().label("sha"))
    .where(
        _repositories.c.kind == bindparam("wanted_kind"),
        _repositories.c.name_lower == bindparam("wanted_name"),
        _accounts.c.name_lower == bindparam("wanted_namespace"),
    )
)


async def look_up(
    database: Database, kind: str, namespace: str, name: str, text: str
) -> tuple[Repository, Revision | None] | None:
    """
    The repository of that name, whoever asks, and the revision that `text` means there. None for the first where it has
    left that name or never had it, for the second where a longer look is needed (`refs.resolve`).
    """
    branch, tag = (text, _NO_REF) if text.startswith("refs/") else (f"refs/heads/{text}", f"refs/tags/{text}")
    sha = text.lower() if refs.is_whole_id(text.lower()) else _NO_REF
    wanted = {"wanted_kind": kind, "wanted_namespace": namespace.lower(), "wanted_name": name.lower()}
    rows = await database.glance(_FIND, **wanted, branch=branch, tag=tag, sha=sha)
    if not rows:
        return None
    repository = repositories.repository_of(rows[0])
    return repository, _revision(repository, rows[0], branch, tag)


def _revision(repository: Repository, row: Any, branch: str, tag: str) -> Revision | None:
    for commit, name in ((row.branch, branch), (row.tag, tag)):
        if commit is not None:
            return Revision(repository, commit, name)
    return Revision(repository, row.sha) if row.sha else None
