"""Errors as the hub's clients read them: status, `X-Error-Code`, `X-Error-Message`, `{"error": …}` (contract, section 2)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import CommonweightError, MethodNotAllowed, NotAllowed, NotFound
from commonweight.hub import EntryNotFound, RepositoryNotFound, RevisionNotFound
from commonweight.wire.huggingface.answers import json_answer

LICENCE_DENIED = "licence_denied"  # the policy of the installation keeps the bytes
UNSAFE_FILE = "unsafe_file"  # what was found in the file does
CHALLENGE = 'Basic realm="Commonweight: any name, and a token as the password"'
MAX_MESSAGE = 1000  # characters in a header; proxies refuse headers of some KiB

#: Clients turn these words into exceptions of their own.
_CODES: dict[type[CommonweightError], str] = {
    RepositoryNotFound: "RepoNotFound",
    RevisionNotFound: "RevisionNotFound",
    EntryNotFound: "EntryNotFound",
}


#: No route takes these: they name a repository without a namespace, of which there are none here.
_ONE_NAME = re.compile(r"/api/(models|datasets|spaces)/[^/]+/(revision|tree|paths-info|commits|preupload|commit)/[^/]+")

_ONE_NAME_LIKED = re.compile(r"/api/(models|datasets|spaces)/[^/]+/like")  # without a namespace it means a repository `like`


class MovedAway(CommonweightError):
    """The repository has another name; the answer is a redirect that keeps method and body."""

    status = 307
    code = "moved"

    def __init__(self, location: str) -> None:
        super().__init__("This repository has moved.", headers={"location": location})


def dress(request: Request, error: CommonweightError) -> Response:
    """
    Somebody without a token gets 401 where he may not, or where a repository is missing or hidden: signing in may help.
    """
    is_like = isinstance(error, MethodNotAllowed) and _ONE_NAME_LIKED.fullmatch(request.url.path)
    if is_like or (type(error) is NotFound and _ONE_NAME.match(request.url.path)):
        error = RepositoryNotFound("Every repository here has a namespace.")
    anonymous = "authorization" not in request.headers and "cookie" not in request.headers
    signed = request.url.path.startswith("/api/lfs/")  # there no token would help
    kept_back = error.code in (LICENCE_DENIED, UNSAFE_FILE)  # signing in would not help
    hidden = anonymous and not signed and not kept_back and isinstance(error, RepositoryNotFound | NotAllowed)
    status = 401 if hidden else error.status
    # Clients' tests compare whole messages; this text is one that they leave out where it would come twice.
    message = "Repository not found" if isinstance(error, RepositoryNotFound) else error.sentence
    headers = {"X-Error-Code": _code(error), "X-Error-Message": _for_header(message)}
    if isinstance(error, EntryNotFound) and error.commit:
        headers["X-Repo-Commit"] = error.commit
    of_lfs = "/info/lfs/" in request.url.path
    if status == 401 and of_lfs:
        headers |= {"LFS-Authenticate": CHALLENGE, "WWW-Authenticate": CHALLENGE}
    body = {"error": message, **({"message": message} if of_lfs else {})}  # git-lfs reads that
    return json_answer(body, status, headers)


def _code(error: CommonweightError) -> str:
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    return "".join(word.capitalize() for word in error.code.split("_"))


def _for_header(message: str) -> str:
    return " ".join(message.encode("ascii", "replace").decode().split())[:MAX_MESSAGE]
