"""Templates are held to their contexts: each page has one, each field has help and is used, nothing else is asked for."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources import files
from typing import Any

import pytest

from commonweight.web.contexts import PAGES, Page
from commonweight.web.rendering import Renderer
from commonweight.web.static_files import StaticFiles
from tests.web.samples import pages

TEMPLATES = files("commonweight.web") / "templates"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(StaticFiles.packaged())


def _name(page: Any) -> str:
    return type(page).__name__


def test_there_is_a_sample_of_every_page() -> None:
    assert {type(page) for page in pages()} == set(PAGES)


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_a_page_is_drawn_from_its_context_alone(page: Page, renderer: Renderer) -> None:
    html = renderer.html(page)
    assert html.rstrip().endswith("</html>")
    assert "<h1" in html


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_every_field_has_help_and_is_shown(page: Page) -> None:
    source = TEMPLATES.joinpath(page.template).read_text()
    for field in dataclasses.fields(page):
        assert field.metadata.get("help"), field.name
        assert field.name == "frame" or re.search(rf"page\.{field.name}\b", source), field.name


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_a_page_has_no_inline_script_or_style(page: Page, renderer: Renderer) -> None:
    """The content security policy would silently drop them."""
    html = renderer.html(page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_ids_on_a_page_are_unique_and_labels_find_their_field(page: Page, renderer: Renderer) -> None:
    html = renderer.html(page)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label[^>]* for="([^"]+)"', html)) <= set(ids)


def test_what_people_wrote_cannot_become_markup(renderer: Renderer) -> None:
    market = next(page for page in pages() if _name(page) == "MarketPage")
    row = dataclasses.replace(market.rows[0], id="a/<script>alert(1)</script>", meta=("<b>%s</b>",))
    html = renderer.html(dataclasses.replace(market, rows=(row,), query='"><img src=x>'))
    assert "<script>alert" not in html
    assert "<b>%s" not in html
    assert "<img" not in html
