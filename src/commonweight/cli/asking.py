"""Questions of the command to a running server."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotAuthenticated, NotFound, Unavailable

DEFAULT_URL: Final = "http://127.0.0.1:8484"
REQUEST_SECONDS: Final = 30  # a verdict takes milliseconds; this is for a server that is just starting
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024  # a verdict has some ten kilobytes

Command = TypeVar("Command", bound=Callable[..., Any])


def server_options(command: Command) -> Command:
    """`--url` and `--token`."""
    said = f"Address of the server; else COMMONWEIGHT_URL, else {DEFAULT_URL}."
    command = click.option("--token", default=None, help="Token; else COMMONWEIGHT_TOKEN.")(command)
    return click.option("--url", default=None, help=said)(command)


def get(path: str, query: Mapping[str, str], url: str | None, token: str | None) -> dict[str, Any]:
    """The JSON mapping at a path of the server. Raises what the server's problem document says, or Unavailable."""
    return _ask(path, query, None, url, token)


def post(path: str, query: Mapping[str, str], body: Any, url: str | None, token: str | None) -> dict[str, Any]:
    """As `get`, for a body sent as JSON."""
    return _ask(path, query, json.dumps(body).encode(), url, token)


def delete(path: str, url: str | None, token: str | None) -> dict[str, Any]:
    """As `get`, for what is to go."""
    return _ask(path, {}, None, url, token, method="DELETE")


def _ask(
    path: str, query: Mapping[str, str], body: bytes | None, url: str | None, token: str | None,
    method: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    address = server_address(url)
    secret = token or os.environ.get("COMMONWEIGHT_TOKEN", "")
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {secret}"} if secret else {})}
    pairs = urllib.parse.urlencode({name: value for name, value in query.items() if value})
    target = f"{address}{urllib.parse.quote(path)}" + (f"?{pairs}" if pairs else "")
    return answer_of(urllib.request.Request(target, body, headers, method=method), address)  # noqa: S310 - checked above


def server_address(url: str | None) -> str:
    """That of the server. Raises InvalidInput."""
    address = (url or os.environ.get("COMMONWEIGHT_URL") or DEFAULT_URL).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise InvalidInput(f"The address {address!r} is no http or https address.", hint="Check --url.")
    return address


def answer_of(request: urllib.request.Request, address: str) -> dict[str, Any]:
    """The JSON mapping that a server answers. Raises what its problem document says, or Unavailable."""
    found = _answer(request, address)
    if not isinstance(found, dict):
        raise Unavailable(f"{address} answered with something else than was asked for.", hint="Check --url.")
    return found


def _answer(request: urllib.request.Request, address: str) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:  # noqa: S310 - checked before
            return json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        raise _refused(error) from error
    except (OSError, ValueError) as error:
        hint = "Is the server running there? Start it with `commonweight up`."
        raise Unavailable(f"No answer from {address} ({error}).", hint=hint) from error


def _refused(error: urllib.error.HTTPError) -> CommonweightError:
    """The server's problem document, or its error in OpenAI's shape, as the error of ours that it was."""
    try:
        problem = json.loads(error.read(MAX_ANSWER_BYTES))
    except (OSError, ValueError):
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    other = problem.get("error")
    said = other.get("message") if isinstance(other, dict) else None
    detail = str(problem.get("detail") or said or f"The server answered {error.code} {error.reason}.")
    kinds: dict[int, type[CommonweightError]] = {401: NotAuthenticated, 403: NotAllowed, 404: NotFound}
    kind = kinds.get(error.code, InvalidInput if error.code < 500 else Unavailable)
    return kind(detail, hint=str(problem.get("next_step") or ""))
