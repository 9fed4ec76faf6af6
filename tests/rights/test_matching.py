"""From the words of two texts to whether one is the other: layout and holders do not matter, what may decide does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights.alignment import align
from commonweight.rights.likeness import ACCEPTING, CAPPED, is_piece, likeness
from commonweight.rights.matching import MAX_CHARACTERS, MAX_DIFF, Found, KnownText, TextMatch, match_text
from commonweight.rights.words import words_of
from tests.rights.test_identify import MIT

TERMS = """Toy Model Licence

Copyright (c) 2024 Toy Ltd

1. You may use, copy and change the model for any purpose, also a commercial one, in any country of the world, and keep
   what it answers, provided that the person who receives a copy also receives the text of this licence.
2. If the products of Toy Ltd or its partners have more than 500 million users in a month, ask for permission first.
3. The model comes as it is, and nobody is liable for what comes of it, in contract, tort or otherwise.

END OF TERMS AND CONDITIONS

How to apply this licence: put the following lines at the top of each file of the model that you give to others.
"""


class Shelf:
    """A finder that always offers the same texts."""

    version = "shelf 1"

    def __init__(self, *texts: tuple[str, str]) -> None:
        self._known = tuple(KnownText(key, key.title(), words_of(text)) for key, text in texts)

    def find(self, text: str) -> Found:
        return Found(self._known)


SHELF = Shelf(("mit", MIT), ("toy", TERMS))


def keys(match: TextMatch) -> list[str]:
    return [one.key for one in match.licences]


@pytest.mark.parametrize(
    "changed",
    [
        TERMS,
        " ".join(TERMS.split()),
        TERMS.upper(),
        TERMS.replace("Toy Ltd", "Acme Widgets GmbH"),
        TERMS.replace("1. ", "(a) ").replace("2. ", "* "),
        "<p>" + TERMS.replace("\n\n", "</p>\n<p>") + "</p>",
        TERMS.split("\n\n", 2)[2],
        TERMS.split("END OF", 1)[0] + "END OF TERMS AND CONDITIONS",
        "# Acme Reader\n\nThe weights come under these terms.\n\n" + TERMS,
        TERMS.replace("licence", "license").replace("commercial", "com-\nmercial"),
        "Copyright (c) 2020 A\nCopyright (c) 2021 B and many others of the same house\n" + TERMS,
    ],
)
def test_layout_holder_title_and_appendix_do_not_matter(changed: str) -> None:
    match = match_text(changed, SHELF)
    assert (match.state, keys(match)) == ("identified", ["toy"])
    assert match.score >= ACCEPTING


@pytest.mark.parametrize(
    "changed",
    [
        TERMS.replace("also a commercial one", "but no commercial one"),
        TERMS.replace("500 million", "100 million"),
        TERMS.replace("You may use", "You may not use"),
        TERMS.replace("in any country of the world, ", "in any country of the world but France and its islands, "),
        "".join(TERMS.partition("3. ")[0] + TERMS.partition("otherwise.")[2]),
        TERMS + "\nIn addition you shall show the name Toy on the first page of your product.",
        "Modified Toy Model Licence\n\n" + TERMS,
        "Copyright (c) 2024 Toy Ltd. Not for commercial use.\n" + TERMS,
    ],
)  # fmt: skip
def test_a_change_that_may_decide_makes_it_near_however_small(changed: str) -> None:
    match = match_text(changed, SHELF)
    assert match.state == "near"
    assert keys(match) == ["toy"]
    assert match.score <= CAPPED < ACCEPTING


def test_what_is_near_is_shown_with_the_difference() -> None:
    match = match_text(MIT.replace("without restriction", "with restriction"), SHELF)
    shown = [(piece.kind, piece.text) for piece in match.diff]
    assert ("missing", "without") in shown
    assert ("foreign", "with") in shown


def test_both_directions_count() -> None:
    half, doubled = (
        likeness(words_of(TERMS), words_of(TERMS[: len(TERMS) // 2])),
        likeness(words_of(MIT), words_of(MIT + TERMS)),
    )
    assert half.held < 0.6
    assert half.foreign == 0
    assert doubled.held == 1
    assert doubled.foreign > 0.3
    assert doubled.score == pytest.approx(min(1 - doubled.foreign, CAPPED))


def test_less_than_half_of_a_text_is_a_piece_of_it_and_a_short_text_of_its_own_is_none() -> None:
    whole = words_of(TERMS)
    assert is_piece(words_of(TERMS.split("2. ")[0]), whole)
    assert not is_piece(words_of(TERMS.split("END OF")[0]), whole)
    assert not is_piece(words_of("You may use the model for whatever you like, as long as you tell us of it."), whole)


def test_an_attachment_after_the_end_of_the_terms_is_part_of_them_but_how_to_apply_is_not() -> None:
    with_rules = TERMS.replace("How to apply this licence: put", "Attachment A: rules of use. You shall put")
    shelf = Shelf(("rail", with_rules))
    assert keys(match_text(with_rules, shelf)) == ["rail"]
    assert match_text(with_rules.split("Attachment A")[0], shelf).state == "near"
    assert match_text(TERMS.split("How to apply")[0], SHELF).state == "identified"


@pytest.mark.parametrize(
    "hidden",
    [
        "<only for research>",
        "<the model may not be sold>",
        "<give us a tenth of what you earn with it, and your first child>",
    ],
)
def test_terms_between_angle_brackets_are_read(hidden: str) -> None:
    assert match_text(TERMS.replace("3. The model", f"{hidden} 3. The model"), SHELF).state == "near"


def test_what_a_template_leaves_open_may_run_over_the_end_of_a_line_and_be_filled_in() -> None:
    shelf = Shelf(("template", TERMS.replace("2024 Toy Ltd", "<year> <name of the owner>")))
    for owner in ("<year> <name of\nthe owner>", "2025 Ada Lovelace"):
        assert keys(match_text(TERMS.replace("2024 Toy Ltd", owner), shelf)) == ["template"]


def test_several_licences_in_one_file_are_all_named_in_their_order() -> None:
    match = match_text(f"The weights:\n\n{TERMS}\n\nThe code:\n\n{MIT}", SHELF)
    assert (match.state, keys(match)) == ("identified", ["toy", "mit"])


def test_a_known_text_beside_unknown_terms_identifies_nothing() -> None:
    rest = "You owe the author a bicycle, in blue, by the end of the third month after your first use of the model. "
    match = match_text(f"{TERMS}\n\n{rest * 3}", SHELF)
    assert match.state == "near"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "no_text"),
        (" \n\t", "no_text"),
        (bytes(range(256)).decode("latin-1") * 20, "no_text"),
        ("a\0b", "no_text"),
        ("Look at it on Sundays.", "unknown"),
        ("本软件根据许可协议授权。您不得使用本软件用于商业目的。" * 40, "unknown"),
        ("Dieses Modell darf an Sonntagen betrachtet werden, sonst bedarf es der Zustimmung. " * 10, "unknown"),
        ("license " * (10 << 20 >> 3), "too_long"),
        ("a " * (MAX_CHARACTERS // 2 - 1), "too_long"),
    ],
)
def test_what_is_no_known_text_is_said_to_be_that(text: str, state: str) -> None:
    assert match_text(text, SHELF).state == state


def test_a_difference_that_is_shown_is_bounded() -> None:
    words = TERMS.split()
    changed = " ".join(word if number % 2 else f"{word}x" for number, word in enumerate(words * 8))
    match = match_text(changed, Shelf(("toy", " ".join(words * 8))))
    assert len(match.diff) <= MAX_DIFF + 1


def test_a_match_survives_being_kept() -> None:
    match = match_text(MIT.replace("without restriction", "with restriction"), SHELF)
    assert TextMatch.from_document(match.to_document()) == match


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), max_size=60), st.lists(st.sampled_from("abcdef"), max_size=60))
def test_an_alignment_rebuilds_both_sides(first: list[str], second: list[str]) -> None:
    common, changes = align(first, second)
    known, text = list(first), list(second)
    for change in reversed(changes):
        del known[change.known_start : change.known_end]
        del text[change.text_start : change.text_end]
    assert known == text
    assert len(known) == common


def test_long_texts_without_anything_in_common_order_are_aligned_within_bounds() -> None:
    shuffled = random.Random(1)
    words = [shuffled.choice(("the", "of", "and", "to", "you", "may", "not", "use", "license")) for _ in range(20_000)]
    other = words[:]
    shuffled.shuffle(other)
    common, _ = align(words, other)
    assert 0 < common < len(words)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_text_makes_the_matcher_fail(text: str) -> None:
    match = match_text(text, SHELF)
    assert 0 <= match.score <= 1
    assert TextMatch.from_document(match.to_document()) == match


def test_a_text_that_two_licences_fit_equally_well_is_neither() -> None:
    body = TERMS.split("\n\n", 1)[1]
    shelf = Shelf(("toy-2.1", "Toy Licence, version 2.1\n\n" + body), ("toy-2.2", "Toy Licence, version 2.2\n\n" + body))
    match = match_text(body, shelf)
    assert (match.state, sorted(keys(match))) == ("near", ["toy-2.1", "toy-2.2"])
    assert match.score <= CAPPED
    assert keys(match_text("Toy Licence, version 2.2\n\n" + body, shelf)) == ["toy-2.2"]
