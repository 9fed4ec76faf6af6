"""
The matcher, in a process of its own: ScanCode takes more than a gigabyte and seconds to load, and a text may be made to
exhaust it. The process lives on for some minutes for the next texts, then ends; time and memory per text are bounded.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Final, Protocol

from commonweight.errors import CommonweightError
from commonweight.rights.matching import MAX_CHARACTERS, TOO_COSTLY, TOO_LONG, TextMatch
from commonweight.rights.scancode import installed_version, match_with_scancode
from commonweight.storage import WorkLost, WorkPool

RULES: Final = 3  # counted up when the same text may be judged otherwise by `rights.matching`: then all are read again
TEXT_SECONDS: Final = 60.0  # a licence takes less than one; the costliest text known takes 20 on a slow machine
IDLE_SECONDS: Final = 180.0  # between the commits of somebody who uploads several models
MAX_MEMORY: Final = 4 << 30  # bytes of address space; the matcher takes 1.5 GB, a long text some 100 MB more


class ReadingFailed(CommonweightError):
    """The matcher could not read a text: its process died, or it is not in order."""

    code = "reading_failed"


class TextMatcher(Protocol):
    """What reads texts. `version` is kept with each reading; "" where there is no matcher."""

    version: str

    async def match(self, text: str) -> TextMatch:
        """What a text is. Raises ReadingFailed; any other trouble is an answer."""
        ...

    async def close(self) -> None: ...


def matcher_version() -> str:
    """Of the matcher that is installed with its data, and of the rules by which it is judged. "" without the extra."""
    installed = installed_version()
    return f"ScanCode {installed}, rules {RULES}" if installed else ""


class ChildMatcher:
    """ScanCode in a child process. One belongs to one event loop, and reads one text at a time."""

    def __init__(
        self,
        version: str,
        workers: WorkPool | None = None,
        *,
        seconds: float = TEXT_SECONDS,
        match: Callable[[str], TextMatch] = match_with_scancode,
    ) -> None:
        """`match` is what the child calls; it must be importable by name."""
        self.version = version
        self.workers = workers or WorkPool(children=1, idle_seconds=IDLE_SECONDS)
        self._seconds = seconds
        self._match = match

    async def match(self, text: str) -> TextMatch:
        """See `TextMatcher`. What takes too long is `too_costly`, and its process is ended."""
        if len(text) > MAX_CHARACTERS:
            return TextMatch(TOO_LONG, matcher=self.version)
        try:
            async with asyncio.timeout(self._seconds):
                return await self.workers.run(match_bounded, self._match, text)
        except TimeoutError:
            return TextMatch(TOO_COSTLY, matcher=self.version)
        except WorkLost:
            raise ReadingFailed("The matcher's process died twice at this text; memory may be short.") from None

    async def close(self) -> None:
        """End the process, if it waits for work."""
        await self.workers.close()


def match_bounded(match: Callable[[str], TextMatch], text: str) -> TextMatch:
    """What the child does. Raises ReadingFailed for whatever went wrong."""
    _bound_memory()
    try:
        return match(text)
    except Exception as error:  # noqa: BLE001 — the border of a job: one bad text must not stop the next
        raise ReadingFailed(f"{type(error).__name__}: {error}"[:200]) from None


def _bound_memory() -> None:
    if not sys.platform.startswith("linux"):
        return
    import resource  # not on every system

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MAX_MEMORY if hard == resource.RLIM_INFINITY else min(MAX_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
