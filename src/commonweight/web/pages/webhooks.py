"""Webhooks in the settings of an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from commonweight.identity import Caller
from commonweight.web.contexts import SentRow, WebhookForm, WebhookPage, WebhookRow, WebhooksPage, Word
from commonweight.web.links import with_query
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account
from commonweight.webhooks import DOMAINS, Delivery, Wanted, Watched, Webhook

WEBHOOKS: Final = "/settings/webhooks"
PER_PAGE: Final = 25
REFUSALS: Final = (Conflict, InvalidInput, NotAllowed, NotFound, TooLarge)
ON: Final = Word("on", _("enabled"), "good", "check", _("What happens is told there."))
OFF: Final = Word("off", _("disabled"), "stop", "stop", _("Nothing is told there."))
STATES: Final = {
    "waiting": Word("waiting", _("waiting"), "ask", "clock", _("It is tried, and tried again.")),
    "delivered": Word("delivered", _("delivered"), "good", "check", _("It was taken.")),
    "failed": Word("failed", _("failed"), "stop", "stop", _("It was given up.")),
}

Deed = Callable[[Caller, str, Form], Awaitable[str]]
"""Does something with the webhook of that key; gives where to go on to."""


class WebhookPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._webhooks = services.webhooks
        self._visits = visits
        self._renderer = renderer

    async def list(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._listing(visit, needs_account(visit))

    async def create(self, request: Request) -> Response:
        """What was typed comes back where it is refused, but for the secret."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            made = await self._webhooks.create(visit.caller, _wanted(sent.form))
        except REFUSALS as error:
            return await self._listing(visit, visit.caller, sent.form, error)
        return RedirectResponse(f"{WEBHOOKS}/{made.key}", status_code=303)

    async def show(self, request: Request) -> Response:
        """Raises WebhookNotFound."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        return await self._page(visit)

    async def change(self, request: Request) -> Response:
        return await self._do(request, self._change)

    async def enable(self, request: Request) -> Response:
        return await self._do(request, self._enable)

    async def delete(self, request: Request) -> Response:
        return await self._do(request, self._delete)

    async def resend(self, request: Request) -> Response:
        return await self._do(request, self._resend)

    async def _do(self, request: Request, deed: Deed) -> Response:
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        key = visit.params["key"]
        await self._webhooks.find(visit.caller, key)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            onward = await deed(visit.caller, key, sent.form)
        except REFUSALS as error:
            return await self._page(visit, sent.form, error)
        return RedirectResponse(onward, status_code=303)

    async def _change(self, caller: Caller, key: str, form: Form) -> str:
        await self._webhooks.update(caller, key, _wanted(form, keeps_secret=not form.one("forget")))
        return f"{WEBHOOKS}/{key}"

    async def _enable(self, caller: Caller, key: str, form: Form) -> str:
        await self._webhooks.enable(caller, key, form.one("enabled") == "yes")
        return f"{WEBHOOKS}/{key}"

    async def _delete(self, caller: Caller, key: str, _form: Form) -> str:
        await self._webhooks.delete(caller, key)
        return WEBHOOKS

    async def _resend(self, caller: Caller, key: str, form: Form) -> str:
        given = form.one("delivery")
        if not given.isascii() or not given.isdigit() or len(given) > 15:  # what databases hold
            raise InvalidInput(f"{given[:50]!r} is no number of a delivery.")
        await self._webhooks.resend(caller, key, int(given))
        return f"{WEBHOOKS}/{key}"

    async def _listing(
        self, visit: Visit, caller: Caller, form: Form | None = None, error: CommonweightError | None = None
    ) -> Response:
        page = WebhooksPage(
            frame=visit.frame,
            rows=tuple(map(webhook_row, await self._webhooks.list(caller))),
            form=_typed(form) if form else WebhookForm("", f"user {visit.frame.caller}", True, True),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _page(self, visit: Visit, form: Form | None = None, error: CommonweightError | None = None) -> Response:
        found = await self._webhooks.find(visit.caller, visit.params["key"])
        given = visit.request.query_params.get("before", "")
        before = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
        deliveries = await self._webhooks.deliveries(visit.caller, found.key, before, PER_PAGE + 1)
        shown, address = deliveries[:PER_PAGE], f"{WEBHOOKS}/{found.key}"
        is_typed = form is not None and "url" in form.values
        page = WebhookPage(
            frame=visit.frame,
            row=webhook_row(found),
            has_secret=found.has_secret,
            deliveries=tuple(map(delivery_row, shown)),
            older=with_query(address, [("before", str(shown[-1].id))]) if len(deliveries) > PER_PAGE else "",
            form=_typed(form) if form and is_typed else _as_it_is(found),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def webhook_row(one: Webhook) -> WebhookRow:
    names = tuple(f"{each.type} {each.name}" for each in one.watched)
    return WebhookRow(one.key, one.url, names, ON if one.is_enabled else OFF, one.why_disabled)


def delivery_row(one: Delivery) -> SentRow:
    return SentRow(
        number=one.id,
        event=f"{one.scope} · {one.action}",
        about=one.about,
        state=STATES[one.state],
        tries=one.tries,
        status=str(one.status or ""),
        answer=one.answer,
        body=one.body,
        when=minute_text(one.created_at),
        tried=minute_text(one.tried_at) if one.tried_at else "",
    )


def _wanted(form: Form, *, keeps_secret: bool = True) -> Wanted:
    """A secret that was left empty stays as it is, unless it is to be forgotten. Raises InvalidInput."""
    watched = [_watched(line) for line in form.one("watched").splitlines() if line.strip()]
    domains = [one for one in DOMAINS if form.one(one)]
    secret = form.one("secret") or (None if keeps_secret else "")
    return Wanted(form.one("url"), watched, domains, secret)


def _watched(line: str) -> Watched:
    kind, _space, name = line.strip().partition(" ")
    if not name.strip():
        raise InvalidInput(f"{line[:100]!r} names nothing to watch; expected a type and a name, as: model ada/tiny")
    return Watched(kind, name.strip())


def _typed(form: Form) -> WebhookForm:
    return WebhookForm(form.one("url"), form.one("watched"), bool(form.one("repo")), bool(form.one("discussion")))


def _as_it_is(one: Webhook) -> WebhookForm:
    lines = "\n".join(f"{each.type} {each.name}" for each in one.watched)
    return WebhookForm(one.url, lines, "repo" in one.domains, "discussion" in one.domains)
