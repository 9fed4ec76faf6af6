from __future__ import annotations

import pytest

from commonweight.rights import decide, load_records
from commonweight.rights.pack import make_pack
from commonweight.rights.pack.names import check_name
from tests.rights.pack.world import asked, pack
from tests.rights.worlds import chain, question

RECORDS = load_records()


def test_a_name_that_begins_as_it_has_to_passes() -> None:
    assert pack(asked(planned_name="toy-reader")).naming.state == "passes"


def test_a_name_that_does_not_comes_with_one_that_does() -> None:
    naming = pack(asked(planned_name="reader")).naming
    assert (naming.state, naming.proposal) == ("fails", "Toy-reader")
    assert pack(asked(planned_name=naming.proposal)).naming.state == "passes"


def test_a_model_that_the_asker_made_has_a_name_already() -> None:
    assert pack(asked()).naming.name == "reader"


def test_a_name_that_was_not_given_is_not_guessed() -> None:
    found = question(["publish_derivative"], subject={"nodes": [{"id": "toys/base", "licence": "toy-1"}]})
    naming = pack(found).naming
    assert (naming.state, naming.proposal, naming.prefixes) == ("not_given", "", ("Toy",))


@pytest.mark.parametrize("key", ["llama-3", "llama-3.1", "llama-3.2", "llama-3.3", "llama-4"])
def test_every_proposal_passes_the_engines_own_check(key: str) -> None:
    subject = chain("finetune", licences=("mit", key))
    first = question(["publish_derivative"], subject=subject, use={"planned_name": "my model (v2)"})
    proposal = make_pack(first, decide(first, RECORDS), RECORDS).naming.proposal
    assert proposal
    second = question(["publish_derivative"], subject=subject, use={"planned_name": proposal})
    assert not any(found.kind == "name_prefix" for found in decide(second, RECORDS).label_conflicts)


def test_two_beginnings_at_once_are_impossible() -> None:
    found = question(["publish_derivative"], subject=chain("merge", licences=("mit", "llama-3.1")))
    duties = decide(found, RECORDS).duties
    other = [duty._replace(text="Qwen") for duty in duties if duty.do == "name_prefix"]
    naming = check_name("reader", [*duties, *other])
    assert (naming.state, naming.proposal) == ("impossible", "")


def test_of_two_beginnings_of_which_one_begins_the_other_the_longer_is_taken() -> None:
    found = question(["publish_derivative"], subject=chain("merge", licences=("mit", "llama-3.1")))
    duties = decide(found, RECORDS).duties
    longer = [duty._replace(text="Llama 3") for duty in duties if duty.do == "name_prefix"]
    assert check_name("reader", [*duties, *longer]).proposal == "Llama-3-reader"


def test_a_duty_that_may_not_be_owed_leaves_the_name_in_doubt() -> None:
    found = question(["publish_derivative"], subject=chain("quantise", licences=("mit", "llama-3.1")))
    naming = check_name("reader", decide(found, RECORDS).duties)
    assert (naming.state, naming.proposal) == ("doubtful", "Llama-reader")
