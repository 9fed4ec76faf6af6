"""Who is looking, and what their forms carry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from commonweight.asgi import FileForm, client_of
from commonweight.errors import InvalidInput, NotAllowed, NotAuthenticated, TooLarge
from commonweight.files import Files, Received
from commonweight.identity import SESSION_COOKIE, Caller, CsrfMismatch, Identity, caller_of, check_csrf, session_cookie
from commonweight.web.contexts import Frame
from commonweight.web.presenting.words import _
from commonweight.web.rendering import LANGUAGE_COOKIE

MAX_FORM_BYTES = 65_536  # the longest form has some hundred short fields
MAX_FORM_FIELDS = 1_500  # five figures of 36 rows with seven fields each; the bytes bound it first
SIGNED_IN_ANEW = _(
    "You have signed in anew since this page was shown. Nothing was saved yet: look it over and send it again."
)
FORM_TYPE = "application/x-www-form-urlencoded"
FILE_FORM_TYPE = "multipart/form-data"
MAX_LONG_FIELD_BYTES = 1 << 20  # examples that somebody pastes; more is a file


class CrossSite(NotAllowed):
    code = "cross_site_form"


class SignInNeeded(NotAuthenticated):
    """Answered with the sign-in page, which leads back here."""

    code = "sign_in_needed"


@dataclass(frozen=True)
class Visit:
    """One look at a page: who, with which session, and the frame that they see around it."""

    request: Request
    caller: Caller
    cookie: str
    frame: Frame

    @property
    def params(self) -> Mapping[str, str]:
        """Words of the route's pattern, decoded."""
        return self.request.path_params


@dataclass(frozen=True)
class Form:
    """Fields of a form, each with all its values in order."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The first value, without spaces around it; "" where there is none."""
        return next(iter(self.values.get(name, ())), "").strip()

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.values.get(name, ()) if value)


@dataclass(frozen=True)
class SentFile:
    """A form with a file. `received` is None where none was chosen; it goes with the block that it was received in."""

    form: Form
    refusal: CsrfMismatch | None
    filename: str = ""
    received: Received | None = None


@dataclass(frozen=True)
class Sent:
    """A form, and why nothing may be done with it but to show it again; None where it may."""

    form: Form
    refusal: CsrfMismatch | None


class Visits:
    """Turns requests into visits. `language_for` picks the language from `Accept-Language` and the reader's choice."""

    def __init__(
        self,
        identity: Identity,
        base_url: Callable[[Request], str],
        languages: tuple[str, ...],
        language_for: Callable[[str, str], str],
    ) -> None:
        self._identity = identity
        self._base_url = base_url
        self._languages = languages
        self._language_for = language_for

    async def visit(self, request: Request) -> Visit:
        """Raises InvalidCredentials for a token that does not work; a stale cookie is nobody."""
        # A form's CSRF token is checked with its fields.
        caller = await caller_of(self._identity, "GET", request.headers, client_of(request))
        cookie = session_cookie(request.headers) or ""
        signed_in = bool(cookie) and not caller.is_anonymous
        visit = Visit(request, caller, cookie if signed_in else "", self.frame(request, caller, cookie if signed_in else ""))
        request.scope.setdefault("state", {})["visit"] = visit
        return visit

    def frame(self, request: Request, caller: Caller, cookie: str) -> Frame:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        picked = request.query_params.get("lang", "")
        picked = picked if picked in self._languages else ""
        chosen = picked or request.cookies.get(LANGUAGE_COOKIE, "")
        return Frame(
            path=path,
            caller=caller.account.name if caller.account else "",
            is_admin=caller.is_admin,
            csrf=self._identity.csrf_token(cookie) if cookie else "",
            language=self._language_for(request.headers.get("accept-language", ""), chosen),
            picked_language=picked,
            languages=self._languages,
            base_url=self._base_url(request),
        )

    async def form(self, visit: Visit) -> Form:
        """
        The fields of a posted form. Raises CrossSite where another site sent it, CsrfMismatch where it does not carry its
        session's token, TooLarge and InvalidInput for what is no form of ours.
        """
        self._check_origin(visit.request)
        form = await _read_form(visit.request)
        if visit.cookie:
            check_csrf(self._identity, visit.cookie, form.one("csrf"))
        return form

    async def sent(self, visit: Visit, most: int = MAX_FORM_BYTES) -> Sent:
        """
        As `form`, of at most so many bytes, for a page that gives back what was typed: where the session has ended, or is
        another than the one the page was shown in, that is told and not raised. Nothing may be done then.
        """
        self._check_origin(visit.request)
        form = await _read_form(visit.request, most)
        return Sent(form, self._refusal(visit, form))

    @asynccontextmanager
    async def sent_with_file(self, visit: Visit, files: Files, field: str) -> AsyncIterator[SentFile]:
        """
        As `sent`, for a form with a file in the field; one that is given back after signing in again comes without.

        Of somebody without an account nothing is kept but the fields. Raises TooMuch beyond what a file may have.
        """
        self._check_origin(visit.request)
        if not visit.request.headers.get("content-type", "").lower().startswith(FILE_FORM_TYPE):
            sent = await self.sent(visit)
            yield SentFile(sent.form, sent.refusal)
            return
        body = FileForm(visit.request, field, MAX_LONG_FIELD_BYTES)
        if visit.caller.is_anonymous:
            async for _piece in body.file_bytes():
                pass
            yield SentFile(_of_pairs(body.every), None)
            return
        async with files.receive(body.file_bytes()) as received:
            form = _of_pairs(body.every)
            yield SentFile(form, self._refusal(visit, form), body.filename or "", received if body.filename else None)

    def _refusal(self, visit: Visit, form: Form) -> CsrfMismatch | None:
        try:
            if visit.cookie:
                check_csrf(self._identity, visit.cookie, form.one("csrf"))
        except CsrfMismatch:
            return CsrfMismatch(SIGNED_IN_ANEW)
        return None

    def _check_origin(self, request: Request) -> None:
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is not None:
            fits = site in ("same-origin", "none")
        else:
            fits = origin is None or urlsplit(origin).netloc == urlsplit(self._base_url(request)).netloc
        if not fits:
            raise CrossSite("This form was sent by another site.", hint="Open the page here and send it from there.")


def needs_account(visit: Visit) -> Caller:
    """The caller, who must have an account. Raises SignInNeeded."""
    if visit.caller.is_anonymous:
        raise SignInNeeded("This page needs an account.", hint="Sign in and try again.")
    return visit.caller


def local_path(text: str) -> str:
    """A path on this server to go on to, or "/": never another site."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\")) and not any(ord(c) < 32 for c in text)
    return text if is_local else "/"


async def _read_form(request: Request, most: int = MAX_FORM_BYTES) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise InvalidInput(f"A form comes as {FORM_TYPE}; this came as {kind or 'nothing named'}.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise TooLarge(f"The form has more than {most} bytes.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidInput(f"The form cannot be read: {error}.") from None
    return _of_pairs(pairs)


def _of_pairs(pairs: Iterable[tuple[str, str]]) -> Form:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Form({name: tuple(found) for name, found in values.items()})


__all__ = [
    "SESSION_COOKIE",
    "CrossSite",
    "Form",
    "Sent",
    "SentFile",
    "SignInNeeded",
    "Visit",
    "Visits",
    "local_path",
    "needs_account",
]
