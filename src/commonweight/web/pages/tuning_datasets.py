"""A data set of the hub as the examples of a new tuning: read as the tuning will read it, and looked at."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from commonweight.identity import Caller
from commonweight.tuning.data import DatasetReader, Findings, check_file
from commonweight.web.contexts import CheckView, ExampleView, TuningForm
from commonweight.web.presenting.new_tuning import dataset_of
from commonweight.web.presenting.tuning_findings import check_view, example_view, finding_groups
from commonweight.web.presenting.words import _

SHOWN: Final = 4  # examples as the model will see them


class DatasetDesk:
    """`reader` reads with the rights of who asks; what it reads is on disk for as long as it is looked at."""

    def __init__(self, reader: DatasetReader) -> None:
        self._reader = reader

    async def look(self, caller: Caller, form: TuningForm) -> CheckView:
        """Raises DatasetRefused, RepositoryNotFound, RevisionNotFound, and what the policy raises."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "examples.jsonl"
            used = await self._reader(caller, dataset_of(form), path)
            findings, examples = await asyncio.to_thread(_read, path)
        source = f"{used['repository']} @ {str(used['commit'])[:7]}"
        groups = finding_groups(findings.errors, findings.warnings)
        check = check_view(source, findings.facts, groups, examples, is_fit=findings.accepted)
        told = ((_("Licence"), str(used["licence"] or "–")), (_("Files"), str(used["path"])))
        return replace(check, facts=(*check.facts, *told))


def _read(path: Path) -> tuple[Findings, tuple[ExampleView, ...]]:
    with path.open("rb") as file:
        lines = list(islice(file, SHOWN))
    return check_file(path), tuple(example_view(number, orjson.loads(line)) for number, line in enumerate(lines, 1))
