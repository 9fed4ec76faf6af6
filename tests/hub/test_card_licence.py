"""A section of a card that holds a licence, told from one that only names it."""

from __future__ import annotations

import time

import pytest

from commonweight.hub import licence_section, read_card
from commonweight.hub.card_licence import MAX_TEXT, text_oid

TEXT = "You may use the model, and whoever gets it from you gets this text too. " * 6


@pytest.mark.parametrize("heading", ["## License", "# LICENCE", "### License ###", "## License text", "## **License**"])
def test_the_text_below_a_heading_is_found(heading: str) -> None:
    card = f"---\nlicense: mit\n---\n# Model\n\n{heading}\n\n{TEXT}\n#### 1. Terms\n{TEXT}\n# Next\nmore"
    assert licence_section(card) == f"{TEXT}\n#### 1. Terms\n{TEXT}".strip()


def test_a_fenced_text_is_found_without_its_fence_and_its_headings_are_none() -> None:
    assert licence_section(f"## License\n```\n# Licence\n{TEXT}\n```\n") == f"# Licence\n{TEXT}".strip()


@pytest.mark.parametrize(
    "card",
    ["## License\n\nMIT", f"# Model\n{TEXT}", f"## How we chose a license\n{TEXT}", f"```\n## License\n```\n{TEXT}", "",
     "## License\n" + "word " * MAX_TEXT],
)  # fmt: skip
def test_what_holds_no_licence_is_none(card: str) -> None:
    assert licence_section(card) == ""


def test_a_card_made_to_be_costly_costs_little() -> None:
    started = time.monotonic()
    for line in ("#" * 7 + " ", "# " * 40, "---\n", "## License" + " " * 1000):
        licence_section((line + "\n") * (1_000_000 // len(line)))
    assert time.monotonic() - started < 10


def test_a_card_whose_block_is_broken_still_carries_its_licence() -> None:
    assert read_card(f"---\nlicense: [mit\n---\n## License\n{TEXT}".encode()).licence == TEXT.strip()


def test_the_id_of_a_section_is_what_git_would_call_it() -> None:
    assert text_oid("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
