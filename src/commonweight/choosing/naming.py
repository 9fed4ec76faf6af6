"""Offers by every name: first what this installation calls a model, then what the hub does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from commonweight.choosing.aliases import AliasEntry, Aliases, check_may_change, targets_of
from commonweight.hub import GatedRepository
from commonweight.identity import Caller
from commonweight.serving import Catalogue, FileChoiceError, Listing, ModelNotFound, ModelUnsupported, Offer, Target

#: Why a target answers nobody, or not this caller.
_Absent = (ModelNotFound, ModelUnsupported, FileChoiceError, GatedRepository)


class NamedOffers:
    """Implements `serving.Catalogue` over `Offers`, with the aliases before the bare names."""

    def __init__(self, offers: Catalogue, aliases: Aliases) -> None:
        self._offers = offers
        self._aliases = aliases

    async def resolve(self, caller: Caller, name: str) -> Offer:
        """
        See `serving.Catalogue.resolve`. Of an alias: the first target that may run, the others as its `alternatives`;
        where none may run, the first that is there, with its refusal. Raises ModelNotFound, FileChoiceError,
        GatedRepository.
        """
        table = await self._aliases.table()
        if name not in table:
            return await self._offers.resolve(caller, name)
        found, absent = await self._behind(caller, targets_of(name, table))
        may_run = [offer for offer in found if offer.refused is None]
        if may_run:
            created = int(table[name].created_at.timestamp())
            return replace(may_run[0], created=created, alternatives=tuple(may_run[1:]))
        if found:
            return found[0]
        if isinstance(absent, GatedRepository | ModelUnsupported):
            raise absent
        raise ModelNotFound(name, "None of the models behind this alias is here for you.")

    async def _behind(self, caller: Caller, targets: Sequence[str]) -> tuple[list[Offer], Exception | None]:
        """What is there of the targets, in order, and why the last that is not there is not."""
        found, absent = [], None
        for target in targets:
            try:
                found.append(await self._offers.resolve(caller, target))
            except _Absent as error:
                absent = error
        return found, absent

    async def list(self, caller: Caller) -> Sequence[Listing]:
        """See `serving.Catalogue.list`; the aliases of which this caller can use a model stand first."""
        aliases = [await self._listing(caller, entry) for entry in (await self._aliases.table()).values()]
        return [*(listing for listing in aliases if listing), *await self._offers.list(caller)]

    async def _listing(self, caller: Caller, entry: AliasEntry) -> Listing | None:
        try:
            offer = await self.resolve(caller, entry.name)
        except _Absent:
            return None
        owner = offer.servable.repository.partition("/")[0]
        created = int(entry.created_at.timestamp())
        leaves = offer.servable.target is Target.REMOTE
        return Listing(entry.name, created, owner, offer.terms, offer.servable.mode, offer.about, leaves)

    async def aliases(self, caller: Caller) -> Sequence[AliasEntry]:
        """All aliases with their targets, which may be private models. Raises NotAllowed."""
        check_may_change(caller)
        return await self._aliases.read()

    async def set_alias(self, caller: Caller, name: str, targets: Sequence[str]) -> AliasEntry:
        """See `Aliases.set`. Each target has to be there: raises ModelNotFound, FileChoiceError too."""
        check_may_change(caller)
        table = await self._aliases.table()
        for target in targets:
            if target not in table and target != name:
                await self._offers.resolve(caller, target)
        return await self._aliases.set(caller, name, targets)

    async def remove_alias(self, caller: Caller, name: str) -> None:
        """See `Aliases.remove`."""
        await self._aliases.remove(caller, name)
