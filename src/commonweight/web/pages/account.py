"""One's own account: tokens to make and to revoke."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Account, Caller, Role
from commonweight.web.contexts import SettingsPage, TokenRow
from commonweight.web.presenting.market import use_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

MAX_TOKEN_NAME = 96  # characters; the width of its column


class AccountPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._page(visit, needs_account(visit))

    async def create_token(self, request: Request) -> Response:
        """The new token is in this answer and nowhere else."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        try:
            text = await self._make(caller, form)
        except (InvalidInput, NotAllowed) as error:
            return await self._page(visit, caller, error=error)
        return await self._page(visit, caller, new_token=text)

    async def _make(self, caller: Caller, form: Form) -> str:
        name, word = form.one("name"), form.one("role")
        if not name or len(name) > MAX_TOKEN_NAME:
            raise InvalidInput(f"A token needs a name of 1 to {MAX_TOKEN_NAME} characters; this one has {len(name)}.")
        if word not in roles_for(caller):
            raise NotAllowed(f"A session of yours may make tokens for {', '.join(roles_for(caller))}; asked for {word!r}.")
        return await self._services.identity.create_token(_account(caller), name, Role[word.upper()])

    async def revoke_token(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, _form = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        number = int(given) if given.isdecimal() and len(given) < 19 else 0  # ids are 63-bit numbers
        if not await self._services.identity.revoke_token(_account(caller), number):
            raise NotFound(f"You have no token {given!r}.", hint="Look at your tokens on the account page.")
        return RedirectResponse("/settings", status_code=303)

    async def _page(
        self, visit: Visit, caller: Caller, new_token: str = "", error: CommonweightError | None = None
    ) -> Response:
        account = _account(caller)
        tokens = await self._services.identity.tokens_of(account)
        current = caller.token.id if caller.token else 0
        page = SettingsPage(
            frame=visit.frame,
            account=account.name,
            fullname=account.fullname,
            organisations=tuple((member.name, role.word) for member, role in caller.organisations.values()),
            tokens=tuple(TokenRow(token.id, token.name, token.role.word, token.id == current) for token in tokens),
            roles=roles_for(caller),
            new_token=new_token,
            error=error.sentence if error else "",
            use=use_view(await self._services.policy.standing_use(), may_edit=caller.is_admin),
        )
        return self._renderer.answer(page, error.status if error else 200)


def roles_for(caller: Caller) -> tuple[str, ...]:
    """A token never reaches further than the one by which its maker came."""
    most = caller.token.role if caller.token else Role.READ
    return tuple(role.word for role in Role if role <= most)


def _account(caller: Caller) -> Account:
    assert caller.account is not None, "needs_account has been asked"
    return caller.account
