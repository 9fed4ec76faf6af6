"""The card of a converted model: what it was made from, its files and how near they stay to it, what its terms ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from commonweight.hub import RevisionFacts
from commonweight.rights.pack import Pack, with_badges
from commonweight.tuning.conversions.scoring import FormatScore, State, percent, score_of
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.judging import Limits, Report, Score
from commonweight.tuning.publishing.scores import NOT_YET, in_place

MAX_LANGUAGES: Final = 20
NOT_ASKED: Final = "Whoever made this did not ask for scores."


def card_of(conversion: Conversion, pack: Pack, source: RevisionFacts, made: Sequence[Mapping[str, Any]]) -> bytes:
    """README.md with its front matter. `made`: of each file its report. The same of everything gives the same bytes."""
    block = yaml.safe_dump(front_matter(conversion, source), sort_keys=False, allow_unicode=True)
    name = conversion.target.partition("/")[2]
    sections = [
        f"# {name}",
        _summary(conversion),
        "## Files",
        _files(made),
        f"Agreement: how often the most likely next word is that of {_original(conversion)}, over texts of many kinds.",
        *_told(made, conversion.source.warning),
        "## Scores",
        NOT_YET if conversion.is_scored else NOT_ASKED,
        "## How to call it",
        f"Here: the model `{conversion.target}:{made[-1]['path']}` on `/v1/chat/completions`.",
        "## Terms",
        _terms(pack),
    ]
    return with_badges((f"---\n{block}---\n\n" + "\n\n".join(sections) + "\n").encode(), pack.badges)


def with_scores(card: str, report: Report, files: Sequence[Mapping[str, Any]], scores: Mapping[str, FormatScore]) -> str:
    """The card with these scores (by path) in place of what stood there; one without the place gets them at its end."""
    return in_place(card, "\n\n".join(_scored(report, files, scores)))


def _scored(report: Report, files: Sequence[Mapping[str, Any]], scores: Mapping[str, FormatScore]) -> Iterator[str]:
    broken = [path for path, score in scores.items() if score.state is State.BROKEN]
    if broken:
        yield f"**Not any good: {', '.join(f'`{path}`' for path in broken)}.** See below."
    yield (
        f"All files and {report.base.label} answered the same {report.items} general questions "
        f"(`{report.items_hash[:16]}`) in one run, greedily, through the server that serves them, and read them with "
        "their answers. Perplexity is that of these texts: lower is better. In brackets 95 % intervals; the change is "
        "paired, text by text."
    )
    lines = ["| file | size | perplexity | change | same answers | right answers | |", f"|{' --- |' * 7}"]
    if report.base.label not in [one["kind"] for one in files]:
        lines.append(_row(report.base.label, "", score_of(report, report.base.label, Limits())))
    lines += [_row(f"`{one['path']}`", f"{one['size'] / 1e6:.1f} MB", scores[one["path"]]) for one in files]
    yield "\n".join(lines)
    yield "\n".join(f"- `{path}`: {score.sentence}" for path, score in scores.items())
    yield (
        "Forty questions tell large losses alone; perplexity tells small ones. Neither says how good it is at your task: "
        "try it on that."
    )


def _row(name: str, size: str, score: FormatScore) -> str:
    perplexity, rise = score.perplexity, score.rise
    cells = [
        name,
        size,
        f"{perplexity.value:,.2f} ({perplexity.low:,.2f} to {perplexity.high:,.2f})" if perplexity else "",
        f"{percent(rise.value)} ({percent(rise.low)} to {percent(rise.high)})" if rise else "",
        _share(score.agrees),
        _share(score.knows),
        score.state.value.replace("_", " "),
    ]
    return f"| {' | '.join(cells)} |"


def _share(score: Score | None) -> str:
    return f"{score.value * score.items:.0f} of {score.items}" if score else ""


def _summary(conversion: Conversion) -> str:
    source = conversion.source
    came = f"`{source.repository}@{source.commit}`" + (f", `{source.path}`," if source.path else "")
    said = f"{came} as GGUF, for llama.cpp and what is built on it. Made with Commonweight."
    return f"{said}\n\n**{source.warning}**" if source.warning else said


def _original(conversion: Conversion) -> str:
    return "the source" if conversion.source.path else "the F16 file"


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
        agreement = _nearness(nearness) if nearness else "the floats themselves"
        lines.append(f"| `{one['path']}` | {one['size'] / 1e6:.1f} MB | {agreement} | `{one['sha256']}` |")
    return "\n".join(lines)


def _nearness(nearness: Mapping[str, Any]) -> str:
    return f"{nearness['same']} of {nearness['places']}"


def _told(made: Sequence[Mapping[str, Any]], said: str) -> list[str]:
    """What a reader should know of single files, but for what was `said` of all."""
    lines = []
    for one in made:
        lines += [f"- `{one['path']}`: {warning}" for warning in one["warnings"] if warning != said]
        kept = ", ".join(f"{count} {what}" for what, count in sorted(one["fallbacks"].items()))
        lines += (
            [f"- `{one['path']}`: rows that do not fit the format or are smaller already are kept otherwise ({kept})."]
            if kept
            else []
        )
    return ["\n".join(lines)] if lines else []


def _terms(pack: Pack) -> str:
    said = ["They follow from the source; a reading of the texts, not legal advice."]
    if pack.refusal:
        said.append(f"**It must not be published outside:** {pack.refusal}")
    duties = [f"- {item.duty.do.replace('_', ' ')} ({item.duty.licence}): {item.left}" for item in pack.duties]
    return "\n\n".join([*said, "\n".join(duties)] if duties else said)
