"""/rights/policy: what a verdict does here, tried before it is saved, and who let what through."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from commonweight.policy import READY_POLICIES, Rules
from commonweight.policy.rules import DEFAULT_RULES
from commonweight.web.presenting.policy import document_from, policy_areas
from commonweight.web.visits import Form
from tests.policy.world import World
from tests.web.reader import Reader

POLICY = "/rights/policy"


def as_sent(rules: Rules) -> Form:
    """The form as a browser sends it."""
    values: dict[str, list[str]] = {"drafts": ["warn" if rules.drafts_warn else "count"]}
    values["stale_approvals"] = ["void" if rules.stale_void else "hold"]
    for area in policy_areas(rules, None):
        for row in area.rows:
            for cell in row.cells:
                if cell.is_on:
                    values.setdefault(cell.name, []).append(cell.measure.key)
    return Form({name: tuple(found) for name, found in values.items()})


@pytest.mark.parametrize("ready", READY_POLICIES, ids=lambda one: one.key)
def test_sending_the_table_unchanged_changes_nothing(ready: object) -> None:
    rules = Rules.from_document(ready.document)  # type: ignore[attr-defined]
    sent = Rules.from_document(document_from(as_sent(rules)))
    assert {area: {v: set(m) for v, m in values.items()} for area, values in sent.areas.items()} == {
        area: {v: set(m) for v, m in values.items()} for area, values in rules.areas.items()
    }
    assert (sent.drafts_warn, sent.stale_void) == (rules.drafts_warn, rules.stale_void)


async def rules_of(world: World) -> Rules:
    world.policy.standing.forget()
    return (await world.policy.standing.held()).rules


async def test_a_try_names_the_models_and_saves_nothing(root: Reader, world: World) -> None:
    await world.policy.standing_verdict(await world.publish("tiny", {}))
    before, csrf = await rules_of(world), (await root.get(POLICY)).csrf
    fields = {"csrf": csrf, "running.unknown": "require_approval", "drafts": "warn", "stale_approvals": "hold"}
    page = await root.post(f"{POLICY}/try", fields)
    assert page.status == 200
    assert "A dry run: nothing is saved yet." in page.words
    assert re.search(r"It would begin for 1 ada/tiny @ \w+ evaluate: Not known yet", page.words)
    assert 'name="running.unknown" value="require_approval" checked' in page.text
    assert await rules_of(world) == before


async def test_a_saved_policy_holds_and_a_document_does_as_well(root: Reader, world: World) -> None:
    csrf = (await root.get(POLICY)).csrf
    fields = {"csrf": csrf, "running.prohibited": ["refuse_serving", "refuse_download"], "drafts": "count"}
    page = await root.post(POLICY, {**fields, "stale_approvals": "void"})
    assert "Saved." in page.words
    rules = await rules_of(world)
    assert rules.areas["running"] == {"prohibited": ("refuse_serving", "refuse_download")}
    assert (rules.drafts_warn, rules.stale_void) == (False, True)
    document = {"areas": {"answers": {"unclear": ["warn"]}}, "drafts": "warn"}
    assert "Saved." in (await root.post(POLICY, {"csrf": csrf, "document": json.dumps(document)})).words
    assert (await rules_of(world)).areas == {"answers": {"unclear": ("warn",)}}


@pytest.mark.parametrize(("document", "named"), [("{", "no JSON"), ('{"areas": {"flying": {}}}', "flying"), ("[]", "list")])
async def test_a_document_that_cannot_be_is_shown_again_with_what_is_wrong(
    root: Reader, world: World, document: str, named: str
) -> None:
    before = await rules_of(world)
    page = await root.post(POLICY, {"csrf": (await root.get(POLICY)).csrf, "document": document})
    assert page.status == 400
    assert named in page.words
    assert document.replace('"', "&#34;") in page.text
    assert await rules_of(world) == before


async def test_a_ready_policy_is_shown_tried_and_not_saved(root: Reader, world: World) -> None:
    await world.policy.standing_verdict(await world.publish("tiny", {}))
    page = await root.get(f"{POLICY}?ready=strict")
    assert "A dry run: nothing is saved yet." in page.words
    assert "refuse download It would begin for 1" in page.words
    assert "refuse_download" not in json.dumps((await rules_of(world)).to_document())


async def test_an_approval_is_given_goes_stale_and_is_ended_with_a_reason(root: Reader, world: World) -> None:
    revision, admin = await world.publish("tiny", {}), await world.caller("root")
    await world.policy.set_policy(admin, {"areas": {"running": {"unknown": ["require_approval"]}}})
    page = await root.get(f"{POLICY}?about=ada/tiny")
    assert 'name="about" value="ada/tiny"' in page.text
    fields = {"csrf": page.csrf, "about": "ada/tiny", "reason": "Looked at by Legal", "until": "2026-03-05", "use": "1"}
    given = await root.post(f"{POLICY}/approvals", fields)
    assert "Approved." in given.words
    assert "Looked at by Legal" in given.words
    assert "until 2026-03-05" in given.words
    assert (await world.policy.standing_verdict(revision)).refusal is None
    await world.change(revision.repository, {"license": "mit"})
    assert "The verdict was “Not known yet” and is “Yes”." in (await root.get(POLICY)).words
    world.clock.advance(timedelta(days=6))
    assert "It was given until 2026-03-05." in (await root.get(POLICY)).words
    ended = await root.post(f"{POLICY}/approvals/1/end", {"csrf": page.csrf, "reason": "No longer needed"})
    assert "Nothing is let through by an approval." in ended.words
    assert re.search(r"Ended 2026-03-07 by root: No longer needed", ended.words)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"about": "x", "reason": "y"}, "names nothing to let through"),
        ({"about": "ada/none", "reason": "y"}, "neither kept here nor known"),
        ({"about": "ada/tiny", "reason": ""}, "A reason of 1 to 4,000"),
        ({"about": "ada/tiny", "reason": "y", "until": "soon"}, "is no day"),
        ({"about": "ada/tiny", "reason": "y", "use": "99"}, "There is no use"),
    ],
)
async def test_an_approval_that_cannot_be_is_refused_and_what_was_typed_stays(
    root: Reader, world: World, fields: dict[str, str], named: str
) -> None:
    await world.publish("tiny", {})
    page = await root.post(f"{POLICY}/approvals", {"csrf": (await root.get(POLICY)).csrf, **fields})
    assert page.status in (400, 404)
    assert named in page.words
    assert f'name="about" value="{fields["about"]}"' in page.text


async def test_whoever_has_an_account_reads_the_policy_and_an_administrator_alone_sets_it(
    reader: Reader, ada: Reader, world: World
) -> None:
    assert (await reader.get(POLICY)).status == 303
    page = await ada.get(f"{POLICY}?about=ada/tiny&ready=strict")
    assert page.status == 200
    assert "Only an administrator may change these." in page.words
    assert "sends the verdict's address to an administrator" in page.words.replace("&#39;", "'")
    assert "checkbox" not in page.text
    csrf = page.csrf if 'name="csrf"' in page.text else ""
    for path in ("", "/try", "/approvals", "/approvals/1/end", "/documents/1/review"):
        assert (await ada.post(POLICY + path, {"csrf": csrf, "reason": "x", "about": "ada/tiny"})).status == 403
    assert await rules_of(world) == DEFAULT_RULES


async def test_a_changed_document_is_reviewed_here(root: Reader, world: World) -> None:
    revision, admin = await world.publish("tuned", {"license": "llama3.1"}), await world.caller("root")
    licence = next(iter((await world.policy.standing_verdict(revision)).document["terms_digests"]))
    terms = world.policy.records.get(licence)
    assert terms is not None
    await world.policy.documents.tell(admin, licence, terms.policies[0].id, world.clock.now().date(), note="New page")
    world.policy.standing.forget()
    page = await root.get(POLICY)
    assert terms.policies[0].title in page.words.replace("&#39;", "'")
    done = await root.post(f"{POLICY}/documents/1/review", {"csrf": page.csrf, "reason": "Nothing for us"})
    assert "Reviewed." in done.words
    assert "Documents that changed" not in done.words


async def test_the_rights_tab_says_what_follows_and_leads_an_administrator_to_the_approval(
    reader: Reader, root: Reader, world: World
) -> None:
    revision, admin = await world.publish("tiny", {}), await world.caller("root")
    assert "What follows from it here: warn" in (await reader.get("/ada/tiny/rights")).words
    await world.policy.set_policy(admin, {"areas": {"running": {"unknown": ["require_approval"]}}})
    assert "Let it through" not in (await reader.get("/ada/tiny/rights")).words
    page = await root.get("/ada/tiny/rights")
    address = re.search(r'href="(/rights/policy\?about=[^"#]+)', page.text)
    assert address
    assert f'name="about" value="ada/tiny@{revision.commit}"' in (await root.get(address[1])).text
