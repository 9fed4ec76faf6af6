"""What is sent and received about the organisation, its uses, what people decided and what changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonweight.policy import (
    Change,
    HeldPermission,
    ModelsPage,
    Organisation,
    Outcome,
    PersonsDecision,
    Preview,
    SweepProgress,
    Use,
    VerdictChange,
)
from commonweight.wire.cw.numbers import Number

_SEEN = "`updated_at` of what you looked at: where somebody has saved since, 412 and nothing is changed"


class VerdictChangeAnswer(BaseModel):
    """A standing verdict that comes out otherwise."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    title: str
    before: str
    after: str
    headline: str


class OutcomeAnswer(BaseModel):
    """
    What a change of facts came to: the first of the verdicts that came out otherwise, how many there are, and how many (of
    shapes of lineages) a job still has to decide again.
    """

    cause: int
    changed: int
    waiting: int
    changes: list[VerdictChangeAnswer]

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeAnswer:
        changes = [VerdictChangeAnswer.model_validate(one) for one in outcome.changes]
        return cls(cause=outcome.cause_id, changed=outcome.changed, waiting=outcome.waiting, changes=changes)


class OrganisationBody(BaseModel):
    """Facts of the organisation (docs/rights-io.md, `organisation`, without permissions), and who belongs to its group."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any]
    group: str = ""
    seen: AwareDatetime | None = Field(default=None, description=_SEEN)


class OrganisationAnswer(BaseModel):
    facts: dict[str, Any]
    group: str
    updated_at: datetime
    asked_by: dict[str, list[str]] = Field(description="which licences ask for each fact, by key")

    @classmethod
    def of(cls, organisation: Organisation, asked_by: dict[str, list[str]]) -> OrganisationAnswer:
        return cls(
            facts=dict(organisation.facts),
            group=organisation.group,
            updated_at=organisation.updated_at,
            asked_by=asked_by,
        )


class OrganisationChangeAnswer(BaseModel):
    organisation: OrganisationAnswer
    outcome: OutcomeAnswer


class NamedUseBody(BaseModel):
    """A use: its facts alone (docs/rights-io.md, `use`). Without facts, those of a template."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    description: str = ""
    facts: dict[str, Any] | None = None
    template: str = ""
    seen: AwareDatetime | None = Field(default=None, description=_SEEN)


class NamedUseAnswer(BaseModel):
    """`counts`: how many models have each verdict; "" counts those that wait to be decided again."""

    id: int
    name: str
    description: str
    template: str
    is_default: bool
    facts: dict[str, Any]
    updated_at: datetime
    counts: dict[str, int]

    @classmethod
    def of(cls, use: Use, counts: dict[int, dict[str, int]]) -> NamedUseAnswer:
        return cls(
            id=use.id,
            name=use.name,
            description=use.description,
            template=use.template,
            is_default=use.is_standing,
            facts=dict(use.own),
            updated_at=use.updated_at,
            counts=counts.get(use.id, {}),
        )


class UsesAnswer(BaseModel):
    uses: list[NamedUseAnswer]
    waiting: int = Field(description="verdicts (of shapes of lineages) that wait to be decided again")


