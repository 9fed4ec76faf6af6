"""Requests that no git sends: each ends in a clear answer, never in a 500, never in waiting."""

from __future__ import annotations

import asyncio
import gzip
import random
import zlib
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import delete, insert, select

from commonweight.db.tables.collecting import doomed_git_objects
from commonweight.db.tables.hub import git_objects
from tests.hub.receiving.packs import BLOB, COMMIT, TREE, commit, entry, oid, pack, tree
from tests.wire.git.ada import Ada
from tests.wire.hf_world import HubWorld

ZERO = b"0" * 40
CAPS = b"report-status side-band-64k"
UPLOAD = {"Content-Type": "application/x-git-upload-pack-request"}
RECEIVE = {"Content-Type": "application/x-git-receive-pack-request"}
V2 = UPLOAD | {"Git-Protocol": "version=2"}


def line(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


def update(old: bytes, new: bytes, name: bytes, caps: bytes = CAPS) -> bytes:
    return line(old + b" " + new + b" " + name + b"\0" + caps) + b"0000"


FETCHES = {
    "empty": (V2, b""),
    "no length": (V2, b"zzzz"),
    "a length of 3": (V2, b"0003"),
    "a negative length": (V2, b"-001"),
    "a length beyond the most": (V2, b"ffff" + b"x" * 70_000),
    "cut": (V2, b"0032want"),
    "no command": (V2, line(b"hello") + b"0000"),
    "unknown command": (V2, line(b"command=object-info") + b"0000"),
    "other format": (V2, line(b"command=fetch") + line(b"object-format=sha256") + b"00010000"),
    "want nothing": (V2, line(b"command=fetch") + b"0001" + line(b"want") + b"0000"),
    "want words": (V2, line(b"command=fetch") + b"0001" + line(b"want zz") + b"0000"),
    "deepen by words": (V2, line(b"command=fetch") + b"0001" + line(b"deepen all") + b"0000"),
    "deepen by zero": (V2, line(b"command=fetch") + b"0001" + line(b"deepen 0") + b"0000"),
    "without a branch that is not there": (V2, line(b"command=fetch") + b"0001" + line(b"deepen-not none") + b"0000"),
    "filter": (V2, line(b"command=fetch") + b"0001" + line(b"filter blob:none") + b"0000"),
    "odd line": (UPLOAD, line(b"\xff\xfe hello") + b"0000"),
    "want of the old kind": (UPLOAD, line(b"want x" + CAPS) + b"0000"),
    "no gzip": (V2 | {"Content-Encoding": "gzip"}, b"0000"),
    "gzip cut": (V2 | {"Content-Encoding": "gzip"}, gzip.compress(b"0000" * 1000)[:-20]),
    "other encoding": (V2 | {"Content-Encoding": "br"}, b"0000"),
    "other type": ({"Content-Type": "text/plain"}, b"0000"),
}


@pytest.mark.parametrize("what", FETCHES)
async def test_what_is_no_request_to_fetch_is_refused(hub: HubWorld, what: str) -> None:
    await Ada(hub).begin()
    headers, body = FETCHES[what]
    status, answered, said = await hub.request("POST", "/ada/tiny/git-upload-pack", headers=headers, data=body)
    assert status == 400, said
    assert answered["content-type"].startswith("text/plain")
    assert len(said) > 10


async def test_a_compressed_bomb_is_cut(hub: HubWorld) -> None:
    await Ada(hub).begin()
    body = gzip.compress(line(b"command=fetch") + b"0001" + line(b"have " + b"1" * 40) * (1 << 20))
    headers = V2 | {"Content-Encoding": "gzip"}
    status, _, said = await hub.request("POST", "/ada/tiny/git-upload-pack", headers=headers, data=body)
    assert (status, b"more than" in said) == (413, True) or (status, b"lines came" in said) == (400, True)


async def test_wants_of_what_is_not_there_or_is_no_commit_are_not_our_refs(hub: HubWorld) -> None:
    ada = Ada(hub)
    await ada.begin()
    await ada.commit({"a.txt": b"hello\n"})
    blob = (await hub.hub.entry(await hub.hub.resolve(ada.repository), "a.txt")).oid.encode()
    for want in (b"1" * 40, blob):
        body = line(b"command=fetch") + b"0001" + line(b"want " + want) + line(b"done") + b"0000"
        status, _, said = await hub.request("POST", "/ada/tiny/git-upload-pack", headers=V2, data=body)
        assert (status, b"ERR upload-pack: not our ref " + want in said) == (200, True)


class Pusher:
    def __init__(self, hub: HubWorld) -> None:
        self.hub, self.ada = hub, Ada(hub)

    async def begin(self) -> Pusher:
        await self.ada.begin()
        self.head = (await self.ada.refs())["refs/heads/main"].encode()
        return self

    async def push(self, body: bytes, **headers: str) -> tuple[int, bytes]:
        path, sent = "/ada/tiny.git/git-receive-pack", RECEIVE | headers
        status, _, said = await self.hub.request("POST", path, self.ada.token, headers=sent, data=body)
        return status, said

    async def refused(self, *objects: bytes, new: bytes, name: bytes = b"refs/heads/main") -> bytes:
        """What is reported of a push that may change nothing."""
        before = await self.ada.refs()
        status, said = await self.push(update(self.head if name.endswith(b"main") else ZERO, new, name) + pack(*objects))
        assert status == 200
        assert b"ng " + name in said
        assert await self.ada.refs() == before
        return said


ROOT = tree((b"100644", b"a.txt", oid("blob", b"hello\n")))
HEAD = commit(oid("tree", ROOT))
WHOLE = (entry(BLOB, b"hello\n"), entry(TREE, ROOT), entry(COMMIT, HEAD))
NEW = oid("commit", HEAD).hex().encode()


async def test_a_push_by_hand_is_taken_in_chunks_and_compressed(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    body = update(ZERO, NEW, b"refs/heads/new") + pack(*WHOLE)
    status, said = await pusher.push(gzip.compress(body), **{"Content-Encoding": "gzip"})
    assert (status, b"ok refs/heads/new" in said) == (200, True)

    async def chunks() -> object:
        for at in range(0, len(body), 7):
            yield body[at : at + 7]

    body = body.replace(b"heads/new", b"heads/two")
    status, said = await pusher.push(chunks())  # type: ignore[arg-type]  # goes out in chunks
    assert (status, b"ok refs/heads/two" in said) == (200, True)
    assert await pusher.ada.read("a.txt", "two") == b"hello\n"


async def test_what_is_missing_or_of_another_kind_is_refused(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    assert b"did not come" in await pusher.refused(*WHOLE[1:], new=NEW)
    assert b"did not come" in await pusher.refused(*WHOLE[:1], *WHOLE[2:], new=NEW)
    assert b"is no commit here" in await pusher.refused(*WHOLE, new=b"7" * 40)
    assert b"is no commit" in await pusher.refused(*WHOLE, new=oid("tree", ROOT).hex().encode())
    assert b"is no commit" in await pusher.refused(*WHOLE, new=oid("blob", b"hello\n").hex().encode(), name=b"refs/tags/v1")
    wrong = commit(oid("blob", b"hello\n"))
    said = await pusher.refused(*WHOLE, entry(COMMIT, wrong), new=oid("commit", wrong).hex().encode())
    assert b"and as something else" in said


async def test_objects_of_other_repositories_are_no_ground_to_build_upon(hub: HubWorld) -> None:
    """An id alone opens nothing: neither as a parent, nor as a file, nor as what a name is to stand at."""
    pusher = await Pusher(hub).begin()
    bob = await hub.identity.authenticate(f"Bearer {await hub.user('bob')}")
    other = await hub.hub.create(bob, "model", None, "other", "private")
    theirs = bytes.fromhex((await hub.hub.resolve(other)).commit)
    child = commit(oid("tree", ROOT), theirs)
    said = await pusher.refused(*WHOLE, entry(COMMIT, child), new=oid("commit", child).hex().encode())
    assert (b"did not come" in said) == (theirs.hex().encode() != pusher.head)


async def test_dangerous_objects_are_refused_with_a_sentence(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    for name, why in (
        (b"..", b"climbs"),
        (b".git", b"keeps the name"),
        (b"git~1", b"on some disks"),
        (b"\xff", b"not UTF-8"),
    ):
        root = tree((b"100644", name, oid("blob", b"hello\n")))
        head = commit(oid("tree", root))
        objects = (entry(BLOB, b"hello\n"), entry(TREE, root), entry(COMMIT, head))
        assert why in await pusher.refused(*objects, new=oid("commit", head).hex().encode())


async def test_what_a_push_builds_upon_is_spared_by_collection_or_missing(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    scope, root, head = pusher.ada.repository.scope, oid("tree", ROOT).hex(), oid("commit", HEAD).hex()
    assert (await pusher.push(update(ZERO, NEW, b"refs/heads/new") + pack(*WHOLE)))[0] == 200
    assert b"ok" in (await pusher.push(update(NEW, ZERO, b"refs/heads/new")))[1]
    doomed = [{"scope": scope, "id": one, "since": hub.clock.now()} for one in (root, head)]
    async with hub.database.write() as connection:
        await connection.execute(insert(doomed_git_objects), doomed)
    child = commit(bytes.fromhex(root), bytes.fromhex(head))
    name, new = b"refs/heads/two", oid("commit", child).hex().encode()
    assert b"ok " + name in (await pusher.push(update(ZERO, new, name) + pack(entry(COMMIT, child))))[1]
    async with hub.database.write() as connection:
        assert (await connection.scalars(select(doomed_git_objects.c.id))).all() == []
        await connection.execute(delete(git_objects).where(git_objects.c.id == root))
    other = commit(bytes.fromhex(root), message=b"Other\n")
    said = await pusher.refused(entry(COMMIT, other), new=oid("commit", other).hex().encode())
    assert b"did not come" in said


@pytest.mark.parametrize(
    "name",
    [
        "refs/heads/",
        "refs/heads/..",
        "refs/heads/a b",
        "refs/heads/x.lock",
        "refs/tags/" + "a" * 40,
        "HEAD",
        "x",
        "refs/heads/é:",
    ],
)
async def test_names_that_git_does_not_allow_are_refused(hub: HubWorld, name: str) -> None:
    pusher = await Pusher(hub).begin()
    await pusher.refused(*WHOLE, new=NEW, name=name.encode())


async def test_what_is_no_push_is_refused(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    main = b"refs/heads/main"
    for body in (
        line(b"hello") + b"0000",
        line(b"x y z") + b"0000",
        line(ZERO + b" " + NEW + b" \xff\xfe") + b"0000",
        line(ZERO + b" " + NEW + b" " + main) * 2 + b"0000",
        b"".join(line(ZERO + b" " + NEW + b" refs/heads/%d" % one) for one in range(1100)) + b"0000",
        b"00",
        b"fff5",
    ):
        status, said = await pusher.push(body)
        assert (status, len(said) > 10) == (400, True)
    assert (await pusher.push(b"0000"))[0] == 200  # the question whether one may


async def test_packs_that_are_none_are_reported(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    chance = random.Random(7)
    whole = pack(*WHOLE)
    for body in (
        b"",
        b"PACK",
        whole[:-5],
        whole + b"x",
        zlib.compress(whole),
        bytes(chance.randrange(256) for _ in range(3000)),
    ):
        status, said = await pusher.push(update(pusher.head, NEW, b"refs/heads/main") + body)
        assert status == 200
        assert b"ng refs/heads/main unpacker error" in said


async def test_a_client_without_side_bands_gets_its_report_plainly(hub: HubWorld) -> None:
    pusher = await Pusher(hub).begin()
    status, said = await pusher.push(update(ZERO, NEW, b"refs/heads/new", b"report-status") + pack(*WHOLE))
    assert (status, said) == (200, line(b"unpack ok\n") + line(b"ok refs/heads/new\n") + b"0000")


async def test_a_pack_left_in_the_middle_leaves_nothing(hub: HubWorld, tmp_path: Path) -> None:
    """The client goes away while the pack comes."""
    pusher = await Pusher(hub).begin()
    before = await pusher.ada.refs()

    async def cut() -> object:
        yield update(pusher.head, NEW, b"refs/heads/main") + pack(*WHOLE)[:50]
        await asyncio.sleep(0.2)
        raise ConnectionError

    with pytest.raises(aiohttp.ClientError):
        await pusher.push(cut())  # type: ignore[arg-type]  # goes out in chunks
    await asyncio.sleep(0.3)
    assert await pusher.ada.refs() == before
    incoming = tmp_path / "home/storage/incoming"
    assert not incoming.exists() or not list(incoming.iterdir())


async def test_the_old_way_without_a_service_is_not_offered(hub: HubWorld) -> None:
    await Ada(hub).begin()
    for query in ("", "?service=git-upload-archive", "?service=" + "x" * 500):
        status, _, said = await hub.request("GET", "/ada/tiny/info/refs" + query, "")
        assert (status, b"not offered" in said) == (401, True) or (status, b"not offered" in said) == (403, True)
