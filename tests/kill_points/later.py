"""
Collects what nothing refers to on an installation, as its daily job does, twice: now, and as if the grace had gone by.

    python -m tests.kill_points.later HOME

What the first look dooms, the second removes unless it was mentioned after it; so what is being uploaded meanwhile may be
refused at its commit, as after three weeks.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from commonweight.clock import SetClock, SystemClock
from commonweight.rooms import build_rooms
from commonweight.settings import Settings
from commonweight.storage import GRACE


async def main(home: Path) -> None:
    for later in (timedelta(), GRACE + timedelta(hours=1)):
        rooms = build_rooms(Settings(home=home), clock=SetClock(SystemClock().now() + later))
        try:
            await rooms.keeping.collection.collect()
        finally:
            await rooms.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
