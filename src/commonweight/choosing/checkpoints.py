"""What the configuration of a checkpoint says about serving it: what it was made for, its context, whether it sees."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import EntryNotFound, Hub, Revision, TooMuch
from commonweight.serving import Mode
from commonweight.storage import NotStored, StoredBytesDamaged

CONFIGURATION: Final = "config.json"
MAX_BYTES: Final = 1 << 20  # some tens of kilobytes at most, where labels are listed
REMEMBERED: Final = 4_096  # revisions; some hundred bytes each

#: The family that engines here write down speech with.
_SPEECH: Final = ("WhisperForConditionalGeneration",)


@dataclass(frozen=True)
class CheckpointFacts:
    """`mode` is None where the configuration leaves it open; `context_tokens` 0 where it does not say."""

    mode: Mode | None = None
    context_tokens: int = 0
    vision: bool = False


class Checkpoints:
    """Reads each revision's configuration once in a process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: OrderedDict[tuple[int, str], CheckpointFacts] = OrderedDict()

    async def of(self, revision: Revision) -> CheckpointFacts:
        """Nothing is known of a revision without one that can be read."""
        key = (revision.repository.id, revision.commit)
        if key not in self._seen:
            self._seen[key] = await self._read(revision)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[key]

    async def _read(self, revision: Revision) -> CheckpointFacts:
        try:
            document = json.loads(await self._hub.read_small(revision, CONFIGURATION, MAX_BYTES))
        except (EntryNotFound, TooMuch, NotStored, StoredBytesDamaged, ValueError, RecursionError):
            return CheckpointFacts()
        return facts_of(document) if isinstance(document, dict) else CheckpointFacts()


def facts_of(configuration: Mapping[str, Any]) -> CheckpointFacts:
    """Of a `config.json` of transformers. Pure."""
    architectures = configuration.get("architectures")
    speech = isinstance(architectures, list) and any(one in _SPEECH for one in architectures)
    inner = configuration.get("text_config")
    text = {**configuration, **(inner if isinstance(inner, dict) else {})}
    context = text.get("max_target_positions" if speech else "max_position_embeddings")
    return CheckpointFacts(
        Mode.TRANSCRIPTION if speech else None,
        context if isinstance(context, int) and not isinstance(context, bool) and 0 < context < 1 << 31 else 0,
        vision=isinstance(configuration.get("vision_config"), dict),
    )
