"""The library of terms: complete, checked, and clear about what is wrong in a record."""

from __future__ import annotations

from datetime import date

import pytest

from commonweight.rights import RecordError, Records, identify_tag, load_records, read_record
from commonweight.rights.question import Declared
from tests.rights.worlds import TODAY, TOY, toy


def test_every_packaged_record_is_valid_and_cites_its_source() -> None:
    records = load_records()
    assert {"apache-2.0", "mit", "llama-2", "llama-3.1", "stability-community-2024-07-05"} <= {
        terms.key for terms in records
    }
    assert all(terms.source.commit and terms.review.note for terms in records)


def test_a_licence_text_that_may_not_be_copied_is_not_in_the_records() -> None:
    assert all(len(text) < 400 for terms in load_records() for text in terms.sections.values())


def test_the_same_record_has_the_same_digest_and_a_changed_one_another() -> None:
    assert toy().digest == toy().digest != toy("notes: [changed]").digest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("openness: use_restricted", "openness: use_restrited", "toy.yaml.openness: got 'use_restrited'"),
        ("openness: use_restricted", "opennes: open", "Did you mean 'openness'?"),
        ("evidence: text, reason: May be used.", "evidence: hearsay, reason: May be used.", "grants.use.evidence"),
        ("  host:", "  sublicense:", "nothing for host"),
        ("  output_of: {mode: none", "  output_off: {mode: none", "Did you mean 'output_of'?"),
        ("finetune: {mode: full", "finetune: {mode: silent", "'treat_as' where the text is silent"),
        ("effective: 2024-01-01", "effective: soon", "a day such as 2024-07-23"),
        ("commonweight.terms/1", "commonweight.terms/9", "expected commonweight.terms/1"),
    ],
)
def test_a_broken_record_is_refused_with_file_path_and_expectation(old: str, new: str, words: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_record(TOY.replace(old, new, 1), "toy.yaml")
    assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("bans: [{id: x, strength: absolute, clause: '1', evidence: text, reason: r}]", "either 'purposes' or 'when'"),
        ("bans: [{id: x, purposes: [military], strength: qualified, clause: '1', evidence: text, reason: r}]", "'unless'"),
        ("bans: [{id: x, purposes: [military], policy: aup, strength: absolute, clause: '1', evidence: text, reason: r}]",
         "bans[0].policy"),
        ("gates: [{id: x, test: mau(group) >, effect: prohibited, clock: none, clause: '1', evidence: text, reason: r}]",
         "gates[0].test"),
        ("duties: [{id: x, when: act == fly, do: badge, clause: '1', evidence: text, reason: r}]", "the word 'fly'"),
        ("ambiguities: [{id: x, when: use.paid, question: q, default: c, clause: '1', evidence: text, "
         "readings: [{id: a, says: s, value: allowed}]}]", "ambiguities[0].default"),
        ("ambiguities: [{id: x, when: use.paid, question: q, default: a, clause: '1', evidence: text, "
         "readings: [{id: a, says: s, value: allowed}]}]", "at least two readings"),
        ("gates: [{id: x, test: 'mau(group, now) > 5', effect: prohibited, clock: frozen, clause: '1', evidence: text, "
         "reason: r}]", "names no month"),
        ("gates: [{id: x, test: 'mau(group, 2024-01) > 5', effect: prohibited, clock: continuous, clause: '1', "
         "evidence: text, reason: r}]", "any_time or now"),
        ("gates: [{id: x, test: 'mau(group, now) > 5', effect: prohibited, clock: none, clause: '1', evidence: text, "
         "reason: r}]", "frozen or continuous"),
        ("supersedes: toy-1", "the text version before it"),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused(section: str, words: str) -> None:
    with pytest.raises(RecordError) as caught:
        toy(section)
    assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("openness: use_restricted", "openness: open\nbans: [{id: x, purposes: [military], strength: absolute, clause: '1', "
         "evidence: text, reason: r}]", "a class that fits its gates and bans"),
        ('commercial: {value: "yes"', 'commercial: {value: "no"', "non_commercial"),
        ("training: silent", "training: banned", "a ban on train_on_outputs"),
        ("training: silent", "training: duty", "duty_only or full"),
        ("read: 2026-01-01", "read: 2023-01-01", "a later day"),
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_record(TOY.replace(old, new, 1), "toy.yaml")
    assert words in caught.value.sentence


def test_an_id_stands_once_in_a_record() -> None:
    gate = "{id: x, test: use.paid, effect: prohibited, clock: none, clause: '1', evidence: text, reason: r}"
    with pytest.raises(RecordError, match="twice"):
        toy(f"gates: [{gate}, {gate}]")


def test_two_records_with_one_key_are_refused() -> None:
    with pytest.raises(RecordError, match="second record"):
        Records([toy(), toy()])


def test_the_text_that_came_with_the_copy_decides_between_versions() -> None:
    older = toy(key="toy-1")
    newer = read_record(TOY.replace("toy-1", "toy-2").replace("2024-01-01", "2025-01-01"), "toy.yaml")
    records = Records([newer, older])
    found, assumed = records.resolve(Declared("toy", "tag", date(2024, 6, 1), None), TODAY)
    assert (found, assumed) == (older, "")
    found, assumed = records.resolve(Declared("toy", "tag", None, None), TODAY)
    assert found is newer
    assert "toy-2" in assumed


def test_a_copy_older_than_every_known_text_has_no_record() -> None:
    found, _ = Records([toy()]).resolve(Declared("toy", "tag", date(2020, 1, 1), None), TODAY)
    assert found is None


def test_a_hub_tag_names_the_record() -> None:
    records = load_records()
    assert identify_tag("llama3.1", records).key == "llama-3.1"
    assert identify_tag("Apache-2.0", records).key == "apache-2.0"
    assert identify_tag("other", records, "stabilityai-ai-community").key == "stability-community-2024-07-05"


def test_a_tag_of_several_texts_stays_a_name_until_the_text_is_known() -> None:
    found = identify_tag("sai-nc-community", load_records())
    assert found.key == "sai-nc-community"
    assert found.terms is not None


@pytest.mark.parametrize(
    ("tag", "family"),
    [
        ("creativeml-openrail-m", "creativeml-openrail-m"),
        ("openrail++", "openrail++-m"),
        ("bigscience-bloom-rail-1.0", "bigscience-rail"),
        ("bigscience-openrail-m", "bigscience-openrail-m"),
        ("bigcode-openrail-m", "bigcode-openrail-m"),
        ("fair-noncommercial-research-license", "fair-nc"),
        ("dinov3-license", "dinov3"),
        ("faipl-1.0-sd", "fair-ai-public"),
        ("stable-video-diffusion-nc-community", "stability-svd-nc"),
        ("ltxv-owl", "ltxv-owl"),
    ],
)
def test_the_names_that_cards_use_find_the_record(tag: str, family: str) -> None:
    found = identify_tag("other", load_records(), tag)
    assert found.terms is not None
    assert found.terms.family == family


def test_no_text_belongs_to_two_records() -> None:
    digests = [digest for terms in load_records() for digest in terms.text_digests]
    assert len(digests) == len(set(digests))


@pytest.mark.parametrize("tag", ["openrail", "cc", "gpl", "bsd"])
def test_a_family_tag_is_no_licence(tag: str) -> None:
    found = identify_tag(tag, load_records())
    assert (found.kind, found.terms) == ("family", None)


def test_a_tag_that_nobody_recorded_is_said_to_be_so() -> None:
    assert "has not been recorded" in identify_tag("mystery-1.0", load_records()).sentence
    assert identify_tag("unknown", load_records()).kind == "none"
