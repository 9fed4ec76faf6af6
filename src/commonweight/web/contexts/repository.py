"""The pages of one repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.files_say import FilesSayView
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.market import StandingUse, VerdictBrief
from commonweight.web.contexts.openness import OpennessDetail, OpennessView
from commonweight.web.contexts.organisations import MemberRow, OrganisationRow
from commonweight.web.contexts.plan_view import PlanView
from commonweight.web.contexts.rights import VerdictView
from commonweight.web.contexts.scans import ScanView
from commonweight.web.contexts.weights import WeightsView


@dataclass(frozen=True)
class Tab:
    title: str = says("Text of the tab.")
    icon: str = says("Its drawing.")
    href: str = says("Its page.")
    is_current: bool = says("Whether it is this page.")
    count: int = says("How many wait there; 0 where that is not counted.", 0)


@dataclass(frozen=True)
class Head:
    kind: str = says("model or dataset.")
    namespace: str = says("Account that owns it.")
    name: str = says("Name of the repository.")
    href: str = says("Its first page.")
    is_private: bool = says("Whether others can see it.")
    is_draft: bool = says("Whether it waits for somebody to accept it.")
    revision: str = says("Revision being looked at, as it was asked for.")
    commit: str = says("Commit behind the revision, 40 hex digits.")
    tags: tuple[str, ...] = says("Task, library, licence and other tags.")
    verdict: VerdictBrief | None = says("Standing verdict in brief; None where there is none.")
    tabs: tuple[Tab, ...] = says("Card, Files, Commits, Community, Access, Rights, Openness, Plans, Chat.")
    is_gated: bool = says("Whether access to the files is asked for.", False)
    scan: Word | None = says(
        "The worst that was found in its files; None where nothing was, or the page does not tell.", None
    )
    scan_href: str = says("Where what was found is told.", "")


@dataclass(frozen=True)
class Snippet:
    title: str = says("What it is for.")
    code: str = says("The text to copy.")


@dataclass(frozen=True)
class CallName:
    name: str = says("What a program says as `model`.")
    what: str = says("What answers then; empty where the name says it.", "")
    values: tuple[tuple[str, str], ...] = says("What stands in the places of `what`.", ())


@dataclass(frozen=True)
class TriedRow:
    name: str = says("What was tried.")
    outcome: str = says("What came of it, in a word.")
    tone: str = says("good, stop or ask.")
    reason: str = says("Why it failed or is not known; empty where it works.")
    values: tuple[tuple[str, object], ...] = says("What stands in the places of the reason.", ())


@dataclass(frozen=True)
class TriedView:
    path: str = says("The file that was loaded; empty for a checkpoint.")
    engine: str = says("Name and version of the engine.")
    when: str = says("When it was tried, in UTC.")
    context: str = says("Most tokens of prompt and answer; empty where nobody knows.")
    rows: tuple[TriedRow, ...] = says("What was tried, and what came of it.")


@dataclass(frozen=True)
class CardPage:
    template: ClassVar[str] = "card.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    html: str = says("The card, rendered and sanitised; empty where there is none.")
    card_error: str = says("What is wrong with the card's front matter; empty where nothing is.")
    facts: tuple[tuple[str, str], ...] = says("Name and value of what the front matter says.")
    snippets: tuple[Snippet, ...] = says("How to use it.")
    openness: OpennessView | None = says("How open it is.")
    may_write: bool = says("Whether the caller may upload.")
    upload: str = says("The command that uploads a card.")
    files: FilesSayView | None = says("What the files of a data set say of its licence; a model has a page for it.", None)
    tried: tuple[TriedView, ...] = says("What came of trying it on an engine; empty where it was never loaded.", ())
    plans: tuple[PlanView, ...] = says("By which plans it can be called; empty where it needs none.", ())
    names: tuple[CallName, ...] = says("By which names what is in it is called, the one that is meant first.", ())
    collections: tuple[tuple[str, str], ...] = says("Collections of the reader's: address and title.", ())
    likes: int = says("How many people like it.", 0)
    is_liked: bool = says("Whether the reader does.", False)
    ask: str = says("Where access to the files is asked for; empty where the reader has it.", "")
    behind: tuple[str, ...] = says("Closed models whose weights it carries; empty for one that is not named.", ())


@dataclass(frozen=True)
class FileRow:
    name: str = says("Name inside this folder.")
    href: str = says("Its page.")
    is_folder: bool = says("Whether it is a folder.")
    size: str = says("Size for people; empty for folders.")
    exact: str = says("Size in bytes, with thousands separators; empty for folders.")
    is_large: bool = says("Whether its bytes are kept in the chunk store.")
    download: str = says("Address of its bytes; empty for folders.")
    message: str = says("Title of the commit that last changed it.")
    when: str = says("Date of that commit.")
    scan: Word | None = says("What was found in it; None where it is not looked through.", None)


@dataclass(frozen=True)
class FilesPage:
    template: ClassVar[str] = "files.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    crumbs: tuple[tuple[str, str], ...] = says("Name and address of each folder above, the repository first.")
    rows: tuple[FileRow, ...] = says("Folders, then files.")
    refs: tuple[tuple[str, str], ...] = says("Branches and tags: name and address of this folder there.")
    total: str = says("Sizes of the files listed here, summed.")
    clone: str = says("The command that downloads all of it.")


@dataclass(frozen=True)
class BlobPage:
    template: ClassVar[str] = "blob.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    crumbs: tuple[tuple[str, str], ...] = says("Name and address of each folder above, the repository first.")
    name: str = says("Name of the file.")
    size: str = says("Size for people.")
    exact: str = says("Size in bytes, with thousands separators.")
    digests: tuple[tuple[str, str], ...] = says("Name and value of its hashes.")
    download: str = says("Address of the bytes.")
    lines: tuple[str, ...] = says("Its text, by line; empty where it is not shown.")
    why_not: str = says("Why no text is shown; empty where it is.")
    scan: ScanView | None = says("What was found in it; None where it is not looked through.", None)
    weights: WeightsView | None = says("The header of a file of weights; None where it is none, or broken.", None)
    picture: str = says("Address of an image that is shown; empty for anything else.", "")


@dataclass(frozen=True)
class ScansPage:
    template: ClassVar[str] = "scans.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    files: tuple[ScanView, ...] = says("Files that were looked through: those with findings first.")
    refuses: bool = says("Whether this installation keeps the bytes of unsafe files back.")


@dataclass(frozen=True)
class CommitRow:
    id: str = says("Commit, 40 hex digits.")
    href: str = says("The files at that commit.")
    title: str = says("First line of the message.")
    message: str = says("The rest of it.")
    author: str = says("Who.")
    when: str = says("When.")


@dataclass(frozen=True)
class CommitsPage:
    template: ClassVar[str] = "commits.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    rows: tuple[CommitRow, ...] = says("Newest first.")
    older: str = says("Address of the next page; empty at the end.")


@dataclass(frozen=True)
class RightsPage:
    template: ClassVar[str] = "rights.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    use: StandingUse = says("The use the verdict is for.")
    ask: str = says("Address of the guided form.")
    verdict: VerdictView | None = says("The standing verdict; None while it cannot be given.")
    problem: str = says("Why there is no verdict; empty where there is one.")
    openness: OpennessView | None = says("How open it is.")
    owed: str = says("Address of what is owed, as files.")
    bills: tuple[tuple[str, str], ...] = says("Bills of materials: format and address.")
    files: FilesSayView = says("What the files say of the licence.")
    suspected: int = says("How many suspected bases wait for a decision of the reader; 0 for others.", 0)
    plans: tuple[PlanView, ...] = says("Plans that carry the permission that the verdict asks for.", ())


@dataclass(frozen=True)
class OpennessPage:
    template: ClassVar[str] = "openness.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    openness: OpennessView = says("The four axes and the label.")
    detail: OpennessDetail = says("Everything behind them.")
    before: str = says("Commit that this one was compared with, eight digits; empty where there is none.")
    changes: tuple[str, ...] = says("What the commit changed against the one before.")
    since_when: str = says("When the same commit was graded before, and otherwise; empty where it was not.")
    since: tuple[str, ...] = says("What changed since then.")


@dataclass(frozen=True)
class ChatPage:
    template: ClassVar[str] = "chat.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, verdict, tabs.")
    model: str = says("What `/v1` calls this model.")
    refusal: str = says("Why it may not run here; empty where it may.")
    needs_sign_in: bool = says("Whether the reader has to sign in first.")
    curl: str = says("The same without a browser.")


@dataclass(frozen=True)
class NamespacePage:
    template: ClassVar[str] = "namespace.html"

    frame: Frame = says("What is around the page.")
    name: str = says("Account's name.")
    fullname: str = says("Its name for people.")
    kind: Word = says("A person or an organisation.")
    repositories: tuple[tuple[str, str, str, bool], ...] = says("Kind, full name, address, whether private.")
    plans: tuple[PlanView, ...] = says("Plans that it offers.", ())
    details: str = says("What an organisation says of itself.", "")
    role: str = says("The reader's role in an organisation; empty for whoever has none.", "")
    settings: str = says("Address of its settings, for those who may change them.", "")
    members: tuple[MemberRow, ...] = says("Who belongs to an organisation, for readers with an account.", ())
    organisations: tuple[OrganisationRow, ...] = says("Organisations of a person, for readers with an account.", ())


@dataclass(frozen=True)
class RepositorySettingsPage:
    template: ClassVar[str] = "repository_settings.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    base: str = says("Address that all forms begin with.")
    visibility: str = says("public, private or draft.")
    namespaces: tuple[str, ...] = says("Owners that it can be moved to, the present one first.")
    namespace: str = says("The one chosen.")
    name: str = says("The name that was typed, at first the present one.")
    error: str = says("Why the last deed failed; empty otherwise.", "")
