"""`/models/compare?a=…&b=…`: side by side, by an address that can be handed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.choosing import Comparing, Comparison, Pair, Side, SideAsked
from commonweight.errors import CommonweightError, InvalidInput, NotFound
from commonweight.policy import Use
from commonweight.rights import ACTS
from commonweight.web.contexts import CellView, Choice, ComparePage, CompareRow, CompareSection, SideView, Word
from commonweight.web.pages.licences import language_of
from commonweight.web.presenting.asking import act_choices
from commonweight.web.presenting.openness import GRADES
from commonweight.web.presenting.words import (
    ACT_NAMES,
    AXIS_NAMES,
    CONFLICT_TITLES,
    DUTY_TITLES,
    EFFECT_NAMES,
    _,
    verdict_word,
)
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

MAX_NAME = 400  # characters; namespace, name and revision
NOTHING = CellView("", None)
Tell = Callable[[Mapping[str, Any]], CellView]


class ComparePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._comparing = Comparing(services.policy, services.market)

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        first, second = (asked_in(request, side) for side in ("a", "b"))
        if any(side.acts or side.use for side in (first, second)) and visit.caller.is_anonymous:
            needs_account(visit)
        try:
            found, error = await self._compared(visit, first, second), None
        except (NotFound, InvalidInput) as refused:
            found, error = None, refused
        page = await self._page(visit, first, second, found, error)
        return self._renderer.answer(page, error.status if error else 200)

    async def _compared(self, visit: Visit, first: SideAsked, second: SideAsked) -> Comparison | None:
        if not first.model or not second.model:
            return None
        return await self._comparing.compare(visit.caller, first, second, language_of(visit))

    async def _page(
        self, visit: Visit, first: SideAsked, second: SideAsked, found: Comparison | None, error: CommonweightError | None
    ) -> ComparePage:
        rows = await self._services.market.rows(visit.caller)
        uses = () if visit.caller.is_anonymous else tuple(await self._services.policy.uses.list())
        return ComparePage(
            frame=visit.frame,
            models=(first.model, second.model),
            acts=(act_choices(first.acts), act_choices(second.acts)),
            uses=(_use_choices(uses, first.use), _use_choices(uses, second.use)),
            known=tuple(row.id for row in rows),
            sides=tuple(map(_side, (found.first, found.second))) if found else (),
            sections=_sections(found) if found else (),
            problem=error.sentence if error else "",
        )


def asked_in(request: Request, side: str) -> SideAsked:
    """`a`, `use_a` and `act_a`, and the same with b, of the address. Words that are no acts are passed over."""
    query = request.query_params
    acts = tuple(act for act in dict.fromkeys(query.getlist(f"act_{side}")) if act in ACTS)
    use = query.get(f"use_{side}", "").strip()[:MAX_NAME]
    return SideAsked(query.get(side, "").strip()[:MAX_NAME], acts, use=use)


def _use_choices(uses: tuple[Use, ...], picked: str) -> tuple[Choice, ...]:
    """One for each use, where there are several; the default is the one without a name in the address."""
    if len(uses) < 2:
        return ()
    values = ["" if use.is_standing else str(use.id) for use in uses]
    return tuple(
        Choice(value, use.name, use.description, picked in (value, use.name))
        for value, use in zip(values, uses, strict=True)
    )


def _side(side: Side) -> SideView:
    said = side.verdict
    href = f"{side.row.page}/rights" if side.row.hosted else side.row.page
    return SideView(side.row.id, href, verdict_word(said["value"]), said["headline"], said["remedy"] or "", side.use_name)


def _sections(found: Comparison) -> tuple[CompareSection, ...]:
    parts: tuple[tuple[str, tuple[Pair, ...], Tell, Mapping[str, str]], ...] = (
        (_("What may be done"), found.acts, _act, ACT_NAMES),
        (_("Why"), found.clauses, _clause, {}),
        (_("What you owe"), found.duties, _duty, {}),
        (_("The label and the chain disagree"), found.conflicts, _conflict, {}),
        (_("How open"), found.openness, _axis, AXIS_NAMES),
    )
    sections = (
        CompareSection(title, tuple(_row(pair, names.get(pair.id, pair.id), tell) for pair in pairs))
        for title, pairs, tell, names in parts
    )
    return tuple(section for section in sections if section.rows)


def _row(pair: Pair, name: str, tell: Tell) -> CompareRow:
    first, second = (NOTHING if one is None else tell(one) for one in (pair.first, pair.second))
    return CompareRow(name, first, second, pair.differs)


def _act(one: Mapping[str, Any]) -> CellView:
    return CellView("", verdict_word(one["value"]))


def _clause(one: Mapping[str, Any]) -> CellView:
    word = verdict_word(one["effect"])
    return CellView(one["reason"], Word(word.key, EFFECT_NAMES.get(one["effect"], one["effect"]), word.tone, word.icon, ""))


def _duty(one: Mapping[str, Any]) -> CellView:
    text = f"{one['reason']} “{one['text']}”" if one.get("text") else one["reason"]
    return CellView(text, Word(one["do"], DUTY_TITLES.get(one["do"], one["do"]), "duty", "check-list", ""))


def _conflict(one: Mapping[str, Any]) -> CellView:
    return CellView(one["says"], Word(one["kind"], CONFLICT_TITLES.get(one["kind"], one["kind"]), "ask", "flag", ""))


def _axis(one: Mapping[str, Any]) -> CellView:
    word = GRADES.get(one["grade"], (0, one["grade"]))[1]
    return CellView("", Word(one["grade"], word, "plain", "", one["reason"]))
