from __future__ import annotations

import pytest

from commonweight.rights import decide, load_records
from commonweight.rights.naming import begins_with
from tests.rights.worlds import chain, question


@pytest.mark.parametrize("name", ["Llama 3 tiny", "llama-3-tiny", "LLAMA_3", "Llama--3.1"])
def test_separators_and_case_do_not_matter(name: str) -> None:
    assert begins_with(name, "Llama 3")


@pytest.mark.parametrize("name", ["tiny-llama-3", "Llama3-tiny", "Llam", ""])
def test_another_beginning_is_none(name: str) -> None:
    assert not begins_with(name, "Llama 3")


def test_a_repository_can_be_named_as_llama_3_asks() -> None:
    """Names of repositories have no spaces."""
    subject = chain("finetune", licences=("mit", "llama-3"))
    for name, conflicts in (("Llama-3-tiny", 0), ("tiny", 1)):
        use = {"acts": ["publish_derivative"], "planned_name": name}
        verdict = decide(question(subject=subject, use=use), load_records())
        assert sum(found.kind == "name_prefix" for found in verdict.label_conflicts) == conflicts, name
