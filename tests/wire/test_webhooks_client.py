"""Webhooks by the official client."""

from __future__ import annotations

from tests.wire.hf_world import HubWorld

SCRIPT = """
watched = [{"type": "user", "name": "julien-c"}, WebhookWatchedItem(type="org", name="HuggingFaceH4")]
made = api.create_webhook(url="https://ci.example.org/hook", watched=watched, domains=["repo"], secret="hush")
answer["made"] = [made.url, [one.name for one in made.watched], made.domains, made.secret, made.disabled]
answer["listed"] = [[one.id == made.id, one.secret] for one in api.list_webhooks()]
changed = api.update_webhook(made.id, url="https://ci.example.org/new", watched=watched[:1], domains=["repo", "discussion"])
answer["changed"] = [changed.url, len(changed.watched), changed.domains]
answer["switched"] = [api.disable_webhook(made.id).disabled, api.enable_webhook(made.id).disabled]
answer["inside"] = raised(api.create_webhook, url="https://127.0.0.1/hook", watched=watched)
answer["job"] = raised(api.create_webhook, job_id="0123", watched=watched)[0]
answer["others"] = raised(HfApi(token=given["bob"]).get_webhook, made.id)[0]
api.delete_webhook(made.id)
answer["gone"] = raised(api.get_webhook, made.id)[0]
"""


async def test_the_client_keeps_webhooks(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    answer = await hub_world.client(SCRIPT, ada, bob=bob)
    inside = answer.pop("inside")
    assert "an address of this host or network" in inside[1]
    assert answer == {
        "made": ["https://ci.example.org/hook", ["julien-c", "HuggingFaceH4"], ["repo"], "hush", False],
        "listed": [[True, None]],
        "changed": ["https://ci.example.org/new", 1, ["repo", "discussion"]],
        "switched": [True, False],
        "job": "HfHubHTTPError",
        "others": "HfHubHTTPError",
        "gone": "HfHubHTTPError",
    }
