"""On which model the bytes suggest that another stands; who hears of it; what people make of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from commonweight.db.tables import identity as identity_tables
from commonweight.db.tables import jobs
from commonweight.db.tables import vetting_weights as tables
from commonweight.errors import Conflict, InvalidInput, NotAllowed
from commonweight.hub import RepositoryNotFound
from commonweight.identity import ANONYMOUS, Role
from commonweight.jobs import enqueue
from commonweight.rights.openness.gguf import TOKENS
from commonweight.vetting import SUSPECT_ALL, SuspectNotFound
from commonweight.vetting.fingerprints import TENSOR, Mark
from commonweight.vetting.fingerprints_store import MAX_HOLDERS, files_with, keep
from tests.policy.world import World
from tests.vetting.suspects_world import BASE, KIB, TUNED, Bench, weights
from tests.vetting.weight_files import gguf, safetensors, tensor_bytes
from tests.vetting.weights_world import change

FILE = "model.safetensors"


@pytest.fixture
def bench(world: World) -> Bench:
    return Bench(world)


# What is found


async def test_a_fine_tune_that_shares_tensors_is_suspected_with_the_numbers(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {"license": "mit"})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {"license": "mit"}, by="bob")
    [found] = await bench.seen("bob", tuned)
    assert (found.base_name, found.state, found.strength, found.relation) == ("ada/base", "open", "strong", "finetune")
    assert (found.evidence.tensors, found.evidence.sampled) == (2, 5)
    assert 0.5 < found.evidence.share < 0.7
    assert found.evidence.exact
    assert found.evidence.why_first == "earlier"


async def test_the_base_is_suspected_of_nothing(bench: Bench) -> None:
    base = await bench.publish("base", {FILE: BASE}, {})
    await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    assert await bench.seen("ada", base) == []


async def test_equal_files_and_equal_tensors_in_other_files_count(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    parts = {f"part-{n}.safetensors": safetensors({f"other.{n}": tensor_bytes(n, 64 * KIB)}) for n in (7, 8)}
    parts["renamed.safetensors"] = safetensors({"model.layer": tensor_bytes(5, 32 * KIB)})
    split = await bench.publish("split", parts, {}, by="bob")
    copy = await bench.publish("copy", {"sub/again.safetensors": parts["part-7.safetensors"]}, {}, by="bob")
    [found] = await bench.seen("bob", split)
    assert (found.base_name, found.evidence.tensors, found.evidence.sampled) == ("ada/base", 1, 3)
    assert [(one.base_name, one.evidence.equal_files) for one in await bench.seen("bob", copy)] == [("bob/split", 1)]


async def test_models_that_share_nothing_are_not_suspected(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    other = await bench.publish("other", {FILE: weights(11, 12, 13)}, {}, by="bob")
    assert await bench.seen("bob", other) == []


async def test_zeros_and_computed_tables_are_in_every_model(bench: Bench) -> None:
    def one(seed: int) -> bytes:
        tensors = {"a": bytes(300 * KIB), "rotary.inv_freq": tensor_bytes(99, KIB), "w": tensor_bytes(seed, 900 * KIB)}
        return safetensors(tensors)

    await bench.publish("base", {FILE: one(1)}, {})
    other = await bench.publish("other", {FILE: one(2)}, {}, by="bob")
    assert [found.evidence.tensors for found in await bench.seen("bob", other)] in ([], [0])


CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
}
WORDS = [f"token{n}" for n in range(300)]
TOKENIZER = {"model": {"type": "BPE", "vocab": {word: n for n, word in enumerate(WORDS)}, "merges": []}}


async def test_dimensions_and_vocabulary_alone_are_weak_and_reach_across_formats(bench: Bench) -> None:
    files = {"config.json": json.dumps(CONFIG).encode(), "tokenizer.json": json.dumps(TOKENIZER).encode(), FILE: BASE}
    await bench.publish("base", files, {})
    pairs = {
        "general.architecture": "llama", "llama.embedding_length": 64, "llama.block_count": 2,
        "llama.attention.head_count": 4, "llama.feed_forward_length": 128, TOKENS: WORDS,
    }  # fmt: skip
    small = await bench.publish("small", {"small.gguf": gguf(pairs, {"w": tensor_bytes(70, 64 * KIB)})}, {}, by="bob")
    [found] = await bench.seen("bob", small)
    assert (found.base_name, found.strength, found.relation) == ("ada/base", "weak", "quantise")
    assert (found.evidence.same_config, found.evidence.same_vocabulary, found.evidence.share) == (True, True, 0.0)


async def test_the_same_dimensions_with_another_vocabulary_say_nothing(bench: Bench) -> None:
    other = {"model": {"vocab": {f"x{word}": n for n, word in enumerate(WORDS)}}}
    config = json.dumps(CONFIG).encode()
    await bench.publish("base", {"config.json": config, "tokenizer.json": json.dumps(TOKENIZER).encode(), FILE: BASE}, {})
    files = {"config.json": config, "tokenizer.json": json.dumps(other).encode(), FILE: weights(60, 61)}
    assert await bench.seen("bob", await bench.publish("other", files, {}, by="bob")) == []


# What is not suspected


async def test_what_is_declared_is_not_suspected_also_further_up(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    await bench.publish("tuned", {FILE: TUNED}, {"base_model": "ada/base"})
    more = await bench.publish("more", {FILE: weights(1, 2, 30, 41, 51)}, {"base_model": "ada/tuned"}, by="bob")
    assert await bench.seen("bob", more) == []


async def test_an_older_revision_of_itself_is_no_base(bench: Bench) -> None:
    base = await bench.publish("base", {FILE: BASE}, {})
    later = await change(bench.world, base.repository, {FILE: TUNED})
    await bench.runner.run_until_empty()
    assert await bench.seen("ada", later) == []


async def test_fine_tunes_of_one_base_are_suspected_of_the_base_and_not_of_each_other(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    await bench.publish("one", {FILE: weights(1, 2, 31, 41, 51)}, {"base_model": "ada/base"})
    two = await bench.publish("two", {FILE: weights(1, 2, 32, 42, 52)}, {}, by="bob")
    assert await bench.names("bob", two) == ["ada/base"]


async def test_siblings_that_declare_a_base_which_is_not_here_are_not_suspected_of_each_other(bench: Bench) -> None:
    await bench.publish("one", {FILE: weights(1, 2, 31, 41, 51)}, {"base_model": "acme/elsewhere"})
    two = await bench.publish("two", {FILE: weights(1, 2, 32, 42, 52)}, {"base_model": "acme/elsewhere"}, by="bob")
    assert await bench.seen("bob", two) == []


async def test_a_copy_of_a_fine_tune_is_suspected_of_that_and_not_only_of_the_base_that_it_declares(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    await bench.publish("one", {FILE: TUNED}, {"base_model": "ada/base"})
    copy = await bench.publish("copy", {FILE: TUNED}, {"base_model": "ada/base"}, by="bob")
    assert await bench.names("bob", copy) == ["ada/one"]


async def test_a_merge_is_suspected_of_both_its_parents(bench: Bench) -> None:
    await bench.publish("one", {FILE: weights(1, 2, 3, 4, 5)}, {})
    await bench.publish("two", {FILE: weights(6, 7, 8, 9, 10)}, {})
    merged = await bench.publish("merged", {FILE: weights(1, 7, 3, 9, 5)}, {}, by="bob")
    assert sorted(await bench.names("bob", merged)) == ["ada/one", "ada/two"]


# Who came first


async def test_a_model_that_the_catalogue_knows_as_an_original_is_the_base_also_if_it_came_later(bench: Bench) -> None:
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    original = next(one for one in await bench.world.known.list() if not one.lineage and one.id.count("/") == 1)
    publisher, _, name = original.id.partition("/")
    house = await bench.world.identity.create_organisation(publisher)
    ada = await bench.world.caller("ada")
    assert ada.account is not None
    await bench.world.identity.set_member(house, ada.account, Role.WRITE)
    repository = await bench.world.hub.create(await bench.world.caller("ada"), "model", publisher, name)
    await change(bench.world, repository, {FILE: BASE}, {})
    await bench.runner.run_until_empty()
    assert [(one.base_name, one.evidence.why_first) for one in await bench.seen("bob", tuned)] == [
        (repository.full_name, "known_original")
    ]


async def test_what_was_here_before_is_compared_when_asked_for(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    async with bench.world.database.write() as connection:
        for table in (tables.suspects, tables.weight_files):
            await connection.execute(table.delete())
        await enqueue(connection, bench.world.clock.now(), SUSPECT_ALL, {})
    await bench.runner.run_until_empty()
    assert await bench.names("bob", tuned) == ["ada/base"]


async def test_a_file_is_fingerprinted_once_for_the_installation(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    await bench.publish("copy", {FILE: BASE}, {}, by="bob")
    async with bench.world.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.weight_files)) == 1
        assert await connection.scalar(select(func.count()).select_from(tables.weight_holdings)) == 2


# Who hears of it


async def test_nobody_hears_of_a_repository_that_they_may_not_read(bench: Bench) -> None:
    await bench.publish("secret", {FILE: BASE}, {}, visibility="private")
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    assert await bench.seen("bob", tuned) == []
    assert (await bench.suspects.of(await bench.world.caller("bob"), tuned.repository)).hidden is None
    assert await bench.names("root", tuned) == ["ada/secret"]


async def test_who_may_not_have_the_files_does_not_hear_what_is_in_them(bench: Bench) -> None:
    base = await bench.publish("base", {FILE: BASE}, {})
    await bench.world.hub.update(await bench.world.caller("ada"), base.repository, gated="manual")
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    assert await bench.seen("bob", tuned) == []


async def test_strangers_and_readers_hear_of_no_suspicion(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    for caller in (ANONYMOUS, await bench.world.caller("ada")):
        with pytest.raises(NotAllowed):
            await bench.suspects.of(caller, tuned.repository)
    assert await bench.parents(tuned.repository) == []


async def test_a_private_repository_looks_missing_here_too(bench: Bench) -> None:
    hidden = await bench.publish("hidden", {FILE: BASE}, {}, visibility="private")
    with pytest.raises(RepositoryNotFound):
        await bench.suspects.of(await bench.world.caller("bob"), hidden.repository)


# What people make of it


async def test_a_confirmed_base_is_a_step_for_everybody_and_turns_the_verdict(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {"license": "cc-by-nc-4.0"})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {"license": "mit"}, by="bob")
    bob = await bench.world.caller("bob")
    before = (await bench.world.policy.standing_verdict(tuned)).terms
    [found] = await bench.seen("bob", tuned)
    confirmed = await bench.suspects.confirm(bob, tuned.repository, found.id)
    assert (confirmed.state, confirmed.decided_by) == ("confirmed", "bob")
    assert await bench.parents(tuned.repository) == [("bob/tuned", "ada/base", "confirmed")]
    after = await bench.world.policy.standing_verdict(tuned)
    assert (before, after.terms) == (("mit",), ("cc-by-nc-4.0", "mit"))
    assert "declared_licence" in [one["kind"] for one in after.document["label_conflicts"]]
    descent = await bench.world.policy.stands_on(ANONYMOUS, await bench.world.hub.resolve(found.base))  # type: ignore[arg-type]
    assert [node.id for node in descent.nodes] == ["bob/tuned"]


async def test_a_confirmed_base_stays_with_the_next_commit_and_is_found_no_more(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    [found] = await bench.seen("bob", tuned)
    await bench.suspects.confirm(await bench.world.caller("bob"), tuned.repository, found.id, "prune")
    await change(bench.world, tuned.repository, {"notes.txt": b"more"}, by="bob")
    await bench.runner.run_until_empty()
    assert await bench.parents(tuned.repository) == [("bob/tuned", "ada/base", "confirmed")]
    assert [(one.state, one.relation) for one in await bench.seen("bob", tuned)] == [("confirmed", "prune")]


async def test_a_dismissed_suspicion_is_not_raised_again_for_the_same_bytes(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    [found] = await bench.seen("bob", tuned)
    await bench.suspects.dismiss(await bench.world.caller("bob"), tuned.repository, found.id, "We trained both.")
    await change(bench.world, tuned.repository, {"notes.txt": b"more"}, by="bob")
    await bench.runner.run_until_empty()
    [kept] = await bench.seen("bob", tuned)
    assert (kept.state, kept.reason) == ("dismissed", "We trained both.")
    await change(bench.world, tuned.repository, {FILE: weights(1, 2, 3, 40, 50)}, by="bob")
    await bench.runner.run_until_empty()
    assert [one.state for one in await bench.seen("bob", tuned)] == ["open"]


async def test_deciding_is_audited_and_needs_a_reason_and_a_known_step(bench: Bench) -> None:
    await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    bob, [found] = await bench.world.caller("bob"), await bench.seen("bob", tuned)
    with pytest.raises(InvalidInput, match="characters"):
        await bench.suspects.dismiss(bob, tuned.repository, found.id, "  ")
    with pytest.raises(InvalidInput, match="no step"):
        await bench.suspects.confirm(bob, tuned.repository, found.id, "stolen")
    await bench.suspects.dismiss(bob, tuned.repository, found.id, "No.")
    async with bench.world.database.read() as connection:
        audit = identity_tables.audit.c
        row = (await connection.execute(select(audit.action, audit.detail).where(audit.action.like("suspect.%")))).one()
    assert (row.action, row.detail) == ("suspect.dismiss", {"base": "ada/base", "reason": "No."})


async def test_an_id_is_no_right_to_decide(bench: Bench) -> None:
    await bench.publish("secret", {FILE: BASE}, {}, visibility="private")
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    [found] = await bench.seen("root", tuned)
    with pytest.raises(SuspectNotFound):
        await bench.suspects.confirm(await bench.world.caller("bob"), tuned.repository, found.id)
    with pytest.raises(NotAllowed):
        await bench.suspects.dismiss(await bench.world.caller("ada"), tuned.repository, found.id, "mine")


async def test_a_private_base_is_not_told_to_the_readers_of_a_public_model(bench: Bench) -> None:
    await bench.publish("secret", {FILE: BASE}, {}, visibility="private")
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    [found] = await bench.seen("root", tuned)
    with pytest.raises(Conflict, match="private"):
        await bench.suspects.confirm(await bench.world.caller("root"), tuned.repository, found.id)


async def test_a_suspicion_goes_when_the_base_is_declared_or_deleted(bench: Bench) -> None:
    base = await bench.publish("base", {FILE: BASE}, {})
    tuned = await bench.publish("tuned", {FILE: TUNED}, {}, by="bob")
    other = await bench.publish("other", {FILE: TUNED + b"\0"}, {}, by="bob")
    await change(bench.world, tuned.repository, {}, {"base_model": "ada/base"}, by="bob")
    await bench.runner.run_until_empty()
    assert await bench.seen("bob", tuned) == []
    assert await bench.seen("bob", other) != []
    await bench.world.hub.delete(await bench.world.caller("ada"), base.repository)
    assert "ada/base" not in await bench.names("bob", other)


async def test_broken_weights_end_no_job(bench: Bench) -> None:
    files = {
        "a.gguf": b"GGUF" + b"\xff" * 200, "b.safetensors": b"\xff" * 200, "c.bin": b"", "tokenizer.json": b"[" * 100_000,
        "d.safetensors": (40).to_bytes(8, "little") + b'{"w":{"dtype":"F32","data_offsets":[0]}}' + b"\0" * 8,
    }  # fmt: skip
    await bench.publish("hostile", files, {})
    async with bench.world.database.read() as connection:
        states = set(await connection.scalars(select(jobs.jobs.c.state)))
    assert states == {"done"}


async def test_a_mark_that_many_share_costs_as_little_as_a_rare_one(world: World) -> None:
    """The oldest holders are looked at, and no more of them than the bound says."""
    now = world.clock.now()
    async with world.database.write() as connection:
        for number in range(MAX_HOLDERS + 20):
            await keep(connection, now, f"sha256:{number:064x}", 10, {}, [Mark(TENSOR, 7, 10)])
        found = await files_with(connection, TENSOR, [7, 8])
    assert len(found) == MAX_HOLDERS
    assert max(found) - min(found) == MAX_HOLDERS - 1
