"""
Models that were tuned here, by their `ft:` names: an adapter on the untouched base, or a whole model.

The adapters of one account on one base share an engine, eight to one, as those of a namespace do (`adapters.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from commonweight.choosing.adapters import MAX_TOGETHER
from commonweight.choosing.sources import make_handle
from commonweight.hub import EntryNotFound, Hub, RepositoryNotFound, Revision
from commonweight.identity import Caller
from commonweight.serving import FileChoiceError, ModelNotFound, Offer, ServableModel, Source
from commonweight.tuning import CHECKPOINT, TunedModel, TunedNames


class OfferOf(Protocol):
    async def __call__(
        self, caller: Caller, revision: Revision, servable: ServableModel, use: int | None, adapter: str = ""
    ) -> Offer: ...


ServableOf = Callable[[Revision, str], Awaitable[ServableModel]]


class TunedOffers:
    """Offers for `ft:` names, given what offers a revision and what says how one is served."""

    def __init__(self, hub: Hub, names: TunedNames, offer_of: OfferOf, servable_of: ServableOf) -> None:
        self._hub = hub
        self._names = names
        self._offer_of = offer_of
        self._servable_of = servable_of

    async def resolve(self, caller: Caller, name: str, use: int | None) -> Offer:
        """For whoever may read its repository. Raises ModelNotFound, FileChoiceError, GatedRepository."""
        tuned = await self._names.find(name)
        if tuned is None:
            raise ModelNotFound(name, "No model was tuned here under this name.")
        revision = await self._revision(caller, name, tuned.repository_id, tuned.commit)
        if not tuned.is_adapter or tuned.base is None:
            return await self._offer_of(caller, revision, await self._servable_of(revision, tuned.path), use)
        return await self._adapted(caller, tuned, tuned.base, revision, use)

    async def of(self, caller: Caller) -> Sequence[TunedModel]:
        """Those that the caller's account tuned, without the states on the way."""
        if caller.account is None:
            return ()
        return [one for one in await self._names.of(caller.account.id) if CHECKPOINT not in one.name]

    async def _adapted(
        self, caller: Caller, tuned: TunedModel, base: Mapping[str, Any], revision: Revision, use: int | None
    ) -> Offer:
        base_revision = await self._revision(caller, tuned.name, int(base["repository_id"]), str(base["commit"]))
        servable = await self._servable_of(base_revision, str(base["path"]))
        allowed = await self._allowing(caller, tuned, base, base_revision)
        base_offer = await self._offer_of(caller, allowed, servable, use)
        own = await self._source(revision, tuned.path)
        together = dataclasses.replace(servable, adapters=await self._together(tuned, own))
        offer = await self._offer_of(caller, revision, together, use, own.name)
        return dataclasses.replace(offer, refused=offer.refused or base_offer.refused)

    async def _allowing(self, caller: Caller, tuned: TunedModel, base: Mapping[str, Any], file: Revision) -> Revision:
        """
        Whose terms and readers hold for the base: `of`, where its file was converted from that. Of what is gone the terms
        follow by the lineage of what holds the file.
        """
        origin = base.get("of")
        if origin is None or await self._hub.by_id(int(origin["repository_id"])) is None:
            return file
        return await self._revision(caller, tuned.name, int(origin["repository_id"]), str(origin["commit"]))

    async def _revision(self, caller: Caller, name: str, repository_id: int, commit: str) -> Revision:
        """A repository at a commit, where the caller may have its files."""
        repository = await self._hub.by_id(repository_id)
        if repository is None:
            raise ModelNotFound(name, "Its repository is gone.")
        try:
            found = await self._hub.find(caller, repository.kind, repository.namespace, repository.name)
        except RepositoryNotFound:
            raise ModelNotFound(name) from None
        await self._hub.check_files(caller, found)
        return Revision(found, commit)

    async def _source(self, revision: Revision, path: str) -> Source:
        """A file of adapters. Raises FileChoiceError."""
        try:
            entry = await self._hub.entry(revision, path)
        except EntryNotFound:
            raise FileChoiceError(f"{revision.repository.full_name} holds no {path!r} any more.") from None
        if entry.large is None:
            raise FileChoiceError(f"{entry.path!r} is too small to be an adapter.")
        handle = make_handle(revision.repository.scope, entry.large.sha256)
        return Source(revision.repository.full_name, revision.commit, entry.path, entry.size, handle)

    async def _together(self, tuned: TunedModel, own: Source) -> tuple[Source, ...]:
        """The eight among which this one is, in the order in which they were made. A state on the way stands alone."""
        siblings = [one for one in await self._names.of(tuned.account_id) if one.is_adapter and one.base == tuned.base]
        siblings = sorted(
            (one for one in siblings if CHECKPOINT not in one.name), key=lambda one: (one.created_at, one.name)
        )
        names = [one.name for one in siblings]
        if tuned.name not in names:
            return (own,)
        first = names.index(tuned.name) // MAX_TOGETHER * MAX_TOGETHER
        found = [await self._source_of(one) for one in siblings[first : first + MAX_TOGETHER]]
        group = tuple({one.name: one for one in found if one}.values())
        return group if own in group else (own,)

    async def _source_of(self, tuned: TunedModel) -> Source | None:
        repository = await self._hub.by_id(tuned.repository_id)
        if repository is None:
            return None
        try:
            return await self._source(Revision(repository, tuned.commit), tuned.path)
        except FileChoiceError:
            return None
