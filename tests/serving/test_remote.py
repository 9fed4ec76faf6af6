"""Remote models: under the same names and keys, for whom an administrator allows it, and whatever the other side does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.tables.serving import remotes as table
from commonweight.errors import InvalidInput, NotAllowed
from commonweight.identity import Account, Caller, Identity, Role
from commonweight.serving import EngineLost, EngineOverloaded, MemoryCatalogue, ModelNotFound, Replica
from commonweight.serving.remote import (
    CheckedResolver,
    InvalidRemote,
    Remote,
    RemoteFailed,
    RemoteNotFound,
    Remotes,
    SeatsWithRemotes,
    WithRemotes,
    check_address,
    remote_session,
)
from commonweight.serving.remote.addresses import PrivateAddress, is_public
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.upstream import Upstream

SECRET = "sk-of-theirs"
ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}


@pytest.fixture
async def people(database: Database) -> dict[str, Caller]:
    identity = Identity(database, SystemClock(), b"k" * 32)
    acme, callers = await identity.create_organisation("acme"), {}
    for name in ("root", "ada", "bob"):
        account = await identity.create_user(name, is_admin=name == "root")
        if name == "ada":
            await identity.set_member(acme, account, Role.READ)
        token = await identity.create_token(account, "test", Role.ADMIN if name == "root" else Role.WRITE)
        callers[name] = await identity.authenticate(f"Bearer {token}")
    return callers


def make(database: Database, *, key: bytes = b"s" * 32, private: bool = True) -> Remotes:
    return Remotes(database, SystemClock(), key, private)


REMOTE = Remote("closed", "https://api.example.com/v1", "gpt-x", organisations=("acme",), price_note="2 a million")


async def test_a_remote_is_off_until_an_organisation_is_named_and_then_for_its_members_alone(
    database: Database, people: dict[str, Caller]
) -> None:
    remotes = make(database)
    catalogue = WithRemotes(MemoryCatalogue({}), remotes)
    await remotes.set(people["root"], Remote("closed", REMOTE.base_url, "gpt-x"), SECRET)
    for name in people:
        with pytest.raises(ModelNotFound):
            await catalogue.resolve(people[name], "closed")
    await remotes.set(people["root"], REMOTE)
    offer = await catalogue.resolve(people["ada"], "closed")
    assert (offer.name, offer.terms) == ("remote/closed", ("proprietary-api",))
    (listing,) = await catalogue.list(people["ada"])
    assert listing.leaves_house
    assert await catalogue.list(people["bob"]) == []
    with pytest.raises(ModelNotFound):
        await catalogue.resolve(people["bob"], "closed")


async def test_a_key_is_kept_sealed_and_opens_only_under_the_same_secret(
    database: Database, people: dict[str, Caller]
) -> None:
    remotes = make(database)
    kept = await remotes.set(people["root"], REMOTE, SECRET)
    assert kept.has_key
    async with database.read() as connection:
        row = (await connection.execute(select(table))).one()
    assert SECRET not in str(row)
    assert await remotes.key_of("closed") == SECRET
    await remotes.set(people["root"], Remote("closed", REMOTE.base_url, "another"))
    assert await remotes.key_of("closed") == SECRET
    other = make(database, key=b"t" * 32)
    await other.table()
    with pytest.raises(InvalidRemote, match="cannot be opened"):
        await other.key_of("closed")


async def test_only_an_administrator_reads_and_sets_remotes(database: Database, people: dict[str, Caller]) -> None:
    remotes = make(database)
    for caller in (people["ada"], Caller(Account(9, "user", "x", "X"))):
        for deed in (remotes.read(caller), remotes.set(caller, REMOTE), remotes.remove(caller, "closed")):
            with pytest.raises(NotAllowed):
                await deed
    with pytest.raises(RemoteNotFound):
        await remotes.remove(people["root"], "closed")
    with pytest.raises(InvalidRemote, match="nobody-here"):
        await remotes.set(people["root"], Remote("x", REMOTE.base_url, "m", organisations=("nobody-here",)))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1",
        "https://127.0.0.1",
        "https://localhost",
        "https://[::1]/v1",
        "https://10.0.0.1",
        "https://0x7f000001",
    ],
)
def test_an_address_of_this_network_is_refused_unless_allowed(url: str) -> None:
    with pytest.raises(PrivateAddress):
        check_address(url, allow_private=False)
    assert check_address(url, allow_private=True)


@pytest.mark.parametrize(
    "url", ["ftp://x", "https://", "https://a:b@x", "https://x/?q=1", "x", "https://x:port", "http://api.example.com"]
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_address(url, allow_private=False)


def test_an_address_loses_its_v1() -> None:
    assert check_address("https://api.example.com/openai/v1/", allow_private=False) == "https://api.example.com/openai"


@pytest.mark.parametrize(
    "address", ["::ffff:127.0.0.1", "fe80::1%eth0", "100.64.0.1", "192.168.1.1", "224.0.0.1", "2002:7f00:1::"]
)
def test_addresses_in_disguise_are_not_public(address: str) -> None:
    assert not is_public(address)


async def test_a_name_that_means_a_private_address_is_not_connected_to() -> None:
    with pytest.raises(OSError, match="no public address"):
        await CheckedResolver(allow_private=False).resolve("localhost", 80)
    assert await CheckedResolver(allow_private=True).resolve("localhost", 80)


@asynccontextmanager
async def server(handle: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def ask(
    database: Database, people: dict[str, Caller], url: str, silence_s: float = 5.0, model: str = "gpt-x", key: str = SECRET
) -> Any:
    """What comes of a request, through the code of every wire."""
    remotes = make(database)
    remote = await remotes.set(people["root"], Remote("closed", url, model, organisations=("acme",)), key)
    async with remote_session(True, silence_s) as session:
        upstream = Upstream(SeatsWithRemotes(NoEngines(), remotes), session, remote_session=session)
        call = Call(remote.servable, "/v1/chat/completions", body_for, "messages")
        async with upstream.ask(call, 5, _say_nothing) as opened:
            return await opened.document()


def body_for(replica: Replica) -> bytes:
    return json.dumps({"model": replica.traits.model, "messages": [{"role": "user", "content": "hi"}]}).encode()


async def _say_nothing(text: str) -> None: ...


class NoEngines:
    """Nothing here but remotes."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"an engine was asked for: {name}")


