"""What is accepted as a file: its name, purpose, size and lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from commonweight.files.errors import FileRefused, FileTooLarge
from commonweight.files.lines import Finding, LineChecker, MakeCheck
from commonweight.files.values import (
    LEAST_SECONDS,
    MAX_BATCH_BYTES,
    MAX_FILE_BYTES,
    MAX_FILENAME,
    MOST_SECONDS,
    NewFile,
    Purpose,
)


class Checks:
    """`by_purpose` says what the lines of a file must hold; purposes that are not in it hold any bytes."""

    def __init__(self, by_purpose: Mapping[Purpose, MakeCheck]) -> None:
        self._by_purpose = dict(by_purpose)

    def announced(self, new: NewFile, size: int, most: int = MAX_FILE_BYTES) -> None:
        """What is said of a file. Raises FileRefused or FileTooLarge."""
        if not new.purpose.uploaded:
            raise FileRefused(f"Files with the purpose {new.purpose.value!r} are made by the server, not uploaded.")
        if not 0 < len(new.filename) <= MAX_FILENAME:
            raise FileRefused(f"The file's name has {len(new.filename)} characters; 1 to {MAX_FILENAME} were expected.")
        if new.purpose.in_lines and not new.filename.endswith(".jsonl"):
            raise FileRefused(
                f"Invalid file format for {new.purpose.value}: the name {new.filename[-80:]!r} does not end in '.jsonl'.",
                hint="Send one JSON object per line, in a file whose name ends in .jsonl.",
            )
        if new.seconds is not None and not LEAST_SECONDS <= new.seconds <= MOST_SECONDS:
            message = f"'expires_after[seconds]' is {new.seconds}; expected {LEAST_SECONDS} to {MOST_SECONDS}."
            raise FileRefused(message)
        most = min(most, MAX_BATCH_BYTES) if new.purpose is Purpose.BATCH else most
        if size > most:
            message = f"The file has {size} bytes; at most {most} are accepted for {new.purpose.value}."
            raise FileTooLarge(message, hint="Split it, or send it by /v1/uploads.")

    async def lines(self, purpose: Purpose, pieces: AsyncIterator[bytes]) -> Mapping[str, Any]:
        """What is worth knowing of a file's lines. Raises FileRefused with the findings."""
        make = self._by_purpose.get(purpose)
        if make is None:
            return {}
        checker = LineChecker(make())
        async for piece in pieces:
            await asyncio.to_thread(checker.feed, piece)  # a piece takes milliseconds, in which nobody would be served
        findings = checker.end()
        if findings:
            raise refuse(findings)
        return checker.facts()


def refuse(findings: Sequence[Finding]) -> FileRefused:
    """The error that names the lines."""
    head = "The file has a problem." if len(findings) == 1 else f"The file has {len(findings)} problems or more."
    return FileRefused(" ".join([head, *(finding.sentence() for finding in findings)]))
