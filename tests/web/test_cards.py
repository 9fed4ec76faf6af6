from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.web.cards import CardRenderer, without_front_matter


def _html(text: str) -> str:
    return CardRenderer().html(text, blob_base="/ada/tiny/blob/main/", raw_base="/ada/tiny/resolve/main/")


def test_front_matter_is_not_shown() -> None:
    assert without_front_matter("---\nlicense: mit\n---\n# Hi") == "# Hi"


def test_front_matter_that_never_ends_is_shown_as_it_stands() -> None:
    assert without_front_matter("---\nlicense: mit\n") == "---\nlicense: mit\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "<a href='javascript:alert(1)'>a</a>",
        "<iframe src='/'></iframe>",
        "<style>body{display:none}</style>",
        "<form action='/settings/tokens'><button>x</button></form>",
        "<svg onload=alert(1)>",
    ],
)
def test_a_card_cannot_act(text: str) -> None:
    html = _html(text)
    for word in ("<script", "alert(1)<", "onerror", '"javascript:', "<iframe", "<style", "<form", "<svg"):
        assert word not in html


def test_pictures_and_links_of_the_repository_are_found() -> None:
    html = _html("![a](img/a.png) [b](docs/b.md) [c](#part)")
    assert 'src="/ada/tiny/resolve/main/img/a.png"' in html
    assert 'href="/ada/tiny/blob/main/docs/b.md"' in html
    assert 'href="#part"' in html


def test_a_picture_from_another_server_is_not_loaded() -> None:
    """It would tell that server who reads the card."""
    assert "tracker" not in _html("![chart](https://tracker.example/x.png)").replace("chart", "")


def test_the_page_keeps_its_one_first_heading() -> None:
    assert "<h1" not in _html("# Title")


def test_tables_are_drawn() -> None:
    assert "<td>1</td>" in _html("| a |\n| --- |\n| 1 |")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_a_card(text: str) -> None:
    assert "<script" not in _html(text)


@pytest.mark.parametrize(
    "text",
    [
        "[x]: " + "y" * 50_000 + "\n" + "[x]" * 20_000,  # a gigabyte, written out
        '[x]: u "' + "y" * 50_000 + '"\n' + "[x]" * 20_000,
        "<div>" * 20_000,
        "<ul><li>" * 15_000,
    ],
)
def test_what_would_grow_without_bound_is_shown_as_written(text: str) -> None:
    html = _html(text)
    assert html.startswith("<pre>")
    assert len(html) < 10 * len(text)


def test_a_long_table_is_still_a_table() -> None:
    html = _html("| a | b |\n|---|---|\n" + "| x | y |\n" * 2000)
    assert html.count("<td>") == 4000
