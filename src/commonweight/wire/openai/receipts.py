"""Headers that say what answered, under which terms, and how long it took."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Mapping

from commonweight.serving import Offer, Target

MAX_HEADER = 2000  # characters; proxies refuse headers of some KiB
_UNPRINTABLE = re.compile(r"[^ -~]")
API_VERSION = b"2020-10-01"  # what OpenAI sends; clients print it


def receipts_of(offer: Offer) -> Mapping[str, str]:
    """Model and commit, the adapter where one answers, licence keys, the verdict that stands."""
    leaves = offer.servable.target is Target.REMOTE
    return _receipts(offer.servable.name, offer.adapter, leaves, offer.terms, offer.verdict_id)


@functools.lru_cache(maxsize=1024)
def _receipts(model: str, adapter: str, leaves: bool, terms: tuple[str, ...], verdict: str) -> Mapping[str, str]:
    """Written once for each offer: they are part of every answer."""
    found = {"x-commonweight-model": model}
    if adapter:
        found["x-commonweight-adapter"] = adapter
    if leaves:
        found["x-commonweight-leaves-house"] = "true"
    return {**found, "x-commonweight-terms": _as_header(",".join(terms)), "x-commonweight-verdict": verdict}


def _as_header(text: str) -> str:
    """Licence keys come from cards: line ends would end the header, and headers are ASCII of some KiB at most."""
    return _UNPRINTABLE.sub("?", text)[:MAX_HEADER]


def version_headers(receipts: Mapping[str, str], began: float) -> list[tuple[bytes, bytes]]:
    """The receipts and OpenAI's own headers, as ASGI wants them. `began` is a reading of `time.perf_counter`."""
    took = str(round((time.perf_counter() - began) * 1000)).encode()
    given = [(name.encode(), value.encode("ascii", "replace")) for name, value in receipts.items()]
    return [*given, (b"openai-processing-ms", took), (b"openai-version", API_VERSION)]
