"""The card of a converted model: what it was made from, its files and how near they stay to it, what its terms ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from commonweight.hub import RevisionFacts
from commonweight.rights.pack import Pack, with_badges
from commonweight.tuning.conversions.values import Conversion

MAX_LANGUAGES: Final = 20


def card_of(conversion: Conversion, pack: Pack, source: RevisionFacts, made: Sequence[Mapping[str, Any]]) -> bytes:
    """README.md with its front matter. `made`: of each file its report. The same of everything gives the same bytes."""
    block = yaml.safe_dump(front_matter(conversion, source), sort_keys=False, allow_unicode=True)
    name = conversion.target.partition("/")[2]
    came = f"`{conversion.source.repository}@{conversion.source.commit}`"
    sections = [
        f"# {name}",
        f"{came} as GGUF, for llama.cpp and what is built on it. Made with Commonweight.",
        "## Files",
        _files(made),
        "Agreement: how often the most likely next word is that of the F16 file, over texts of many kinds.",
        *_told(made),
        "## How to call it",
        f"Here: the model `{conversion.target}:{made[-1]['path']}` on `/v1/chat/completions`.",
        "## Terms",
        _terms(pack),
    ]
    return with_badges((f"---\n{block}---\n\n" + "\n\n".join(sections) + "\n").encode(), pack.badges)


def front_matter(conversion: Conversion, source: RevisionFacts) -> dict[str, Any]:
    """What lineage and terms are read from: a model in other numbers stays under the terms of its source."""
    licences = list(source.licences)
    found = {
        "base_model": conversion.source.repository,
        "base_model_relation": "quantized",
        "license": licences[0] if len(licences) == 1 else licences,
        "license_name": source.licence_name,
        "license_link": source.licence_link,
        "library_name": "gguf",
        "pipeline_tag": source.pipeline_tag or "text-generation",
        "language": list(source.languages[:MAX_LANGUAGES]),
        "tags": ["commonweight", "gguf"],
    }
    return {key: value for key, value in found.items() if value}


def _files(made: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| file | size | agreement | SHA-256 |", "| --- | --- | --- | --- |"]
    for one in made:
        nearness = one.get("likeness")
        agreement = f"{nearness['same']} of {nearness['places']}" if nearness else "the floats themselves"
        lines.append(f"| `{one['path']}` | {one['size'] / 1e6:.1f} MB | {agreement} | `{one['sha256']}` |")
    return "\n".join(lines)


def _told(made: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a reader should know of single files."""
    lines = []
    for one in made:
        lines += [f"- `{one['path']}`: {warning}" for warning in one["warnings"]]
        kept = ", ".join(f"{count} {what}" for what, count in sorted(one["fallbacks"].items()))
        lines += [f"- `{one['path']}`: rows that do not fit the format are kept otherwise ({kept})."] if kept else []
    return ["\n".join(lines)] if lines else []


def _terms(pack: Pack) -> str:
    said = ["They follow from the source; a reading of the texts, not legal advice."]
    if pack.refusal:
        said.append(f"**It must not be published outside:** {pack.refusal}")
    duties = [f"- {item.duty.do.replace('_', ' ')} ({item.duty.licence}): {item.left}" for item in pack.duties]
    return "\n\n".join([*said, "\n".join(duties)] if duties else said)
