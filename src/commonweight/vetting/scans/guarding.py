"""Whether the bytes of an unsafe file go out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from commonweight.errors import NotAllowed
from commonweight.hub import Entry, Repository
from commonweight.identity import Caller, Right
from commonweight.vetting.scans.room import Scans
from commonweight.vetting.scans.values import UNSAFE, Scan

WARN: Final = "warn"  # pages and answers say it
REFUSE: Final = "refuse"  # and the bytes stay here
CHOICES: Final = (WARN, REFUSE)


HINT: Final = (
    "Take the model in safetensors or GGUF, or ask its owner to replace the file. Whoever may write there can read it."
)


class UnsafeFile(NotAllowed):
    """The bytes of an unsafe file are kept back."""

    code = "unsafe_file"


class UnsafeGuard:
    """Whoever may write to a repository may always read it, to mend or to examine what was found."""

    def __init__(self, scans: Scans, unsafe_files: str) -> None:
        """`unsafe_files`: one of `CHOICES`, for the whole installation."""
        self.scans = scans
        self.refuses = unsafe_files == REFUSE

    async def check_entry(self, caller: Caller, repository: Repository, entry: Entry) -> None:
        """Raises UnsafeFile."""
        if self.refuses and not caller.may_with(Right.WRITE, repository):
            _check(entry.path, (await self.scans.of([entry])).values())

    async def check_large(self, caller: Caller, repository: Repository, sha256: str) -> None:
        """As `check_entry`, of a large file without its path. Raises UnsafeFile."""
        if self.refuses and not caller.may_with(Right.WRITE, repository):
            _check(f"The file {sha256[:12]}", await self.scans.of_large(sha256))

    async def check_to_run(self, name: str, *, large: str = "", entries: Sequence[Entry] = ()) -> None:
        """
        Engines never load what was found unsafe, whatever the setting says: a large file by its SHA-256, or the files of a
        checkpoint. Raises UnsafeFile.
        """
        _check(name, await self.scans.of_large(large) if large else ())
        for path, scan in (await self.scans.of(entries)).items():
            _check(path, [scan])


def _check(name: str, found: Iterable[Scan]) -> None:
    for scan in found:
        if scan.verdict == UNSAFE:
            why = scan.findings[0].sentence if scan.findings else ""
            raise UnsafeFile(
                f"{name} is kept back, since it was found unsafe. {why}".strip(),
                hint=HINT,
            )
