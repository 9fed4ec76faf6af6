"""Records in plain words: every condition is a sentence, every section is told, versions differ in what they say."""

from __future__ import annotations

import re

import pytest

from commonweight.rights import described, differences, languages, load_records, version_before, versions_of
from commonweight.rights.explaining import phrases, sentences, spoken
from commonweight.rights.expression import compile_condition
from commonweight.rights.language import FACTS, LANGUAGE, MEASURES, TESTS
from commonweight.rights.terms import Terms
from commonweight.rights.vocabulary import BUSINESSES, EVIDENCE, RELATIONS, REVIEW

RECORDS = load_records()
ALL = tuple(RECORDS)
CODE = re.compile(r"\b(use|org|node)\.\w+|\b\w+_\w+\b")  # names of the condition language


def said(condition: str) -> str:
    return spoken(compile_condition(condition, LANGUAGE, "test")).sentence


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("use.production", "it is used in production"),
        ("given not use.production", "it is known that it is not used in production"),
        ("not use.production", "it is not used in production"),
        ("act in (host, modify)", "you give others access to it or change it"),
        ("act != host", "you do none of this: give others access to it"),
        ("org.seat in EU", "your principal place of business (of a person: the domicile) is in the European Union"),
        ("used_in(EU, JP)", "it is used in the European Union or JP"),
        ("purpose(coding)", "it is used for: writing or reading program code"),
        ("path_only(quantise)", "every step from the licensed material to the model is quantising"),
        ("mau(product, now) >= 1e6",
         "the product or service had at least 1,000,000 monthly active users (by the newest figure)"),
        ("not mau(product, now) >= 1e6",
         "the product or service had less than 1,000,000 monthly active users (by the newest figure)"),
        ("revenue(licensee, any_time, CNY) > 1e9",
         "you took more than 1,000,000,000 CNY in a year (at any time since the text appeared)"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_words(condition: str, sentence: str) -> None:
    assert said(condition) == sentence


def test_what_is_negated_is_said_as_its_opposite() -> None:
    assert said("not (use.paid or use.production)") == "no money is taken for it, and it is not used in production"
    assert said("not (use.paid and not use.production)") == "no money is taken for it, or it is used in production"


def test_brackets_stay_where_and_meets_or() -> None:
    assert said("use.paid or use.consent and use.production").count("(") == 1
    assert "(" not in said("use.paid or (use.consent or use.production)")


def test_parts_can_be_shown_as_a_list() -> None:
    parts = spoken(compile_condition("use.paid and (use.consent or use.production)", LANGUAGE, "test"))
    assert (parts.joint, [part.joint for part in parts.parts]) == ("all", ["", "any"])


def test_every_name_of_the_language_has_its_words() -> None:
    assert {name for name in FACTS if name not in phrases.FLAGS and name not in phrases.MEMBERS} == set()
    assert set(TESTS) == set(phrases.TESTS)
    assert set(MEASURES) == set(phrases.COUNTED)
    assert set(BUSINESSES) == set(phrases.WORDS["business"])
    for name, fact in FACTS.items():
        assert set(fact.words or ()) <= set(phrases.WORDS.get(name, {})), name


def test_every_word_of_a_record_has_its_sentence() -> None:
    assert (set(RELATIONS), set(REVIEW), set(EVIDENCE)) == (
        set(sentences.STEPS), set(sentences.REVIEWED), set(sentences.EVIDENCE),
    )  # fmt: skip


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: terms.key)
def test_every_condition_of_the_library_is_said_without_a_name_of_the_language(terms: Terms) -> None:
    for condition in terms.conditions:
        assert not CODE.search(spoken(condition).sentence), condition.source


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("terms", ALL, ids=lambda terms: terms.key)
def test_a_record_is_told_whole(terms: Terms, language: str) -> None:
    told = described(terms, RECORDS, language)
    sections = (terms.grants, terms.gates, terms.policies, terms.bans, terms.duties, terms.reach, terms.endings)
    names = ("rights", "depends", "policies", "forbids", "asks", "reaches", "ends")
    assert [len(told[name]) for name in names] == [len(section) for section in sections]
    assert [item["text"] for item in told["asks"] if "text" in item] == [duty.text for duty in terms.duties if duty.text]


def test_versions_of_a_family_stand_oldest_first() -> None:
    newest = RECORDS.get("llama-4")
    assert newest is not None
    assert [terms.key for terms in versions_of(newest, RECORDS)][:2] == ["llama-2", "llama-3"]
    assert version_before(newest, RECORDS) == RECORDS.get("llama-3.3")


def test_what_a_new_version_dropped_is_named() -> None:
    """Trap 9: Llama 3.1 no longer forbids improving other models with outputs."""
    old, new = RECORDS.get("llama-3"), RECORDS.get("llama-3.1")
    assert old is not None
    assert new is not None
    changes = {(one["section"], one["id"]): one["change"] for one in differences(old, new, RECORDS)}
    assert changes["forbids", "improve_other_llm"] == "removed"
    assert changes["depends", "mau700"] == "changed"


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: terms.key)
def test_a_text_does_not_differ_from_itself(terms: Terms) -> None:
    assert differences(terms, terms, RECORDS) == []
