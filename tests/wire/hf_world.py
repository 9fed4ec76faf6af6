"""A hub with its content store on a port of its own, and official clients beside it in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yarl

from commonweight.asgi import Group, Router, base_url, dress_as_problem
from commonweight.clock import Clock
from commonweight.collections import Collections
from commonweight.db import Database
from commonweight.front import RelatedFiles
from commonweight.hub import Hub
from commonweight.identity import ANONYMOUS, Account, DeviceLogin, Identity, Organisations, Role
from commonweight.jobs import Jobs, Runner
from commonweight.storage import Storage
from commonweight.vetting.scans import Scans, UnsafeGuard
from commonweight.webhooks import Sealing, Sender, Webhooks
from commonweight.wire.git import GitCalls
from commonweight.wire.huggingface import Access, Downloads, huggingface_group
from commonweight.wire.xet import CasGrant, CasTokens, XetWire
from tests.vetting.scans.here import HereScanner
from tests.wire.xet_world import serving

CLIENT_SECONDS = 120

PRELUDE = """
import io, json, os, sys
from pathlib import Path
from huggingface_hub import *
from huggingface_hub.errors import *
given = json.loads(sys.argv[1])
api, answer = HfApi(), {}
def raised(deed, *arguments, **options):
    try:
        deed(*arguments, **options)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]
"""


class ClientFailed(Exception):
    pass


@dataclass
class HubWorld:
    """`with running(...)`: the server is up at `address`; `requests` is what came, as "METHOD /path"."""

    database: Database
    storage: Storage
    clock: Clock
    requests: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of bodies that came, by "METHOD /path"."""
    address: str = ""
    downloads: Downloads | None = None
    """Who lets bytes out to git; None: everything goes."""
    unsafe_files: str = ""
    """warn or refuse; empty: nothing is said of what was found in files."""

    def __post_init__(self) -> None:
        self.identity = Identity(self.database, self.clock, b"k" * 32)
        self.hub = Hub(self.database, self.storage, self.clock)
        tokens = CasTokens(b"t" * 32, self.clock)
        collections = Collections(self.database, self.hub, self.identity, self.clock)
        self.organisations = Organisations(self.database, self.identity, self.clock)
        self.devices = DeviceLogin(self.database, self.identity, self.clock)
        webhooks = Webhooks(self.database, self.clock, Sealing(b"s" * 32), Sender())
        self.scans = Scans(self.database, self.hub, self.storage, HereScanner(), self.clock)
        self.guard = UnsafeGuard(self.scans, self.unsafe_files) if self.unsafe_files else None
        rest = {
            "collections": collections,
            "webhooks": webhooks,
            "devices": self.devices,
            "organisations": self.organisations,
            "guard": self.guard,
        }
        rooms = (self.hub, self.identity, self.storage)
        hub_group = huggingface_group(*rooms, tokens, b"l" * 32, base_url, **rest)
        git = GitCalls(self.hub, Access(self.hub, self.identity, base_url, self.downloads), self.storage.scratch)
        xet = XetWire(
            self.storage,
            tokens,
            b"a" * 32,
            self.clock,
            self._readable,
            lambda grant: self._readable(grant.token_id, grant.scope),
            base_url,
            RelatedFiles(self.identity, self.hub.akin),
            self._check_file,
        )
        self._router = Router([hub_group, git.group(), xet.group(), Group("", (), dress_as_problem)])

    async def _check_file(self, grant: CasGrant, xet_hash: str) -> None:
        repository = await self.hub.by_id(grant.scope)
        large = await self.storage.large_file_by_xet(grant.scope, xet_hash)
        if self.guard is not None and repository is not None and large is not None:
            holder = ANONYMOUS if grant.token_id is None else await self.identity.caller_by_token_id(grant.token_id)
            await self.guard.check_large(holder, repository, large.sha256)

    async def _readable(self, token_id: int | None, scope: int) -> bool:
        holder = ANONYMOUS if token_id is None else await self.identity.caller_by_token_id(token_id)
        return await self.hub.may_read_scope(holder, scope)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            request = f"{scope['method']} {scope['raw_path'].decode()}"
            self.requests.append(request)

            async def counted() -> Any:
                message = await receive()
                self.sent[request] = self.sent.get(request, 0) + len(message.get("body", b""))
                return message

            await self._router(scope, counted, send)

    async def moved(self) -> None:
        """Have the job done that moves what git-lfs sent into chunks."""
        jobs = Jobs(self.database, self.clock, "mover")
        await Runner(jobs, self.hub.into_chunks.handlers(), only_these=True).run_until_empty()

    def uploaded_bytes(self) -> int:
        """Bytes of xorbs, shards and LFS objects that clients have sent so far."""
        ways = ("/xorbs/", "/shards", "PUT /api/lfs/")
        return sum(size for request, size in self.sent.items() if any(way in request for way in ways))

    async def user(self, name: str) -> str:
        """A new account's token."""
        return await self.identity.create_token(await self.identity.create_user(name), "test", Role.WRITE)

    async def organisation(self, name: str, *members: str, visibility: str = "public") -> Account:
        made = await self.identity.create_organisation(name, default_visibility=visibility)
        for member in members:
            await self.identity.set_member(made, await self.identity.account(member), Role.WRITE)
        return made

    async def client(self, script: str, token: str = "", /, **given: Any) -> Any:
        """Run a script with the official client at its defaults; it fills the dict `answer`. Raises ClientFailed."""
        environment = given.pop("environment", {})
        with tempfile.TemporaryDirectory() as home:
            variables = {
                **{key: value for key, value in os.environ.items() if not key.startswith("HF_")},
                "HF_ENDPOINT": self.address,
                "HF_HOME": home,
                "HF_TOKEN": token,
                "HF_HUB_DISABLE_UPDATE_CHECK": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                **environment,
            }
            text = f"{PRELUDE}{script}\nprint('ANSWER' + json.dumps(answer))\n"
            output: str = await run([sys.executable, "-c", text, json.dumps(given)], variables)
        return json.loads(output.rpartition("ANSWER")[2])

    async def command(self, *arguments: str, token: str = "", home: Path) -> str:
        """What `hf …` prints."""
        variables = {**os.environ, "HF_ENDPOINT": self.address, "HF_HOME": str(home), "HF_TOKEN": token}
        variables |= {"HF_HUB_DISABLE_UPDATE_CHECK": "1", "NO_COLOR": "1"}
        program = Path(sys.executable).with_name("hf")
        return await run([str(program), *arguments], variables)

    async def request(self, method: str, path: str, token: str = "", **options: Any) -> tuple[int, dict[str, str], bytes]:
        """One request by hand; the path goes out as it is. Headers have lower-case names."""
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
        url = yarl.URL(self.address + path, encoded=True)
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, allow_redirects=False, **options) as response,
        ):
            return response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read()


async def run(command: list[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), CLIENT_SECONDS)
    if process.returncode:
        raise ClientFailed(f"{out.decode()}\n{err.decode()}")
    return out.decode()


@asynccontextmanager
async def running(world: HubWorld) -> AsyncIterator[HubWorld]:
    async with serving(world) as store:  # type: ignore[arg-type]  # any ASGI application will do
        world.address = store.removesuffix("/xet")
        yield world
