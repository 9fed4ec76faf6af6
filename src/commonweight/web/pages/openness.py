"""How open a model is, part by part."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from commonweight.choosing import Report
from commonweight.hub import Repository
from commonweight.rights import in_language, languages
from commonweight.web.contexts import OpennessDetail, OpennessPage
from commonweight.web.links import in_repository
from commonweight.web.pages.heads import Heads
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.openness import openness_view
from commonweight.web.presenting.openness_detail import openness_detail
from commonweight.web.presenting.tunes import tune_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import DEFAULT_LANGUAGE, Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits


class OpennessPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def model(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        asked = request.query_params.get("revision") or "main"
        seen = await self._heads.find(visit, "model", asked)
        report = await self._services.market.grades.report(seen.revision)
        speak = in_language(language_of(visit))
        page = OpennessPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Openness")),
            openness=openness_view(report.openness, speak),
            detail=detail_of(report, visit, f"{seen.href}/openness", seen.repository, report.commit),
            before=report.before[:8],
            changes=tuple(speak(change.sentence) for change in report.changes),
            since_when=minute_text(report.since_when) if report.since_when else "",
            since=tuple(speak(change.sentence) for change in report.since),
        )
        return self._renderer.answer(page)


def detail_of(
    report: Report, visit: Visit, action: str, repository: Repository | None = None, commit: str = ""
) -> OpennessDetail:
    """The detail in the visitor's language; files of a repository kept here lead to where they can be read."""
    speak = in_language(language_of(visit))
    links = partial(_file_link, repository, commit)
    return openness_detail(report.to_document(speak), tune_view(visit.request.query_params, action, speak), links)


def _file_link(repository: Repository | None, commit: str, path: str, where: str) -> str:
    if repository is None:
        return ""
    if where == "ref":
        return in_repository(repository, "tree", path)
    return in_repository(repository, "blob", commit, path)


def language_of(visit: Visit) -> str:
    """The page's language where rights can be told in it, else English."""
    return visit.frame.language if visit.frame.language in languages() else DEFAULT_LANGUAGE
