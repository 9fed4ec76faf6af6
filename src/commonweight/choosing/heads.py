"""What the header of a GGUF file says about serving it: its context, and what it was made for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from commonweight.errors import RangeRefused
from commonweight.hub import Entry, Hub, Revision
from commonweight.rights.openness.gguf import read_gguf
from commonweight.serving import Mode
from commonweight.storage import NotStored, StoredBytesDamaged

FIRST_BYTES: Final = 64 << 10  # sizes and pooling stand before the vocabulary
REMEMBERED: Final = 4_096  # files; some hundred bytes each

ADAPTER: Final = "adapter"  # the kind of file that changes a model, and is none
_RANK: Final = 4  # llama_pooling_type of llama.cpp: a head that scores a pair
_POOLED: Final = frozenset({1, 2, 3})  # mean, first token, last token
_ENCODERS: Final = ("bert", "t5encoder")  # endings of architectures that generate nothing


@dataclass(frozen=True)
class GgufFacts:
    """`mode` is None where the header leaves it open; `context_tokens` 0 where it does not say."""

    mode: Mode | None = None
    context_tokens: int = 0
    is_adapter: bool = False


class GgufHeads:
    """Reads each file's header once in a process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: OrderedDict[str, GgufFacts] = OrderedDict()

    async def of(self, revision: Revision, entry: Entry) -> GgufFacts:
        """Of a file whose bytes are kept here; nothing is known of any other."""
        if entry.large is None:
            return GgufFacts()
        key = entry.large.sha256
        if key not in self._seen:
            self._seen[key] = await self._read(revision, entry)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[key]

    async def _read(self, revision: Revision, entry: Entry) -> GgufFacts:
        try:
            pieces = self._hub.read(revision.repository, entry, 0, min(FIRST_BYTES, entry.size))
            return facts_of(b"".join([piece async for piece in pieces]), entry.size)
        except (NotStored, StoredBytesDamaged, RangeRefused):
            return GgufFacts()


def facts_of(first_bytes: bytes, size: int) -> GgufFacts:
    """Of a file of `size` bytes that begins so. Pure."""
    head = read_gguf(first_bytes, size)
    if head is None:
        return GgufFacts()
    architecture = head.pairs.get("general.architecture", "")
    context = head.pairs.get(f"{architecture}.context_length", 0)
    mode = _mode(architecture, head.pairs.get(f"{architecture}.pooling_type"))
    return GgufFacts(mode, _whole(context), head.pairs.get("general.type") == ADAPTER)


def _mode(architecture: object, pooling: object) -> Mode | None:
    if pooling == _RANK:
        return Mode.RERANK
    if pooling in _POOLED or str(architecture).startswith("bert") or str(architecture).endswith(_ENCODERS):
        return Mode.EMBEDDINGS
    return None


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else 0
