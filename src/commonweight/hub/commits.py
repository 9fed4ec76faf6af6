"""Commit objects: made and read with dulwich."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dulwich.objects import Commit as GitCommit
from dulwich.objects import ObjectID

from commonweight.hub.errors import TooMuch
from commonweight.hub.objects import GitObject, object_id
from commonweight.hub.values import Commit
from commonweight.identity import Caller

MAX_TITLE = 1000  # characters; a title is one line of a list
MAX_DESCRIPTION = 65_536  # characters; longer texts belong in a file


def signature(caller: Caller) -> str:
    """`ada <ada@users.noreply.commonweight>`: the account's name, which pages and clients link to."""
    name = caller.account.name if caller.account else "anonymous"
    return f"{name} <{name}@users.noreply.commonweight>"


def make_commit(tree: str, parents: Sequence[str], author: str, when: datetime, title: str, message: str) -> GitObject:
    """Raises TooMuch for a message beyond the bounds."""
    if len(title) > MAX_TITLE or len(message) > MAX_DESCRIPTION:
        raise TooMuch(f"A commit's title may have {MAX_TITLE} characters, its description {MAX_DESCRIPTION}.")
    commit = GitCommit()
    commit.tree = ObjectID(tree.encode())
    commit.parents = [ObjectID(parent.encode()) for parent in parents]
    commit.author = commit.committer = author.encode()
    commit.author_time = commit.commit_time = int(when.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = None
    commit.message = _message(title, message)
    data = commit.as_raw_string()
    return GitObject(object_id("commit", data), "commit", len(data), data, parents[0] if parents else None)


def _message(title: str, message: str) -> bytes:
    first = " ".join(title.replace("\0", "").split()) or "Update files"
    rest = message.replace("\0", "").strip()
    return (f"{first}\n\n{rest}\n" if rest else f"{first}\n").encode(errors="replace")


def parse_commit(oid: str, data: bytes) -> Commit:
    commit = _git_commit(data)
    title, _, rest = commit.message.decode(errors="replace").strip().partition("\n")
    author = commit.author.decode(errors="replace").rpartition(" <")[0]
    when = datetime.fromtimestamp(commit.commit_time, UTC)
    return Commit(oid, title.strip(), rest.strip(), author, when, tuple(parent.decode() for parent in commit.parents))


def tree_of(data: bytes) -> str:
    """The id of a commit's root tree."""
    return str(_git_commit(data).tree.decode())


def _git_commit(data: bytes) -> GitCommit:
    commit = GitCommit.from_string(data)
    assert isinstance(commit, GitCommit)
    return commit
