"""What can be served: a file or a checkpoint of a repository at one commit, and the names that callers use for it."""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commonweight.serving.errors import FileChoiceError, ModelNotFound

MAX_NAME_CHARACTERS = 512  # a namespace, a name, a revision and a path of a file; more is a mistake or an attack
_HUB_NAME = re.compile(r"(?P<namespace>[\w.-]+)/(?P<name>[\w.-]+)(?:@(?P<revision>[^:]+))?(?::(?P<file>.+))?", re.ASCII)
CONFIGURATION, PIPELINE = "config.json", "model_index.json"
_SAFE = re.compile(r"\.(safetensors|json|jsonl|txt|model|jinja|tiktoken)$", re.IGNORECASE)
_SPLIT_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


class Mode(enum.StrEnum):
    """What an engine is started for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"
    IMAGES = "images"
    TRANSCRIPTION = "transcription"


class Target(enum.StrEnum):
    """What lies behind a name."""

    FILE = "file"  # one file of a repository
    SNAPSHOT = "snapshot"  # the files of a checkpoint: weights, configuration, tokenizer
    REMOTE = "remote"  # an address elsewhere; `handle` names it


@dataclass(frozen=True)
class Source:
    """
    A file, or the files of a checkpoint, of a repository at one commit. `handle` is opaque here: by it the worker finds
    the bytes.
    """

    repository: str
    commit: str
    path: str  # of the file; empty for a snapshot
    size: int
    handle: str
    target: Target = field(default=Target.FILE, kw_only=True)

    @functools.cached_property
    def name(self) -> str:
        """`namespace/name@commit`: what the receipt says, and a name that can be asked for again."""
        return f"{self.repository}@{self.commit}" if self.commit else self.repository

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Source:
        """The inverse of `dataclasses.asdict`."""
        return cls(**{**document, "target": Target(document.get("target", Target.FILE))})


@dataclass(frozen=True)
class ServableModel(Source):
    """
    What one engine runs: a model, a projector by which it sees, the adapters that it switches per request, and a draft that
    guesses ahead.
    """

    mode: Mode = Mode.CHAT
    adapters: tuple[Source, ...] = ()
    draft: Source | None = None
    projector: Source | None = None  # by which a model of text sees pictures

    @functools.cached_property
    def key(self) -> str:
        """Tells apart everything that needs an engine of its own. 64 hexadecimal digits."""
        parts = [f"{self.name}:{self.path}|{self.mode}", *(f"{one.name}:{one.path}" for one in self.adapters)]
        parts += [f"draft {self.draft.name}:{self.draft.path}"] if self.draft else []
        parts += [f"projector {self.projector.path}"] if self.projector else []
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def as_document(self) -> dict[str, Any]:
        """As JSON, for the worker."""
        return {**dataclasses.asdict(self), "adapters": [dataclasses.asdict(one) for one in self.adapters]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ServableModel:
        """The inverse of `as_document`."""
        own = {**document, "mode": Mode(document["mode"]), "target": Target(document.get("target", Target.FILE))}
        own["adapters"] = tuple(Source.from_document(one) for one in document.get("adapters", ()))
        for name in ("draft", "projector"):
            own[name] = Source.from_document(document[name]) if document.get(name) else None
        return cls(**own)


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


@functools.lru_cache(maxsize=4096)
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


@dataclass(frozen=True)
class Chosen:
    """What an engine loads of a repository: one file, or (`path` empty) the files of a checkpoint."""

    target: Target
    path: str = ""


def choose_target(paths: Iterable[str], wanted: str = "") -> Chosen:
    """
    The file asked for, else the only GGUF, else the checkpoint that the repository is.

    Raises FileChoiceError that lists the candidates.
    """
    names = sorted(paths)
    if not wanted and not any(map(_is_gguf, names)) and is_checkpoint(names):
        return Chosen(Target.SNAPSHOT)
    return Chosen(Target.FILE, choose_file(names, wanted))


def is_checkpoint(paths: Iterable[str]) -> bool:
    """Whether there are safetensors and the file that says how to read them, of transformers or of diffusers."""
    names = set(paths)
    return any(name.endswith(".safetensors") for name in names) and not names.isdisjoint((CONFIGURATION, PIPELINE))


def is_pipeline(paths: Iterable[str]) -> bool:
    """Whether it is a pipeline of diffusers: several models that together make a picture."""
    return PIPELINE in paths


def checkpoint_files(paths: Iterable[str]) -> list[str]:
    """
    What a checkpoint's engine reads: safetensors, configuration, tokenizer. No code and no pickles, which could run
    anything; weights in folders only where a pipeline is made of them.
    """
    names = sorted(paths)
    in_folders = PIPELINE in names
    return [name for name in names if _SAFE.search(name) and (in_folders or "/" not in name or name.endswith(".json"))]


def choose_file(paths: Iterable[str], wanted: str = "") -> str:
    """
    The file of a repository that an engine loads: the one asked for, or the only GGUF.

    Raises FileChoiceError that lists the candidates.
    """
    candidates = sorted(path for path in paths if _is_gguf(path))
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


def choose_projector(paths: Iterable[str], model: str) -> str:
    """
    The file beside `model` by which it sees: named `mmproj` by custom, 16-bit floats before others since all engines read
    them. Empty where there is none.
    """
    folder = model.rpartition("/")[0]
    beside = [path for path in paths if _is_projector(path) and path.rpartition("/")[0] == folder]
    return min(beside, key=lambda path: ("bf16" in path.lower() or "f16" not in path.lower(), path), default="")


def _is_gguf(path: str) -> bool:
    return path.lower().endswith(".gguf") and not _is_projector(path)


def _is_projector(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(".gguf") and "mmproj" in name


def _listing(candidates: list[str]) -> str:
    return (
        f"Candidates: {', '.join(candidates)}." if candidates else "It holds no GGUF file and no checkpoint of safetensors."
    )
