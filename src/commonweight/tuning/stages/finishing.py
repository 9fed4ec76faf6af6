"""Last stage: the scores on the card, the curve as a file, and a first answer by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from commonweight.batches import RunLine
from commonweight.db import Database
from commonweight.files import Blobs, Files, NewFile, Purpose
from commonweight.identity import Caller
from commonweight.tuning import curves
from commonweight.tuning.judging import Report
from commonweight.tuning.publishing import Draft
from commonweight.tuning.serving_path import asking
from commonweight.tuning.stages.folders import BrokenOff
from commonweight.tuning.steps import StepFailed, Work

CHAT: Final = "/v1/chat/completions"
FIRST_WORDS: Final = {"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 1}


class Finishes(Protocol):
    """See `publishing.Publisher`."""

    async def finish(self, caller: Caller, draft: Draft, report: Report) -> Draft: ...


class Finishing(BrokenOff):
    """What it gives back goes into the row when the job has succeeded: the model's name, the files of results."""

    def __init__(self, publisher: Finishes, run_line: RunLine, database: Database, files: Files, blobs: Blobs) -> None:
        self._publisher = publisher
        self._run_line = run_line
        self._database = database
        self._files = files
        self._blobs = blobs

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`."""
        name = str(work.made["publishing"]["name"])
        if work.tuning.report is not None:
            draft = Draft(**work.made["publishing"]["draft"])
            await self._publisher.finish(work.caller, draft, Report.from_json(work.tuning.report))
        await self._answers(work, name)
        files = await self._results(work)
        await work.say(f"New fine-tuned model created: {name}")
        return {"fine_tuned_model": name, "result_files": list(files)}

    async def _answers(self, work: Work, name: str) -> None:
        """Raises StepFailed where it does not."""
        answer = await asking(self._run_line, work.caller, work.tuning.address)(CHAT, {"model": name, **FIRST_WORDS})
        if answer.status != 200:
            error = answer.body.get("error") if isinstance(answer.body, dict) else None
            said = error.get("message") if isinstance(error, dict) else answer.body
            raise StepFailed("model_not_answering", f"The tuned model {name} does not answer: {said}")

    async def _results(self, work: Work) -> Sequence[str]:
        """The curve as a CSV file; once, however often this is done."""
        if work.tuning.result_files:
            return work.tuning.result_files
        async with self._database.read() as connection:
            evaluated = await curves.evaluated(connection, work.tuning.number)
        text = curves.as_csv(work.made["training"]["losses"], evaluated)
        kept = await self._blobs.keep_bytes(text.encode())
        new = NewFile("step_metrics.csv", Purpose.FINE_TUNE_RESULTS)
        async with self._database.write() as connection:
            file = await self._files.add(connection, work.tuning.account_id, [kept], new)
        await work.say(columns={"result_files": [file.id]})
        return [file.id]
