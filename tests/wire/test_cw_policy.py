"""The organisation, its uses, decisions, policy and changes, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

MANY = [{"scope": "group", "month": "2023-06", "value": 710_000_000}]


async def test_the_organisation_is_recorded_once_and_a_permission_turns_the_verdict(client: Client) -> None:  # noqa: F811
    await client("GET", "/models/meta-llama/llama-2/rights")
    changed = await client("PUT", "/organisation", {"facts": {"kind": "company", "mau": MANY}, "group": "Acme"}, by="root")
    assert [one["after"] for one in changed.json["outcome"]["changes"]] == ["needs_permission"]
    read = (await client("GET", "/organisation", by="ada")).json
    assert read["group"] == "Acme"
    assert "llama-2" in read["asked_by"]["organisation.mau"]
    held = await client("POST", "/permissions", {"licence": "llama-2", "kind": "granted", "name": "m-1"}, by="root")
    assert [one["after"] for one in held.json["outcome"]["changes"]] == ["allowed_with_duties"]
    told = (await client("GET", "/changes?kind=permission", by="ada")).json["changes"]
    assert (told[0]["title"], told[0]["cause"]["words"]["permission"]) == ("meta-llama/llama-2", "m-1")
    assert (await client("GET", "/changes/feed.json", by="ada")).json["items"][0]["title"].startswith("meta-llama/llama-2")
    number = held.json["permission"]["id"]
    assert (await client("POST", f"/permissions/{number}/end", {"reason": "over"}, by="root")).status == 200
    assert is_problem(await client("GET", "/changes"), 401, "not_authenticated")
    assert is_problem(await client("PUT", "/organisation", {"facts": {}}, by="ada"), 403, "not_allowed")


async def test_uses_are_made_from_templates_counted_changed_and_given_up(client: Client) -> None:  # noqa: F811
    made = (await client("POST", "/uses", {"template": "product", "name": "Our app"}, by="root")).json["use"]
    assert made["facts"]["acts"] == ["offer_product", "share_outputs"]
    names = [one["name"] for one in (await client("GET", "/uses", by="ada")).json["uses"]]
    assert names == ["Internal evaluation by a company", "Our app"]
    body = {"facts": {"acts": ["host"]}, "name": "Our app"}
    assert (await client("PUT", f"/uses/{made['id']}", body, by="root")).json["use"]["facts"] == {"acts": ["host"]}
    assert (await client("POST", f"/uses/{made['id']}/default", by="root")).json["use"]["is_default"]
    assert is_problem(await client("DELETE", f"/uses/{made['id']}", by="root"), 400, "invalid_use")
    assert is_problem(await client("GET", "/uses/999", by="ada"), 404, "use_not_found")


async def test_policy_is_read_by_accounts_and_set_and_tried_by_administrators(client: Client) -> None:  # noqa: F811
    document = (await client("GET", "/policy", by="ada")).json
    document["areas"]["running"]["unknown"] = ["require_approval"]
    await client("GET", "/models/meta-llama/llama-2/rights")
    tried = (await client("POST", "/policy/dry-run", document, by="root")).json
    assert tried["begins"]["require_approval"] == ["known/meta-llama/llama-2"]
    assert (await client("PUT", "/policy", document, by="root")).json == document
    assert is_problem(await client("PUT", "/policy", {"areas": {"x": {}}}, by="root"), 400, "invalid_policy")
    assert is_problem(await client("PUT", "/policy", document, by="ada"), 403, "not_allowed")
    assert (await client("GET", "/approvals", by="root")).json == []


async def test_the_models_of_a_use_are_listed_page_by_page(client: Client) -> None:  # noqa: F811
    await client("GET", "/models/meta-llama/llama-2/rights")
    await client("GET", "/models/xai/grok-1/rights")
    page = (await client("GET", "/uses/1/models?limit=1", by="ada")).json
    assert [one["title"] for one in page["models"]] == ["meta-llama/llama-2"]
    rest = (await client("GET", f"/uses/1/models?after={page['next']}", by="ada")).json
    assert [one["title"] for one in rest["models"]] == ["xai/grok-1"]
    assert rest["next"] == ""
    found = (await client("GET", f"/uses/1/models?value={rest['models'][0]['value']}&named=grok", by="ada")).json
    assert found["models"] == rest["models"]
    assert is_problem(await client("GET", "/uses/1/models?value=maybe", by="ada"), 400, "invalid_input")
    assert is_problem(await client("GET", "/uses/1/models"), 401, "not_authenticated")


async def test_whoever_sends_what_they_saw_overwrites_nobody(client: Client) -> None:  # noqa: F811
    seen = (await client("GET", "/organisation", by="root")).json["updated_at"]
    first = await client(
        "PUT", "/organisation", {"facts": {"kind": "university"}, "seen": "2026-01-01T00:00:00Z"}, by="root"
    )
    assert is_problem(first, 412, "overtaken")
    body = {"facts": {"kind": "university"}, "seen": seen}
    assert (await client("PUT", "/organisation", body, by="root")).status == 200
    assert is_problem(
        await client("PUT", "/organisation", {**body, "seen": "2026-01-01T00:00:00"}, by="root"), 400, "invalid_input"
    )
