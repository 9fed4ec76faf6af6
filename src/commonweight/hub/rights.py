"""What a caller may do with a repository. A private one looks missing to those who may not see it."""

from __future__ import annotations

from collections.abc import Collection

from commonweight.hub.errors import GatedRepository, MayNotWrite
from commonweight.hub.repositories import may_see, not_found
from commonweight.hub.values import Repository
from commonweight.identity import Account, Caller, Right, Role


def check_reads(caller: Caller, repository: Repository) -> None:
    """Raises RepositoryNotFound."""
    if not may_see(caller, repository):
        raise not_found(repository.kind, repository.full_name)


def check_files(caller: Caller, repository: Repository, granted: Collection[int] = ()) -> str:
    """
    Whether the caller may have the files, as far as the repository itself says; gives what refusals call it. `granted` are
    the gated repositories that have let the caller in.

    Raises GatedRepository, RepositoryNotFound.
    """
    check_reads(caller, repository)
    what = f"{repository.kind} {repository.full_name}"  # clients' tests know this sentence
    if repository.gated and not caller.may_with(Right.READ, repository) and repository.id not in granted:
        raise GatedRepository(
            f"Access to {what} is restricted and you are not in the authorized list.",
            hint=f"Ask for it at {access_path(repository)}.",
        )
    return what


def may_write(caller: Caller, repository: Repository) -> bool:
    """Whether the caller may change its branches."""
    return caller.may_with(Right.WRITE, repository)


def check_writes(caller: Caller, repository: Repository) -> None:
    """Raises MayNotWrite; RepositoryNotFound where the caller may not even see it."""
    check_reads(caller, repository)
    if not may_write(caller, repository):
        raise MayNotWrite(f"You may not write to {repository.full_name}.", hint="Use a token with the role write.")


def check_administers(caller: Caller, repository: Repository) -> None:
    """Raises MayNotWrite; RepositoryNotFound where the caller may not even see it."""
    check_reads(caller, repository)
    if not caller.may_with(Right.ADMINISTER, repository):
        raise MayNotWrite(f"You may not administer {repository.full_name}.")


def may_contribute(caller: Caller, repository: Repository) -> bool:
    """
    Whether the caller may take part: whoever may read, by an account and a token that may write anything at all, or a
    fine-grained one that is for this.
    """
    if not may_see(caller, repository) or caller.account is None or caller.token is None:
        return False
    grants = caller.token.grants
    if grants is not None:
        return Right.DISCUSS in grants.rights(repository.namespace_id, repository.id)
    return caller.token.role >= Role.WRITE


def check_contributes(caller: Caller, repository: Repository) -> Account:
    """Who takes part in discussions and opens pull requests. Raises MayNotWrite, RepositoryNotFound."""
    check_reads(caller, repository)
    if caller.account is None or not may_contribute(caller, repository):
        raise _may_not_take_part()
    return caller.account


def access_path(repository: Repository) -> str:
    """The page on which access is asked for: `/ada/tiny/access`."""
    prefix = "" if repository.kind == "model" else f"/{repository.kind}s"
    return f"{prefix}/{repository.full_name}/access"


def check_sends(caller: Caller, repository: Repository) -> Account:
    """Who may send bytes: to a branch, or for a pull request. Raises MayNotWrite, RepositoryNotFound."""
    check_reads(caller, repository)
    if caller.account is None or not (may_write(caller, repository) or may_contribute(caller, repository)):
        raise _may_not_take_part()
    return caller.account


def _may_not_take_part() -> MayNotWrite:
    return MayNotWrite("Taking part needs an account and a token with the role write.", hint="Sign in, or use such a token.")
