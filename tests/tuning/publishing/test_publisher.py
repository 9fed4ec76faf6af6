"""A tuning becomes a draft with everything that it owes, is finished with its scores, accepted or refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from commonweight.hub import CARD, GatedRepository, IsDraft, MayNotWrite, RepositoryNotFound, read_card
from commonweight.tuning.judging import Verdict
from commonweight.tuning.publishing import DataUsed, MustNotBePublished, NoDraft, NotGoodEnough, Requirement
from tests.tuning.publishing.world import APACHE, LLAMA, NO_DERIVATIVES, Bench, report

APACHE_NAME, ID = "ada/base-12345678", "12345678"


async def test_a_draft_holds_all_artefacts_card_recipe_and_what_is_owed(bench: Bench) -> None:
    base = await bench.world.publish("base", APACHE, LICENSE="Apache License\nVersion 2.0, January 2004\n")
    made = await bench.made(base)
    draft = await bench.publisher().draft(await bench.world.caller("ada"), made)
    assert draft.repository == APACHE_NAME
    assert draft.public_refused == ""
    paths = await bench.paths(APACHE_NAME)
    assert paths >= {
        "config.json", "tokenizer.json", "model.safetensors", "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors", "gguf/model-F16.gguf", "gguf/model-Q4_K.gguf", CARD, "recipe.json",
        "LICENSES/apache-2.0.txt", "ATTRIBUTION.md",
    }  # fmt: skip
    assert "training_args.bin" not in paths
    assert await bench.commits(APACHE_NAME) == [f"Publish the draft of {made.tuning}", "initial commit"]


async def test_the_front_matter_makes_lineage_and_terms_follow(bench: Bench) -> None:
    base = await bench.world.publish("base", APACHE)
    data = await bench.data_set("tickets", "cc-by-nc-4.0")
    await bench.publisher().draft(await bench.world.caller("ada"), await bench.made(base, data))
    card = read_card((await bench.text(APACHE_NAME, CARD)).encode()).data
    assert (card["base_model"], card["base_model_relation"]) == ("ada/base", "finetune")
    assert (card["datasets"], card["license"], card["language"]) == (["ada/tickets"], "apache-2.0", ["en"])
    revision = await bench.world.hub.resolve(await bench.repository(APACHE_NAME))
    subject = await bench.world.policy.subject_for(revision)
    steps = {(edge["parent"], edge["relation"]) for edge in subject.document["edges"]}
    assert steps == {("ada/base", "finetune"), ("datasets/ada/tickets", "trained_on_data")}
    verdict = await bench.world.policy.standing_verdict(revision)
    assert verdict.document["label_conflicts"] == []
    assert "LICENSES/cc-by-nc-4.0.txt" in await bench.paths(APACHE_NAME)


async def test_the_licence_stated_of_a_file_is_in_the_lineage_and_its_terms_hold(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    data = DataUsed("tick/ets.jsonl", "cd" * 32, 200, 180, 20, licence="cc-by-nc-4.0")
    draft = await bench.publisher().draft(ada, await bench.made(base, data))
    card = read_card((await bench.text(APACHE_NAME, CARD)).encode()).data
    assert card["training_files"] == [{"name": "tick/ets.jsonl", "sha256": "cd" * 32, "license": "cc-by-nc-4.0"}]
    assert "datasets" not in card
    revision = await bench.world.hub.resolve(await bench.repository(APACHE_NAME))
    subject = await bench.world.policy.subject_for(revision)
    name = f"datasets/tick ets.jsonl (SHA-256 {'cd' * 6})"
    assert (name, "trained_on_data") in {(edge["parent"], edge["relation"]) for edge in subject.document["edges"]}
    (node,) = [one for one in subject.document["nodes"] if one["id"] == name]
    assert [one["key"] for one in node["licence"]] == ["cc-by-nc-4.0"]
    assert "cc-by-nc-4.0" in (await bench.world.policy.standing_verdict(revision)).terms
    assert "LICENSES/cc-by-nc-4.0.txt" in await bench.paths(APACHE_NAME)
    repository = await bench.data_set("tickets", "cc-by-nc-4.0")  # a data set of the hub under the same licence: as strict
    other = await bench.publisher().draft(ada, await bench.made(base, repository, tuning="ftjob-0000000087654321"))
    owed = [{one.split(":")[0] for one in found.to_do if "cc-by-nc" in one} for found in (draft, other)]
    assert owed[0] == owed[1] != set()


async def test_the_child_of_a_llama_is_named_so_and_carries_its_notice_and_badge(bench: Bench) -> None:
    base = await bench.world.publish("helper", LLAMA)
    draft = await bench.publisher().draft(await bench.world.caller("ada"), await bench.made(base, suffix="Tickets!"))
    assert draft.repository == "ada/Llama-helper-Tickets"
    notice = await bench.text(draft.repository, "NOTICE")
    assert "Llama 3.2 is licensed under the Llama 3.2 Community License" in notice
    assert "Built with Llama" in await bench.text(draft.repository, CARD)
    assert any("llama-3.2" in one for one in draft.to_do)


async def test_a_private_base_is_said_to_become_known(bench: Bench) -> None:
    base = await bench.world.publish("secret", APACHE, visibility="private")
    draft = await bench.publisher().draft(await bench.world.caller("ada"), await bench.made(base))
    assert any("ada/secret is private" in one for one in draft.to_do)


async def test_a_draft_follows_the_readers_of_its_base_and_names_the_file_that_is_the_base_itself(bench: Bench) -> None:
    base, ada, bob = (
        await bench.world.publish("base", APACHE),
        await bench.world.caller("ada"),
        await bench.world.caller("bob"),
    )
    made = await bench.made(base)
    draft = await bench.publisher().draft(ada, replace(made, base=replace(made.base, converted="gguf/base-F16.gguf")))
    [origin] = await bench.world.hub.origins(await bench.repository(draft.repository))
    assert (origin.name, origin.commit, origin.path) == ("ada/base", base.commit, "gguf/base-F16.gguf")
    accepted = await bench.publisher().accept(ada, await bench.repository(draft.repository), "public")
    await bench.world.hub.check_files(bob, accepted)
    await bench.world.hub.update(ada, base.repository, gated="manual")
    with pytest.raises(GatedRepository):
        await bench.world.hub.check_files(bob, accepted)


async def test_what_was_tuned_from_a_private_base_is_not_opened_and_says_what_to_do(bench: Bench) -> None:
    base, ada = await bench.world.publish("secret", APACHE, visibility="private"), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    assert any("only who may have its files" in one for one in draft.to_do)
    repository = await bench.repository(draft.repository)
    with pytest.raises(MustNotBePublished, match="carries the weights of ada/secret, which is private"):
        await bench.publisher().accept(ada, repository, "public")
    await bench.world.hub.update(ada, base.repository, visibility="public")
    assert not (await bench.publisher().accept(ada, repository, "public")).is_private


async def test_a_base_whose_name_begins_as_asked_keeps_it(bench: Bench) -> None:
    base = await bench.world.publish("Llama-3.2-1B-Instruct-GGUF", LLAMA)
    draft = await bench.publisher().draft(await bench.world.caller("ada"), await bench.made(base))
    assert draft.repository == f"ada/Llama-3.2-1B-Instruct-{ID}"


async def test_no_path_of_the_machine_is_published_and_no_content_of_the_data(bench: Bench) -> None:
    base = await bench.world.publish("base", APACHE)
    made = await bench.made(base)
    draft = await bench.publisher().draft(await bench.world.caller("ada"), made)
    await bench.publisher().finish(await bench.world.caller("ada"), draft, report(made))
    for path in ("config.json", "adapter/adapter_config.json", "recipe.json", CARD, "evaluation.json"):
        text = await bench.text(APACHE_NAME, path)
        assert str(bench.world.folder) not in text
        assert "secret" not in text
    adapter = json.loads(await bench.text(APACHE_NAME, "adapter/adapter_config.json"))
    assert (adapter["base_model_name_or_path"], adapter["revision"]) == ("ada/base", base.commit)


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ({"cpu_seconds": 1234.4, "joules": 7200.0}, "2.0 Wh, measured (RAPL"),
        ({"cpu_seconds": 1234.4, "joules": None}, "not measured: this machine shows no counter; 1,234 s of processor time."),
    ],
)
async def test_the_card_tells_energy_as_it_was_measured_or_that_it_was_not(
    bench: Bench, used: dict[str, float | None], said: str
) -> None:
    made = await bench.made(await bench.world.publish("base", APACHE))
    await bench.publisher().draft(await bench.world.caller("ada"), replace(made, hardware={**made.hardware, "used": used}))
    assert said in await bench.text(APACHE_NAME, CARD)


async def test_the_recipe_says_enough_to_do_it_again(bench: Bench) -> None:
    base = await bench.world.publish("base", APACHE)
    made = await bench.made(base)
    await bench.publisher().draft(await bench.world.caller("ada"), made)
    recipe = json.loads(await bench.text(APACHE_NAME, "recipe.json"))
    assert recipe["base"] == {
        "repository": "ada/base",
        "commit": base.commit,
        "files": {"model.safetensors": "ab" * 32},
    }
    assert (recipe["seed"], recipe["hyperparameters"], recipe["data"]["sha256"]) == (42, made.hyperparameters, "cd" * 32)
    assert recipe["request"] == made.request
    assert set(recipe["artefacts"]) >= {"model.safetensors", "gguf/model-F16.gguf"}


async def test_a_base_that_goes_along_itself_is_said_and_its_terms_are_asked_for_that_too(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    made = await bench.made(base)
    path = made.gguf[0].with_name("base-F16.gguf")
    path.write_bytes(made.gguf[0].read_bytes() + b"base")
    along = replace(made.base, converted="gguf/base-F16.gguf")
    draft = await bench.publisher().draft(ada, replace(made, base=along, gguf=[*made.gguf, path]))
    assert draft.public_refused == ""
    assert "gguf/base-F16.gguf" in await bench.paths(draft.repository)
    assert "`gguf/base-F16.gguf` is the base itself, unchanged" in await bench.text(draft.repository, CARD)
    assert json.loads(await bench.text(draft.repository, "recipe.json"))["base"]["converted"] == "gguf/base-F16.gguf"
    assert await bench.publisher().public_refused(ada, await bench.repository(draft.repository)) == ""


async def test_the_recipe_is_signed_by_the_installation(bench: Bench) -> None:
    base = await bench.world.publish("base", APACHE)
    await bench.publisher().draft(await bench.world.caller("ada"), await bench.made(base))
    recipe = (await bench.text(APACHE_NAME, "recipe.json")).encode()
    signed = json.loads(await bench.text(APACHE_NAME, "recipe.sig.json"))
    raw = base64.urlsafe_b64decode(signed["public_key"]["x"] + "=")
    key, signature = Ed25519PublicKey.from_public_bytes(raw), base64.b64decode(signed["signature"])
    key.verify(signature, recipe)
    with pytest.raises(InvalidSignature):
        key.verify(signature, recipe.replace(b"42", b"43"))


async def test_doing_it_again_changes_nothing_before_and_after_it_is_finished(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    made, publisher = await bench.made(base), bench.publisher()
    first = await publisher.draft(ada, made)
    assert await publisher.draft(ada, made) == first
    done = await publisher.finish(ada, first, report(made))
    assert await publisher.draft(ada, made) == done
    assert await publisher.finish(ada, first, report(made)) == done
    assert len(await bench.commits(APACHE_NAME)) == 3


async def test_a_draft_that_was_made_and_not_filled_is_filled(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    await bench.world.hub.create(ada, "model", "ada", f"base-{ID}", draft=True)
    draft = await bench.publisher().draft(ada, await bench.made(base))
    assert draft.repository == APACHE_NAME


async def test_a_name_that_is_taken_gets_the_id_and_what_has_it_stays(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    await bench.world.publish("base-tickets", APACHE)
    first = await bench.publisher().draft(ada, await bench.made(base, suffix="tickets"))
    other = await bench.made(base, suffix="tickets", tuning="ftjob-00000000aaaaaaaa")
    second = await bench.publisher().draft(ada, other)
    assert (first.repository, second.repository) == (f"ada/base-tickets-{ID}", "ada/base-tickets-aaaaaaaa")
    assert await bench.commits("ada/base-tickets") == ["Publish", "initial commit"]


async def test_what_an_attempt_before_made_otherwise_is_replaced(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    made = await bench.made(base)
    await bench.publisher().draft(ada, made)
    await bench.publisher().draft(ada, replace(made, gguf=made.gguf[:1], steps=80))
    paths = await bench.paths(APACHE_NAME)
    assert "gguf/model-F16.gguf" in paths
    assert "gguf/model-Q4_K.gguf" not in paths


async def test_scores_go_onto_the_card_and_what_lost_too_much_goes(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    made = await bench.made(base)
    draft = await bench.publisher().draft(ada, made)
    assert "Not judged yet." in await bench.text(APACHE_NAME, CARD)
    await bench.publisher().finish(ada, draft, report(made))
    card = await bench.text(APACHE_NAME, CARD)
    assert "| adapter | 95.0 (76.0 to 99.0) | +95.0 (+76.0 to +100.0) | 100% | better |" in card
    assert "Not judged yet." not in card
    assert "Q4_K: It lost 10.0 points against F16" in card
    assert "gguf/model-Q4_K.gguf" not in await bench.paths(APACHE_NAME)
    assert "With llama.cpp: `gguf/model-F16.gguf`." in card
    assert "model-Q4_K" not in card
    assert json.loads(await bench.text(APACHE_NAME, "evaluation.json"))["verdict"] == "better"
    assert yaml.safe_load(card.split("---")[1])["base_model"] == "ada/base"


async def test_a_draft_is_hidden_and_cannot_be_opened_but_by_accepting_it(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    repository = await bench.repository(draft.repository)
    with pytest.raises(RepositoryNotFound):
        await bench.world.hub.find(await bench.world.caller("bob"), "model", "ada", repository.name)
    for visibility in ("public", "private"):
        with pytest.raises(IsDraft):
            await bench.world.hub.update(ada, repository, visibility=visibility)
    accepted = await bench.publisher().accept(ada, repository, "public")
    assert accepted.visibility == "public"
    assert (await bench.world.hub.find(await bench.world.caller("bob"), "model", "ada", repository.name)).id == accepted.id
    with pytest.raises(NoDraft):
        await bench.publisher().accept(ada, accepted)


async def test_only_who_administers_the_namespace_accepts_or_refuses(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    repository, bob = await bench.repository(draft.repository), await bench.world.caller("bob")
    with pytest.raises((MayNotWrite, RepositoryNotFound)):
        await bench.publisher().accept(bob, repository)
    with pytest.raises((MayNotWrite, RepositoryNotFound)):
        await bench.publisher().refuse(bob, repository)
    await bench.publisher().refuse(ada, repository)
    with pytest.raises(RepositoryNotFound):
        await bench.repository(draft.repository)


async def test_an_installation_may_ask_for_better_than_the_base(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", APACHE), await bench.world.caller("ada")
    made, publisher = await bench.made(base), bench.publisher(Requirement.BETTER)
    repository = await bench.repository((await publisher.draft(ada, made)).repository)
    with pytest.raises(NotGoodEnough, match="was not judged"):
        await publisher.accept(ada, repository)
    bench.reports.by_repository[repository.id] = report(made, Verdict.CONSTANT).to_json()
    with pytest.raises(NotGoodEnough, match="was judged constant"):
        await publisher.accept(ada, repository)
    bench.reports.by_repository[repository.id] = report(made, Verdict.BETTER).to_json()
    assert not (await publisher.accept(ada, repository)).is_draft


async def test_terms_that_withhold_derivatives_keep_it_inside_with_the_clause(bench: Bench) -> None:
    base, ada = await bench.world.publish("base", NO_DERIVATIVES), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    assert "cc-by-nd-4.0 2(a)(1)" in draft.public_refused
    assert "It must not be published outside" in await bench.text(draft.repository, CARD)
    repository = await bench.repository(draft.repository)
    with pytest.raises(MustNotBePublished, match=r"cc-by-nd-4\.0"):
        await bench.publisher().accept(ada, repository, "public")
    assert (await bench.publisher().accept(ada, repository, "private")).visibility == "private"


async def test_a_draft_that_was_given_a_name_its_terms_forbid_is_not_opened(bench: Bench) -> None:
    base, ada = await bench.world.publish("helper", LLAMA), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    repository = await bench.world.hub.move(ada, await bench.repository(draft.repository), "ada", "my-own")
    assert repository.is_draft
    with pytest.raises(MustNotBePublished, match=r"begins with Llama.* Llama-my-own would do"):
        await bench.publisher().accept(ada, repository, "public")


async def test_what_it_was_made_from_is_asked_again_when_it_is_accepted(bench: Bench) -> None:
    """The facts of the installation have changed since the draft was made."""
    base, ada = await bench.world.publish("base", {"license": "cc-by-nc-4.0"}), await bench.world.caller("ada")
    draft = await bench.publisher().draft(ada, await bench.made(base))
    assert draft.public_refused == ""
    facts = {"organisation": {"kind": "company"}, "use": {"acts": ["offer_product"], "commercial": True}}
    await bench.world.policy.set_standing_use(await bench.world.caller("root"), facts)
    with pytest.raises(MustNotBePublished, match=r"cc-by-nc-4\.0"):
        await bench.publisher().accept(ada, await bench.repository(draft.repository), "public")
