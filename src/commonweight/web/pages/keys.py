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
from commonweight.web.presenting.keys import Reader, form_of_key, key_row, wish_of
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

KEYS = "/settings/keys"


RENEWED = {
    False: _("The text before works for another day: give this one to its programs meanwhile."),
    True: _("The text before works for nothing any more, within seconds."),
}


@dataclass(frozen=True)
class Shown:
    """What the page shows of the last deed."""

    form: KeyForm = KeyForm()
    key: str = ""
    changing: str = ""
    renewed: str = ""
    error: CommonweightError | None = None


class KeyPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._keys = services.keys
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """`change` is the number of a key to change. Raises NotAllowed for a session that came by a key."""
        visit = await self._visits.visit(request)
        caller, number = needs_account(visit), request.query_params.get("change", "")
        shown = Shown()
        if number:
            key = next((one for one in await self._keys.list(caller) if str(one.token.id) == number), None)
            if key is None:
                raise KeyNotFound(0)
            shown = Shown(form_of_key(key), changing=number)
        return await self._page(visit, caller, shown)

    async def create(self, request: Request) -> Response:
        """The key is in this answer and nowhere else."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), _form(await self._visits.form(visit))
        try:
            _made, text = await self._keys.create(caller, wish_of(form, _payers(caller)))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, Shown(form, error=error))
        return await self._page(visit, caller, Shown(key=text))

    async def change(self, request: Request) -> Response:
        """Raises KeyNotFound."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), _form(await self._visits.form(visit))
        number = _number(visit.params["id"])
        try:
            await self._keys.change(caller, number, wish_of(form, _payers(caller)))
        except KeyNotFound:
            raise
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, Shown(form, changing=str(number), error=error))
        return RedirectResponse(KEYS, status_code=303)

    async def renew(self, request: Request) -> Response:
        """Another text, in this answer and nowhere else. Raises KeyNotFound."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        at_once = form.one("at_once") == "yes"
        _key, text = await self._keys.renew(caller, _number(visit.params["id"]), at_once=at_once)
        return await self._page(visit, caller, Shown(key=text, renewed=RENEWED[at_once]))

    async def revoke(self, request: Request) -> Response:
        """Raises KeyNotFound."""
        visit = await self._visits.visit(request)
        caller, _fields = needs_account(visit), await self._visits.form(visit)
        await self._keys.revoke(caller, _number(visit.params["id"]))
        return RedirectResponse(KEYS, status_code=303)

    async def _page(self, visit: Visit, caller: Caller, shown: Shown) -> Response:
        keys = await self._keys.list(caller)
        used = await self._keys.use.of(keys)
        held = await self._services.selling.subscriptions.mine(caller)
        plans = {one.plan.id: one.plan.full_name for one in held if one.subscription.state is State.ACTIVE}
        uses = {use.id: use.name for use in await self._services.policy.uses.list()}
        reader = Reader(caller.account.id if caller.account else 0, datetime.now(UTC))
        page = KeysPage(
            frame=visit.frame,
            keys=tuple(key_row(key, used[key.token.id], plans, uses, reader) for key in keys),
            payers=tuple(_payers(caller)),
            plans=tuple((str(number), name) for number, name in plans.items()),
            uses=tuple((str(number), name) for number, name in uses.items()),
            form=shown.form,
            changing=shown.changing,
            new_key=shown.key,
            renewed=shown.renewed,
            example=_example(visit.frame.base_url, shown.key) if shown.key else "",
            error=shown.error.sentence if shown.error else "",
        )
        return self._renderer.answer(page, shown.error.status if shown.error else 200)


def _number(given: str) -> int:
    """Raises KeyNotFound."""
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise KeyNotFound(0)
    return int(given)


def _payers(caller: Caller) -> dict[str, int]:
    """Whom a key can be billed to: oneself, or an organisation whose member one is."""
    own = {caller.account.name: caller.account.id} if caller.account else {}
    return own | {account.name: account.id for account, _role in caller.organisations.values()}


def _form(form: Form) -> KeyForm:
    names = ("name", "payer", "plan", "use", "models", "expires", "budget", "unit", "period", "networks")
    return KeyForm(
        **{name: form.one(name) for name in names},
        commercial=form.one("commercial") != "no",
        signed=form.one("signed") == "yes",
    )


def _example(base_url: str, key: str) -> str:
    return f'from openai import OpenAI\n\nclient = OpenAI(base_url="{base_url}/v1", api_key="{key}")'
