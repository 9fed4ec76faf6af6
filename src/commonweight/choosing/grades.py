"""Grades of openness: one for each commit kept here and each entry of the catalogue, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from commonweight.choosing.evidence import Evidence, EvidenceStore, NoStore
from commonweight.choosing.grading import NO_LICENCE, Lineage, access_to, licences_of
from commonweight.choosing.kept import GradeStore, KeptGrade, NoGrades
from commonweight.choosing.looking import Looking
from commonweight.errors import NotFound
from commonweight.hub import Hub, KnownModel, KnownModels, Revision
from commonweight.jobs import Progress
from commonweight.policy import Policy
from commonweight.rights import (
    Exemption,
    GradeChange,
    Openness,
    Say,
    changes_between,
    exemption,
    grade_document,
    grade_openness,
    load_licence_classes,
    plain,
)


@dataclass(frozen=True)
class Report:
    """
    Everything about one model's openness. `changes` is what differs from the commit `before`; `since` what differs from how
    the same commit was graded at `since_when`.
    """

    openness: Openness
    exemption: Exemption
    commit: str = ""
    before: str = ""
    changes: tuple[GradeChange, ...] = ()
    since: tuple[GradeChange, ...] = ()
    since_when: datetime | None = None

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        """Everything, as the API gives it."""
        return {
            "commit": self.commit,
            "openness": self.openness.to_whole_document(speak),
            "exemption": self.exemption.to_document(speak),
            "compared_with": self.before,
            "changes": [change.to_document(speak) for change in self.changes],
            "since": [change.to_document(speak) for change in self.since],
            "since_when": self.since_when.isoformat() if self.since_when else "",
        }


class Grades:
    """Puts grades together from evidence, claims and lineages. Without stores nothing is kept beyond the process."""

    def __init__(
        self,
        hub: Hub,
        known: KnownModels,
        policy: Policy,
        evidence: EvidenceStore | None = None,
        grades: GradeStore | None = None,
    ) -> None:
        self._hub = hub
        self._policy = policy
        self._looking = Looking(hub, known, Evidence(hub, evidence or NoStore()))
        self._kept: GradeStore = grades or NoGrades()
        self._classes = load_licence_classes(policy.records)

    async def hosted(self, revision: Revision, lineage: Lineage) -> Openness:
        """Of a repository kept here, by what its files show."""
        facts = await self._hub.facts(revision)
        seen = await self._looking.at(revision, facts, lineage)
        licences = {
            **licences_of(lineage),
            **await self._looking.evaluation_licences(revision, facts),
        }
        gated = replace(revision.repository, gated=await self._hub.gate(revision.repository))
        access = access_to(gated, facts.card)
        return grade_openness(seen.components, licences, access, self._classes, seen.checks)

    async def of_known(self, known: KnownModel, lineage: Lineage) -> Openness:
        """Of an entry of the catalogue, by claims."""
        seen = await self._looking.at_known(lineage)
        return grade_openness(seen.components, licences_of(lineage), known.access, self._classes)

    async def report(self, model: Revision | KnownModel) -> Report:
        """The grade with everything behind it; of a commit it is kept, and compared with the commit before."""
        lineage = (await self._policy.standing_verdict(model)).lineage
        if isinstance(model, KnownModel):
            openness = await self.of_known(model, lineage)
            return Report(openness, self._exemption(openness, lineage, model.training_flop))
        openness, exempt, document = await self._graded(model, lineage)
        await self._kept.add(model, document)
        before = await self._before(model)
        earlier = ([*await self._kept.of(model)] or [KeptGrade(model.commit, document)])[:-1]
        return Report(
            openness,
            exempt,
            model.commit,
            before.commit if before else "",
            changes_between(before.document, document) if before else (),
            changes_between(earlier[-1].document, document) if earlier else (),
            earlier[-1].graded_at if earlier else None,
        )

    async def _graded(self, revision: Revision, lineage: Lineage) -> tuple[Openness, Exemption, dict[str, Any]]:
        openness = await self.hosted(revision, lineage)
        exempt = self._exemption(openness, lineage, None)
        files = {file.path: file.oid for file in (await self._hub.facts(revision)).licence_files}
        return openness, exempt, grade_document(openness, exempt, files)

    def _exemption(self, openness: Openness, lineage: Lineage, flop: float | None) -> Exemption:
        keys = [key for key in licences_of(lineage)["weights"] if key != NO_LICENCE]
        components = {key: one.component for key, one in openness.components.items()} | dict(openness.beside)
        return exemption(keys, openness.gate, components, self._classes, flop)

    async def _before(self, revision: Revision) -> KeptGrade | None:
        """The newest grade of the commit before; given now where nobody asked for it yet."""
        history = await self._hub.history(revision, limit=2)
        if len(history) < 2:
            return None
        parent = Revision(revision.repository, history[1].id)
        kept = await self._kept.of(parent)
        if kept:
            return kept[-1]
        lineage = (await self._policy.subject_for(parent)).document
        return KeptGrade(parent.commit, (await self._graded(parent, lineage))[2])

    async def on_read_revision(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """After a commit: look at its files and keep its grade, so that what changes later can be told."""
        repository = await self._hub.by_id(payload["repository_id"])
        if repository is None or repository.kind != "model":  # deleted in the meantime, or nothing that is graded
            return
        revision = Revision(repository, payload["commit"])
        try:
            lineage = (await self._policy.subject_for(revision)).document
            await self._kept.add(revision, (await self._graded(revision, lineage))[2])
        except (NotFound, IntegrityError):
            if await self._hub.by_id(repository.id) is not None:
                raise
