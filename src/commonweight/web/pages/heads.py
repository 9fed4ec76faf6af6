"""What the pages of one repository share: finding it, its head, its tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from commonweight.hub import Repository, Revision, RevisionFacts
from commonweight.identity import ANONYMOUS, Caller, Right
from commonweight.policy import StoredVerdict
from commonweight.web.contexts import Head, Tab, VerdictBrief
from commonweight.web.links import in_repository, of_repository
from commonweight.web.presenting.causes import cause_word
from commonweight.web.presenting.scans import worst_of
from commonweight.web.presenting.words import _, verdict_word
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit

COMMUNITY: Final = _("Community")  # discussions and pull requests
ACCESS: Final = _("Access")  # to the files of what is gated
SETTINGS: Final = _("Settings")  # who sees it, its name, whether it stays
MAX_TAGS_SHOWN = 12  # a line or two; the card's facts have the rest


@dataclass(frozen=True)
class Seen:
    """A repository at a revision, as a visitor asked for it."""

    repository: Repository
    revision: Revision
    asked: str
    caller: Caller = ANONYMOUS  # whose verdict it is, where they hold something from a licensor

    @property
    def href(self) -> str:
        return of_repository(self.repository)


class Heads:
    """Finds repositories for visits and builds the head of their pages."""

    def __init__(self, services: WebServices) -> None:
        self._services = services

    async def find(self, visit: Visit, kind: str, asked: str = "main") -> Seen:
        """Raises RepositoryNotFound, RevisionNotFound."""
        hub = self._services.hub
        repository = await hub.find(visit.caller, kind, visit.params["namespace"], visit.params["name"])
        return Seen(repository, await hub.resolve(repository, asked), asked, visit.caller)

    async def verdict(self, seen: Seen) -> StoredVerdict | None:
        """The verdict on a model that holds for the visitor; of data sets and spaces none stands."""
        if seen.repository.kind != "model":
            return None
        return await self._services.policy.verdict_for(seen.caller, seen.revision)

    async def head(self, seen: Seen, current: str, *, with_verdict: bool = False, with_scan: bool = False) -> Head:
        facts = await self._services.hub.facts(seen.revision)
        verdict = await self.verdict(seen) if with_verdict else None
        scanned = (await self._services.unsafe_guard.scans.of_revision(seen.revision)).files if with_scan else {}
        return Head(
            kind=seen.repository.kind,
            namespace=seen.repository.namespace,
            name=seen.repository.name,
            href=seen.href,
            is_private=seen.repository.is_private,
            is_draft=seen.repository.is_draft,
            revision=seen.asked,
            commit=seen.revision.commit,
            tags=_tags(facts),
            verdict=_brief(verdict, seen) if verdict else None,
            tabs=_tabs(seen, current, await self._counts(seen), facts),
            is_gated=bool(seen.repository.gated),
            scan=worst_of(scanned),
            scan_href=in_repository(seen.repository, "scans", seen.asked),
        )

    async def _counts(self, seen: Seen) -> dict[str, int]:
        """What waits behind a tab."""
        hub, counts = self._services.hub, {}
        counts[COMMUNITY] = await hub.discussions.count_open(seen.repository)
        if seen.repository.gated and seen.caller.may_with(Right.ADMINISTER, seen.repository):
            counts[ACCESS] = (await hub.gates.counts(seen.caller, seen.repository)).get("pending", 0)
        return counts


def _brief(verdict: StoredVerdict, seen: Seen) -> VerdictBrief:
    stale = cause_word(verdict.stale.kind).meaning if verdict.stale else ""
    return VerdictBrief(verdict_word(verdict.value), verdict.headline, f"{seen.href}/rights", stale)


def _tags(facts: RevisionFacts) -> tuple[str, ...]:
    found = dict.fromkeys(tag for tag in (facts.pipeline_tag, facts.library_name, *facts.licences, *facts.tags) if tag)
    return tuple(found)[:MAX_TAGS_SHOWN]


def _tabs(seen: Seen, current: str, counts: Mapping[str, int], facts: RevisionFacts) -> tuple[Tab, ...]:
    tabs = [
        (_("Card"), "book", seen.href),
        (_("Files"), "folder", in_repository(seen.repository, "tree", seen.asked)),
        (_("Commits"), "clock", in_repository(seen.repository, "commits", seen.asked)),
        (COMMUNITY, "talk", f"{seen.href}/discussions"),
    ]
    administers = seen.caller.may_with(Right.ADMINISTER, seen.repository)
    if administers or seen.repository.gated:
        tabs.append((ACCESS, "lock", f"{seen.href}/access{'/requests' if administers else ''}"))
    if seen.repository.kind == "model":
        tabs.append((_("Rights"), "scales", f"{seen.href}/rights"))
        tabs.append((_("Openness"), "box", f"{seen.href}/openness"))
        tabs.append((_("Plans"), "key", f"{seen.href}/plans"))
        if facts.has_gguf:
            tabs.append((_("Chat"), "chat", f"{seen.href}/chat"))
    if seen.repository.kind in ("model", "dataset"):
        tabs.append((_("Lineage"), "split", f"{seen.href}/lineage"))
    if administers:
        tabs.append((SETTINGS, "pencil", f"{seen.href}/settings"))
    return tuple(Tab(title, icon, href, title == current, counts.get(title, 0)) for title, icon, href in tabs)
