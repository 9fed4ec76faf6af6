"""The bill of materials of a revision that is kept here (docs/pack.md): files, card, lineage as every reader may know it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

from commonweight import __version__
from commonweight.errors import InvalidInput
from commonweight.hub import Entry, Hub, KnownModel, Revision, RevisionFacts
from commonweight.policy.policy import Policy
from commonweight.policy.texts_at_hand import read_text
from commonweight.rights import Question
from commonweight.rights.aibom import Bill, BillFile, Facts, as_cyclonedx, as_spdx, make_bill

FORMATS: Final[Mapping[str, Callable[[Bill], dict[str, Any]]]] = {"cyclonedx": as_cyclonedx, "spdx": as_spdx}
MEDIA_TYPES: Final = {"cyclonedx": "application/vnd.cyclonedx+json; version=1.7", "spdx": "application/ld+json"}
MAX_FILES: Final = 2_000  # weight files of one model; the largest have some hundred shards
MAX_HASHED: Final = 64 << 20  # bytes of a weight file that lies in git and is hashed now; large files have their hash
MAX_METRICS: Final = 200  # results of a card
MAX_WORD: Final = 200  # characters of a word of a card or a configuration
_WEIGHTS: Final = (
    ".safetensors", ".gguf", ".ggml", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".keras", ".onnx", ".msgpack", ".npz",
    ".tflite", ".mlmodel", ".nemo",
)  # fmt: skip


class Bills:
    """Makes bills of materials. `version` is that of this program."""

    def __init__(self, hub: Hub, policy: Policy, version: str = __version__) -> None:
        self._hub = hub
        self._policy = policy
        self._version = version

    async def make(self, model: Revision | KnownModel, form: str, base_url: str = "") -> dict[str, Any]:
        """
        The document in a format (`FORMATS`): the same revision and lineage give the same one. Whoever may read the revision
        may read it: its lineage holds nothing that others keep private. Raises InvalidInput.
        """
        if form not in FORMATS:
            raise InvalidInput(f"{form[:50]!r} is no format of a bill; expected one of {', '.join(FORMATS)}.")
        if isinstance(model, KnownModel):
            raise InvalidInput(
                f"{model.id} is known and not kept here: a bill is of the files of a revision.", hint="Bring it in first."
            )
        bill = await self._bill(model, base_url)
        return await asyncio.to_thread(FORMATS[form], bill)  # the libraries take 100 ms and more to load

    async def _bill(self, revision: Revision, base_url: str) -> Bill:
        subject = await self._policy.subject_for(revision)
        facts = await self._facts(revision, base_url)
        document = {"use": {"acts": ["evaluate"]}, "subject": subject.document}
        question = Question.from_document(document, today=facts.made.date(), name="bill")
        return make_bill(question, self._policy.records, facts, _addresses(subject.document, base_url), self._version)

    async def _facts(self, revision: Revision, base_url: str) -> Facts:
        said = await self._hub.facts(revision)
        (commit,) = await self._hub.history(revision, limit=1)
        family, architecture = _architecture(await read_text(self._hub, revision, "config.json") or b"")
        repository = revision.repository
        return Facts(
            commit=revision.commit,
            made=commit.date,
            publisher=repository.namespace,
            address=f"{base_url}/{repository.full_name}" if base_url else "",
            task=said.pipeline_tag,
            architecture=architecture,
            family=family,
            library=said.library_name,
            languages=said.languages,
            metrics=tuple(_metrics(said))[:MAX_METRICS],
            files=tuple([file async for file in self._files(revision)]),
        )

    async def _files(self, revision: Revision) -> AsyncIterator[BillFile]:
        entries = [entry for entry in await self._hub.tree(revision, recursive=True) if entry.is_file]
        for entry in [entry for entry in entries if entry.path.lower().endswith(_WEIGHTS)][:MAX_FILES]:
            yield BillFile(entry.path, entry.size, await self._sha256(revision, entry))

    async def _sha256(self, revision: Revision, entry: Entry) -> str:
        if entry.large is not None:
            return entry.large.sha256
        if entry.size > MAX_HASHED:
            return ""
        found = hashlib.sha256()
        async for piece in self._hub.read(revision.repository, entry):
            found.update(piece)
        return found.hexdigest()


def _addresses(subject: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """Of the nodes that are kept here."""
    if not base_url:
        return {}
    return {node["id"]: f"{base_url}/{node['id']}" for node in subject["nodes"] if "revision" in node}


def _architecture(config: bytes) -> tuple[str, str]:
    """`model_type` and the first of `architectures`; "" where a configuration does not say."""
    try:
        found = json.loads(config)
    except ValueError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    names = found.get("architectures")
    return _word(found.get("model_type")), _word(names[0] if isinstance(names, list) and names else "")


def _metrics(facts: RevisionFacts) -> Iterator[tuple[str, str, str]]:
    """Metric, value and data set of each result that the card's model-index names."""
    for model in _rows(facts.card.get("model-index")):
        for result in _rows(model.get("results")):
            data = result.get("dataset")
            part = _word(data.get("name")) if isinstance(data, Mapping) else ""
            for metric in _rows(result.get("metrics")):
                kind, value = _word(metric.get("type")), metric.get("value")
                if kind and isinstance(value, int | float | str) and not isinstance(value, bool):
                    yield kind, str(value)[:MAX_WORD], part


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _word(value: Any) -> str:
    return value.strip()[:MAX_WORD] if isinstance(value, str) else ""
