"""/cw/v1/storage: what is stored, what nothing refers to, what is damaged."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from commonweight.hub import Collected, Waiting
from commonweight.identity import Caller
from commonweight.keeping import Damaged, Keeping, Kept
from commonweight.storage import Weighed
from commonweight.wire.cw.callers import Callers


class WeighedAnswer(BaseModel):
    """A number of things, and their bytes in the store."""

    count: int
    bytes: int

    @classmethod
    def of(cls, one: Weighed) -> "WeighedAnswer":
        return cls(count=one.count, bytes=one.bytes)


class WaitingAnswer(BaseModel):
    """What nothing refers to in one network of repositories."""

    repositories: list[str] = Field(description="models/namespace/name; none where they were deleted")
    files: int
    bytes: int
    git_objects: int
    since: datetime
    goes_at: datetime = Field(description="the first of it, unless something refers to it again")

    @classmethod
    def of(cls, one: Waiting) -> "WaitingAnswer":
        return cls(
            repositories=list(one.repositories),
            files=one.files,
            bytes=one.bytes,
            git_objects=one.git_objects,
            since=one.since,
            goes_at=one.goes_at,
        )


class DamagedAnswer(BaseModel):
    """A thing that is not what it was when it was stored."""

    kind: str
    subject: str
    detail: str
    found_at: datetime
    repositories: list[str]

    @classmethod
    def of(cls, one: Damaged) -> "DamagedAnswer":
        damage = one.seen.damage
        return cls(
            kind=damage.kind,
            subject=damage.subject,
            detail=damage.detail,
            found_at=one.seen.found_at,
            repositories=list(one.repositories),
        )


class StorageAnswer(BaseModel):
    """How it stands, as the last collection and the last round of scrubbing saw it."""

    objects: WeighedAnswer
    unneeded_xorbs: WeighedAnswer = Field(description="no file that is referred to needs them")
    going: WeighedAnswer = Field(description="given up, and removed within hours")
    waiting: list[WaitingAnswer]
    damaged_count: int
    damaged: list[DamagedAnswer] = Field(description="the newest first, 200 at most")
    scrubbed_at: datetime | None = Field(description="when the last round came to its end")
    scrubbing_bytes: int | None = Field(description="how far the round is that is under way; null: none is")

    @classmethod
    def of(cls, kept: Kept) -> "StorageAnswer":
        stored, scrubbed = kept.explanation.stored, kept.scrubbed
        return cls(
            objects=WeighedAnswer.of(stored.objects),
            unneeded_xorbs=WeighedAnswer.of(stored.unneeded),
            going=WeighedAnswer.of(stored.going),
            waiting=[WaitingAnswer.of(one) for one in kept.explanation.waiting],
            damaged_count=scrubbed.damaged,
            damaged=[DamagedAnswer.of(one) for one in kept.damaged],
            scrubbed_at=scrubbed.ended_at,
            scrubbing_bytes=scrubbed.now.bytes if scrubbed.now else None,
        )


class CollectedAnswer(BaseModel):
    """What one collection took away."""

    files: int
    git_objects: int
    xorbs: WeighedAnswer = Field(description="they leave the store in an hour")
    removed: WeighedAnswer = Field(description="objects that have left it now")

    @classmethod
    def of(cls, one: Collected) -> "CollectedAnswer":
        xorbs, removed = WeighedAnswer.of(one.xorbs), WeighedAnswer.of(one.removed)
        return cls(files=one.files, git_objects=one.git_objects, xorbs=xorbs, removed=removed)


def storage_routes(callers: Callers, keeping: Keeping) -> APIRouter:
    """For administrators: it tells of everybody's repositories."""
    router = APIRouter(tags=["storage"])
    signed_in = Depends(callers.signed_in)

    @router.get("/storage", operation_id="see_storage")
    async def see(caller: Annotated[Caller, signed_in]) -> StorageAnswer:
        """What is stored, what nothing refers to and when it goes, what is damaged (administrators only)."""
        return StorageAnswer.of(await keeping.look(caller))

    @router.post("/storage/collect", operation_id="collect_storage")
    async def collect(caller: Annotated[Caller, signed_in]) -> CollectedAnswer:
        """Remove now what nothing has referred to for all of the grace (administrators only)."""
        return CollectedAnswer.of(await keeping.collect(caller))

    @router.post("/storage/scrub", operation_id="scrub_storage", status_code=202)
    async def scrub(caller: Annotated[Caller, signed_in]) -> None:
        """Begin the next round of reading everything now, where none is under way (administrators only)."""
        await keeping.scrub(caller)

    return router
