"""
What can go wrong with repositories.

    CommonweightError
      NotFound        RepositoryNotFound   not there, or not for this caller to know of
                      RevisionNotFound     no such branch, tag or commit in this repository
                      EntryNotFound        no such file or folder at this revision
                      DiscussionNotFound   no discussion, pull request or comment of that number
      NotAllowed      MayNotWrite          the caller may read and may not change
                      GatedRepository      the caller may know of it and may not have its files
      InvalidInput    LargeFileMissing     a commit names bytes that this repository does not hold
                      InvalidRef           not a name that a branch or tag can have
      Conflict        RepositoryExists     carries the repository that is there
                      RefExists
                      IsDraft              private until it is accepted
                      CarriesPrivate       it holds the weights of what is private, and would be opened
                      Contended            too many commits at once; trying again helps
                      DiscussionState      not possible while a discussion is draft, open, closed, merged or too long
                      MergeConflicts       carries the paths that both sides changed
      Stale           StaleParent          the branch has moved since the caller looked
      TooLarge        TooMuch              more than a named bound
      Unprocessable   InvalidPath          a path that climbs out, or that git or a disk cannot hold
                      PackRefused          a push that cannot enter (receiving/reader.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale, TooLarge, Unprocessable

if TYPE_CHECKING:
    from commonweight.hub.values import Repository

#: The official client's tests compare this sentence (hub-http-contract, section 2).
STALE_PARENT = "The branch was updated since you opened this page. Please refresh and try again."

MAX_NAMED: Final = 20  # paths in one message; a page and the wire list all


class RepositoryNotFound(NotFound):
    code = "repository_not_found"


class RevisionNotFound(NotFound):
    code = "revision_not_found"


class EntryNotFound(NotFound):
    """`commit` is the revision that was looked into, where one was."""

    code = "entry_not_found"

    def __init__(self, detail: str, *, hint: str = "", commit: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.commit = commit


class DiscussionNotFound(NotFound):
    code = "discussion_not_found"


class MayNotWrite(NotAllowed):
    code = "may_not_write"


class GatedRepository(NotAllowed):
    code = "gated_repo"


class LargeFileMissing(InvalidInput):
    code = "large_file_missing"


class InvalidRef(InvalidInput):
    code = "invalid_ref"


class RepositoryExists(Conflict):
    """`repository` is the one that has the name."""

    code = "repository_exists"

    def __init__(self, repository: Repository) -> None:
        super().__init__(f"A {repository.kind} repository called {repository.full_name} already exists.")
        self.repository = repository


class RefExists(Conflict):
    code = "ref_exists"


class IsDraft(Conflict):
    code = "is_draft"


class CarriesPrivate(Conflict):
    code = "carries_private"


class Contended(Conflict):
    code = "contended"


class DiscussionState(Conflict):
    code = "discussion_state"


class MergeConflicts(Conflict):
    """`paths` are those that both sides have changed, each in its own way."""

    code = "merge_conflicts"

    def __init__(self, paths: Sequence[str]) -> None:
        named = ", ".join(repr(one) for one in paths[:MAX_NAMED])
        more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
        super().__init__(
            f"Both sides have changed: {named}{more}.",
            hint="Commit to the pull request what each of these files is to be, as it is on the base or joined by hand.",
        )
        self.paths = tuple(paths)


class StaleParent(Stale):
    code = "stale_parent"

    def __init__(self) -> None:
        super().__init__(STALE_PARENT)


class TooMuch(TooLarge):
    code = "too_much"


class InvalidPath(Unprocessable):
    code = "invalid_path"
