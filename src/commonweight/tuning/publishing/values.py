"""What was made and out of what, as it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class BaseUsed:
    """
    The model that was tuned: `repository` of this hub at `commit`; `files` are those that were read, by path, with SHA-256.
    `converted`: where it goes along itself, as the file that adapters go on; "" where it does not.
    """

    repository: str
    commit: str
    files: Mapping[str, str] = field(default_factory=dict)
    converted: str = ""


@dataclass(frozen=True)
class DataUsed:
    """
    The examples, by names, hashes and counts, never their content. `repository` and `commit` where they come from a data set
    of this hub, else `name` and the SHA-256 of a file. `licence` is a tag as cards have them, where somebody said it.
    """

    name: str
    sha256: str
    lines: int
    trained: int
    held_out: int
    split_hash: str = ""
    repository: str = ""
    commit: str = ""
    path: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Made:
    """
    All that is needed to publish. `namespace` None: the caller's own. `suffix`: what the asker wants in the name. `seconds`
    of training; `losses` as (step, loss). `adapter` is a folder in PEFT's layout, `merged` one that transformers reads,
    `gguf` files. `hyperparameters` as they were really used.
    """

    tuning: str
    base: BaseUsed
    data: DataUsed
    method: str
    form: str
    hyperparameters: Mapping[str, Any]
    seed: int
    steps: int
    trained_tokens: int
    seconds: float
    versions: Mapping[str, str]
    hardware: Mapping[str, Any]
    finished_at: datetime
    namespace: str | None = None
    suffix: str = ""
    model: str = ""  # the name to call it by, ft:…
    adapter: Path | None = None
    merged: Path | None = None
    gguf: Sequence[Path] = ()
    losses: Sequence[tuple[int, float]] = ()
    template_hash: str = ""
    made_by: str = ""  # whose key it was
    request: Mapping[str, Any] = field(default_factory=dict)  # what was asked for, to ask it again


@dataclass(frozen=True)
class Draft:
    """
    A repository that nobody but its namespace sees until somebody accepts it. `public_refused` says why it must not be
    opened to everybody, with the clauses; "" where nothing speaks against it;
    `to_do` what is owed and left to a person.
    """

    repository_id: int
    repository: str
    commit: str
    public_refused: str = ""
    to_do: Sequence[str] = ()
