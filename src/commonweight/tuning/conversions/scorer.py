"""Has all that a conversion made asked, by the way that serves everybody, and puts what comes of it on the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.batches import RunLine
from commonweight.hub import Revision
from commonweight.identity import Caller
from commonweight.tuning.conversions.publishing import ConversionPublisher, Published
from commonweight.tuning.conversions.scoring import NotScored, Remembering, Tell, compared, score_of
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.conversions.work import ConversionWork
from commonweight.tuning.converting import Quantisation, parts_of
from commonweight.tuning.judging import Contestant, Limits, Report
from commonweight.tuning.serving_path import asking

PATIENCE: Final = 900.0  # seconds that a question waits for a place; a house that has none by then has no engine for it
ORIGINAL: Final = "the original"  # the label of the source where it is a GGUF file
ALONE: Final = "One format alone was made: there is nothing to compare it with."


@dataclass(frozen=True)
class Scored:
    """The draft with its scores, its files (each report with its `score`), and all of the comparison."""

    published: Published
    files: Sequence[Mapping[str, Any]]
    report: Report


@dataclass(frozen=True)
class Made:
    """What is scored: on whose behalf, and where its files are."""

    conversion: Conversion
    source: Revision
    published: Published
    caller: Caller


class Scorer:
    def __init__(
        self, publisher: ConversionPublisher, run_line: RunLine, limits: Limits | None = None, patience: float = PATIENCE
    ) -> None:
        self._publisher = publisher
        self._run_line = run_line
        self._limits = limits or Limits()
        self._patience = patience

    async def score(self, made: Made, work: ConversionWork, tell: Tell) -> Scored:
        """
        Doing it again asks only what was not answered yet.

        Raises NotScored, MayNotWrite, and what making the floats once more raises.
        """
        contestants = await self._contestants(made, work)
        ask = Remembering(asking(self._run_line, made.caller, made.conversion.address, self._patience), work.answers)
        try:
            report = await compared(contestants, ask, tell, self._limits)
        except NotScored:
            await self._publisher.take_back(made.caller, made.published)
            raise
        scores = {one["path"]: score_of(report, one["kind"], self._limits) for one in made.published.files}
        finished = await self._publisher.finish(made.caller, made.published, report, scores)
        await self._publisher.take_back(made.caller, made.published)
        files = [{**one, "score": scores[one["path"]].document()} for one in made.published.files]
        return Scored(finished, files, report)

    async def _contestants(self, made: Made, work: ConversionWork) -> list[Contestant]:
        """The original first. Raises NotScored where there is nothing besides."""
        head = made.published.head
        named = f"{head.repository.full_name}@{head.commit}"
        files = [Contestant(f"{named}:{one['path']}", one["kind"], "", one["sha256"]) for one in made.published.files]
        if any(one.label == Quantisation.F16 for one in files) and not made.conversion.source.path:
            if len(files) == 1:
                raise NotScored(ALONE)
            return files
        return [await self._original(made, work), *files]

    async def _original(self, made: Made, work: ConversionWork) -> Contestant:
        """The source itself where engines load it as it is; else what all was made of, lent to the draft for a while."""
        source = made.conversion.source
        label = ORIGINAL if source.path else Quantisation.F16.value
        if source.path and len(parts_of(source.path)) == 1:
            return Contestant(source.name, label)
        name = await self._publisher.lent(made.published)
        if not name:
            whole = await work.whole(made.conversion, made.source, untold)
            name = await self._publisher.lend(made.caller, made.published, whole)
        return Contestant(name, label)


async def untold(share: float, what: str) -> None:
    """For the floats of a draft, which are made already in all but rare cases."""
