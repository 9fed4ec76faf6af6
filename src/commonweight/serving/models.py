"""What can be served: one file of a repository at one commit, and the names that callers use for it."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.serving.errors import FileChoiceError, ModelNotFound

MAX_NAME_CHARACTERS = 512  # a namespace, a name, a revision and a path of a file; more is a mistake or an attack
_HUB_NAME = re.compile(r"(?P<namespace>[\w.-]+)/(?P<name>[\w.-]+)(?:@(?P<revision>[^:]+))?(?::(?P<file>.+))?", re.ASCII)
_SPLIT_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


class Mode(enum.StrEnum):
    """What an engine is started for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"


@dataclass(frozen=True)
class ServableModel:
    """One file of a repository at one commit. `handle` is opaque here: by it the worker finds the bytes."""

    repository: str
    commit: str
    path: str
    size: int
    handle: str
    mode: Mode = Mode.CHAT

    @property
    def name(self) -> str:
        """`namespace/name@commit`: what the receipt says, and a name that can be asked for again."""
        return f"{self.repository}@{self.commit}"

    @property
    def key(self) -> str:
        """Tells apart everything that needs an engine of its own. 64 hexadecimal digits."""
        return hashlib.sha256(f"{self.name}:{self.path}|{self.mode}".encode()).hexdigest()

    def as_document(self) -> dict[str, Any]:
        """As JSON, for the worker."""
        return dataclasses.asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ServableModel:
        """The inverse of `as_document`."""
        return cls(**{**document, "mode": Mode(document["mode"])})


@dataclass(frozen=True)
class Alias:
    """A name without a slash; the installation says what it stands for."""

    alias: str


@dataclass(frozen=True)
class HubName:
    """`namespace/name[@revision][:file]`."""

    repository: str
    revision: str = "main"
    file: str = ""


@dataclass(frozen=True)
class TunedName:
    """`ft:…`: a model made here by the fine-tuning API."""

    text: str


ModelName = Alias | HubName | TunedName


def parse_model_name(text: str) -> ModelName:
    """
    "starter"                       -> Alias("starter")
    "ada/tiny@v1:tiny.Q4_1.gguf"    -> HubName("ada/tiny", "v1", "tiny.Q4_1.gguf")
    "ft:ada/tiny:acme::7f3a"        -> TunedName("ft:ada/tiny:acme::7f3a")

    Raises ModelNotFound for a name of no such shape.
    """
    if not text or len(text) > MAX_NAME_CHARACTERS or "\0" in text:
        raise ModelNotFound(text[:80], f"A name has 1 to {MAX_NAME_CHARACTERS} characters.")
    if text.startswith("ft:"):
        return TunedName(text)
    if "/" not in text:
        return Alias(text)
    match = _HUB_NAME.fullmatch(text)
    if match is None:
        raise ModelNotFound(text, "Expected an alias, or namespace/name[@revision][:file].")
    return HubName(f"{match['namespace']}/{match['name']}", match["revision"] or "main", match["file"] or "")


def choose_file(paths: Iterable[str], wanted: str = "") -> str:
    """
    The file of a repository that an engine loads: the one asked for, or the only GGUF.

    Raises FileChoiceError that lists the candidates.
    """
    candidates = sorted(path for path in paths if _is_model(path))
    if wanted:
        if wanted in candidates:
            return wanted
        raise FileChoiceError(f"{wanted!r} is no model file of this repository. {_listing(candidates)}")
    whole = [path for path in candidates if not _SPLIT_PART.search(path)]
    if len(whole) == 1 and len(candidates) == 1:
        return whole[0]
    if candidates and not whole:
        raise FileChoiceError(
            f"The model is split over {len(candidates)} files, which engines here do not load yet.",
            hint="Publish it as one GGUF file.",
        )
    raise FileChoiceError(
        f"The repository does not hold exactly one model file. {_listing(candidates)}",
        hint="Name one: namespace/name[@revision]:file.",
    )


def _is_model(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(".gguf") and not name.startswith("mmproj")


def _listing(candidates: list[str]) -> str:
    return f"Candidates: {', '.join(candidates)}." if candidates else "It holds no GGUF file."
