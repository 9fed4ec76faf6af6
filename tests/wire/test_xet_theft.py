"""Somebody tries to have a private file by what he can guess of it: names of chunks, xorbs and files."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import event

from commonweight.storage import hash_text
from commonweight.storage.xet.hashes import chunk_hash, verification_hash
from commonweight.storage.xet.shard import ShardFile, build_shard, parse_shard
from commonweight.storage.xet.xorb import XorbFacts, build_xorb
from tests.storage.uploads import replace, shard_file
from tests.wire.hf_world import HubWorld

CHUNKS = [b"secret one " * 1000, b"secret two " * 1000, b"secret three " * 1000]
SECRET = b"".join(CHUNKS)
UNKNOWN = "0123456789abcdef" * 4


class Uploader:
    """Speaks the protocol by hand for one repository."""

    def __init__(self, world: HubWorld, token: str, repository: str) -> None:
        self._world = world
        self._token = token
        self.repository = repository

    async def create(self, *, private: bool = False) -> None:
        name = self.repository.partition("/")[2]
        body = {"name": name, "private": private}
        await self._world.request("POST", "/api/repos/create", self._token, json=body)

    async def close(self) -> None:
        route = f"/api/models/{self.repository}/settings"
        status, _, _ = await self._world.request("PUT", route, self._token, json={"private": True})
        assert status == 200

    async def ask(self, method: str, path: str, data: bytes | None = None) -> tuple[int, bytes]:
        route = f"/api/models/{self.repository}/xet-write-token/main"
        _, _, answer = await self._world.request("GET", route, self._token)
        granted = json.loads(answer)
        base = granted["casUrl"].removeprefix(self._world.address)
        more: dict[str, Any] = {} if data is None else {"data": data}
        status, _, body = await self._world.request(method, f"{base}{path}", granted["accessToken"], **more)
        return status, body

    async def publish(self, chunks: list[bytes]) -> XorbFacts:
        body, facts = build_xorb(chunks)
        await self.ask("POST", f"/v1/xorbs/default/{hash_text(facts.xorb_hash)}", body)
        assert (await self.register(shard_file(b"".join(chunks), (facts, 0, len(chunks)))))[0] == 200
        file = shard_file(b"".join(chunks), (facts, 0, len(chunks)))
        lines = [
            {"key": "header", "value": {"summary": "weights", "description": ""}},
            {
                "key": "lfsFile",
                "value": {"path": "m.bin", "algo": "sha256", "oid": file.sha256, "size": len(b"".join(chunks))},
            },
        ]
        commit = b"\n".join(json.dumps(one).encode() for one in lines)
        status, _, _ = await self._world.request(
            "POST", f"/api/models/{self.repository}/commit/main", self._token, data=commit
        )
        assert status == 200
        return facts

    async def register(self, file: ShardFile) -> tuple[int, bytes]:
        return await self.ask("POST", "/v1/shards", build_shard([file], ()))


async def both(world: HubWorld, *, private: bool) -> tuple[Uploader, Uploader]:
    ada = Uploader(world, await world.user("ada"), "ada/secret")
    bob = Uploader(world, await world.user("bob"), "bob/own")
    await ada.create(private=private)
    await bob.create()
    return ada, bob


async def test_chunks_of_a_private_file_are_answered_as_chunks_that_nobody_has(hub_world: HubWorld) -> None:
    ada, bob = await both(hub_world, private=True)
    await ada.publish(CHUNKS)
    missing = await bob.ask("GET", f"/v1/chunks/default/{UNKNOWN}")
    assert missing[0] == 404
    for chunk in CHUNKS:
        assert await bob.ask("GET", f"/v1/chunks/default/{hash_text(chunk_hash(chunk))}") == missing
    assert (await ada.ask("GET", f"/v1/chunks/default/{UNKNOWN}"))[0] == 200  # of her own she is told


async def test_the_database_is_asked_as_often_about_a_private_chunk_as_about_one_that_nobody_has(
    hub_world: HubWorld,
) -> None:
    """So that the time of an answer says as little as its text."""
    ada, bob = await both(hub_world, private=True)
    await ada.publish(CHUNKS)
    first = f"/v1/chunks/default/{hash_text(chunk_hash(CHUNKS[0]))}"
    asked: list[str] = []
    event.listen(hub_world.database.engine.sync_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for path in (f"/v1/chunks/default/{UNKNOWN}", first) * 2:
        asked.clear()
        assert (await bob.ask("GET", path))[0] == 404
        counts.append(len(asked))
    assert len(set(counts[1:])) == 1  # with the first, his own repository's card is read, once for all


async def test_a_shard_over_guessed_chunks_of_a_private_file_is_refused(hub_world: HubWorld) -> None:
    ada, bob = await both(hub_world, private=True)
    facts = await ada.publish(CHUNKS)
    honest = shard_file(SECRET, (facts, 0, 3))
    guesses = [
        replace(honest, verification=(bytes(32),)),
        replace(honest, verification=(verification_hash(facts.xorb_hash),)),  # the name of the xorb is all that he knows
        replace(honest, verification=(verification_hash(facts.xorb_hash * 3),)),
    ]
    nowhere = replace(honest, terms=(replace(honest.terms[0], xorb=bytes(32)),))
    assert (await bob.register(nowhere))[0] == 400
    for guess in guesses:
        status, body = await bob.register(guess)
        assert (status, b"is not stored for this repository" in body) == (400, True)
    name = hash_text(honest.file_hash)
    assert (await bob.ask("GET", f"/v2/reconstructions/{name}"))[0] == 404


async def test_the_name_of_a_xorb_with_one_chunk_is_no_proof_of_having_it(hub_world: HubWorld) -> None:
    ada, bob = await both(hub_world, private=True)
    facts = await ada.publish(CHUNKS[:1])
    status, body = await bob.register(shard_file(CHUNKS[0], (facts, 0, 1)))
    assert (status, b"is not stored for this repository" in body) == (400, True)


async def test_what_an_answer_tells_of_a_chunk_cannot_be_used_as_its_hash(hub_world: HubWorld) -> None:
    """Bob is told of what he may read. When it is closed, what he was told before is worth nothing without the bytes."""
    ada, bob = await both(hub_world, private=False)
    facts = await ada.publish(CHUNKS)
    _, answer = await bob.ask("GET", f"/v1/chunks/default/{hash_text(chunk_hash(CHUNKS[0]))}")
    (told,) = parse_shard(answer).xorbs
    assert told.xorb_hash == facts.xorb_hash
    await ada.close()
    sealed = b"".join(chunk.chunk_hash for chunk in told.chunks)
    guess = replace(shard_file(SECRET, (facts, 0, 3)), verification=(verification_hash(sealed),))
    status, body = await bob.register(guess)
    assert (status, b"is not stored for this repository" in body) == (400, True)


async def test_whoever_has_the_bytes_may_refer_to_them(hub_world: HubWorld) -> None:
    """He proves it by the hash over the hashes of all chunks of a term; then he would only send what he has anyway."""
    ada, bob = await both(hub_world, private=True)
    facts = await ada.publish(CHUNKS)
    assert (await bob.register(shard_file(SECRET, (facts, 0, 3))))[0] == 200


async def test_a_token_for_reading_is_told_of_no_chunks(hub_world: HubWorld) -> None:
    ada, _ = await both(hub_world, private=False)
    await ada.publish(CHUNKS)
    _, _, answer = await hub_world.request("GET", "/api/models/ada/secret/xet-read-token/main")
    granted = json.loads(answer)
    path = granted["casUrl"].removeprefix(hub_world.address) + f"/v1/chunks/default/{hash_text(chunk_hash(CHUNKS[0]))}"
    assert (await hub_world.request("GET", path, granted["accessToken"]))[0] == 404


async def test_a_guest_is_told_of_what_stands_on_main_and_of_nothing_that_was_only_sent(hub_world: HubWorld) -> None:
    ada, _ = await both(hub_world, private=False)
    await ada.publish(CHUNKS)
    body, never_committed = build_xorb([b"not published yet"])
    await ada.ask("POST", f"/v1/xorbs/default/{hash_text(never_committed.xorb_hash)}", body)
    await ada.register(shard_file(b"not published yet", (never_committed, 0, 1)))
    guest = await hub_world.user("carl")
    _, _, answer = await hub_world.request("GET", "/api/models/ada/secret/xet-write-token/main?create_pr=1", guest)
    granted = json.loads(answer)
    base = granted["casUrl"].removeprefix(hub_world.address)
    _, _, shard = await hub_world.request("GET", f"{base}/v1/chunks/default/{UNKNOWN}", granted["accessToken"])
    assert never_committed.xorb_hash not in [one.xorb_hash for one in parse_shard(shard).xorbs]
    assert len(parse_shard(shard).xorbs) == 1
    assert len(parse_shard((await ada.ask("GET", f"/v1/chunks/default/{UNKNOWN}"))[1]).xorbs) == 2
