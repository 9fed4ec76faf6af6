from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from commonweight.catalogues import BrokenCatalogue, read_catalogue
from commonweight.web.contexts import CardPage, Page
from commonweight.web.rendering import Renderer
from commonweight.web.static_files import StaticFiles
from commonweight.web.translations import load_translations
from tests.web.reader import Reader
from tests.web.samples import pages

HEADER = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
ROOM = Path(str(files("commonweight.web")))


def _in_templates() -> Iterator[str]:
    options = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for path in sorted(ROOM.glob("templates/**/*.html")):
        with path.open("rb") as file:
            for _line, _function, message, _comments in babel_extract(file, ("_", "gettext", "ngettext"), [], options):
                text = message[0] if isinstance(message, tuple) else message
                if text:  # not a variable
                    yield text


def _in_code() -> Iterator[str]:
    for path in sorted(ROOM.glob("**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_mark = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if is_mark and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


@pytest.mark.parametrize("language", sorted(load_translations()))
def test_every_text_of_the_pages_is_translated(language: str) -> None:
    catalogue = (ROOM / "locales" / f"{language}.po").read_text()
    known = {ast.literal_eval(text) for text in re.findall(r'^msgid (".*")$', catalogue, re.MULTILINE)}
    assert {*_in_templates(), *_in_code()} - known == set()


@pytest.mark.parametrize("language", sorted(load_translations()))
def test_places_in_a_text_are_the_same_in_its_translation(language: str) -> None:
    catalogue = (ROOM / "locales" / f"{language}.po").read_text()
    for block in catalogue.split("\n\n"):
        places = [set(re.findall(r"%\(\w+\)s|`", line)) for line in block.splitlines() if line.startswith("msg")]
        assert all(one == places[0] for one in places), block


@pytest.mark.parametrize("page", pages(), ids=lambda page: type(page).__name__)
def test_every_page_is_drawn_in_every_language(page: Page) -> None:
    renderer = Renderer(StaticFiles.packaged(), load_translations())
    for language in renderer.languages:
        html = renderer.html(dataclasses.replace(page, frame=dataclasses.replace(page.frame, language=language)))
        assert f'<html lang="{language}">' in html


def test_why_a_check_failed_is_said_in_the_language_of_the_page() -> None:
    renderer = Renderer(StaticFiles.packaged(), load_translations())
    [page] = [one for one in pages() if isinstance(one, CardPage) and one.tried]
    html = renderer.html(dataclasses.replace(page, frame=dataclasses.replace(page.frame, language="es")))
    assert "No llegó a su fin en 64 tokens." in html
    assert "Tiene que llamar a una herramienta y no lo hace." in html
    assert "It did not come to an end within 64 tokens." in renderer.html(page)


async def test_the_browsers_language_is_answered_in(reader: Reader) -> None:
    page = await reader.get("/login", accept_language="es-MX,es;q=0.9,en;q=0.5")
    assert "Iniciar sesión" in page.words


async def test_a_language_once_picked_stays(reader: Reader) -> None:
    await reader.get("/login?lang=es")
    assert "Iniciar sesión" in (await reader.get("/login", accept_language="en")).words


def test_plurals_follow_their_number() -> None:
    catalogue = read_catalogue(
        HEADER + '\nmsgid "%(num)s cat"\nmsgid_plural "%(num)s cats"\nmsgstr[0] "gato"\nmsgstr[1] "gatos"\n', "es.po"
    )
    assert [catalogue.ngettext("%(num)s cat", "%(num)s cats", n) for n in (0, 1, 2)] == ["gatos", "gato", "gatos"]


def test_a_long_text_may_go_over_several_lines() -> None:
    assert read_catalogue(HEADER + '\nmsgid "a "\n"b"\nmsgstr "c "\n"d"\n', "x.po").gettext("a b") == "c d"


@pytest.mark.parametrize(
    "text", ["msgid Files\n", 'msgid "a\nmsgstr "b"\n', 'nonsense "x"\n', '"alone"\n', 'msgid ""\nmsgstr ""\n']
)
def test_a_broken_catalogue_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(BrokenCatalogue, match=r"x\.po"):
        read_catalogue(text, "x.po")
