"""What is no error and worth knowing: counted by kind, with the first lines of each. Never what stands in a line."""

from __future__ import annotations

from typing import Any, Final

from commonweight.files import Finding
from commonweight.tuning.data.alike import Pairs

MOST: Final = 20  # are kept with a file
OF_A_KIND: Final = 3  # of these, so that one kind does not hide the others


class Warnings:
    """`counts` by code are whole; of the warnings themselves the first of each kind are kept."""

    def __init__(self, of_a_kind: int = OF_A_KIND) -> None:
        self._of_a_kind = of_a_kind
        self._kept: dict[str, list[Finding]] = {}
        self.counts: dict[str, int] = {}

    def add(self, line: int | None, code: str, message: str, param: str | None = None) -> None:
        """One more."""
        self.count(code)
        kept = self._kept.setdefault(code, [])
        if len(kept) < self._of_a_kind:
            kept.append(Finding(line, code, message, param))

    def count(self, code: str, more: int = 1) -> None:
        """Some more of which nothing is kept."""
        self.counts[code] = self.counts.get(code, 0) + more

    def add_all(self, code: str, pairs: Pairs, message: str) -> None:
        """Lines that are like others; `message` has a place for the number of the other one."""
        for line, other in pairs.first:
            self.add(line, code, f"{message.format(other)}.".capitalize())
        if pairs.count > len(pairs.first):
            self.count(code, pairs.count - len(pairs.first))

    def kept(self) -> list[Finding]:
        """By line, those of the whole file first."""
        found = [finding for kept in self._kept.values() for finding in kept]
        return sorted(found, key=lambda finding: (finding.line or 0, finding.code))

    def document(self) -> list[dict[str, Any]]:
        """The first MOST of those that are kept: of each kind one, before there are more of any."""
        ranked = sorted(
            (place, finding.line or 0, finding.code, finding)
            for kept in self._kept.values()
            for place, finding in enumerate(kept)
        )[:MOST]
        chosen = sorted((line, code, finding) for _, line, code, finding in ranked)
        return [document_of(finding) for _, _, finding in chosen]


def document_of(finding: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {"line": finding.line, "code": finding.code, "message": finding.message, "param": finding.param}
