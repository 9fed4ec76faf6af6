"""One's own tokens: made, shown once, revoked."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller, Grants, Role, TokenMissing, TokenWish
from commonweight.web.contexts import TokenForm, TokensPage
from commonweight.web.presenting.tokens import FINE, LINES, SCOPES, TOKENS, asked_of, end_of, token_form, token_row
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

_EMPTY = TokenForm(names=("",) * LINES, scopes=((),) * LINES)


class TokenPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._tokens = services.own_tokens
        self._granting = services.hub.granting
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._page(visit, needs_account(visit))

    async def create(self, request: Request) -> Response:
        """The new token is in this answer and nowhere else."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), token_form(await self._visits.form(visit))
        try:
            text = await self._tokens.create(caller, await self._wish(caller, form))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, form, error=error)
        return await self._page(visit, caller, new_token=text)

    async def _wish(self, caller: Caller, form: TokenForm) -> TokenWish:
        """Raises InvalidInput, NotAllowed, RepositoryNotFound."""
        ends = end_of(form.expires)
        if form.role == FINE:
            grants = Grants(await self._granting.of_names(caller, asked_of(form)), form.inference)
            return TokenWish(form.name, Role.READ, ends, grants)
        if form.role.upper() not in Role.__members__:
            raise InvalidInput(f"{form.role!r:.40} is no role; expected {', '.join(roles_for(caller))}.")
        return TokenWish(form.name, Role[form.role.upper()], ends)

    async def revoke(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, _form = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        if not (given.isascii() and given.isdecimal() and len(given) < 19):  # ids are 63-bit numbers
            raise TokenMissing(f"You have no token {given!r:.40}.", hint="Look at your tokens.")
        await self._tokens.revoke(caller, int(given))
        return RedirectResponse(TOKENS, status_code=303)

    async def _page(
        self,
        visit: Visit,
        caller: Caller,
        form: TokenForm = _EMPTY,
        new_token: str = "",
        error: CommonweightError | None = None,
    ) -> Response:
        rows, now, current = [], datetime.now(UTC), caller.token.id if caller.token else 0
        for one in await self._tokens.listed(caller):
            named = await self._granting.names(one.info.grants) if one.info.grants else []
            rows.append(token_row(one, named, current, now))
        page = TokensPage(
            frame=visit.frame,
            tokens=tuple(rows),
            roles=roles_for(caller),
            scopes=tuple(SCOPES.items()),
            places=(visit.frame.caller, *sorted(one.name for one, _role in caller.organisations.values())),
            form=form,
            new_token=new_token,
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def roles_for(caller: Caller) -> tuple[str, ...]:
    """A token never reaches further than the one by which its maker came."""
    most = caller.token.role if caller.token else Role.READ
    return tuple(role.word for role in Role if role <= most)
