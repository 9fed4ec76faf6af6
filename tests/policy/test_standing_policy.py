"""What a verdict does: served or not, downloaded or not, let through by an approval; and what a dry run says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from commonweight.errors import NotAllowed
from commonweight.hub import AddFile, Revision
from commonweight.identity import ANONYMOUS
from commonweight.policy import READY_POLICIES, ApprovalEdit, DownloadRefused, InvalidPolicy, ReadyPolicy
from commonweight.policy.rules import DEFAULT_RULES, Rules
from tests.policy.test_verdicts import TUNED_FROM_RESEARCH
from tests.policy.world import SELLING, World


def policy(value: str, *measures: str) -> dict[str, Any]:
    return {"areas": {"running": {value: list(measures)}}}


async def refused(world: World) -> Revision:
    """A research model, where the use is to sell."""
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    return await world.publish("pictures", TUNED_FROM_RESEARCH)


async def test_by_default_serving_is_refused_and_downloads_are_not(world: World) -> None:
    revision = await refused(world)
    admission = await world.policy.admit(revision)
    assert admission.refusal is not None
    assert admission.download is None
    await world.policy.check_download(ANONYMOUS, revision, "model.safetensors")


async def test_a_refused_download_names_clause_and_verdict_and_spares_owner_card_and_licence(world: World) -> None:
    revision, root = await refused(world), await world.caller("root")
    await world.policy.set_policy(root, policy("prohibited", "refuse_download"))
    verdict = await world.policy.standing_verdict(revision)
    with pytest.raises(DownloadRefused, match=verdict.id) as caught:
        await world.policy.check_download(ANONYMOUS, revision, "model.safetensors")
    assert "stability-nc-research" in caught.value.detail
    assert caught.value.headers["x-commonweight-verdict"] == verdict.id
    for path in ("README.md", "LICENSE", "sub/NOTICE.txt"):
        await world.policy.check_download(ANONYMOUS, revision, path)
    await world.policy.check_download(await world.caller("ada"), revision, "model.safetensors")
    assert (await world.policy.admit(revision)).refusal is None
    assert not await world.policy.may_download(ANONYMOUS, revision.repository.scope)
    assert await world.policy.may_download(await world.caller("ada"), revision.repository.scope)


async def test_a_card_that_somebody_proposes_lets_nothing_out(world: World) -> None:
    """Anybody can open a pull request whose card says MIT; the bytes in it are those of the repository."""
    revision, root, bob = await refused(world), await world.caller("root"), await world.caller("bob")
    await world.policy.set_policy(root, policy("prohibited", "refuse_download"))
    hub, repository = world.hub, revision.repository
    card = AddFile("README.md", b"---\nlicense: mit\n---\n")
    commit, number = await hub.propose(bob, repository, "main", [card], "It is MIT")
    for asked in (f"refs/pr/{number}", commit.id):
        with pytest.raises(DownloadRefused):
            await world.policy.check_download(ANONYMOUS, await hub.resolve(repository, asked), "model.safetensors")
        assert (await world.policy.admit(await hub.resolve(repository, asked))).value == "prohibited"
    await world.change(repository, notes="so that the merge is a commit of its own")
    await hub.pulls.merge(await world.caller("ada"), repository, number)  # now it is the owner's word
    merged = await hub.resolve(repository)
    assert not await hub.is_proposed(merged)
    await world.policy.check_download(ANONYMOUS, merged, "model.safetensors")


async def test_an_approval_lets_through_for_a_time_and_goes_stale_when_the_verdict_changes(world: World) -> None:
    revision, root = await world.publish("tiny", {}), await world.caller("root")
    await world.policy.set_policy(root, policy("unknown", "require_approval"))
    assert (await world.policy.admit(revision)).refusal is not None
    await world.policy.approve(root, ApprovalEdit("ada/tiny", "Looked at by Legal", until=date(2026, 3, 5)))
    assert (await world.policy.admit(revision)).refusal is None
    await world.policy.check_download(ANONYMOUS, revision, "model.gguf")
    assert [stale for _, stale in await world.policy.approvals(root)] == [None]
    await world.change(revision.repository, {"license": "mit"})
    assert ["was unknown and is allowed" in str(stale) for _, stale in await world.policy.approvals(root)] == [True]
    world.clock.advance(timedelta(days=6))
    world.policy.standing.forget()
    verdict = await world.policy.standing_verdict(revision)
    assert verdict.refusal is not None
    assert [str(stale) for _, stale in await world.policy.approvals(root)] == ["It was given until 2026-03-05."]


async def test_a_stale_approval_can_be_void(world: World) -> None:
    revision, root = await world.publish("tiny", {}), await world.caller("root")
    rules = {
        "areas": {"running": {"unknown": ["require_approval"], "allowed": ["require_approval"]}},
        "stale_approvals": "void",
    }
    await world.policy.set_policy(root, rules)
    await world.policy.approve(root, ApprovalEdit("ada/tiny", "fine"))
    changed = await world.change(revision.repository, {"license": "mit"})
    assert (await world.policy.standing_verdict(changed)).refusal is not None


async def test_a_namespace_or_a_commit_can_be_approved(world: World) -> None:
    first, root = await world.publish("tiny", {}), await world.caller("root")
    await world.policy.set_policy(root, policy("unknown", "require_approval"))
    await world.policy.approve(root, ApprovalEdit(f"ada/tiny@{first.commit}", "this one"))
    second = await world.change(first.repository, {"tags": ["x"]})
    assert (await world.policy.standing_verdict(first)).refusal is None
    assert (await world.policy.standing_verdict(second)).refusal is not None
    await world.policy.approve(root, ApprovalEdit("ada/*", "ours"))
    assert (await world.policy.standing_verdict(second)).refusal is None
    (approval, _), *_ = await world.policy.approvals(root)
    await world.policy.end_approval(root, approval.id, "over")
    assert (await world.policy.standing_verdict(second)).refusal is not None


async def test_a_dry_run_says_what_would_be_stopped_and_writes_nothing(world: World) -> None:
    revision, root = await refused(world), await world.caller("root")
    await world.policy.standing_verdict(revision)
    found = await world.policy.dry_run(root, policy("prohibited", "refuse_download"))
    assert found.begins["refuse_download"] == (world.policy.key_of(revision),)
    assert found.ends["refuse_serving"] == (world.policy.key_of(revision),)
    assert found.reasons["refuse_download"] == {world.policy.key_of(revision): ("offer_product", "prohibited")}
    assert (found.models, found.values["running"]) == (1, {"prohibited": 1})
    assert (await world.policy.standing.held()).rules == DEFAULT_RULES


@pytest.mark.parametrize("ready", READY_POLICIES, ids=lambda one: one.key)
def test_every_ready_policy_is_one(ready: ReadyPolicy) -> None:
    assert Rules.from_document(ready.document).to_document() == ready.document


async def test_only_administrators_set_the_policy(world: World) -> None:
    ada = await world.caller("ada")
    with pytest.raises(NotAllowed):
        await world.policy.set_policy(ada, {})
    with pytest.raises(NotAllowed):
        await world.policy.approve(ada, ApprovalEdit("ada/tiny", "mine"))


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "list"),
        ({"area": {}}, "area"),
        ({"areas": {"flying": {}}}, "flying"),
        ({"areas": {"running": {"maybe": []}}}, "maybe"),
        ({"areas": {"running": {"unknown": ["explode"]}}}, "explode"),
        ({"areas": {"running": {"unknown": "warn"}}}, "warn"),
        ({"drafts": "x"}, "x"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_name(document: Any, named: str) -> None:
    with pytest.raises(InvalidPolicy, match=named):
        Rules.from_document(document)


def test_what_rests_on_a_draft_warns_unless_drafts_count() -> None:
    acts = {"host": ("prohibited", "draft")}
    assert [met.measure for met in DEFAULT_RULES.met(acts)] == ["warn"]
    counting = Rules.from_document({**DEFAULT_RULES.to_document(), "drafts": "count"})
    assert [met.measure for met in counting.met(acts)] == ["refuse_serving"]
