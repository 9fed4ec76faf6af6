"""How open a repository is: by its files, the data sets and originals kept here, and what each commit changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commonweight.choosing import Grades, KeptEvidence, KeptGrades, Market
from commonweight.hub import AddFile, Revision
from commonweight.rights import Openness
from tests.policy.world import World
from tests.rights.openness.world import CARD, safetensors

LLAMA = '{"model_type": "llama"}'


@pytest.fixture
def grades(world: World) -> Grades:
    stores = KeptEvidence(world.database, world.clock), KeptGrades(world.database, world.clock)
    return Grades(world.hub, world.known, world.policy, *stores)


async def put(world: World, revision: Revision, files: dict[str, bytes], *, by: str = "ada") -> Revision:
    changes = [AddFile(path, content) for path, content in files.items()]
    await world.hub.commit(await world.caller(by), revision.repository, "main", changes, title="Add")
    return await world.hub.resolve(revision.repository)


async def publish_data(world: World, name: str, *, visibility: str = "public") -> None:
    ada = await world.caller("ada")
    made = await world.hub.create(ada, "dataset", "ada", name, visibility)
    card = f"---\nlicense: cc0-1.0\n---\n{CARD}".encode()
    changes = [AddFile("README.md", card), AddFile("train.jsonl", b'{"text": "x"}\n'), AddFile("clean.py", b"run()\n")]
    await world.hub.commit(ada, made, "main", changes, title="Data")


def text_of(**card: object) -> bytes:
    import yaml

    return f"---\n{yaml.safe_dump(card)}---\n{CARD}".encode()


async def grade(grades: Grades, revision: Revision) -> Openness:
    return (await grades.report(revision)).openness


async def test_files_are_looked_into(world: World, grades: Grades) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    files = {"README.md": text_of(license="mit"), "model.safetensors": safetensors("a"), "config.json": LLAMA.encode()}
    found = await grade(grades, await put(world, revision, files))
    seen = {key: (one.component.status, one.component.evidence) for key, one in found.components.items()}
    assert seen["weights"] == ("released", "A")
    assert seen["architecture_code"] == ("released", "B")
    assert seen["model_card"] == ("released", "A")
    assert seen["training_code"] == ("absent", "-")
    assert found.components["weights"].component.files[0].digest.startswith("sha256:")


async def test_a_data_set_that_is_kept_here_is_evidence(world: World, grades: Grades) -> None:
    await publish_data(world, "poems")
    revision = await world.publish("tiny", {"license": "mit", "datasets": ["ada/poems"]})
    found = (await grade(grades, revision)).components
    assert (found["data"].component.evidence, found["data"].terms.keys) == ("B", ("cc0-1.0",))
    assert found["data"].counts
    assert found["preprocessing_code"].component.files[0].where == "datasets/ada/poems"


async def test_a_data_set_that_is_private_is_no_evidence_for_a_public_model(world: World, grades: Grades) -> None:
    await publish_data(world, "secret", visibility="private")
    public = await world.publish("open", {"license": "mit", "datasets": ["ada/secret"]})
    private = await world.publish("closed", {"license": "mit", "datasets": ["ada/secret"]}, visibility="private")
    assert (await grade(grades, public)).components["data"].component.status == "claimed"
    assert (await grade(grades, private)).components["data"].component.status == "released"


async def test_a_quantised_copy_is_whole_with_its_original_here(world: World, grades: Grades) -> None:
    base = await world.publish("base", {"license": "mit"})
    await put(world, base, {"model.safetensors": safetensors("a"), "train.py": b"run()\n"})
    card = {"license": "mit", "base_model": "ada/base", "base_model_relation": "quantized"}
    copy = await world.publish("base-GGUF", card)
    revision = await world.add_gguf(copy.repository, "base.Q4_0.gguf")
    found = (await grade(grades, revision)).components
    assert (found["weights"].counts, found["weights"].component.evidence) == (True, "B")
    assert found["training_code"].component.evidence == "B"


async def test_a_commit_that_edits_the_licence_says_so(world: World, grades: Grades) -> None:
    first = await world.publish("tiny", {"license": "mit"}, LICENSE="one text")
    await put(world, first, {"model.safetensors": safetensors("a")})
    await world.change(first.repository, {"license": "llama2"}, LICENSE="another text")
    report = await grades.report(await world.hub.resolve(first.repository))
    told = {(change.what, change.about): change.sentence for change in report.changes}
    assert told["licence_file", "LICENSE"] == "LICENSE was edited."
    assert ("label", "label") in told
    assert "llama" in told["licence", "weights"]
    assert report.before


async def test_a_commit_that_changes_nothing_that_matters_is_silent(world: World, grades: Grades) -> None:
    first = await world.publish("tiny", {"license": "mit"})
    report = await grades.report(await put(world, first, {"notes.txt": b"hello"}))
    assert report.changes == ()
    assert report.before == first.commit


async def test_what_changes_under_a_commit_is_told(world: World, grades: Grades) -> None:
    """A data set is taken away: the same commit is graded otherwise than before."""
    await publish_data(world, "poems")
    revision = await world.publish("tiny", {"license": "mit", "datasets": ["ada/poems"]})
    await grades.report(revision)
    ada = await world.caller("ada")
    await world.hub.delete(ada, await world.hub.find(ada, "dataset", "ada", "poems"))
    world.clock.advance(timedelta(hours=1))
    report = await grades.report(revision)
    assert ("component", "data") in {(change.what, change.about) for change in report.since}
    assert report.since_when is not None
    assert (await grades.report(revision)).since == report.since  # kept once, told again


async def test_the_job_after_a_commit_keeps_its_grade(world: World, grades: Grades) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    payload = {"repository_id": revision.repository.id, "commit": revision.commit}
    await grades.on_read_revision(payload)
    await grades.on_read_revision(payload)  # again, as after a crash
    kept = await KeptGrades(world.database, world.clock).of(revision)
    assert len(kept) == 1
    await world.hub.delete(await world.caller("ada"), revision.repository)
    await grades.on_read_revision(payload)  # deleted meanwhile


async def test_a_gate_that_asks_for_personal_data_is_seen(world: World, grades: Grades) -> None:
    card = {"license": "mit", "extra_gated_fields": {"Full name": "text", "Company": "text"}}
    revision = await world.publish("tiny", card)
    await world.hub.update(await world.caller("ada"), revision.repository, gated="auto")
    gated = await world.hub.by_id(revision.repository.id)
    assert gated is not None
    report = await grades.report(await world.hub.resolve(gated))
    assert report.openness.access.grade == "form"
    assert "87" in report.exemption.failing


async def test_the_terms_of_a_parent_bind_the_weights_and_not_the_code(world: World, grades: Grades) -> None:
    revision = await world.publish("tuned", {"license": "mit", "base_model": "meta-llama/Llama-2-7b-hf"})
    found = await put(world, revision, {"model.safetensors": safetensors("a"), "train.py": b"run()\n"})
    report = await grades.report(found)
    terms = {key: one.terms.keys for key, one in report.openness.components.items()}
    assert set(terms["weights"]) == {"mit", "llama-2"}
    assert terms["training_code"] == ("mit",)
    assert report.exemption.answer == "not_eligible"


async def test_a_known_model_is_graded_by_claims_with_the_compute_that_is_known(world: World, grades: Grades) -> None:
    llama = await grades.report(await world.known.get("meta-llama/llama-3.1"))
    assert {"72-74", "83"} <= set(llama.exemption.failing)
    assert {one.component.evidence for one in llama.openness.components.values()} <= {"C", "-"}
    amber = (await grades.report(await world.known.get("LLM360/amber"))).openness.classes
    assert (amber.claimed.missing, amber.claimed_any_data.level) == (("data",), 1)  # each source under terms of its own


async def test_the_market_shows_the_same_label(world: World, grades: Grades) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    market = Market(world.hub, world.known, world.policy, grades)
    assert (await market.row(revision)).label == (await grade(grades, revision)).label.value
