"""What is found and what is not: a small set of our own, many kinds and countries, and texts that hold none of it."""

from __future__ import annotations

import pytest

from commonweight.guarding import Thing, Wanted
from commonweight.guarding.finder import Finder
from tests.guarding.said import FOUND, FOUND_BEHIND, FRAMES, ORDINARY
from tests.support.tools import library

COUNTRIES = ("DE", "US", "ES")


@pytest.fixture(scope="module")
def finder() -> Finder:
    library("detect_secrets", "guard")
    return Finder(Wanted(frozenset(FOUND)))


@pytest.mark.parametrize("thing", FOUND, ids=str)
def test_what_is_looked_for_is_found_whole_wherever_it_stands(finder: Finder, thing: Thing) -> None:
    library("detect_secrets", "guard")
    alone = Finder(Wanted(frozenset({thing}), countries=COUNTRIES if thing is Thing.PHONE else ()))
    for value in FOUND[thing]:
        for frame in FRAMES:
            text = frame.format(value)
            at = text.index(value)
            spans = [(one.start, one.end) for one in alone.find(text) if one.thing is thing]
            assert any(start <= at and at + len(value) <= end for start, end in spans), (text, spans)


@pytest.mark.parametrize(("before", "value"), FOUND_BEHIND)
def test_what_a_word_before_it_names_is_found_behind_the_word_alone(finder: Finder, before: str, value: str) -> None:
    text = f"{before}{value}@" if before.startswith("postgres") else before + value
    spans = [(one.start, one.end) for one in finder.find(text)]
    assert (len(before), len(before) + len(value)) in spans
    others = [one for one in finder.find(f"number {value} ") if one.thing is Thing.NATIONAL_ID]
    assert others == []


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_text_holds_nothing(line: str) -> None:
    library("detect_secrets", "guard")
    everywhere = Finder(Wanted(frozenset(FOUND), countries=COUNTRIES))
    assert [(one.thing, line[one.start : one.end]) for one in everywhere.find(line)] == []


def test_a_number_with_a_wrong_check_digit_is_none(finder: Finder) -> None:
    wrong = ("DE88 3704 0044 0532 0130 00", "4111 1111 1111 1112", "12345678A", "529.982.247-26", "BSN 111222334")
    assert [finder.find(text) for text in wrong] == [[]] * len(wrong)


def test_a_number_without_its_country_is_found_in_the_countries_that_are_named(finder: Finder) -> None:
    assert finder.find("call 0170 1234567") == []
    assert len(Finder(Wanted(frozenset({Thing.PHONE}), countries=("DE",))).find("call 0170 1234567 24/7")) == 1


def test_a_number_is_found_beside_other_numbers(finder: Finder) -> None:
    texts = {
        "12 4111 1111 1111 1111 3. Next": "4111 1111 1111 1111",
        "2024 378282246310005 10": "378282246310005",
        "12 0170 1234567": "0170 1234567",
        "room 7 12 +49 170 1234567 88": "+49 170 1234567",
        "GB82 WEST 1234 5698 7654 32 100 EUR": "GB82 WEST 1234 5698 7654 32",
    }
    everywhere = Finder(Wanted(frozenset(FOUND), countries=("DE",)))
    for text, value in texts.items():
        assert value in [text[one.start : one.end] for one in everywhere.find(text)], text


def test_ids_of_other_countries_are_passed_over_where_countries_are_named() -> None:
    library("stdnum", "guard")
    spanish = Finder(Wanted(frozenset({Thing.NATIONAL_ID}), countries=("ES",)))
    assert len(spanish.find("12345678Z and 856-45-6789")) == 1


def test_phrases_are_found_as_whole_words_whatever_their_case_and_spaces() -> None:
    finder = Finder(Wanted(words=("project  Tern", "straße", "c++")))
    assert len(finder.find("PROJECT\n tern, and Straße; but not projecttern, interns, straßen; c++ is one")) == 3
