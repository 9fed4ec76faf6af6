"""A new tuning, put together on one page: base, examples, settings, what it will take; then it is started."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.asgi import client_of
from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound, TooLarge
from commonweight.files import Purpose
from commonweight.identity import Caller
from commonweight.tuning import NewTuning, TuningRefused
from commonweight.tuning.data import DatasetReader
from commonweight.web.contexts import CheckView, Choice, EstimateView, NewTuningPage, TuningForm
from commonweight.web.pages.openness import language_of
from commonweight.web.pages.sending import kept_page
from commonweight.web.pages.tuning_bases import Bases
from commonweight.web.pages.tuning_datasets import DatasetDesk
from commonweight.web.pages.tuning_examples import ExampleDesk
from commonweight.web.pages.tunings import account_of
from commonweight.web.presenting.new_tuning import KINDS, file_text, form_like, new_tuning_of, settings_typed, typed
from commonweight.web.presenting.tuning_estimate import estimate_view
from commonweight.web.presenting.tuning_words import tuning_address
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, SentFile, Visit, Visits, needs_account

MAX_FILES: Final = 50  # uploaded before, that are offered
NO_FILE: Final = SentFile(Form({}), None)
REFUSALS: Final = (InvalidInput, NotAllowed, NotFound, TooLarge)


@dataclass(frozen=True)
class Shown:
    """What the page shows: the form, what was found, what it will take, and why the last deed failed."""

    form: TuningForm
    check: CheckView | None = None
    estimate: EstimateView | None = None
    error: CommonweightError | None = None


class NewTuningPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._bases = Bases(services)
        datasets = DatasetDesk(DatasetReader(services.hub, services.policy))
        self._desk = ExampleDesk(services.files, datasets)

    async def show(self, request: Request) -> Response:
        """Empty; with `base`, `file` or `dataset` filled in; or `like` another one. Raises TuningMissing."""
        visit = await self._visits.visit(request)
        caller, query = needs_account(visit), request.query_params
        if query.get("like"):
            like = form_like(await self._services.tunings.get(account_of(caller), query["like"]))
            return await self._page(visit, caller, await self._look(visit, caller, like, NO_FILE))
        base, file, dataset = (query.get(name, "") for name in ("base", "file", "dataset"))
        form = TuningForm(base=base, file=file, dataset=dataset)
        return await self._page(visit, caller, Shown(form))

    async def send(self, request: Request) -> Response:
        """Check the examples, or start. Whatever was typed comes back where it is refused."""
        visit = await self._visits.visit(request)
        async with self._visits.sent_with_file(visit, self._services.files, "upload") as sent:
            if visit.caller.is_anonymous:
                return self._renderer.answer(kept_page(visit, sent.form, is_long=True), 401)
            form, caller = typed(sent.form), visit.caller
            if sent.refusal is not None:
                return await self._page(visit, caller, Shown(form, error=sent.refusal))
            shown = await self._look(visit, caller, form, sent)
        if sent.form.one("do") == "start" and shown.error is None:
            return await self._start(visit, caller, shown)
        return await self._page(visit, caller, shown)

    async def _start(self, visit: Visit, caller: Caller, shown: Shown) -> Response:
        try:
            if shown.check is None:
                raise TuningRefused("There are no examples yet.", hint="Choose a file, or paste them.")
            if not shown.check.is_fit:
                raise TuningRefused("The examples are not fit to learn from yet.", hint="What is wrong stands beside them.")
            if not shown.form.base:
                raise TuningRefused("No base is chosen yet.", hint="Choose one of the models at the top.")
            tuning = await self._services.tunings.create(caller, new_tuning_of(shown.form, client_of(visit.request)))
        except REFUSALS as error:
            return await self._page(visit, caller, replace(shown, error=error))
        return RedirectResponse(tuning_address(tuning.id), status_code=303)

    async def _look(self, visit: Visit, caller: Caller, form: TuningForm, sent: SentFile) -> Shown:
        """At the examples, and where these are fit at what it will take."""
        try:
            repairs = sent.form.one("do") == "repair" and form.raw
            account = account_of(caller)
            looked = await (self._desk.take_repaired(account, form) if repairs else self._desk.look(caller, form, sent))
        except REFUSALS as error:
            return Shown(form, error=error)
        try:
            new = new_tuning_of(looked.form, client_of(visit.request))
        except TuningRefused as error:
            return Shown(looked.form, looked.check, error=error)
        ready = looked.check is not None and looked.check.is_fit and looked.form.base
        return Shown(looked.form, looked.check, await self._estimate(visit, caller, new) if ready else None)

    async def _estimate(self, visit: Visit, caller: Caller, new: NewTuning) -> EstimateView:
        derived = await self._bases.derived(caller, new.model, str(new.options.get("use") or ""), language_of(visit))
        model = await self._bases.repository_of(new.model)
        try:
            return estimate_view(model, derived, await self._services.tunings.estimate(caller, new), None)
        except REFUSALS as error:
            return estimate_view(model, derived, None, error)

    async def _page(self, visit: Visit, caller: Caller, shown: Shown) -> Response:
        form, error = shown.form, shown.error
        page = NewTuningPage(
            frame=visit.frame,
            bases=await self._bases.choices(caller, form.base, form.use, language_of(visit)),
            files=await self._files(caller, form.file),
            uses=tuple((str(use.id), use.name) for use in await self._services.policy.uses.list()),
            kinds=KINDS,
            form=form,
            check=shown.check,
            estimate=shown.estimate,
            opened=settings_typed(form),
            error=error.detail if error else "",
            hint=error.hint if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _files(self, caller: Caller, picked: str) -> tuple[Choice, ...]:
        found = await self._services.files.list(account_of(caller), purpose=Purpose.FINE_TUNE.value, limit=MAX_FILES)
        return tuple(Choice(file.id, file_text(file), "", file.id == picked) for file in found.files)
