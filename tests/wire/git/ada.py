"""Somebody with a repository."""

from __future__ import annotations

from commonweight.hub import AddFile, Change, DeleteFile, Repository
from commonweight.identity import Caller
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld


class Ada:
    def __init__(self, hub: HubWorld) -> None:
        self.hub = hub

    async def begin(self, kind: str = "model", visibility: str = "public") -> Repository:
        self.token = await self.hub.user("ada")
        self.caller: Caller = await self.hub.identity.authenticate(f"Bearer {self.token}")
        self.repository = await self.hub.hub.create(self.caller, kind, None, "tiny", visibility)
        return self.repository

    async def commit(self, changes: dict[str, bytes | None], branch: str = "main") -> str:
        deeds: list[Change] = [DeleteFile(path) if data is None else AddFile(path, data) for path, data in changes.items()]
        return (await self.hub.hub.commit(self.caller, self.repository, branch, deeds, "Change", "")).id

    async def cloned(self, git: Git) -> Git:
        """A clone that may push."""
        await git("clone", with_token(self.address, self.token), "tiny")
        return git.at("tiny")

    async def refs(self) -> dict[str, str]:
        return {one.name: one.target for one in await self.hub.hub.fetching.refs(self.repository)}

    async def read(self, path: str, revision: str = "main") -> bytes:
        status, _, body = await self.hub.request("GET", f"/ada/tiny/resolve/{revision}/{path}", self.token)
        assert status == 200, body
        return body

    @property
    def address(self) -> str:
        return f"{self.hub.address}/ada/tiny"


def with_token(address: str, token: str) -> str:
    return address.replace("http://", f"http://anybody:{token}@")


async def write(git: Git, files: dict[str, bytes], message: str = "Change") -> str:
    """A commit in a working copy; its id."""
    for path, data in files.items():
        (git.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (git.folder / path).write_bytes(data)
    await git("add", "-A")
    await git("commit", "-q", "-m", message)
    return await git("rev-parse", "HEAD")
