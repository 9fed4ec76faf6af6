"""What other rooms hold in their hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

KINDS = ("model", "dataset", "space")


@dataclass(frozen=True, slots=True)
class Repository:
    id: int
    kind: str  # model | dataset | space
    namespace: str
    namespace_id: int
    name: str
    visibility: str  # public | private | draft
    gated: str  # "" | auto | manual
    scope: int
    downloads: int  # of the last thirty days
    created_at: datetime
    updated_at: datetime
    moved: bool = False  # found under a name that it has left
    created_by: int | None = None  # the number of the account that made it
    downloads_all_time: int = 0
    likes: int = 0
    trending: int = 0  # downloads of the last seven days
    carries: bool = False  # weights of other repositories, whose readers are its own too: `Hub.origins`

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def is_private(self) -> bool:
        return self.visibility != "public"

    @property
    def is_draft(self) -> bool:
        """Private until somebody accepts it."""
        return self.visibility == "draft"


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of one repository; `ref` is the full name it was asked by (refs/heads/main), None for a commit id."""

    repository: Repository
    commit: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class LargePointer:
    """
    What an LFS pointer says. `pointer_size` is the size of the pointer itself, in bytes. The bytes may be stored without a
    Xet hash: a job gives one to what git-lfs sent.
    """

    sha256: str
    size: int
    xet_hash: str | None
    pointer_size: int
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder. `oid` is the SHA-1 of the git object; `size` counts the bytes of the content, 0 for a folder."""

    path: str
    type: Literal["file", "directory"]
    oid: str
    size: int
    large: LargePointer | None = None

    @property
    def is_file(self) -> bool:
        return self.type == "file"


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    title: str
    message: str  # what follows the title
    author: str
    date: datetime
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch, tag or other name. `commit` is what it comes to."""

    name: str  # refs/heads/main
    commit: str

    @property
    def short(self) -> str:
        return self.name.split("/", 2)[2] if self.name.count("/") >= 2 else self.name


@dataclass(frozen=True, slots=True)
class AddFile:
    """Put these bytes at a path."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddStored:
    """Put a blob at a path that `Hub.stage` has stored already; only `Hub.stage` makes these."""

    path: str
    oid: str
    size: int
    key: str


@dataclass(frozen=True, slots=True)
class AddLarge:
    """Put a large file at a path, by the SHA-256 under which the repository holds it."""

    path: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteFile:
    path: str


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    path: str


Change = AddFile | AddStored | AddLarge | DeleteFile | DeleteFolder


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A parent that a card names. `declared` is false where the relation was inferred from the files."""

    id: str
    relation: str  # finetune | adapter | merge | quantized | …: the card's word
    declared: bool


@dataclass(frozen=True, slots=True)
class LicenceFile:
    path: str
    oid: str  # git SHA-1 of the text
    size: int
    holds: tuple[str, ...] = ()  # what lies in its folder, by words for artefacts; nothing for one at the root


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """What the files of one commit say. A broken card leaves `card` empty and `card_error` saying what and where."""

    repository_id: int
    commit: str
    card: Mapping[str, Any]
    card_error: str = ""
    licences: tuple[str, ...] = ()  # tags as the card gives them
    licence_name: str = ""
    licence_link: str = ""
    base_models: tuple[BaseModel, ...] = ()
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    pipeline_tag: str = ""
    library_name: str = ""
    licence_files: tuple[LicenceFile, ...] = ()
    licence_section: LicenceFile | None = None  # a text that stands in README.md; its id is that of the text alone
    elsewhere: tuple[str, ...] = ()  # what lies in no folder that has a licence text of its own, by words for artefacts
    has_gguf: bool = False
    has_safetensors: bool = False
    has_pickle: bool = False
    has_config: bool = False
    has_tokenizer: bool = False
    has_training_code: bool = False
    files: int = 0
    bytes: int = 0

    @property
    def licence(self) -> str:
        """The one licence tag, or ""."""
        return self.licences[0] if self.licences else ""


@dataclass(frozen=True, slots=True)
class Head:
    """A repository with the newest commit of its `main` and what that says."""

    repository: Repository
    revision: Revision
    facts: RevisionFacts
