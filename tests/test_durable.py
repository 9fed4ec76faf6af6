"""Before a 2xx the bytes are on disk: watched from outside, in the system calls of the whole server."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from commonweight.storage import hash_text
from commonweight.storage.xet.shard import build_shard
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.uploads import shard_file
from tests.support.server import Server
from tests.support.tools import tool

CALLS = "fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev"
SYNCED = re.compile(r"\bf(?:data)?sync\(\d+<([^>]+)>\)\s+= 0")
RENAMED = re.compile(r'\brename(?:at2?)?\((?:AT_FDCWD<[^>]*>, )?"([^"]+)", (?:AT_FDCWD<[^>]*>, )?"([^"]+)"[^)]*\)\s+= 0')
RESUMED = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")
UNFINISHED = re.compile(r"^(\d+)\s+(.*) <unfinished \.\.\.>$")
ANSWERED = re.compile(r"HTTP/1\.1 2\d\d")


@dataclass
class Watched:
    """A server whose system calls are written down, those of its children too."""

    server: Server
    log: Path
    read: int = 0

    def calls(self) -> list[str]:
        """Those since the last look, each as one line where it ended."""
        time.sleep(0.3)  # the tracer writes a moment later
        text = self.log.read_text(errors="replace")
        new, self.read = text[self.read :], len(text)
        return _whole(new.splitlines())

    def before_the_answer(self, method: str, path: str, body: bytes, token: str, **headers: str) -> list[str]:
        """The calls from the request to the first byte of its answer, which was a success."""
        self.calls()
        status, _, answer = self.server.request(path, method=method, token=token, body=body, headers=headers)
        assert status in (200, 201), answer
        calls = self.calls()
        answered = next(at for at, line in enumerate(calls) if ANSWERED.search(line))
        return calls[:answered]


def _whole(lines: Sequence[str]) -> list[str]:
    """Calls that the tracer has written in two halves are joined at their end; an answer counts from its beginning."""
    begun: dict[str, str] = {}
    whole: list[str] = []
    for line in lines:
        if found := UNFINISHED.match(line):
            begun[found[1]] = found[2]
            if ANSWERED.search(line):
                whole.append(line)
        elif (found := RESUMED.match(line)) and found[1] in begun:
            whole.append(f"{found[1]} {begun.pop(found[1])}{found[2]}")
        else:
            whole.append(line)
    return whole


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("durable")
    log = folder / "calls.log"
    strace = [tool("strace"), "-D", "-f", "-y", "-s", "24", "--seccomp-bpf", "-o", str(log), "-e", f"trace={CALLS}"]
    server = Server(folder / "home", under=strace).start()
    server.request("/api/repos/create", method="POST", token=server.admin_token, body={"name": "kept", "type": "model"})
    yield Watched(server, log)
    server.stop()


def _settled_in(calls: Sequence[str], folder: str) -> list[str]:
    """Objects of a folder of the store that were synced, then renamed to where they stay, then their folder synced."""
    synced: set[str] = set()
    renamed: set[str] = set()
    settled: list[str] = []
    for line in calls:
        if found := SYNCED.search(line):
            synced.add(found[1])
            settled += [path for path in sorted(renamed) if str(Path(path).parent) == found[1]]
        elif (found := RENAMED.search(line)) and f"/objects/{folder}/" in found[2]:
            assert found[1] in synced, f"{found[2]} was put in its place before its bytes were on disk"
            renamed.add(found[2])
    return settled


def _rows_are_durable(calls: Sequence[str], after: str = "") -> bool:
    """Whether the database's log was synced; behind the last rename of `after`, where that is given."""
    last = max(
        (at for at, line in enumerate(calls) if (found := RENAMED.search(line)) and after and after in found[2]), default=-1
    )
    return any((found := SYNCED.search(line)) and found[1].endswith("sqlite3-wal") for line in calls[last + 1 :])


def test_xorbs_and_shards_are_on_disk_before_they_are_acknowledged(watched: Watched) -> None:
    chunks = [os.urandom(50_000), b"compressible" * 3000]
    body, facts = build_xorb(chunks)
    path = "/api/models/operator/kept/xet-write-token/main"
    given = json.loads(watched.server.request(path, token=watched.server.admin_token)[2])
    below = "/" + given["casUrl"].split("/", 3)[3]
    binary = {"Content-Type": "application/octet-stream"}
    calls = watched.before_the_answer(
        "POST", f"{below}/v1/xorbs/default/{hash_text(facts.xorb_hash)}", body, given["accessToken"], **binary
    )
    assert len(_settled_in(calls, "xorbs")) == 1
    assert _rows_are_durable(calls, after="/objects/xorbs/")
    shard = build_shard([shard_file(b"".join(chunks), (facts, 0, 2))], ())
    calls = watched.before_the_answer("POST", f"{below}/v1/shards", shard, given["accessToken"], **binary)
    assert _rows_are_durable(calls)


def test_files_sent_by_lfs_are_on_disk_before_they_are_acknowledged(watched: Watched) -> None:
    data = os.urandom(300_000)
    oid, token = hashlib.sha256(data).hexdigest(), watched.server.admin_token
    asked = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(data)}]}
    answer = watched.server.request("/operator/kept.git/info/lfs/objects/batch", method="POST", token=token, body=asked)
    address = json.loads(answer[2])["objects"][0]["actions"]["upload"]["href"]
    calls = watched.before_the_answer("PUT", "/" + address.split("/", 3)[3], data, "")
    assert len(_settled_in(calls, "whole")) == 1
    assert _rows_are_durable(calls, after="/objects/whole/")


def test_commits_are_on_disk_before_they_are_acknowledged(watched: Watched) -> None:
    content = base64.b64encode(os.urandom(200_000)).decode()
    lines = [
        {"key": "header", "value": {"summary": "one large blob"}},
        {"key": "file", "value": {"path": "blob.txt", "content": content, "encoding": "base64"}},
    ]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    ndjson = {"Content-Type": "application/x-ndjson"}
    calls = watched.before_the_answer(
        "POST", "/api/models/operator/kept/commit/main", body, watched.server.admin_token, **ndjson
    )
    assert len(_settled_in(calls, "git")) == 1
    assert _rows_are_durable(calls, after="/objects/git/")
