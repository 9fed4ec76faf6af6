"""Who asks, and which repository and revision a path names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Handler, client_of, raw_path_of
from commonweight.errors import NotAuthenticated
from commonweight.hub import Hub, Repository, RepositoryNotFound, Revision
from commonweight.identity import ANONYMOUS, Account, Caller, Identity, Takes, caller_of
from commonweight.wire.huggingface.errors import MovedAway

KIND_OF_SEGMENT = {"models": "model", "datasets": "dataset", "spaces": "space"}


KindDeed = Callable[[Request, str], Awaitable[Response]]


def for_kind(deed: KindDeed, kind: str) -> Handler:
    """The handler that does a deed on repositories of one kind: the same routes exist for each."""

    async def handler(request: Request) -> Response:
        return await deed(request, kind)

    return handler


@dataclass(frozen=True)
class Place:
    """A repository that the caller may see."""

    caller: Caller
    repository: Repository


class Downloads(Protocol):
    """Who lets bytes out. Raises an error of this wire's kind where it does not."""

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None: ...


class OpenDownloads:
    """Lets everything out: for wires without a policy."""

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None:
        return None


class Access:
    """
    What every handler of this wire begins with. `base_url(request)` is how this client reaches us; `downloads` is
    asked before bytes go out.
    """

    def __init__(
        self,
        hub: Hub,
        identity: Identity,
        base_url: Callable[[Request], str],
        downloads: Downloads | None = None,
    ) -> None:
        self._hub = hub
        self.downloads = downloads or OpenDownloads()
        self._identity = identity
        self.base_url = base_url

    async def caller(self, request: Request) -> Caller:
        """Raises InvalidCredentials, CsrfMismatch."""
        return await caller_of(self._identity, request.method, request.headers, client_of(request), Takes.ALL)

    async def by_token(self, token_id: int) -> Caller:
        """Who asked before, by the number of the token; nobody where it is gone, or there was none."""
        return await self._identity.caller_by_token_id(token_id) if token_id else ANONYMOUS

    async def account(self, name: str) -> Account:
        """Raises AccountMissing."""
        return await self._identity.account(name)

    async def signed_in(self, request: Request) -> tuple[Caller, Account]:
        """Raises NotAuthenticated without a token."""
        caller = await self.caller(request)
        if caller.account is None:
            raise NotAuthenticated("This needs a token.", hint="Send it as: Authorization: Bearer <token>")
        return caller, caller.account

    async def place(self, request: Request, kind: str) -> Place:
        """The repository in the path. Raises RepositoryNotFound, or MovedAway to its new name."""
        caller, params = await self.caller(request), request.path_params
        namespace, name = params["namespace"], params["name"].removesuffix(".git")
        repository = await self._hub.find(caller, kind, namespace, name)
        if repository.moved:
            raise MovedAway(_moved_address(request, namespace, name, repository))
        return Place(caller, repository)

    async def revision(self, request: Request, kind: str) -> tuple[Caller, Revision]:
        """The repository and revision in the path. Raises RepositoryNotFound, RevisionNotFound, MovedAway."""
        caller, params = await self.caller(request), request.path_params
        namespace, name = params["namespace"], params["name"].removesuffix(".git")
        found = await self._hub.find_revision(caller, kind, namespace, name, params.get("revision", "main"))
        if isinstance(found, Revision):
            return caller, found
        raise MovedAway(_moved_address(request, namespace, name, found))


def no_such_repository(request: Request) -> RepositoryNotFound:
    """For addresses with one name: every repository here has a namespace."""
    return RepositoryNotFound(f"There is no repository {request.path_params.get('name')!r} without a namespace.")


def who_counts(request: Request, caller: Caller) -> Hashable:
    """As whom somebody counts among those who download: the account, else the address."""
    return caller.account.id if caller.account else client_of(request)


def web_path(repository: Repository) -> str:
    """`/ada/tiny`, `/datasets/ada/tiny`."""
    return f"/{repository.full_name}" if repository.kind == "model" else f"/{repository.kind}s/{repository.full_name}"


def api_path(repository: Repository) -> str:
    return f"/api/{repository.kind}s/{repository.full_name}"


def _moved_address(request: Request, namespace: str, name: str, repository: Repository) -> str:
    """Relative, since older clients follow nothing else on HEAD (section 1)."""
    segments = raw_path_of(request.scope).decode("latin-1").split("/")
    words = [unquote(segment) for segment in segments]  # a client may have written `%61da`
    pairs = list(zip(words, (word.removesuffix(".git") for word in words[1:]), strict=False))
    at = pairs.index((namespace, name))
    ending = ".git" if words[at + 1].endswith(".git") else ""
    segments[at : at + 2] = [repository.namespace, repository.name + ending]
    path = "/".join(segments)
    return f"{path}?{request.url.query}" if request.url.query else path
