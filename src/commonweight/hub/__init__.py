"""
Repositories: git objects, refs, commits, and what they say about themselves.

Made with `Hub(database, storage, clock)`; see docs/hub.md.
"""

from commonweight.hub.akin import Akin
from commonweight.hub.ascent import Ancestors, Ascents
from commonweight.hub.attributes import Candidate
from commonweight.hub.card_licence import licence_section
from commonweight.hub.cards import CARD, MAX_CARD_BYTES, Card, read_card
from commonweight.hub.catalogue import CatalogueError, KnownEdge, KnownModel
from commonweight.hub.collecting import Collected, Collection, Explanation, Waiting, names_of_scopes
from commonweight.hub.committing import READ_REVISION
from commonweight.hub.contents import INDEX, Contents, Finding, Unreadable
from commonweight.hub.descent import Descendant, Descent, Descents, keep_further_steps
from commonweight.hub.discussions import (
    DISCUSSION_CHANGED,
    CommentText,
    Comparison,
    Discussion,
    Discussions,
    Event,
    FileChange,
    Hunk,
    Line,
    Page,
    PullRequests,
    Side,
    Wanted,
    diff_text,
    may_steer,
    pull_number,
    pull_ref,
)
from commonweight.hub.errors import (
    CarriesPrivate,
    Contended,
    DiscussionNotFound,
    DiscussionState,
    EntryNotFound,
    GatedRepository,
    InvalidPath,
    InvalidRef,
    IsDraft,
    LargeFileMissing,
    MayNotWrite,
    MergeConflicts,
    RefExists,
    RepositoryExists,
    RepositoryNotFound,
    RevisionNotFound,
    StaleParent,
    TooMuch,
)
from commonweight.hub.facts import gather
from commonweight.hub.fetching import Fetching, GitRef, Parcel, Wish
from commonweight.hub.gating import AcceptedTerms, AccessRequest, GateField, Gates, Terms
from commonweight.hub.gating.errors import AccessRejected, AccessRequestNotFound, AccessState, NotGated, TermsChanged
from commonweight.hub.granting import Granting, NamedGrant
from commonweight.hub.graph import Deepen
from commonweight.hub.hub import REPOSITORY_CHANGED, Hub
from commonweight.hub.known import KnownModelNotFound, KnownModels, PackagedModels, searchable_text
from commonweight.hub.licence_files import folder_of, is_licence, is_licences_folder, licence_texts_of
from commonweight.hub.liking import Liked, Liker, Likes
from commonweight.hub.listing import DEFAULT_SORT, MAX_PAGE, SORTS, Cursor, Listed, Listings, read_cursor, write_cursor
from commonweight.hub.listing import Wanted as WantedList
from commonweight.hub.origins import Origin
from commonweight.hub.paths import check_path
from commonweight.hub.pointers import is_sha256, pointer_text
from commonweight.hub.push_rules import KeepsRefs, PushRules, RefUpdate
from commonweight.hub.pushing import MAX_PACK_BYTES, Outcome, Push, Pushes
from commonweight.hub.receiving import Bounds, PackRefused
from commonweight.hub.rights import may_contribute
from commonweight.hub.scrubbing import GitSource
from commonweight.hub.steps import TRAINING_FILES, Step, stated_data, steps_of
from commonweight.hub.tagging import library_of, tags_of, task_of
from commonweight.hub.telling import REPOSITORY_EVENT
from commonweight.hub.telling import described as described_repository
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
from commonweight.rights.openness.gguf import GgufHead

__all__ = [
    "CARD",
    "DEFAULT_SORT",
    "DISCUSSION_CHANGED",
    "INDEX",
    "KINDS",
    "MAX_CARD_BYTES",
    "MAX_PACK_BYTES",
    "MAX_PAGE",
    "READ_REVISION",
    "REPOSITORY_CHANGED",
    "REPOSITORY_EVENT",
    "SORTS",
    "TRAINING_FILES",
    "AcceptedTerms",
    "AccessRejected",
    "AccessRequest",
    "AccessRequestNotFound",
    "AccessState",
    "AddFile",
    "AddLarge",
    "AddStored",
    "Akin",
    "Ancestors",
    "Ascents",
    "BaseModel",
    "Bounds",
    "Candidate",
    "Card",
    "CarriesPrivate",
    "CatalogueError",
    "Change",
    "Collected",
    "Collection",
    "CommentText",
    "Commit",
    "Comparison",
    "Contended",
    "Contents",
    "Cursor",
    "Deepen",
    "DeleteFile",
    "DeleteFolder",
    "Descendant",
    "Descent",
    "Descents",
    "Discussion",
    "DiscussionNotFound",
    "DiscussionState",
    "Discussions",
    "Entry",
    "EntryNotFound",
    "Event",
    "Explanation",
    "Fetching",
    "FileChange",
    "Finding",
    "GateField",
    "GatedRepository",
    "Gates",
    "GgufHead",
    "GitRef",
    "GitSource",
    "Granting",
    "Head",
    "Hub",
    "Hunk",
    "InvalidPath",
    "InvalidRef",
    "IsDraft",
    "KeepsRefs",
    "KnownEdge",
    "KnownModel",
    "KnownModelNotFound",
    "KnownModels",
    "LargeFileMissing",
    "LargePointer",
    "LicenceFile",
    "Liked",
    "Liker",
    "Likes",
    "Line",
    "Listed",
    "Listings",
    "MayNotWrite",
    "MergeConflicts",
    "NamedGrant",
    "NotGated",
    "Origin",
    "Outcome",
    "PackRefused",
    "PackagedModels",
    "Page",
    "Parcel",
    "PullRequests",
    "Push",
    "PushRules",
    "Pushes",
    "Ref",
    "RefExists",
    "RefUpdate",
    "Repository",
    "RepositoryExists",
    "RepositoryNotFound",
    "Revision",
    "RevisionFacts",
    "RevisionNotFound",
    "Side",
    "StaleParent",
    "Step",
    "Terms",
    "TermsChanged",
    "TooMuch",
    "Unreadable",
    "Waiting",
    "Wanted",
    "WantedList",
    "Wish",
    "check_path",
    "described_repository",
    "diff_text",
    "folder_of",
    "gather",
    "is_licence",
    "is_licences_folder",
    "is_sha256",
    "keep_further_steps",
    "library_of",
    "licence_section",
    "licence_texts_of",
    "may_contribute",
    "may_steer",
    "names_of_scopes",
    "pointer_text",
    "pull_number",
    "pull_ref",
    "read_card",
    "read_cursor",
    "searchable_text",
    "stated_data",
    "steps_of",
    "tags_of",
    "task_of",
    "write_cursor",
]
