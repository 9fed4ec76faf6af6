"""T32: a document that a licence incorporates changes; what cites the licence is stale until somebody reviewed it."""

from __future__ import annotations

from datetime import date

from commonweight.policy import ApprovalEdit, ChangeFilters
from tests.policy.world import World


async def test_approvals_that_cite_the_licence_go_stale_until_the_change_is_reviewed(world: World) -> None:
    root = await world.caller("root")
    revision = await world.publish("tuned", {"license": "gemma"})
    other = await world.publish("plain", {"license": "mit"})
    verdict = await world.policy.standing_verdict(revision)
    await world.policy.standing_verdict(other)
    (key,) = [key for key in verdict.document["terms_digests"] if key.startswith("gemma")]
    terms = world.policy.records.get(key)
    assert terms is not None
    document = next(one for one in terms.policies if one.dynamic)
    for name in ("ada/tuned", "ada/plain"):
        await world.policy.approve(root, ApprovalEdit(name, "fine"))
    tell = world.policy.documents.tell
    first = await tell(root, key, document.id, date(2026, 2, 1), "You may not spy.")
    second = await tell(root, key, document.id, date(2026, 3, 1), "You may not spy or spam.")
    world.policy.standing.forget()
    stale = {approval.about: str(why or "") for approval, why in await world.policy.approvals(root)}
    assert document.title in stale["ada/tuned"]
    assert stale["ada/plain"] == ""
    newest, _ = await world.policy.documents.list()
    assert "+You may not spy or spam." in newest.diff
    assert newest.purposes
    told = await world.policy.feed.changes(root, ChangeFilters(kind="document"))
    assert {one.title for one in told} == {"ada/tuned"}
    for number in (first, second):
        await world.policy.documents.review(root, number, "Nothing that we do.")
    world.policy.standing.forget()
    assert {why for _, why in await world.policy.approvals(root)} == {None}
