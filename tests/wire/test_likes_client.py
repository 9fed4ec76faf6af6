"""Likes by the official client, which can only take them back, and by hand."""

from __future__ import annotations

import json

from tests.wire.hf_world import HubWorld

SCRIPT = """
answer["liked"] = [api.model_info("ada/tiny").likes, api.list_liked_repos("bob").models, api.list_liked_repos("bob").total]
answer["likers"] = [[one.username, one.fullname] for one in api.list_repo_likers("ada/tiny")]
api.unlike("ada/tiny")
answer["after"] = [api.model_info("ada/tiny").likes, api.list_liked_repos("bob").total]
answer["missing"] = [raised(api.unlike, "missing_repo_id")[0], raised(api.unlike, "ada/none")[0]]
"""


async def test_the_client_reads_likes_and_takes_them_back(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await hub_world.client('api.create_repo("ada/tiny"); api.create_repo("ada/like")', ada)
    assert (await hub_world.request("POST", "/api/models/ada/tiny/like", bob))[0] == 200
    assert (await hub_world.request("POST", "/api/models/ada/tiny/like"))[0] == 401
    assert (await hub_world.request("GET", "/api/models/ada/like", bob))[0] == 200
    answer = await hub_world.client(SCRIPT, bob)
    assert answer == {
        "liked": [1, ["ada/tiny"], 1],
        "likers": [["bob", "bob"]],
        "after": [0, 0],
        "missing": ["RepositoryNotFoundError", "RepositoryNotFoundError"],
    }
    assert (await hub_world.request("GET", "/api/users/nobody/likes"))[0] == 404


async def test_likers_are_followed_over_their_pages(hub_world: HubWorld) -> None:
    await hub_world.client('api.create_repo("ada/tiny")', await hub_world.user("ada"))
    for name in ("bea", "cat", "dan"):
        await hub_world.request("POST", "/api/models/ada/tiny/like", await hub_world.user(name))
    path, seen = "/api/models/ada/tiny/likers?limit=2", []
    while path:
        _, headers, body = await hub_world.request("GET", path)
        seen += [one["user"] for one in json.loads(body)]
        path = headers.get("link", "").partition(">")[0].removeprefix(f"<{hub_world.address}")
    assert sorted(seen) == ["bea", "cat", "dan"]
