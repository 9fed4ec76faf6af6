"""What becomes of duties, over all records and acts; and of acts that may not be done."""

from __future__ import annotations

import pytest

from commonweight.rights import ACTS, UnknownLanguage, decide, languages, load_records
from commonweight.rights.pack import MISSING, make_pack
from tests.rights.pack.world import TEXT, asked, at_base, pack, text_of
from tests.rights.worlds import chain, question

RECORDS = load_records()


@pytest.mark.parametrize("key", [terms.key for terms in RECORDS])
def test_every_duty_of_every_record_is_settled_one_way_or_another(key: str) -> None:
    for act in ACTS:
        found = question([act], subject=chain("finetune", licences=("mit", key)))
        verdict = decide(found, RECORDS)
        for language in languages():
            made = make_pack(found, verdict, RECORDS, language=language)
            assert [item.duty for item in made.duties] == ([] if made.refusal else list(verdict.duties))
            paths = [file.path for file in made.files]
            assert len(paths) == len(set(paths))
            for item in made.duties:
                assert set(item.files) <= set(paths), item
                assert item.left or item.state == "done", item


@pytest.mark.parametrize(("act", "value"), [("host", "prohibited"), ("offer_product", "prohibited")])
def test_for_an_act_that_is_refused_there_is_nothing_but_the_reason(act: str, value: str) -> None:
    subject = {"nodes": [{"id": "a/turbo", "licence": "stability-nc-research-2023-11-28"}]}
    found = question([act], subject=subject, use={"commercial": True, "production": True})
    verdict = decide(found, RECORDS)
    assert verdict.value.value == value
    made = make_pack(found, verdict, RECORDS)
    assert [file.path for file in made.files] == ["WHY_NOT.md"]
    assert made.duties == ()
    assert not made.is_complete
    clause = verdict.deciding[0]
    assert clause.clause in made.refusal
    assert clause.clause in made.files[0].content.decode()


def test_permission_that_is_needed_is_no_pack_either() -> None:
    mau = [{"scope": "group", "month": "2024-08", "value": 800_000_000, "source": "x"}]
    found = question(
        ["host"], organisation={"mau": mau}, subject={"nodes": [{"id": "a/m", "licence": "llama3.2", "modality": ["text"]}]}
    )
    made = make_pack(found, decide(found, RECORDS), RECORDS)
    assert made.value.value == "needs_permission"
    assert [file.path for file in made.files] == ["WHY_NOT.md"]
    assert "Ask Meta" in made.files[0].content.decode()


def test_a_whole_pack_is_complete_once_nothing_is_missing() -> None:
    assert pack(asked(planned_name="toy-reader"), at_base(TEXT)).is_complete
    assert not pack(asked(planned_name="toy-reader")).is_complete
    assert not pack(asked(), at_base(TEXT)).is_complete


def test_a_duty_that_a_record_meets_is_ticked() -> None:
    held = {"permissions": [{"id": "reg-7", "licence": "toy-1", "kind": "registered", "author": "Legal", "source": "mail"}]}
    found = question(["host"], organisation=held, subject={"nodes": [{"id": "toys/base", "licence": "toy-1"}]})
    made = pack(found)
    assert {item.duty.do: item.state for item in made.duties}["register"] == "met"
    assert "reg-7" in text_of(made, "CHECKLIST.md")


def test_open_questions_stand_on_the_list() -> None:
    found = question(["publish_derivative"], subject=chain("finetune", licences=("mit", "llama3.2")))
    made = make_pack(found, decide(found, RECORDS), RECORDS)
    assert made.value.value == "unknown"
    assert "Questions that are still open" in text_of(made, "CHECKLIST.md")
    assert any(item.state == MISSING for item in made.duties)


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownLanguage, match="en, es"):
        pack(asked(), language="tlh")
