"""From a page's context to HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from gettext import NullTranslations
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from commonweight.web.contexts import Page
from commonweight.web.lineage import draw_lineage
from commonweight.web.static_files import StaticFiles

#: No inline scripts or styles, nothing from elsewhere, no frame around us.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "private, no-cache",
    "vary": "cookie, accept, accept-language",
}
DEFAULT_LANGUAGE = "en"
LANGUAGE_COOKIE = "cw_language"
LANGUAGE_SECONDS = 365 * 24 * 3600  # a choice of language is no secret and does not wear out


class Renderer:
    """Templates of the package, one environment per language. `translations` maps language codes to catalogues."""

    def __init__(self, static: StaticFiles, translations: Mapping[str, NullTranslations] | None = None) -> None:
        catalogues = {DEFAULT_LANGUAGE: NullTranslations(), **(translations or {})}
        self.languages = tuple(catalogues)
        self._environments = {language: _environment(static, catalogue) for language, catalogue in catalogues.items()}

    def html(self, page: Page) -> str:
        environment = self._environments.get(page.frame.language) or self._environments[DEFAULT_LANGUAGE]
        return environment.get_template(page.template).render(page=page, frame=page.frame)

    def file(self, template: str, language: str, **names: Any) -> str:
        """A file to be kept, which is no page of ours: it has no frame."""
        environment = self._environments.get(language) or self._environments[DEFAULT_LANGUAGE]
        return environment.get_template(template).render(language=language, **names)

    def answer(self, page: Page, status: int = 200) -> HTMLResponse:
        response = HTMLResponse(self.html(page), status_code=status, headers=SECURITY_HEADERS)
        if page.frame.picked_language:
            response.set_cookie(LANGUAGE_COOKIE, page.frame.picked_language, max_age=LANGUAGE_SECONDS, samesite="lax")
        return response

    def language_for(self, accepted: str, chosen: str = "") -> str:
        """The language to answer in: the reader's choice, else the first of `Accept-Language` that there is."""
        wanted = [chosen, *(part.partition(";")[0].strip() for part in accepted.split(","))]
        for code in wanted:
            language = code.partition("-")[0].lower()
            if language in self._environments:
                return language
        return DEFAULT_LANGUAGE


def _environment(static: StaticFiles, catalogue: NullTranslations) -> Environment:
    environment = Environment(
        loader=PackageLoader("commonweight.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,  # a template that asks for what the context has not is a fault, not an empty place
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue, newstyle=False)  # type: ignore[attr-defined]  # newstyle would mark what it is given as safe
    environment.globals["asset"] = static.address
    environment.globals["draw_lineage"] = draw_lineage
    environment.filters["ticks"] = _ticks
    environment.filters["fill"] = _fill
    environment.tests["external"] = _is_external
    return environment


def _ticks(text: str) -> Markup:
    """`code` in backticks becomes <code>; everything else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


@pass_context
def _fill(context: Context, text: str, words: Iterable[tuple[str, str]]) -> str:
    """Puts words, translated, into the places of a translated text; what they hold is escaped as everything else."""
    translate = context.resolve("gettext")
    return text % {name: translate(word) for name, word in words}


def _is_external(value: Any) -> bool:
    return str(value).startswith(("http://", "https://"))
