"""Organisations: which there are, and the settings of one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Account, Caller, MayNotManage, MemberRole, OrganisationEdit, may_manage
from commonweight.web.contexts import MembersPage, OrganisationForm, OrganisationsPage
from commonweight.web.presenting.organisations import (
    ORGANISATIONS,
    ROLES,
    changed_row,
    member_row,
    organisation_row,
    settings_address,
)
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

_Refused = (InvalidInput, NotAllowed, NotFound, Conflict)


class OrganisationListPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._organisations = services.organisations
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        return await self._page(await self._visits.visit(request))

    async def create(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        typed = OrganisationForm(form.one("name"), form.one("fullname"), form.one("details"), form.one("visibility"))
        try:
            edit = OrganisationEdit(typed.fullname, typed.details, typed.visibility)
            made = await self._organisations.create(caller, typed.name, edit)
        except _Refused as error:
            return await self._page(visit, typed, error)
        return RedirectResponse(settings_address(made.name), status_code=303)

    async def _page(
        self, visit: Visit, typed: OrganisationForm | None = None, error: CommonweightError | None = None
    ) -> Response:
        found = await self._organisations.listed(visit.caller)
        rows = sorted((organisation_row(*one) for one in found), key=lambda row: (not row.role, row.name.lower()))
        page = OrganisationsPage(
            frame=visit.frame,
            rows=tuple(rows),
            may_make=self._organisations.may_make(visit.caller),
            form=typed or OrganisationForm(),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


class MembersPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._organisations = services.organisations
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Raises AccountMissing, NotFound, MayNotManage for whoever is no admin of it."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        return await self._page(visit, await self._mine(visit, caller))

    async def change(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        organisation = await self._mine(visit, caller)
        try:
            edit = OrganisationEdit(form.one("fullname"), form.one("details"), form.one("visibility"))
            await self._organisations.change(caller, organisation, edit)
        except _Refused as error:
            return await self._page(visit, organisation, error=error)
        return RedirectResponse(settings_address(organisation.name), status_code=303)

    async def set_member(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        organisation = await self._mine(visit, caller)
        try:
            await self._organisations.set_member(caller, organisation, form.one("member"), _role(form))
        except _Refused as error:
            return await self._page(visit, organisation, form, error)
        return RedirectResponse(settings_address(organisation.name), status_code=303)

    async def remove(self, request: Request) -> Response:
        """Somebody else, or whoever asks: then to the list, since this page is no longer for him."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        organisation, member = await self._organisations.get(visit.params["name"]), form.one("member")
        try:
            await self._organisations.remove(caller, organisation, member)
        except _Refused as error:
            if not may_manage(caller, organisation):
                raise
            return await self._page(visit, organisation, error=error)
        leaves = caller.account is not None and caller.account.name.lower() == member.lower()
        return RedirectResponse(ORGANISATIONS if leaves else settings_address(organisation.name), status_code=303)

    async def _mine(self, visit: Visit, caller: Caller) -> Account:
        organisation = await self._organisations.get(visit.params["name"])
        if not may_manage(caller, organisation):
            raise MayNotManage(f"Only admins of {organisation.name} see this page.", hint="Ask one of them.")
        return organisation

    async def _page(
        self, visit: Visit, organisation: Account, typed: Form | None = None, error: CommonweightError | None = None
    ) -> Response:
        caller = visit.caller
        now = await self._organisations.get(organisation.name)
        page = MembersPage(
            frame=visit.frame,
            name=now.name,
            members=tuple(member_row(one, visit.frame.caller) for one in await self._organisations.members(caller, now)),
            roles=tuple(ROLES.items()),
            form=OrganisationForm(now.name, now.fullname, now.details, now.default_visibility),
            history=tuple(changed_row(one) for one in await self._organisations.history(caller, now)),
            typed=typed.one("member") if typed else "",
            role=typed.one("role") if typed else "read",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def _role(form: Form) -> MemberRole:
    """Raises InvalidInput."""
    word = form.one("role")
    if word not in ROLES:
        raise InvalidInput(f"{word!r:.40} is no role; expected {', '.join(ROLES)}.")
    return MemberRole[word.upper()]
