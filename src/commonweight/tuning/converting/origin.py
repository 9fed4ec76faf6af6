"""
Where a file comes from, written into it by us: names and hashes, never a place on somebody's disk.

`general.*` are the keys that the GGUF specification has for it; `commonweight.*` are ours, for what it has none for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

import gguf

from commonweight.tuning.converting.values import NotConvertible

#: What may be told, and the key it gets.
KEYS: Final[Mapping[str, str]] = {
    "name": "general.name",
    "description": "general.description",
    "licence": "general.license",
    "licence_name": "general.license.name",
    "repository": "commonweight.repository",
    "commit": "commonweight.commit",
    "base_repository": "commonweight.base.repository",
    "base_commit": "commonweight.base.commit",
    "base_sha256": "commonweight.base.sha256",
    "dataset": "commonweight.dataset.repository",
    "dataset_commit": "commonweight.dataset.commit",
    "dataset_sha256": "commonweight.dataset.sha256",
    "tuning": "commonweight.tuning",
    "made_by": "commonweight.made_by",
}


def write_origin(writer: gguf.GGUFWriter, metadata: Mapping[str, Any]) -> None:
    """Raises NotConvertible for what has no key here, and for a path of this machine."""
    for name, value in metadata.items():
        key = KEYS.get(name)
        if key is None:
            raise NotConvertible(f"There is no key for {name!r}; expected one of {', '.join(KEYS)}.")
        text = str(value)
        if text.startswith("file:") or PurePath(text).is_absolute():
            raise NotConvertible(f"{name!r} is a path of this machine, which does not belong into a file for others.")
        if text:
            writer.add_string(key, text)
    base = str(metadata.get("base_repository") or "")
    if base:
        namespace, _, short = base.partition("/")
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, short or namespace)
        writer.add_base_model_organization(0, namespace if short else "")
        # Read by others (and by our vetting) as the name of a repository; an address of this installation would say less.
        writer.add_base_model_repo_url(0, base)
        if commit := str(metadata.get("base_commit") or ""):
            writer.add_base_model_version(0, commit)
