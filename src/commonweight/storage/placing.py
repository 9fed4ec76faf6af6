"""
Where an installation's objects lie, noted in its database: with other settings it would look as if all bytes were gone.
"""

from __future__ import annotations

from typing import Final

from commonweight.errors import Conflict
from commonweight.storage.inventory import Inventory
from commonweight.storage.notes import Notes
from commonweight.storage.objects import ON_DISK

NAME: Final = "place"


class OtherPlace(Conflict):
    code = "other_place"


class Placing:
    def __init__(self, notes: Notes, inventory: Inventory) -> None:
        self._notes = notes
        self._inventory = inventory

    async def check(self, configured: str) -> None:
        """Raises OtherPlace where the objects lie in another place than the settings name. The first one is noted."""
        noted = await self.noted()
        if noted is None:
            await self.note(configured)
        elif noted != configured:
            raise OtherPlace(
                f"The bytes of this installation lie in {noted}; the settings name {configured}.",
                hint="Set COMMONWEIGHT_STORAGE as it was, or move them first: commonweight migrate-store (docs/storage.md).",
            )

    async def noted(self) -> str | None:
        """Where the objects lie; None where there are none yet."""
        known = (await self._notes.read(NAME)).get("name")
        if known is None and (await self._inventory.totals())[0]:
            return ON_DISK  # written before places were noted
        return known

    async def note(self, place: str) -> None:
        await self._notes.write(NAME, {"name": place})
