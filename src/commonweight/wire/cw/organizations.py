"""/cw/v1/organizations: organisations, their members, their settings."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from commonweight.identity import Account, Caller, Changed, Member, MemberRole, OrganisationEdit, Organisations
from commonweight.wire.cw.callers import Callers

RoleWord = Literal["read", "contributor", "write", "admin"]
VisibilityWord = Literal["public", "private"]
MAX_SKIPPED = 1 << 31  # what databases take as a number of rows


class OrganizationEditBody(BaseModel):
    """What is left out stays as it is. `default_visibility`: of repositories whose maker names none."""

    model_config = ConfigDict(extra="forbid")

    fullname: str | None = None
    details: str | None = None
    default_visibility: VisibilityWord | None = None

    def edit(self) -> OrganisationEdit:
        return OrganisationEdit(self.fullname, self.details, self.default_visibility)


class OrganizationBody(OrganizationEditBody):
    name: str


class MemberBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: RoleWord


class OrganizationAnswer(BaseModel):
    """`role`: the caller's; null for whoever is no member."""

    name: str
    fullname: str
    details: str
    default_visibility: str
    role: RoleWord | None

    @classmethod
    def of(cls, one: Account, role: MemberRole | None) -> "OrganizationAnswer":
        return cls(
            name=one.name,
            fullname=one.fullname,
            details=one.details,
            default_visibility=one.default_visibility,
            role=role.word if role else None,  # type: ignore[arg-type]  # one of the words
        )


class MemberAnswer(BaseModel):
    user: str
    fullname: str
    role: RoleWord

    @classmethod
    def of(cls, one: Member) -> "MemberAnswer":
        return cls(user=one.account.name, fullname=one.account.fullname, role=one.role.word)  # type: ignore[arg-type]


class ChangedAnswer(BaseModel):
    """One line of the audit trail. `detail`: what it became."""

    at: datetime
    by: str
    action: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, one: Changed) -> "ChangedAnswer":
        return cls(at=one.at, by=one.by, action=one.action, detail=one.detail)


def organization_routes(callers: Callers, organisations: Organisations) -> APIRouter:
    """Everybody may see which there are; members are told to those with an account, and changed by admins."""
    router = APIRouter(tags=["organizations"])
    anybody, signed_in = Depends(callers.anybody), Depends(callers.signed_in)

    def answer(caller: Caller, one: Account) -> OrganizationAnswer:
        held = caller.organisations.get(one.id)
        return OrganizationAnswer.of(one, held[1] if held else None)

    @router.get("/organizations", operation_id="list_organizations")
    async def listed(caller: Annotated[Caller, anybody], mine: bool = False) -> list[OrganizationAnswer]:
        """By name; `mine`: those that the caller belongs to."""
        return [OrganizationAnswer.of(one, role) for one, role in await organisations.listed(caller, mine=mine)]

    @router.post("/organizations", operation_id="create_organization", status_code=201)
    async def create(body: OrganizationBody, caller: Annotated[Caller, signed_in]) -> OrganizationAnswer:
        """Its maker is its first admin."""
        return OrganizationAnswer.of(await organisations.create(caller, body.name, body.edit()), MemberRole.ADMIN)

    @router.get("/organizations/{name}", operation_id="get_organization")
    async def get(name: str, caller: Annotated[Caller, anybody]) -> OrganizationAnswer:
        return answer(caller, await organisations.get(name))

    @router.patch("/organizations/{name}", operation_id="change_organization")
    async def change(name: str, body: OrganizationEditBody, caller: Annotated[Caller, signed_in]) -> OrganizationAnswer:
        """For its admins."""
        return answer(caller, await organisations.change(caller, await organisations.get(name), body.edit()))

    @router.get("/organizations/{name}/members", operation_id="list_members")
    async def members(
        name: str, caller: Annotated[Caller, signed_in], skip: Annotated[int, Query(ge=0, le=MAX_SKIPPED)] = 0
    ) -> list[MemberAnswer]:
        """Admins first, then by name, at most 500 behind the first `skip`."""
        found = await organisations.members(caller, await organisations.get(name), skip)
        return [MemberAnswer.of(one) for one in found]

    @router.put("/organizations/{name}/members/{user}", operation_id="set_member")
    async def set_member(name: str, user: str, body: MemberBody, caller: Annotated[Caller, signed_in]) -> MemberAnswer:
        """Adds somebody, or gives a member another role. For its admins."""
        organisation, role = await organisations.get(name), MemberRole[body.role.upper()]
        return MemberAnswer.of(await organisations.set_member(caller, organisation, user, role))

    @router.delete("/organizations/{name}/members/{user}", operation_id="remove_member", status_code=204)
    async def remove(name: str, user: str, caller: Annotated[Caller, signed_in]) -> None:
        """From the next request on, whoever it was is a stranger. For admins, and for members who leave."""
        await organisations.remove(caller, await organisations.get(name), user)

    @router.get("/organizations/{name}/history", operation_id="organization_history")
    async def history(name: str, caller: Annotated[Caller, signed_in]) -> list[ChangedAnswer]:
        """What was changed, by whom, the newest first. For its admins."""
        return [ChangedAnswer.of(one) for one in await organisations.history(caller, await organisations.get(name))]

    return router
