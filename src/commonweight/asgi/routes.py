"""What a wire offers: routes with the right that each needs, in groups that dress their errors alike."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from commonweight.errors import CommonweightError

Handler = Callable[[Request], Awaitable[ASGIApp]]
Dresser = Callable[[Request, CommonweightError], Response]


class Needs(enum.Enum):
    """The right a route needs. Every route states one; a test walks all routes for every role."""

    NOTHING = "anybody, also without an account"
    READ = "whoever may read the repository; a private one looks missing to others"
    WRITE = "whoever may write to the repository or namespace"
    SIGNED_IN = "any account"
    OPERATOR = "this machine itself, the token for metrics, or an administrator"
    ADMIN = "an administrator of this installation"
    KEY = "a valid token, as an API key"
    CAS_TOKEN = "a CAS token that the hub gave for one repository"
    SIGNATURE = "a signed address"


@dataclass(frozen=True)
class Route:
    methods: tuple[str, ...]
    pattern: str
    handler: Handler
    needs: Needs


@dataclass(frozen=True)
class Group:
    """
    Routes of one wire, with the way it dresses errors. `prefix` decides who answers for paths that no route matches; where
    it is `closed` (one segment then), no route that begins with a word takes such a path for its own.
    """

    prefix: str
    routes: Sequence[Route]
    dress: Dresser
    closed: bool = False


def dress_as_problem(request: Request, error: CommonweightError) -> Response:
    """problem+json, the shape of our own API."""
    return JSONResponse(error.problem(), status_code=error.status, media_type="application/problem+json")
