"""One delivery over HTTP, to a receiver that is really there."""

from __future__ import annotations

from aiohttp import web
from aiohttp.test_utils import TestServer

from commonweight.webhooks import Sender


async def test_a_name_that_means_this_host_is_found_out_after_it_was_resolved() -> None:
    """Some name that the machine itself knows; before, only its spelling can be looked at."""
    answer = await Sender().post("https://ip6-localhost/", b"{}", {})
    assert answer.status is None


async def test_redirects_are_not_followed_and_answers_are_cut() -> None:
    came: list[bytes] = []

    async def hook(request: web.Request) -> web.Response:
        came.append(await request.read())
        if request.path == "/away":
            raise web.HTTPFound("/hook")
        return web.Response(text="x" * 10_000, status=201)

    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_post("/away", hook)
    async with TestServer(app) as server:
        sender = Sender(allow_private=True)
        taken = await sender.post(str(server.make_url("/hook")), b'{"a":1}', {"X-Webhook-Secret": "s"})
        away = await sender.post(str(server.make_url("/away")), b"{}", {})
        port = server.port
    assert (taken.status, len(taken.text), taken.arrived) == (201, 2_000, True)
    assert (away.status, away.arrived, "not followed" in away.text) == (302, False, True)
    assert came == [b'{"a":1}', b"{}"]
    assert (await sender.post(f"http://127.0.0.1:{port}/hook", b"{}", {})).status is None
