"""The room's object for whoever asks: makes, lists and cancels conversions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import insert, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables.tuning import conversions as table
from commonweight.files import new_id
from commonweight.hub import Hub, Repository, RepositoryNotFound, Revision
from commonweight.identity import Caller, Identity
from commonweight.jobs import enqueue, hurry
from commonweight.policy import Packs, Parent, Policy
from commonweight.tuning.conversions import rows
from commonweight.tuning.conversions.sources import Sources
from commonweight.tuning.conversions.values import (
    Conversion,
    ConversionBroken,
    ConversionClosed,
    ConversionMissing,
    ConversionRefused,
    ConversionStatus,
    Converted,
    NewConversion,
    formats_of,
)
from commonweight.tuning.publishing import MustNotBePublished, NoDraft, public_refusal

CONVERT: Final = "convert"
MAX_LISTED: Final = 500


class Conversions:
    """Conversions belong to the account that made them."""

    def __init__(self, database: Database, hub: Hub, identity: Identity, policy: Policy, packs: Packs, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._identity = identity
        self._sources = Sources(hub, policy)
        self._packs = packs
        self._clock = clock

    async def create(self, caller: Caller, new: NewConversion) -> Conversion:
        """
        A conversion, and the job that does it.

        Raises ConversionRefused, NotConvertible, RepositoryNotFound, RevisionNotFound, GatedRepository, MayNotWrite.
        """
        if caller.account is None or caller.token is None:
            raise ConversionRefused("A conversion belongs to an account; none came.")
        wanted = formats_of(new.formats)
        found = await self._sources.find(caller, new.model, wanted)
        revision = found.revision
        await self._check_target(caller, revision, new.target)
        source = Converted(revision.repository.id, revision.repository.full_name, revision.commit, found.path, found.warning)
        row = {
            "id": new_id("conv-"),
            "account_id": caller.account.id,
            "token_id": caller.token.id,
            "source": source.document(),
            "target": new.target,
            "formats": [kind.value for kind in wanted],
            "address": new.address,
            "is_scored": new.is_scored,
            "status": ConversionStatus.QUEUED.value,
            "progress": {"share": 0.0, "what": ""},
            "created_at": self._clock.now(),
        }
        async with self._database.write() as connection:
            written = await connection.execute(insert(table).values(row).returning(*table.c))
            made = rows.conversion_of(written.one())
            await enqueue(connection, made.created_at, CONVERT, {"conversion": made.number})
        return made

    async def _check_target(self, caller: Caller, source: Revision, target: str) -> None:
        """It is named so that the terms of the source allow, is not there yet, and its namespace is the caller's."""
        namespace, slash, name = target.partition("/")
        if not slash or not name or "/" in name:
            raise ConversionRefused(f"{target[:200]!r} is no name for a repository; expected namespace/name.")
        account = await self._identity.account(namespace)
        if not caller.may_write(account.id):
            raise ConversionRefused(f"You may not create repositories in the namespace {namespace!r}.")
        try:
            await self._hub.find(caller, "model", namespace, name)
        except RepositoryNotFound:
            pass
        else:
            raise ConversionRefused(f"{target} is there already.", hint="Name a repository that is to be made.")
        naming = (await self._packs.planned(caller, name, [Parent(source, "quantise")])).naming
        if naming.state in ("fails", "impossible"):
            proposal = f"Name it {naming.proposal}." if naming.proposal else ""
            raise ConversionRefused(
                f"The terms of {source.repository.full_name} ask for a name that begins with {', '.join(naming.prefixes)}.",
                hint=proposal,
            )

    async def get(self, account_id: int, conversion_id: str) -> Conversion:
        """Raises ConversionMissing."""
        async with self._database.read() as connection:
            return await self._find(connection, account_id, conversion_id)

    async def _find(self, connection: Connection, account_id: int, conversion_id: str) -> Conversion:
        mine = (table.c.id == conversion_id) & (table.c.account_id == account_id)
        row = (await connection.execute(select(table).where(mine))).first()
        if row is None:
            raise ConversionMissing(conversion_id)
        return rows.conversion_of(row)

    async def list(self, account_id: int, limit: int = MAX_LISTED) -> Sequence[Conversion]:
        """Newest first."""
        async with self._database.read() as connection:
            return await rows.newest(connection, account_id, min(limit, MAX_LISTED))

    async def drafts(self, conversions: Sequence[Conversion]) -> frozenset[str]:
        """The ids of those whose draft waits to be accepted."""
        over = [(one.id, one.repository_id) for one in conversions if one.is_over and one.repository_id is not None]
        found = [(one, await self._hub.by_id(number)) for one, number in over]
        return frozenset(one for one, repository in found if repository is not None and repository.is_draft)

    async def accept(
        self, caller: Caller, conversion_id: str, visibility: str = "private", *, even_broken: bool = False
    ) -> Repository:
        """
        The draft that a conversion made becomes a model like any other, for its namespace or, `public`, for everybody.

        Raises ConversionMissing, NoDraft, ConversionBroken where a format is broken and `even_broken` was not said,
        MayNotWrite (only who administers the namespace may), MustNotBePublished where the terms of what was converted stand
        against the public, InvalidInput.
        """
        conversion = await self.get(caller.account.id if caller.account else 0, conversion_id)
        number = conversion.repository_id if conversion.is_over else None
        repository = None if number is None else await self._hub.by_id(number)
        if repository is None or not repository.is_draft:
            raise NoDraft(f"{conversion_id} has no draft: it is {conversion.status.value}.")
        self._hub.check_administers(caller, repository)
        if conversion.broken and not even_broken:
            raise ConversionBroken(conversion.broken)
        if visibility == "public":
            await self._check_public(caller, conversion, repository)
        return await self._hub.accept(caller, repository, visibility)

    async def _check_public(self, caller: Caller, conversion: Conversion, made: Repository) -> None:
        """As the terms stand now. Raises MustNotBePublished."""
        source = await self._hub.by_id(conversion.source.repository_id)
        if source is None:
            refused = f"{conversion.source.repository}, which it was made from, is gone."
        else:
            revision = await self._hub.resolve(source, conversion.source.commit)
            refused = public_refusal(await self._packs.planned(caller, made.name, [Parent(revision, "quantise")]))
        if refused:
            hint = "Accept it as private, or settle what stands against it."
            raise MustNotBePublished(f"{made.full_name} must not be opened to everybody: {refused}", hint=hint)

    async def cancel(self, account_id: int, conversion_id: str) -> Conversion:
        """
        Its process ends within seconds, and what it made goes. Cancelling twice does no harm.

        Raises ConversionMissing, ConversionClosed.
        """
        async with self._database.write() as connection:
            found = await self._find(connection, account_id, conversion_id)
            if found.status is ConversionStatus.CANCELLED:
                return found
            changed = await rows.change(connection, found.number, None, wanted="cancel")
            await hurry(connection, self._clock.now(), CONVERT, {"conversion": found.number})
        if changed is None:
            raise ConversionClosed(found)
        return changed
