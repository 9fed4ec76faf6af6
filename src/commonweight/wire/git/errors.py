"""Errors as git shows them: a plain text, which it prints behind `remote:`, and 401 where credentials would help."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonweight.errors import CommonweightError, NotAllowed
from commonweight.hub import RepositoryNotFound

CHALLENGE = 'Basic realm="Commonweight: any name, and a token as the password"'
LICENCE_DENIED = "licence_denied"  # the policy of the installation keeps the bytes: signing in would not help


def dress(request: Request, error: CommonweightError) -> Response:
    """Whoever sent no credentials is asked for some where he may not, or where a repository is missing or hidden."""
    anonymous = "authorization" not in request.headers
    asked = isinstance(error, RepositoryNotFound | NotAllowed) and error.code != LICENCE_DENIED
    status = 401 if anonymous and asked else error.status
    headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else {}
    return PlainTextResponse(f"{error.sentence}\n", status, headers)
