"""What is sent and received: the words of docs/rights-io.md and docs/choosing.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from commonweight.choosing import MarketRow
from commonweight.policy import StoredVerdict, Use
from commonweight.wire.cw.policy_shapes import VerdictChangeAnswer

MAX_MODEL = 400  # characters: namespace, name and revision


class VerdictRequest(BaseModel):
    """A model, and the facts of the asker; without `use`, those of the standing use."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        min_length=1,
        max_length=MAX_MODEL,
        description="namespace/name[@revision], datasets/namespace/name, or the id of a known model",
    )
    use: dict[str, Any] | None = Field(
        default=None, description="acts, purposes, ... (docs/rights-io.md, `use`), or {organisation, use, decisions}"
    )
    organisation: dict[str, Any] | None = Field(default=None, description="who asks (docs/rights-io.md)")
    decisions: list[dict[str, Any]] | None = Field(default=None, description="exceptions and readings by people")
    format: str | None = Field(default=None, description="commonweight.question/1, where a question file is sent")

    @property
    def facts(self) -> dict[str, Any] | None:
        """The facts as policy takes them; None asks for the standing use."""
        if self.organisation is None and self.decisions is None:
            return self.use
        parts = {"organisation": self.organisation, "use": self.use, "decisions": self.decisions}
        return {name: part for name, part in parts.items() if part is not None}


class RefusalAnswer(BaseModel):
    """Why the model is not served here."""

    value: str
    licence: str
    clause: str
    reason: str
    remedy: str
    message: str


class StaleAnswer(BaseModel):
    """
    Why a verdict may not be the answer any more, and since when where that was written down. `superseded_by` is the verdict
    that stands instead; without one it waits to be decided again, or for somebody's review.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: str
    reason: str
    since: datetime | None
    superseded_by: str
    cause_id: int | None
    about: str


class VerdictAnswer(BaseModel):
    """A verdict as it is kept. `verdict` has the form of docs/rights-io.md, `lineage` that of a question's subject."""

    id: str
    value: str
    subject: str
    use_name: str
    terms: list[str]
    refusal: RefusalAnswer | None
    stale: bool
    stale_because: StaleAnswer | None
    created_at: datetime
    verdict: dict[str, Any]
    lineage: dict[str, Any]

    @classmethod
    def of(cls, verdict: StoredVerdict, document: Mapping[str, Any] | None = None) -> VerdictAnswer:
        """`document` is the verdict's in another language."""
        refusal = verdict.refusal
        return cls(
            id=verdict.id,
            value=verdict.value,
            subject=verdict.subject,
            use_name=verdict.use_name,
            terms=list(verdict.terms),
            refusal=RefusalAnswer.model_validate(refusal, from_attributes=True) if refusal else None,
            stale=verdict.stale is not None,
            stale_because=StaleAnswer.model_validate(verdict.stale) if verdict.stale else None,
            created_at=verdict.created_at,
            verdict=dict(document or verdict.document),
            lineage=dict(verdict.lineage),
        )


class UseBody(BaseModel):
    """A new standing use. A name or description left out stays, and becomes empty, in that order."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any] = Field(description="{organisation, use, decisions} as in docs/rights-io.md")
    name: str = ""
    description: str = ""


class UseAnswer(BaseModel):
    """The use for which verdicts stand."""

    name: str
    description: str
    facts: dict[str, Any]
    updated_at: datetime

    @classmethod
    def of(cls, use: Use) -> UseAnswer:
        return cls(name=use.name, description=use.description, facts=dict(use.facts), updated_at=use.updated_at)


class UseChangeAnswer(BaseModel):
    """The standing use as it is now, and what came out otherwise than before."""

    use: UseAnswer
    changes: list[VerdictChangeAnswer]
    waiting: int = Field(default=0, description="verdicts (of shapes of lineages) that a job still has to decide again")


class RowAnswer(BaseModel):
    """One model of the market."""

    id: str
    name: str
    publisher: str
    hosted: bool
    page: str
    parameters: str
    size: int
    modality: list[str]
    released: str
    openness: dict[str, Any]
    evidence: str
    value: str
    headline: str
    review: str
    verdict_id: str
    offer: str
    offer_note: str
    deed: str
    licences: list[str]
    private: bool
    downloads: int
    stale: bool
    stale_reason: str

    @classmethod
    def of(cls, row: MarketRow) -> RowAnswer:
        given = {name: getattr(row, name) for name in cls.model_fields if name != "openness"}
        return cls(**given, openness=row.openness.to_document())


class MarketAnswer(BaseModel):
    """Rows, and the name of the standing use that their verdicts are for."""

    use: str
    rows: list[RowAnswer]


class RightsAnswer(BaseModel):
    """What one model's page of rights shows."""

    row: RowAnswer
    verdict: VerdictAnswer


class LicenceBrief(BaseModel):
    """A recorded text version."""

    key: str
    title: str
    family: str
    version: str
    effective: str | None
    licensor: str
    openness: str
    binding: str
    review: str
    ids: dict[str, list[str]]
    digest: str


class UnderAnswer(BaseModel):
    """A model that stands under a text: by its own label (`licences`), or through its lineage."""

    id: str
    hosted: bool
    page: str
    licences: list[str]


class LicenceAnswer(BaseModel):
    """A record in plain words. `licence` has the form commonweight.licence/1 (docs/rights-io.md)."""

    licence: dict[str, Any]
    versions: list[str]
    against: str | None
    differences: list[dict[str, Any]]
    models: list[UnderAnswer]


class OpennessAnswer(BaseModel):
    """How open a model is (docs/openness.md). `commit` and what was compared are empty for a model that is only known."""

    model: str
    commit: str
    openness: dict[str, Any]
    exemption: dict[str, Any]
    compared_with: str
    changes: list[dict[str, str]]
    since: list[dict[str, str]]
    since_when: str
