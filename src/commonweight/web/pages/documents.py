"""Tell that a document which a licence brings in has changed; what cites the licence is stale until somebody has read it."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed
from commonweight.identity import Caller
from commonweight.policy import RecordNotFound
from commonweight.web.contexts import Choice, DocumentPage
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.policy import POLICY
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account


class DocumentPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        needs_account(visit)
        return self._renderer.answer(self._page(visit, Form({"document": (request.query_params.get("document", ""),)})))

    async def send(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            await self._told(visit.caller, sent.form)
        except (InvalidInput, NotAllowed, RecordNotFound) as error:
            return self._renderer.answer(self._page(visit, sent.form, error), error.status)
        return RedirectResponse(f"{POLICY}#documents", status_code=303)

    async def _told(self, caller: Caller, form: Form) -> None:
        """Raises NotAllowed, InvalidInput for what is left out or no day, RecordNotFound."""
        self._policy.standing.check_may_change(caller)
        licence, _mark, document = form.one("document").partition("#")
        if not document:
            raise InvalidInput(_("Pick the document that changed."))
        try:
            seen_on = date.fromisoformat(form.one("seen_on"))
        except ValueError:
            raise InvalidInput(_("Say on which day it was seen, such as 2026-11-29.")) from None
        text = form.one("text") or None
        await self._policy.documents.tell(caller, licence, document, seen_on, text, form.one("note"))
        self._policy.standing.forget()

    def _page(self, visit: Visit, form: Form, error: CommonweightError | None = None) -> DocumentPage:
        picked = form.one("document")
        documents = [
            Choice(f"{terms.key}#{one.id}", one.title, terms.key, picked == f"{terms.key}#{one.id}")
            for terms in sorted(self._policy.records, key=lambda terms: terms.key)
            for one in terms.policies
        ]
        return DocumentPage(
            frame=visit.frame,
            documents=tuple(documents),
            seen_on=form.one("seen_on") or self._policy.today().isoformat(),
            text=form.one("text"),
            note=form.one("note"),
            may_edit=visit.caller.is_admin,
            error=error.sentence if error else "",
        )
