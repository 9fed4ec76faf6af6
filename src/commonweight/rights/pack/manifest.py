"""pack.json: the pack for programs. The same question under the same records gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from commonweight.rights.pack.values import Matter, NameCheck, PackedDuty, PackFile
from commonweight.rights.said import mark

PATH: Final = "pack.json"
FORMAT: Final = "commonweight.pack/1"


def manifest_file(matter: Matter, duties: Sequence[PackedDuty], files: Sequence[PackFile]) -> PackFile:
    document = manifest(matter, duties, files)
    content = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    return PackFile(PATH, content.encode(), mark("This pack for programs."))


def manifest(matter: Matter, duties: Sequence[PackedDuty], files: Sequence[PackFile]) -> dict[str, Any]:
    """The document; docs/pack.md describes it."""
    verdict = matter.verdict
    return {
        "format": FORMAT,
        "subject": verdict.subject,
        "name": matter.name,
        "date": verdict.date,
        "acts": [{"act": act, "value": value.value} for act, value in verdict.acts.items()],
        "value": verdict.value.value,
        "language": matter.language,
        "naming": _naming(matter.naming),
        "files": [_file(matter, file) for file in files],
        "missing": list(matter.texts.missing),
        "duties": [_duty(matter, item) for item in duties],
        "review": verdict.review,
        "facts_digest": verdict.facts_digest,
        "terms_digests": dict(verdict.terms_digests),
        "engine_version": verdict.engine_version,
        "disclaimer": matter.speak(verdict.disclaimer),
    }  # fmt: skip


def _naming(naming: NameCheck) -> dict[str, Any]:
    prefixes = list(naming.prefixes)
    return {"name": naming.name, "state": naming.state, "prefixes": prefixes, "proposal": naming.proposal}


def _file(matter: Matter, file: PackFile) -> dict[str, Any]:
    copy = next((copy for copy in matter.texts.copies if copy.path == file.path), None)
    text = {} if copy is None else {
        "licence": copy.licence,
        "policy": copy.policy or None,
        "origin": copy.text.origin,
        "source": copy.text.source or copy.text.path,
        "node": copy.text.node or None,
        "verified": copy.verified,
    }  # fmt: skip
    return {
        "path": file.path, "digest": file.digest, "bytes": len(file.content), "along": file.along,
        "about": matter.speak(file.about), **({"text": text} if text else {}),
    }  # fmt: skip


def _duty(matter: Matter, item: PackedDuty) -> dict[str, Any]:
    return {
        "id": item.duty.id,
        "do": item.duty.do,
        "licence": item.duty.licence,
        "clause": item.duty.clause,
        "acts": list(item.duty.acts),
        "state": item.state,
        "files": list(item.files),
        "left": matter.speak(item.left),
        "doubts": [matter.speak(doubt) for doubt in item.duty.doubts],
    }