async def test_a_request_carries_the_kept_key_and_the_name_that_the_model_has_there(
    database: Database, people: dict[str, Caller]
) -> None:
    seen: list[Any] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.path, request.headers["authorization"], await request.json()))
        return web.json_response(ANSWER)

    async with server(handle) as url:
        assert await ask(database, people, url + "/v1") == ANSWER
    ((path, key, body),) = seen
    assert (path, key, body["model"]) == ("/v1/chat/completions", f"Bearer {SECRET}", "gpt-x")


async def test_a_redirect_is_not_followed(database: Database, people: dict[str, Caller]) -> None:
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("http://169.254.169.254/latest/meta-data")

    async with server(handle) as url:
        with pytest.raises(RemoteFailed, match="another address") as caught:
            await ask(database, people, url)
    assert asked == ["/v1/chat/completions"]
    assert caught.value.headers["x-should-retry"] == "false"


OUTCOMES = [
    (500, "oops", EngineLost),
    (401, {"error": {"message": SECRET}}, RemoteFailed),
    (429, {}, EngineOverloaded),
    (400, {"error": {"message": "no such field"}}, BadRequest),
    (404, "nothing", RemoteFailed),
]


@pytest.mark.parametrize(("status", "body", "error"), OUTCOMES)
async def test_what_a_remote_refuses_has_a_meaning_here(
    database: Database, people: dict[str, Caller], status: int, body: Any, error: type[Exception]
) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))

    async with server(handle) as url:
        with pytest.raises(error) as caught:
            await ask(database, people, url)
    assert SECRET not in str(caught.value)


async def test_a_remote_that_keeps_silent_is_given_up(database: Database, people: dict[str, Caller]) -> None:
    async def handle(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with server(handle) as url, asyncio.timeout(10):
        with pytest.raises(EngineLost):
            await ask(database, people, url, silence_s=0.2)


async def test_bad_json_is_no_answer(database: Database, people: dict[str, Caller]) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text="<html>")

    async with server(handle) as url:
        assert await ask(database, people, url) is None
