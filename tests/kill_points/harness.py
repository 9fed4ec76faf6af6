"""Kills a whole installation while clients work, restarts it, and holds what it says against what was acknowledged."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tests.kill_points.deeds import State, content, is_large, stored_as
from tests.support.server import Server

OPERATOR: Final = "operator"
#: Two clients, each with repositories of its own, so that deeds of one happen in the midst of the other's.
CLIENTS: Final = (("operator/a", "operator/b"), ("operator/c", "operator/d"))
WINDOW_S: Final = (0.02, 2.0)  # from a client's first deed to the kill
START_S: Final = 120


@dataclass
class Told:
    """What the clients' journals say of one round."""

    done: list[dict[str, Any]] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)  # begun, and never answered
    refused: list[dict[str, Any]] = field(default_factory=list)


class Harness:
    def __init__(self, server: Server, folder: Path, seed: int) -> None:
        self.state: State = {}
        self.kinds: Counter[str] = Counter()
        self._server = server
        self._folder = folder
        self._chance = random.Random(seed)
        self._round = 0

    def kill_once(self, *, collect: bool) -> Told:
        """A round: clients work, everything is killed, it starts again. Raises AssertionError where something is amiss."""
        self._round += 1
        folder = self._folder / f"round-{self._round}"
        folder.mkdir()
        with contextlib.ExitStack() as running:
            journals = [running.enter_context(self._client(folder, number)) for number in range(len(CLIENTS))]
            if collect:
                running.enter_context(self._process("tests.kill_points.later", str(self._server.home)))
            _wait_for(journals)
            time.sleep(self._chance.uniform(*WINDOW_S))
            self._server.kill_everything()
        self._server.restart()
        told = _read(journals)
        self._settle(told)
        return told

    @contextlib.contextmanager
    def _client(self, folder: Path, number: int) -> Iterator[Path]:
        state, journal = folder / f"state-{number}.json", folder / f"journal-{number}"
        names = CLIENTS[number]
        state.write_text(json.dumps({name: self.state[name] for name in names if name in self.state}))
        seed = f"{self._chance.getrandbits(64):x}"
        own = {"HF_HUB_DISABLE_XET": "1"} if self._chance.random() < 0.5 else {}
        with self._process("tests.kill_points.client", str(state), str(journal), seed, *names, **own):
            yield journal

    @contextlib.contextmanager
    def _process(self, module: str, *arguments: str, **variables: str) -> Iterator[None]:
        environment = {
            **os.environ,
            "HF_ENDPOINT": self._server.address,
            "HF_TOKEN": self._server.admin_token,
            "HF_HOME": str(self._folder / "hf"),
            **variables,
        }
        with (self._folder / "processes.log").open("a") as log:
            command = [sys.executable, "-m", module, *arguments]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()
            process.wait(30)

    def _settle(self, told: Told) -> None:
        """Take over what was acknowledged; of what was begun find out whether it happened, which it may, as a whole."""
        for deed in told.done:
            self._take(deed)
        pending = {deed["repository"]: deed for deed in told.pending}
        touched = {deed["repository"] for deed in (*told.done, *told.pending, *told.refused)}
        for name in sorted(touched):
            there = self._listed(name)
            deed = pending.get(name)
            if deed is not None and there == _as_listed(deed["branches"]):
                self._take(deed)
            expected = _as_listed(self.state.get(name))
            assert there == expected, f"{name} after {deed}: {_difference(there, expected)}"
            self._check_bytes(name, [*told.done, *told.pending])

    def _take(self, deed: dict[str, Any]) -> None:
        self.kinds[deed["kind"]] += 1
        self.state.pop(deed["repository"], None)
        if deed["branches"] is not None:
            self.state[deed["repository"]] = deed["branches"]

    def _check_bytes(self, name: str, deeds: Sequence[dict[str, Any]]) -> None:
        changed = {path for deed in deeds if deed["repository"] == name for path in deed["add"]}
        for branch, files in self.state.get(name, {}).items():
            for path in changed & set(files):
                self._check_file(name, branch, path, files[path])

    def check_everything(self) -> int:
        """Every file of every branch, byte for byte; how many there were. Nothing else is there."""
        files = 0
        for name in sorted({name for names in CLIENTS for name in names}):
            assert self._listed(name) == _as_listed(self.state.get(name)), name
            for branch, paths in self.state.get(name, {}).items():
                for path, made in paths.items():
                    self._check_file(name, branch, path, made)
                    files += 1
        return files

    def _check_file(self, name: str, branch: str, path: str, made: Sequence[Any]) -> None:
        status, _, body = self._get(f"/{name}/resolve/{quote(branch, safe='')}/{path}")
        assert (status, body) == (200, content(*made)), f"{name}@{branch} {path}: {status}, {len(body)} bytes"

    def _listed(self, name: str) -> dict[str, dict[str, str]] | None:
        """Branch -> path -> content by its name in the listing; None where there is no such repository."""
        status, _, body = self._get(f"/api/models/{name}/refs")
        if status == 404:
            return None
        assert status == 200, (name, status, body[:300])
        return {one["name"]: self._tree(name, one["name"]) for one in json.loads(body)["branches"]}

    def _tree(self, name: str, branch: str) -> dict[str, str]:
        status, _, body = self._get(f"/api/models/{name}/tree/{quote(branch, safe='')}?recursive=true")
        assert status == 200, (name, branch, status, body[:300])
        entries = [one for one in json.loads(body) if one["type"] == "file" and one["path"] != ".gitattributes"]
        return {one["path"]: one["lfs"]["oid"] if is_large(one["path"]) else one["oid"] for one in entries}

    def _get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self._server.request(path, token=self._server.admin_token)


def _wait_for(journals: Sequence[Path]) -> None:
    """Until one of the clients has begun."""
    deadline = time.monotonic() + START_S
    while not any(journal.exists() and journal.stat().st_size for journal in journals):
        assert time.monotonic() < deadline, "no client has begun"
        time.sleep(0.01)


def _read(journals: Sequence[Path]) -> Told:
    told = Told()
    for journal in journals:
        begun = None
        for line in journal.read_text().splitlines() if journal.exists() else ():
            what, deed = json.loads(line)
            begun = deed if what == "begun" else None
            if what != "begun":
                (told.done if what == "done" else told.refused).append(deed)
        if begun is not None:
            told.pending.append(begun)
    return told


def _as_listed(branches: dict[str, dict[str, list[Any]]] | None) -> dict[str, dict[str, str]] | None:
    if branches is None:
        return None
    return {branch: {path: stored_as(path, *made) for path, made in files.items()} for branch, files in branches.items()}


def _difference(there: Any, expected: Any) -> str:
    if there is None or expected is None:
        return f"is {'gone' if there is None else 'there'}"
    names = sorted(set(there) ^ set(expected))
    files = [
        (branch, path)
        for branch in set(there) & set(expected)
        for path in set(there[branch]) | set(expected[branch])
        if there[branch].get(path) != expected[branch].get(path)
    ]
    return f"branches {names}, files {files}"
