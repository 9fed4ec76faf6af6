"""
Repositories: git objects, refs, commits, and what they say about themselves.

Made with `Hub(database, storage, clock)`; see docs/hub.md.
"""

from commonweight.hub.ascent import Ancestors, Ascents
from commonweight.hub.attributes import Candidate
from commonweight.hub.card_licence import licence_section
from commonweight.hub.cards import CARD, MAX_CARD_BYTES, Card, read_card
from commonweight.hub.catalogue import CatalogueError, KnownEdge, KnownModel
from commonweight.hub.collecting import Collected, Collection, Explanation, Waiting
from commonweight.hub.committing import READ_REVISION
from commonweight.hub.descent import Descendant, Descent, Descents, keep_further_steps
from commonweight.hub.errors import (
    CarriesPrivate,
    Contended,
    EntryNotFound,
    GatedRepository,
    InvalidPath,
    InvalidRef,
    IsDraft,
    LargeFileMissing,
    MayNotWrite,
    RefExists,
    RepositoryExists,
    RepositoryNotFound,
    RevisionNotFound,
    StaleParent,
    TooMuch,
)
from commonweight.hub.facts import gather
from commonweight.hub.fetching import Fetching, GitRef, Parcel, Wish
from commonweight.hub.graph import Deepen
from commonweight.hub.hub import REPOSITORY_CHANGED, Hub
from commonweight.hub.known import KnownModelNotFound, KnownModels, PackagedModels, searchable_text
from commonweight.hub.licence_files import folder_of, is_licence, is_licences_folder, licence_texts_of
from commonweight.hub.origins import Origin
from commonweight.hub.paths import check_path
from commonweight.hub.pointers import is_sha256, pointer_text
from commonweight.hub.steps import TRAINING_FILES, Step, stated_data, steps_of
from commonweight.hub.values import (
    KINDS,
    AddFile,
    AddLarge,
    AddStored,
    BaseModel,
    Change,
    Commit,
    DeleteFile,
    DeleteFolder,
    Entry,
    Head,
    LargePointer,
    LicenceFile,
    Ref,
    Repository,
    Revision,
    RevisionFacts,
)

__all__ = [
    "CARD",
    "KINDS",
    "MAX_CARD_BYTES",
    "READ_REVISION",
    "REPOSITORY_CHANGED",
    "TRAINING_FILES",
    "AddFile",
    "AddLarge",
    "AddStored",
    "Ancestors",
    "Ascents",
    "BaseModel",
    "Candidate",
    "Card",
    "CarriesPrivate",
    "CatalogueError",
    "Change",
    "Collected",
    "Collection",
    "Commit",
    "Contended",
    "Deepen",
    "DeleteFile",
    "DeleteFolder",
    "Descendant",
    "Descent",
    "Descents",
    "Entry",
    "EntryNotFound",
    "Explanation",
    "Fetching",
    "GatedRepository",
    "GitRef",
    "Head",
    "Hub",
    "InvalidPath",
    "InvalidRef",
    "IsDraft",
    "KnownEdge",
    "KnownModel",
    "KnownModelNotFound",
    "KnownModels",
    "LargeFileMissing",
    "LargePointer",
    "LicenceFile",
    "MayNotWrite",
    "Origin",
    "PackagedModels",
    "Parcel",
    "Ref",
    "RefExists",
    "Repository",
    "RepositoryExists",
    "RepositoryNotFound",
    "Revision",
    "RevisionFacts",
    "RevisionNotFound",
    "StaleParent",
    "Step",
    "TooMuch",
    "Waiting",
    "Wish",
    "check_path",
    "folder_of",
    "gather",
    "is_licence",
    "is_licences_folder",
    "is_sha256",
    "keep_further_steps",
    "licence_section",
    "licence_texts_of",
    "pointer_text",
    "read_card",
    "searchable_text",
    "stated_data",
    "steps_of",
]
