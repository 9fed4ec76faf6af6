"""What somebody has tuned: the list, and one of them with how far it is and what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, Unprocessable
from commonweight.files import FileMissing
from commonweight.hub import Repository, RevisionNotFound
from commonweight.identity import Caller
from commonweight.tuning import Tuning, TuningMissing
from commonweight.tuning.judging import Report
from commonweight.web.contexts import ReportView, ResultView, TuningPage, TuningsPage
from commonweight.web.links import of_repository
from commonweight.web.pages.openness import language_of
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.tuning_facts import asked_facts, calls_of, checkpoint_row, used_facts
from commonweight.web.presenting.tuning_progress import (
    curve_views,
    event_views,
    failure_view,
    last_step,
    stage_views,
    training_view,
    warnings_of,
)
from commonweight.web.presenting.tuning_report import report_view
from commonweight.web.presenting.tuning_words import (
    TUNING,
    may_cancel,
    may_pause,
    may_resume,
    short_name,
    state_word,
    tuning_address,
)
from commonweight.web.presenting.tunings import tuning_row
from commonweight.web.presenting.words import DUTY_TITLES, verdict_word
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

LISTED: Final = 20
EVENTS_READ: Final = 3_000  # the newest; the drawing of a longer training begins later
ADAPTERS: Final = ("gguf/adapter.gguf", "adapter/adapter_model.safetensors")  # what it has learnt, as engines load it first
CHECKPOINTS_READ: Final = 20


class TuningPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._tunings = services.tunings
        self._visits = visits
        self._renderer = renderer

    async def list(self, request: Request) -> Response:
        """The reader's own, newest first."""
        visit = await self._visits.visit(request)
        return self._renderer.answer(await self._list(visit, needs_account(visit)))

    async def _list(self, visit: Visit, caller: Caller) -> TuningsPage:
        after = visit.request.query_params.get("after")
        page = await self._tunings.list(account_of(caller), after=after, limit=LISTED)
        rows = tuple(map(tuning_row, page.items))
        return TuningsPage(visit.frame, rows, f"{TUNING}?after={rows[-1].id}" if page.has_more else "")

    async def show(self, request: Request) -> Response:
        """Raises TuningMissing."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        tuning = await self._tunings.get(account_of(caller), visit.params["id"])
        return self._renderer.answer(await self._page(visit, caller, tuning))

    async def pause(self, request: Request) -> Response:
        return await self._do(request, "pause")

    async def resume(self, request: Request) -> Response:
        return await self._do(request, "resume")

    async def cancel(self, request: Request) -> Response:
        return await self._do(request, "cancel")

    async def accept(self, request: Request) -> Response:
        """The draft becomes a model like any other, with `visibility` public for everybody."""
        return await self._do(request, "accept")

    async def discard(self, request: Request) -> Response:
        """The draft goes."""
        return await self._do(request, "discard")

    async def _do(self, request: Request, deed: str) -> Response:
        """Leads back to the tuning. Raises TuningMissing."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        tuning_id = visit.params["id"]
        try:
            if sent.refusal is not None:
                raise sent.refusal
            await self._deed(visit.caller, tuning_id, deed, sent.form)
        except TuningMissing:
            raise
        except (Conflict, InvalidInput, NotFound, NotAllowed, Unprocessable) as error:
            return await self._refused(visit, tuning_id, error)
        return RedirectResponse(tuning_address(tuning_id), status_code=303)

    async def _deed(self, caller: Caller, tuning_id: str, deed: str, form: Form) -> None:
        accepting, account = self._services.accepting, account_of(caller)
        if deed == "accept":
            visibility = "public" if form.one("visibility") == "public" else "private"
            await accepting.accept(caller, tuning_id, visibility)
        elif deed == "discard":
            await accepting.refuse(caller, tuning_id)
        else:
            deeds = {"pause": self._tunings.pause, "resume": self._tunings.resume, "cancel": self._tunings.cancel}
            await deeds[deed](account, tuning_id)

    async def _refused(self, visit: Visit, tuning_id: str, error: CommonweightError) -> Response:
        tuning = await self._tunings.get(account_of(visit.caller), tuning_id)
        page = await self._page(visit, visit.caller, tuning)
        return self._renderer.answer(replace(page, error=error.sentence), error.status)

    async def _page(self, visit: Visit, caller: Caller, tuning: Tuning) -> TuningPage:
        account = account_of(caller)
        events = (await self._tunings.events(account, tuning.id, limit=EVENTS_READ)).items
        checkpoints = (await self._tunings.checkpoints(account, tuning.id, limit=CHECKPOINTS_READ)).items
        examples, held_out = await self._sources(account, tuning)
        base = (tuning.base or {}).get("repository") or ""
        return TuningPage(
            frame=visit.frame,
            id=tuning.id,
            name=short_name(tuning),
            base=tuning.model,
            base_href=f"/{base}" if base else "",
            state=state_word(tuning),
            is_over=tuning.status.over,
            stages=stage_views(tuning),
            progress=training_view(tuning),
            curves=curve_views(events, last_step(tuning)),
            warnings=warnings_of(events),
            events=event_views(events),
            failure=failure_view(tuning),
            report=_report(tuning),
            result=await self._result(visit, caller, tuning),
            checkpoints=tuple(map(checkpoint_row, checkpoints)),
            facts=asked_facts(tuning, examples, held_out),
            used=used_facts(tuning.hyperparameters),
            again=f"{TUNING}/new?like={tuning.id}",
            may_pause=may_pause(tuning),
            may_resume=may_resume(tuning),
            may_cancel=may_cancel(tuning),
        )

    async def _sources(self, account: int, tuning: Tuning) -> tuple[str, str]:
        """Names of where the examples come from, those that are learnt from and those that were given to hold out."""
        if tuning.dataset:
            where = "@".join(str(tuning.dataset[key]) for key in ("repository", "revision") if tuning.dataset.get(key))
            return where, await self._file_name(account, tuning.validation_file_id)
        named = [await self._file_name(account, one) for one in (tuning.training_file_id, tuning.validation_file_id)]
        return named[0], named[1]

    async def _file_name(self, account: int, id: str | None) -> str:
        if not id:
            return ""
        try:
            return (await self._services.files.get(account, id)).filename
        except FileMissing:
            return id

    async def _result(self, visit: Visit, caller: Caller, tuning: Tuning) -> ResultView | None:
        """What can be called, and what lies in the hub; None before there is either."""
        repository = await self._services.hub.by_id(tuning.repository_id) if tuning.repository_id else None
        if repository is None and not tuning.fine_tuned_model:
            return None
        name = tuning.fine_tuned_model or ""
        view = ResultView(
            name=name,
            repository=repository.full_name if repository else "",
            href=of_repository(repository) if repository else "",
            is_draft=repository is not None and repository.is_draft,
            public_refused="",
            size="",
            verdict=None,
            headline="",
            duties=(),
            snippets=calls_of(name, visit.frame.base_url) if name else (),
        )
        return await self._judged(visit, caller, repository, view) if repository else view

    async def _judged(self, visit: Visit, caller: Caller, repository: Repository, view: ResultView) -> ResultView:
        """With the verdict on what was published, and what is owed."""
        try:
            revision = await self._services.hub.resolve(repository)
        except RevisionNotFound:
            return view
        verdict = await self._services.policy.verdict_for(caller, revision)
        said = verdict.in_language(language_of(visit))
        duties = dict.fromkeys(DUTY_TITLES.get(duty["do"], duty["do"].replace("_", " ")) for duty in said["duties"])
        adapter = await self._services.hub.entries(revision, ADAPTERS)
        view = replace(view, size=size_text(adapter[0].size) if adapter else "")
        if repository.is_draft:
            view = replace(view, public_refused=await self._services.publisher.public_refused(caller, repository))
        return replace(view, verdict=verdict_word(verdict.value), headline=said["headline"], duties=tuple(duties))


def _report(tuning: Tuning) -> ReportView | None:
    return report_view(Report.from_json(tuning.report)) if tuning.report else None


def account_of(caller: Caller) -> int:
    """The number of the account that is signed in."""
    assert caller.account is not None, "needs_account was asked before"
    return caller.account.id
