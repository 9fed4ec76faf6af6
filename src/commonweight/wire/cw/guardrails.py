"""/cw/v1/guardrails: what must not be said to models, or by them."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.guarding import Action, Guardrail, Guardrails, NewGuardrail, Scope, Side, Thing, Topic, Wanted
from commonweight.identity import Caller
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number


class TopicBody(BaseModel):
    """A topic, by sentences that are about it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    examples: list[str]


class WantedBody(BaseModel):
    """
    What to look for. `countries` (ISO 3166): whose phone numbers are known without their `+`, and whose national ids are
    looked for. `judge` is the embedding model that tells topics, by a cosine of `likeness`.
    """

    model_config = ConfigDict(extra="forbid")

    things: list[Thing] = []
    countries: list[str] = []
    words: list[str] = []
    topics: list[TopicBody] = []
    judge: str = ""
    likeness: float = Field(default=0.4, gt=0, le=1)

    def wanted(self) -> Wanted:
        topics = tuple(Topic(topic.name, tuple(topic.examples)) for topic in self.topics)
        countries = tuple(country.upper() for country in self.countries)
        return Wanted(frozenset(self.things), countries, tuple(self.words), topics, self.judge, self.likeness)


class GuardrailBody(BaseModel):
    """A decision. `account`, `key` or `model` say for whom, as the scope asks for."""

    model_config = ConfigDict(extra="forbid")

    name: str
    wanted: WantedBody
    reason: str = Field(max_length=2_000)
    side: Side = Side.BOTH
    action: Action = Action.MASK
    scope: Scope = Scope.INSTALLATION
    account: str = ""
    key: Number = 0
    model: str = ""

    def new(self) -> NewGuardrail:
        said = self.model_dump(exclude={"wanted"})
        return NewGuardrail(wanted=self.wanted.wanted(), **said)


class GuardrailAnswer(BaseModel):
    """A decision. `subject` names the account, key or model that it is for; `ended_at` is null while it holds."""

    id: int
    name: str
    scope: Scope
    subject: str
    side: Side
    action: Action
    wanted: WantedBody
    reason: str
    decided_by: str
    decided_at: datetime
    ended_by: str
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Guardrail) -> Self:
        return cls(
            id=one.id,
            name=one.name,
            scope=one.scope,
            subject=one.subject,
            side=one.side,
            action=one.action,
            wanted=WantedBody.model_validate(one.wanted.document()),
            reason=one.reason,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            ended_by=one.ended_by,
            ended_at=one.ended_at,
        )


def guardrail_routes(callers: Callers, guardrails: Guardrails) -> APIRouter:
    """For administrators: of an account and its keys, or of this server."""
    router = APIRouter(tags=["privacy"])
    signed_in = Depends(callers.signed_in)

    @router.get("/guardrails", operation_id="list_guardrails")
    async def read(caller: Annotated[Caller, signed_in]) -> list[GuardrailAnswer]:
        """Every guardrail that the caller may decide about, also those that have ended, the newest first."""
        return [GuardrailAnswer.of(one) for one in await guardrails.of(caller)]

    @router.post("/guardrails", operation_id="decide_guardrail", status_code=201)
    async def decide(body: GuardrailBody, caller: Annotated[Caller, signed_in]) -> GuardrailAnswer:
        """From now on this is looked for; without a decision nothing is."""
        return GuardrailAnswer.of(await guardrails.decide(caller, body.new()))

    @router.delete("/guardrails/{number}", operation_id="end_guardrail")
    async def end(number: Number, caller: Annotated[Caller, signed_in]) -> GuardrailAnswer:
        """It is looked for no longer. The decision itself stays on record."""
        return GuardrailAnswer.of(await guardrails.end(caller, number))

    return router
