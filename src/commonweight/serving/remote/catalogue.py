"""Offers by every name, remotes among them for those who may leave the house."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from commonweight.identity import Caller
from commonweight.serving.catalogue import Catalogue, Listing, Offer
from commonweight.serving.remote.remotes import Remote, Remotes, may_use

TERMS: Final = ("proprietary-api",)  # the record of the rights engine for what only an address offers
NO_VERDICT: Final = "none"  # an administrator's word, and no verdict, lets requests leave the house


class WithRemotes:
    """Implements `serving.Catalogue` over another one: a remote's name comes before a bare name of the hub."""

    def __init__(self, catalogue: Catalogue, remotes: Remotes) -> None:
        self._catalogue = catalogue
        self._remotes = remotes

    async def resolve(self, caller: Caller, name: str) -> Offer:
        """See `serving.Catalogue.resolve`. A remote that is not allowed for the caller is as if it were not there."""
        remote = (await self._remotes.table()).get(name)
        if remote is not None and may_use(caller, remote):
            return _offer(remote)
        return await self._catalogue.resolve(caller, name)

    async def list(self, caller: Caller) -> Sequence[Listing]:
        """See `serving.Catalogue.list`."""
        remotes = [one for one in (await self._remotes.table()).values() if may_use(caller, one)]
        return [*map(_listing, remotes), *await self._catalogue.list(caller)]


def _offer(remote: Remote) -> Offer:
    return Offer(remote.servable, TERMS, NO_VERDICT, created=_created(remote))


def _listing(remote: Remote) -> Listing:
    return Listing(remote.name, _created(remote), "remote", TERMS, remote.mode, leaves_house=True)


def _created(remote: Remote) -> int:
    return int(remote.created_at.timestamp()) if remote.created_at else 0
