"""Keys for programs: made, shown once, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.plans import KeyNotFound, State
from commonweight.web.contexts import KeyForm, KeysPage
from commonweight.web.presenting.keys import key_row, wish_of
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

KEYS = "/settings/keys"


@dataclass(frozen=True)
class Shown:
    """What the page shows of the last deed."""

    form: KeyForm = KeyForm()
    key: str = ""
    error: CommonweightError | None = None


class KeyPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Raises NotAllowed for a session that came by a key, which makes no keys."""
        visit = await self._visits.visit(request)
        return await self._page(visit, needs_account(visit), Shown())

    async def create(self, request: Request) -> Response:
        """The key is in this answer and nowhere else."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), _form(await self._visits.form(visit))
        try:
            _made, text = await self._services.keys.create(caller, wish_of(form, _payers(caller)))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, Shown(form, error=error))
        return await self._page(visit, caller, Shown(key=text))

    async def revoke(self, request: Request) -> Response:
        """Raises KeyNotFound."""
        visit = await self._visits.visit(request)
        caller, _fields = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        if not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise KeyNotFound(0)
        await self._services.keys.revoke(caller, int(given))
        return RedirectResponse(KEYS, status_code=303)

    async def _page(self, visit: Visit, caller: Caller, shown: Shown) -> Response:
        keys = await self._services.keys.list(caller)
        held = await self._services.selling.subscriptions.mine(caller)
        plans = {one.plan.id: one.plan.full_name for one in held if one.subscription.state is State.ACTIVE}
        uses = {use.id: use.name for use in await self._services.policy.uses.list()}
        page = KeysPage(
            frame=visit.frame,
            keys=tuple(key_row(key, plans, uses, datetime.now(UTC)) for key in keys),
            payers=tuple(_payers(caller)),
            plans=tuple((str(number), name) for number, name in plans.items()),
            uses=tuple((str(number), name) for number, name in uses.items()),
            form=shown.form,
            new_key=shown.key,
            example=_example(visit.frame.base_url, shown.key) if shown.key else "",
            error=shown.error.sentence if shown.error else "",
        )
        return self._renderer.answer(page, shown.error.status if shown.error else 200)


def _payers(caller: Caller) -> dict[str, int]:
    """Whom a key can be billed to: oneself, or an organisation whose member one is."""
    own = {caller.account.name: caller.account.id} if caller.account else {}
    return own | {account.name: account.id for account, _role in caller.organisations.values()}


def _form(form: Form) -> KeyForm:
    names = ("name", "payer", "plan", "use", "models", "expires", "budget", "unit", "period", "networks")
    return KeyForm(**{name: form.one(name) for name in names}, commercial=form.one("commercial") != "no")


def _example(base_url: str, key: str) -> str:
    return f'from openai import OpenAI\n\nclient = OpenAI(base_url="{base_url}/v1", api_key="{key}")'
