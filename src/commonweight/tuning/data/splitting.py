"""
What is trained on and what is held out to judge by.

Lines that ask the same are one group, and a group is never parted: what is held out is asked nowhere in the training. Which
groups are held out follows from a hash of what they ask and the seed alone, not from the order of the lines.
"""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import orjson

SHARE: Final = 0.1  # of the lines are held out,
LEAST: Final = 20  # at least so many,
MOST: Final = 500  # at most so many,
MOST_SHARE: Final = 0.2  # and never more than this share: ten lines are few to learn from, too
SHOWN: Final = 20  # line numbers of leaks that are named
TRAIN, HELD_OUT = "train.jsonl", "held_out.jsonl"


@dataclass(frozen=True)
class Split:
    """
    Two files of canonical lines. `split_hash` (hex, sha256) says which questions lie where: equal hashes, equal splits.
    `leaked` lines of a given validation file ask what the training asks, too (numbers from 1, the first 20 of
    `leaked_count`); `given`: whether there was such a file. `held_out_lines` may be 0: of questions that are all alike
    none can be held out.
    """

    train: Path
    held_out: Path
    train_lines: int
    held_out_lines: int
    groups: int
    seed: int
    split_hash: str
    given: bool = False
    leaked: tuple[int, ...] = ()
    leaked_count: int = 0

    def to_json(self) -> dict[str, Any]:
        """For a report or a recipe; paths as their last parts."""
        return {**asdict(self), "train": self.train.name, "held_out": self.held_out.name, "leaked": list(self.leaked)}


def split(
    lines: Iterable[Mapping[str, Any]],
    folder: Path,
    *,
    validation: Iterable[Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> Split:
    """Write `train.jsonl` and `held_out.jsonl` of canonical lines into `folder`, which is made. Memory: 16 bytes a line."""
    folder.mkdir(parents=True, exist_ok=True)
    train, held_out = folder / TRAIN, folder / HELD_OUT
    if validation is not None:
        return _given(lines, validation, train, held_out, seed)
    with tempfile.TemporaryFile(dir=folder) as whole, train.open("wb") as learn, held_out.open("wb") as keep:
        keys = _write(lines, whole, seed)
        chosen = _chosen(keys)
        whole.seek(0)
        for held, line in zip(chosen, whole, strict=True):
            (keep if held else learn).write(line)
    digest = _digest(keys[~chosen], keys[chosen], seed)
    held = int(chosen.sum())
    return Split(train, held_out, len(keys) - held, held, len(np.unique(keys)), seed, digest)


def _given(
    lines: Iterable[Mapping[str, Any]], validation: Iterable[Mapping[str, Any]], train: Path, held_out: Path, seed: int
) -> Split:
    with train.open("wb") as learn, held_out.open("wb") as keep:
        learnt, kept = _write(lines, learn, seed), _write(validation, keep, seed)
    leaks = np.flatnonzero(np.isin(kept, learnt)) + 1
    groups = len(np.unique(np.concatenate([learnt, kept])))
    return Split(
        train,
        held_out,
        len(learnt),
        len(kept),
        groups,
        seed,
        _digest(learnt, kept, seed),
        given=True,
        leaked=tuple(int(line) for line in leaks[:SHOWN]),
        leaked_count=len(leaks),
    )


def _write(lines: Iterable[Mapping[str, Any]], file: IO[bytes], seed: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Write the lines; the keys of what they ask."""
    keys = array("Q")
    for line in lines:
        keys.append(int.from_bytes(question_hash(line, seed), "little"))
        file.write(orjson.dumps(line) + b"\n")
    return np.array(keys, dtype=np.uint64)


def question_hash(line: Mapping[str, Any], seed: int = 0) -> bytes:
    """Eight bytes of what a canonical line asks: its user's messages; where there are none, all before the last message."""
    digest = hashlib.blake2b(digest_size=8, salt=seed.to_bytes(8, "little", signed=True))
    for text in _asked(line):
        digest.update(len(text).to_bytes(8, "little"))
        digest.update(text)
    return digest.digest()


def _asked(line: Mapping[str, Any]) -> Iterator[bytes]:
    if "prompt" in line:
        yield line["prompt"].encode()
        return
    messages = line["input"]["messages"] if "input" in line else line["messages"]
    users = [message["content"] for message in messages if message["role"] == "user"]
    yield from (text.encode() for text in users or [message["content"] for message in messages[:-1]])


def _chosen(keys: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which lines are held out: whole groups by the order of their hashes, as long as they fit; never all of them."""
    wanted = min(max(round(len(keys) * SHARE), LEAST), MOST, max(int(len(keys) * MOST_SHARE), 1))
    groups, at, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    taken = np.zeros(len(groups), dtype=np.bool_)
    room = wanted if len(groups) > 1 else 0
    for group, size in enumerate(sizes):
        if size <= room:
            taken[group] = True
            room -= int(size)
        if not room:
            break
    return taken[at] if len(keys) else taken


def _digest(learnt: Any, kept: Any, seed: int) -> str:
    digest = hashlib.sha256(f"commonweight split 1\n{seed}\n".encode())
    for keys in (learnt, kept):
        digest.update(len(keys).to_bytes(8, "little"))
        digest.update(np.sort(keys).astype("<u8").tobytes())
    return digest.hexdigest()
