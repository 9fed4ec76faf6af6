"""An installation with its wires, an organisation with a private repository, and one large file in it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from commonweight.asgi import Router
from commonweight.db.migrate import migrate
from commonweight.front import Engines, build_router
from commonweight.hub import AddFile, AddLarge, Repository
from commonweight.identity import Account, Caller, MemberRole, Role
from commonweight.rooms import Rooms, build_rooms
from commonweight.serving import Replicas
from commonweight.serving import Router as ReplicaRouter
from commonweight.settings import Settings
from commonweight.storage import hash_text
from tests.storage.uploads import put, register, shard_file

CHUNKS = [b"one " * 8_000, b"two " * 8_000]
DATA = b"".join(CHUNKS)
SHA256 = hashlib.sha256(DATA).hexdigest()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class TeamWorld:
    """`house/secret` is private; ada administers the house. `file`: the Xet hash of weights.bin."""

    rooms: Rooms
    router: Router
    house: Account
    repository: Repository
    ada: str
    file: str = ""

    async def caller(self, token: str) -> Caller:
        return await self.rooms.identity.authenticate(f"Bearer {token}")

    async def person(self, name: str, role: MemberRole | None = None) -> str:
        """The text of a token of somebody new, perhaps a member of the house."""
        identity = self.rooms.identity
        account = await identity.create_user(name)
        if role:
            await identity.set_member(self.house, account, role)
        return await identity.create_token(account, "t", Role.WRITE)

    async def remove(self, name: str) -> None:
        await self.rooms.organisations.remove(await self.caller(self.ada), self.house, name)

    async def call(
        self, method: str, address: str, token: str = "", body: bytes = b"", cookie: str = "", **headers: str
    ) -> Answer:
        parts, sent = urlsplit(address), []
        given = {"host": "hub.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
        given |= {"authorization": f"Bearer {token}"} if token else {}
        given |= {"cookie": cookie} if cookie else {}
        scope = {
            "type": "http",
            "method": method,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("hub.test", 80),
        }
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.router(scope, receive, send)
        found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


@asynccontextmanager
async def team_world(home: Path) -> AsyncIterator[TeamWorld]:
    rooms = build_rooms(Settings(home=home))
    await migrate(rooms.database)
    identity = rooms.identity
    house = await identity.create_organisation("house", default_visibility="private")
    ada = await identity.create_user("ada")
    await identity.set_member(house, ada, MemberRole.ADMIN)
    token = await identity.create_token(ada, "t", Role.WRITE)
    caller = await identity.authenticate(f"Bearer {token}")
    repository = await rooms.hub.create(caller, "model", "house", "secret", "private")
    facts = await put(rooms.storage, repository.scope, *CHUNKS)
    file = shard_file(DATA, (facts, 0, len(CHUNKS)))
    await register(rooms.storage, repository.scope, file)
    changes = [AddFile("notes.txt", b"hush hush"), AddLarge("weights.bin", SHA256, len(DATA))]
    await rooms.hub.commit(caller, repository, "main", changes, title="add")
    replicas = ReplicaRouter(Replicas(rooms.database, rooms.clock))
    async with aiohttp.ClientSession() as session:
        yield TeamWorld(
            rooms, build_router(rooms, Engines(replicas, session)), house, repository, token, hash_text(file.file_hash)
        )
        await replicas.close()
    await rooms.close()
