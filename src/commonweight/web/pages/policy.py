"""`/rights/policy`: what verdicts do here, what another policy would stop, and who let what through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from commonweight.errors import CommonweightError, InvalidInput, NotFound
from commonweight.identity import Caller
from commonweight.policy import READY_POLICIES, ApprovalEdit, DocumentChange, DryRun, InvalidPolicy, Rules
from commonweight.web.contexts import ApprovalForm, Choice, MovedDocument, PolicyPage
from commonweight.web.presenting.policy import (
    MEASURE_WORDS,
    approval_view,
    document_from,
    document_text,
    draft_choices,
    effect_views,
    policy_areas,
    ready_policies,
    rule_lines,
    stale_choices,
    trial_view,
)
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

MAX_ABOUT = 300  # characters of what an approval is about, as the API takes them
MAX_REASON = 4_000


@dataclass(frozen=True)
class _Shown:
    """What a deed left to be shown."""

    rules: Rules | None = None
    typed: str = ""
    error: str = ""
    is_saved: bool = False
    is_tried: bool = False
    approve: ApprovalForm = ApprovalForm("", "", "", (), "", "")


class PolicyPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """For whoever has an account; numbers and approvals for administrators. `ready` and `about` fill the forms."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        ready = next((one for one in READY_POLICIES if one.key == request.query_params.get("ready")), None)
        about = request.query_params.get("about", "")[:MAX_ABOUT]
        shown = _Shown(approve=ApprovalForm(about, "", "", (), "", ""))
        if ready is not None and visit.caller.is_admin:
            shown = replace(shown, rules=Rules.from_document(ready.document), is_tried=True)
        return self._renderer.answer(await self._page(visit, shown))

    async def attempt(self, request: Request) -> Response:
        """A dry run of the policy in the form; nothing is written. Raises NotAllowed."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        form = await self._visits.form(visit)
        self._services.policy.standing.check_may_change(visit.caller)
        try:
            return self._renderer.answer(await self._page(visit, _Shown(rules=_rules(form), is_tried=True)))
        except InvalidPolicy as error:
            return await self._refused(visit, form, error)

    async def save(self, request: Request) -> Response:
        """Raises NotAllowed for anybody but an administrator."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        self._services.policy.standing.check_may_change(caller)
        try:
            await self._services.policy.set_policy(caller, _rules(form).to_document())
        except InvalidPolicy as error:
            return await self._refused(visit, form, error)
        return self._renderer.answer(await self._page(visit, _Shown(is_saved=True)))

    async def _refused(self, visit: Visit, form: Form, error: CommonweightError) -> Response:
        page = await self._page(visit, _Shown(typed=form.one("document"), error=error.sentence))
        return self._renderer.answer(page, error.status)

    # Approvals and documents

    async def approve(self, request: Request) -> Response:
        """Raises NotAllowed for anybody but an administrator."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        self._services.policy.standing.check_may_change(caller)
        typed = ApprovalForm(form.one("about")[:MAX_ABOUT], form.one("reason"), form.one("until"), (), "", "")
        try:
            await self._services.policy.approve(caller, _edit(form))
        except (InvalidInput, NotFound) as error:
            page = await self._page(visit, _Shown(approve=replace(typed, error=error.sentence)))
            return self._renderer.answer(page, error.status)
        return await self._done(visit, _("Approved."))

    async def end(self, request: Request) -> Response:
        """Raises NotAllowed, RecordNotFound."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        await self._services.policy.end_approval(caller, _number(visit), _reason(form))
        return await self._done(visit, _("Ended."))

    async def review(self, request: Request) -> Response:
        """Raises NotAllowed, RecordNotFound."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        self._services.policy.standing.check_may_change(caller)
        await self._services.policy.documents.review(caller, _number(visit), _reason(form))
        self._services.policy.standing.forget()
        return await self._done(visit, _("Reviewed."))

    async def _done(self, visit: Visit, words: str) -> Response:
        return self._renderer.answer(await self._page(visit, _Shown(approve=ApprovalForm("", "", "", (), "", words))))

    # The page

    async def _page(self, visit: Visit, shown: _Shown) -> PolicyPage:
        policy, caller, may_edit = self._services.policy, visit.caller, visit.caller.is_admin
        rules = (await policy.standing.held()).rules
        drawn, use = shown.rules or rules, await policy.standing_use()
        run: DryRun | None = await policy.dry_run(caller, drawn.to_document()) if may_edit else None
        uses = await policy.uses.list()
        approvals = await policy.approvals(caller) if may_edit else []
        past = await policy.past_approvals(caller) if may_edit else []
        choices = tuple(Choice(str(one.id), one.name, "", one.is_standing) for one in uses)
        return PolicyPage(
            frame=visit.frame,
            use=use.name,
            may_edit=may_edit,
            measures=tuple(MEASURE_WORDS.values()),
            areas=policy_areas(drawn, run),
            lines=rule_lines(drawn),
            drafts=draft_choices(drawn),
            stale=stale_choices(drawn),
            document=shown.typed or document_text(drawn),
            ready=ready_policies() if may_edit else (),
            is_draft=drawn != rules,
            effects=effect_views(run) if run else (),
            models=run.models if run else 0,
            trial=trial_view(run) if run and shown.is_tried else None,
            is_saved=shown.is_saved,
            error=shown.error,
            approvals=tuple(approval_view(one, why, uses) for one, why in approvals),
            past=tuple(approval_view(one, None, uses) for one in past),
            approve=replace(shown.approve, uses=choices) if may_edit else None,
            documents=await self._documents(caller),
        )

    async def _documents(self, caller: Caller) -> tuple[MovedDocument, ...]:
        changed = await self._services.policy.documents.list() if not caller.is_anonymous else []
        return tuple(_moved(one) for one in changed if not one.is_reviewed)


def _rules(form: Form) -> Rules:
    """The policy in a form. Raises InvalidPolicy."""
    try:
        return Rules.from_document(document_from(form))
    except ValueError as error:
        raise InvalidPolicy(f"The document is no JSON: {error}.", hint="Correct it, or use the table.") from None


def _edit(form: Form) -> ApprovalEdit:
    """Raises InvalidInput."""
    about, until = form.one("about"), form.one("until")
    if len(about) < 3 or len(about) > MAX_ABOUT or "/" not in about:
        raise InvalidInput(
            f"{about[:80]!r} names nothing to let through.",
            hint="Name namespace/name, namespace/name@commit or namespace/*.",
        )
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        raise InvalidInput(f"{until[:40]!r} is no day.", hint="Write it as 2026-12-31.") from None
    return ApprovalEdit(about, _reason(form), day, form.one("use") or None)


def _reason(form: Form) -> str:
    reason = form.one("reason")
    if not reason or len(reason) > MAX_REASON:
        raise InvalidInput(
            f"A reason of 1 to {MAX_REASON:,} characters is needed; got {len(reason):,}.", hint="Say why in a sentence."
        )
    return reason


def _number(visit: Visit) -> int:
    """Raises NotFound for what is no number."""
    text = visit.params["id"]
    if not text.isdecimal() or len(text) > 18:
        raise NotFound(f"There is nothing by the number {text[:40]!r}.", hint="The list is on /rights/policy.")
    return int(text)


def _moved(one: DocumentChange) -> MovedDocument:
    return MovedDocument(one.id, one.licence, one.title, one.seen_on.isoformat(), one.note, one.purposes, one.diff)