class ModelOfUseAnswer(BaseModel):
    """`value` is empty while it waits to be decided again."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    title: str
    value: str
    verdict_id: str


class ModelsOfUseAnswer(BaseModel):
    models: list[ModelOfUseAnswer]
    next: str = Field(description="`after` of the next page; empty on the last")

    @classmethod
    def of(cls, page: ModelsPage) -> ModelsOfUseAnswer:
        return cls(models=[ModelOfUseAnswer.model_validate(one) for one in page.models], next=page.after)


class NamedUseChangeAnswer(BaseModel):
    use: NamedUseAnswer
    outcome: OutcomeAnswer


class PreviewBody(BaseModel):
    """Other facts to try. With `organisation` all uses are tried, with `use` and `facts` the one."""

    model_config = ConfigDict(extra="forbid")

    use: Number | None = None
    facts: dict[str, Any] | None = None
    organisation: dict[str, Any] | None = None


class CountAnswer(BaseModel):
    before: str
    after: str
    models: int


class PreviewAnswer(BaseModel):
    counts: list[CountAnswer]
    changes: list[VerdictChangeAnswer]
    tried: int
    touched: int

    @classmethod
    def of(cls, preview: Preview) -> PreviewAnswer:
        return cls(
            counts=[CountAnswer(before=b, after=a, models=n) for (b, a), n in sorted(preview.counts.items())],
            changes=[VerdictChangeAnswer.model_validate(one) for one in preview.changes],
            tried=preview.tried,
            touched=preview.touched,
        )


class PermissionBody(BaseModel):
    """What is held from a licensor (docs/rights-io.md, permissions). `outside_id` makes it idempotent."""

    model_config = ConfigDict(extra="forbid")

    licence: str = Field(min_length=1)
    kind: Literal["bought", "granted", "registered"]
    name: str = Field(default="", description="the id that verdicts cite; made up where left out")
    lifts: list[str] = []
    acts: list[str] = []
    since: date | None = None
    until: date | None = None
    author: str = ""
    source: str = ""
    outside_id: str | None = None


class PermissionAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    organisation: str
    name: str
    licence: str
    kind: str
    lifts: list[str]
    acts: list[str]
    since: date | None
    until: date | None
    author: str
    source: str
    outside_id: str | None
    recorded_at: datetime
    ended_at: datetime | None
    end_reason: str

    @classmethod
    def of(cls, one: HeldPermission) -> PermissionAnswer:
        return cls.model_validate(one)


class PermissionChangeAnswer(BaseModel):
    permission: PermissionAnswer
    outcome: OutcomeAnswer


class DecisionBody(BaseModel):
    """An exception or a reading (docs/rights-io.md, decisions); `model` limits it to one model, `use` to one use."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["exception", "reading"]
    finding: str = Field(min_length=1, description="id of a clause in a verdict, such as llama-2#mau700")
    choose: str = Field(min_length=1)
    author: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    name: str = ""
    acts: list[str] = []
    node: str = ""
    model: str = ""
    use: Number | None = None
    since: date | None = None
    expires: date | None = None
    source: str = ""


class DecisionAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    kind: str
    finding: str
    choose: str
    acts: list[str]
    node: str | None
    model: str | None
    use_id: int | None
    author: str
    reason: str
    source: str
    since: date | None
    expires: date | None
    recorded_at: datetime
    ended_at: datetime | None
    end_reason: str

    @classmethod
    def of(cls, one: PersonsDecision) -> DecisionAnswer:
        return cls.model_validate(one)


class DecisionChangeAnswer(BaseModel):
    decision: DecisionAnswer
    outcome: OutcomeAnswer


class EndBody(BaseModel):
    """Why it ends. Nothing is deleted."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)


class CauseAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: str
    words: dict[str, Any]
    at: datetime
    by: str
    changed: int


class ChangeAnswer(BaseModel):
    """A verdict before and after, and why."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    subject: str
    title: str
    use: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str
    direction: str = Field(description="worse or better; empty where the answer is as it was")
    headline: str
    cause: CauseAnswer

    @classmethod
    def of(cls, change: Change) -> ChangeAnswer:
        return cls.model_validate(change)


class WaitsForAnswer(BaseModel):
    """A cause for which verdicts (of shapes of lineages) wait: of `touched`, `waiting` are left."""

    model_config = ConfigDict(from_attributes=True)

    cause_id: int
    kind: str
    at: datetime
    touched: int
    waiting: int


class ProgressAnswer(BaseModel):
    """How far deciding again has come: `waiting` of `total` verdicts (of shapes of lineages); `done` from 0 to 1."""

    model_config = ConfigDict(from_attributes=True)

    waiting: int
    total: int
    done: float
    is_running: bool
    causes: list[WaitsForAnswer]

    @classmethod
    def of(cls, progress: SweepProgress) -> ProgressAnswer:
        return cls.model_validate(progress)


class ChangesAnswer(BaseModel):
    """`next` goes on: send it as `before_id`."""

    changes: list[ChangeAnswer]
    next: int | None


def changes_of(changes: tuple[VerdictChange, ...]) -> list[VerdictChangeAnswer]:
    return [VerdictChangeAnswer.model_validate(one) for one in changes]
