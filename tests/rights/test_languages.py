"""Verdicts in other languages: every sentence is translated, and says the same of the same names."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from commonweight.catalogues import read_catalogue
from commonweight.rights import Question, decide, languages, load_records, parse_document, render
from commonweight.rights.said import UnknownLanguage, say
from commonweight.rights.translations import (
    ENGINE,
    folders,
    sentences_of_engine,
    sentences_of_folder,
    sentences_of_record,
)
from tests.rights.worlds import chain, question

RECORDS = load_records()
FOLDER = Path(str(files("commonweight.rights"))) / "locales"
CASES = sorted(path for path in (Path(__file__).parent / "cases").glob("*.yaml") if ".expected." not in path.name)
OTHERS = languages()[1:]


def texts(language: str, name: str) -> dict[str, str]:
    path = FOLDER / language / f"{name}.po"
    return dict(read_catalogue(path.read_text(), path.name).texts) if path.exists() else {}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_engine_is_translated(language: str) -> None:
    known = texts(language, ENGINE)
    assert [sentence for sentence in sentences_of_engine() if not known.get(sentence)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("folder", folders())
def test_every_sentence_of_a_folder_is_translated(language: str, folder: str) -> None:
    known = texts(language, folder)
    assert [sentence for sentence in sentences_of_folder(folder) if not known.get(sentence)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("key", [terms.key for terms in RECORDS])
def test_a_record_that_has_a_catalogue_has_all_of_it(language: str, key: str) -> None:
    known, terms = texts(language, key), RECORDS.get(key)
    assert terms is not None
    assert not known or [text for text in sentences_of_record(terms) if not known.get(text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_names_what_its_sentence_names(language: str) -> None:
    for path in (FOLDER / language).glob("*.po"):
        for english, other in read_catalogue(path.read_text(), path.name).texts.items():
            assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", other)), other


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_kept_apart_is_put_together_again(path: Path) -> None:
    verdict = decide(Question.from_document(parse_document(path.read_text())), RECORDS)
    for language in languages():
        assert render(verdict.to_template(), language) == verdict.to_document(language)


def test_other_names_take_the_place_of_those_decided_on() -> None:
    subject = chain("finetune", licences=("mit", "llama3.1"))
    template = decide(question(subject=subject), RECORDS).to_template()
    renamed = str(render(template, names={"n0": "ada/tiny", "n1": "meta/base"}))
    assert "ada/tiny" in renamed
    assert "'n0'" not in renamed
    assert "'n1'" not in renamed


def test_a_verdict_speaks_the_language_asked_for() -> None:
    verdict = decide(question(subject={"nodes": [{"id": "a/model"}]}), RECORDS)
    assert verdict.to_document("es")["headline"] == "Aún no se sabe: usar model en el trabajo propio."
    assert verdict.to_document()["headline"] == "Not known yet: using model in your own work."


def test_a_language_that_is_not_there_is_refused_with_those_that_are() -> None:
    verdict = decide(question(), RECORDS)
    with pytest.raises(UnknownLanguage, match="en, es"):
        verdict.to_document("tlh")


def test_braces_in_a_name_are_left_alone() -> None:
    assert say("{node} stays", node="{0} {x}") == "{0} {x} stays"
