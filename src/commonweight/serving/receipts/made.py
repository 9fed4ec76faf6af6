"""What answers hold that are no words, by hashes: vectors, rankings, results of moderations, pictures. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from commonweight.rights.receipts import canonical


def made_in(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """
    An entry for each vector (its numbers as 32-bit floats, little-endian, whichever way the answer wrote them) or picture
    (its bytes); one for a ranking (pairs of index and score); one for each result of a moderation. None for others.
    """
    data, results = document.get("data"), document.get("results")
    if isinstance(data, list) and data and all(isinstance(one, Mapping) for one in data):
        if all("embedding" in one for one in data):
            return [{"vector_sha256": _digest(_bytes_of(one["embedding"]))} for one in data]
        if all(isinstance(one.get("b64_json"), str) for one in data):
            return [{"picture_sha256": _digest(base64.b64decode(one["b64_json"]))} for one in data]
    if isinstance(results, list) and results and all(isinstance(one, Mapping) for one in results):
        if all("relevance_score" in one for one in results):
            pairs = [[one["index"], one["relevance_score"]] for one in results]
            return [{"ranking_sha256": _digest(canonical(pairs))}]
        return [{"result_sha256": _digest(canonical(dict(one)))} for one in results]
    return []


def _bytes_of(vector: Any) -> bytes:
    if isinstance(vector, str):
        return base64.b64decode(vector)
    return np.asarray(vector, "<f4").tobytes()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
