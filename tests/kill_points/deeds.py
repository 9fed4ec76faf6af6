"""
What a client does to repositories, with the state before and after.

A state is plain JSON: repository -> branch -> path -> [seed, length of the content]. Content follows from those two, so a
state of many megabytes is some lines.
"""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Branches = dict[str, dict[str, list[Any]]]
State = dict[str, Branches]

LARGE: Final = (200_000, 900_000)  # bytes, from and to
SMALL: Final = (1, 5_000)
MOST_BRANCHES: Final = 4


def content(seed: str, length: int) -> bytes:
    """The bytes of a file; of two seeds not even a chunk is alike."""
    return hashlib.shake_128(seed.encode()).digest(length)


def is_large(path: str) -> bool:
    return path.endswith(".bin")


def stored_as(path: str, seed: str, length: int) -> str:
    """As what a listing names the content: SHA-256 of large files, the id of the git object of small ones."""
    data = content(seed, length)
    if is_large(path):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class Deed:
    """`branches`: what the repository holds afterwards; None where it is gone."""

    kind: str
    repository: str
    branches: Branches | None
    branch: str = ""
    add: Mapping[str, Sequence[Any]] = ()  # type: ignore[assignment]
    delete: Sequence[str] = ()


class Chooser:
    """Deeds upon some repositories, one after the other, by chance. The same chance chooses the same."""

    def __init__(self, chance: random.Random, names: Sequence[str]) -> None:
        self._chance = chance
        self._names = names

    def next(self, state: State) -> Deed:
        name = self._chance.choice(self._names)
        if name not in state:
            return Deed("create", name, {"main": {}})
        kinds: Sequence[tuple[Callable[[str, Branches], Deed], int]] = (
            (self._commit, 6),
            (self._upload, 7),
            (self._branch, 2),
            (self._unbranch, 1),
            (self._squash, 2),
            (self._delete, 1),
        )
        (make,) = self._chance.choices([make for make, _ in kinds], [weight for _, weight in kinds])
        return make(name, copy.deepcopy(state[name]))

    def _fresh(self, sizes: tuple[int, int]) -> list[Any]:
        return [f"{self._chance.getrandbits(64):x}", self._chance.randint(*sizes)]

    def _commit(self, name: str, branches: Branches) -> Deed:
        """Several small files, some of them in place of others, and one that goes."""
        branch = self._chance.choice(sorted(branches))
        files = branches[branch]
        add = {f"notes/{self._chance.randint(0, 9)}.txt": self._fresh(SMALL) for _ in range(3)}
        gone = [path for path in sorted(files) if path not in add]
        delete = [self._chance.choice(gone)] if gone and self._chance.random() < 0.5 else []
        for path in delete:
            del files[path]
        files.update(add)
        return Deed("commit", name, branches, branch, add, delete)

    def _upload(self, name: str, branches: Branches) -> Deed:
        """Large files and a small one in one commit."""
        branch = self._chance.choice(sorted(branches))
        add = {f"weights-{self._chance.randint(0, 4)}.bin": self._fresh(LARGE) for _ in range(2)}
        add["config.json"] = self._fresh(SMALL)
        branches[branch].update(add)
        return Deed("commit", name, branches, branch, add)

    def _branch(self, name: str, branches: Branches) -> Deed:
        if len(branches) >= MOST_BRANCHES:
            return self._unbranch(name, branches)
        new = f"b{self._chance.getrandbits(32):x}"
        branches[new] = dict(branches["main"])
        return Deed("branch", name, branches, new)

    def _unbranch(self, name: str, branches: Branches) -> Deed:
        others = sorted(set(branches) - {"main"})
        if not others:
            return self._commit(name, branches)
        branch = self._chance.choice(others)
        del branches[branch]
        return Deed("unbranch", name, branches, branch)

    def _squash(self, name: str, branches: Branches) -> Deed:
        return Deed("squash", name, branches, self._chance.choice(sorted(branches)))

    def _delete(self, name: str, branches: Branches) -> Deed:
        return Deed("delete", name, None)
