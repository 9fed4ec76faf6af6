"""The open-source conditions of the EU AI Act, by paragraph of the Commission's guidelines."""

from __future__ import annotations

import pytest

from commonweight.rights import Access, Exemption, exemption, gated_access
from commonweight.rights.openness import access_of
from tests.rights.openness.world import CLASSES, everything, said

OPEN = gated_access("", ())


def conditions(licence: str, access: Access = OPEN, flop: float | None = None) -> Exemption:
    return exemption([licence], access, everything(), CLASSES, flop)


@pytest.mark.parametrize("licence", ["apache-2.0", "mit", "openmdw-1.0", "kimi-k2", "MIT OR llama-3.1"])
def test_permissive_terms_qualify(licence: str) -> None:
    found = conditions(licence)
    assert (found.answer, found.failing) == ("eligible", ())


@pytest.mark.parametrize(
    ("licence", "paragraphs"),
    [
        ("llama-2", {"83"}),  # users, above a number
        ("llama-3.1", {"83"}),
        ("llama-4", {"79", "83"}),  # and a place
        ("databricks-open-model", {"83"}),
        ("hunyuan-community", {"79", "83"}),
        ("qwen-2024", {"83"}),
        ("mistral-mit-20m", {"85-86"}),
        ("stability-community", {"85-86"}),  # revenue, registration
        ("stability-nc-research", {"83"}),
        ("mrl-0.1", {"83"}),
        ("flux-1-dev-nc", {"83"}),
        ("cc-by-nc-4.0", {"83"}),
    ],
)
def test_what_disqualifies_is_cited_by_paragraph(licence: str, paragraphs: set[str]) -> None:
    found = conditions(licence)
    assert found.answer == "not_eligible"
    assert paragraphs <= set(found.failing)
    failing = [one for one in found.conditions if one.paragraphs in paragraphs]
    assert all(one.clauses and one.reason for one in failing)


@pytest.mark.parametrize("licence", ["gemma-tou", "creativeml-openrail-m", "bigscience-rail-1.0", "bigcode-openrail-m"])
def test_lists_of_excluded_uses_are_left_to_judgement(licence: str) -> None:
    found = conditions(licence)
    assert found.answer == "needs_judgement"
    assert {one.paragraphs for one in found.conditions if one.result == "judgement"} >= {"84"}


def test_personal_data_for_access_counts_like_payment() -> None:
    gate = gated_access("auto", ["Full name", "Date of birth"], "I agree to be contacted for marketing")
    found = conditions("apache-2.0", gate)
    assert (found.answer, found.failing) == ("not_eligible", ("87",))
    reason = next(one.reason for one in found.conditions if one.paragraphs == "87")
    assert "Date of birth" in reason
    assert "advertise" in reason


def test_somebody_who_decides_has_to_be_judged_and_countries_shut_out_fail() -> None:
    assert conditions("mit", gated_access("manual", ())).answer == "needs_judgement"
    from dataclasses import replace

    assert conditions("mit", replace(OPEN, countries=True)).failing == ("79",)


def test_what_can_only_be_called_is_not_public() -> None:
    assert conditions("mit", access_of("api_only")).failing == ("79", "90-92")


def test_systemic_risk_ends_it_and_unknown_compute_is_an_assumption() -> None:
    assert conditions("mit", flop=3.8e25).failing == ("72-74",)
    assert conditions("mit", flop=1e25).answer == "eligible"
    assert any("taken to be below" in text for text in conditions("mit").to_document()["assumptions"])
    assert conditions("mit", flop=1e25).to_document()["assumptions"] == []


def test_claims_do_not_make_it_public() -> None:
    found = exemption(["mit"], OPEN, said(*everything()), CLASSES)
    assert found.answer == "not_known"


def test_terms_that_nobody_recorded_are_not_known() -> None:
    assert conditions("never-heard-of").answer == "not_known"
    assert exemption([], OPEN, everything(), CLASSES).answer == "not_known"


def test_every_licence_that_binds_the_weights_counts() -> None:
    assert exemption(["mit", "llama-3.1"], OPEN, everything(), CLASSES).answer == "not_eligible"


def test_it_never_speaks_of_what_a_licensee_may_do() -> None:
    note = conditions("mit").to_document()["note"]
    assert "does not say what a licensee may do" in note
