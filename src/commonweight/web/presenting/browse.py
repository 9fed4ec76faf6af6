"""What was found, as a page shows it, with its filters. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from commonweight.hub import Contents, Head, library_of, task_of
from commonweight.policy import StoredVerdict
from commonweight.web.contexts import Facet, FoundRow, Option, Picked, VerdictBrief, Word
from commonweight.web.links import of_repository, with_query
from commonweight.web.presenting.measures import day_text
from commonweight.web.presenting.words import _, verdict_word

MODELS: Final = "/models"
DATASETS: Final = "/datasets"
MAX_OPTIONS: Final = 12  # of one facet; what is picked is shown beside them
MAX_PICKED: Final = 12  # tags of one search
MAX_LICENCES: Final = 3

KINDS: Final = {
    "model": Word("model", _("Models here"), "plain", "box", ""),
    "dataset": Word("dataset", _("Data sets here"), "plain", "box", ""),
}
OTHERS: Final = {"model": (DATASETS, _("Data sets")), "dataset": (MODELS, _("Models"))}
ADDRESSES: Final = {"model": MODELS, "dataset": DATASETS}
#: Kinds of tags that are facets, with their titles.
FACETS: Final = {
    "model": (
        ("pipeline_tag", _("Task")), ("library", _("Library")), ("license", _("Licence")), ("language", _("Language")),
    ),
    "dataset": (
        ("task_categories", _("Task")), ("size_categories", _("Size")), ("license", _("Licence")),
        ("language", _("Language")), ("format", _("Format")),
    ),
}  # fmt: skip
SORTS: Final = {
    "trendingScore": _("Downloaded this week"),
    "downloads": _("Downloaded this month"),
    "likes": _("Liked"),
    "lastModified": _("Changed last"),
    "createdAt": _("Newest"),
}
DEFAULT_SORT: Final = "trendingScore"
#: Spans of parameters: the word in the address, its text, least and most.
SIZES: Final[Mapping[str, tuple[str, int | None, int | None]]] = {
    "small": (_("under 1 billion"), None, 10**9),
    "medium": (_("1 to 10 billion"), 10**9, 10**10),
    "large": (_("10 to 100 billion"), 10**10, 10**11),
    "huge": (_("over 100 billion"), 10**11, None),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    kind: str
    query: str = ""
    tags: tuple[str, ...] = ()
    size: str = ""
    sort: str = DEFAULT_SORT
    cursor: str = ""

    @property
    def parameters(self) -> tuple[int | None, int | None] | None:
        return SIZES[self.size][1:] if self.size else None

    def address(self, cursor: str = "") -> str:
        pairs = [("q", self.query), *(("filter", tag) for tag in self.tags), ("size", self.size)]
        return with_query(ADDRESSES[self.kind], [*pairs, ("sort", self.sort), ("cursor", cursor)])


def facets(asked: Asked, tags: Mapping[str, Sequence[tuple[str, int]]]) -> tuple[Facet, ...]:
    """The tags that most have, and those that are picked."""
    found = []
    for word, title in FACETS[asked.kind]:
        of_kind = [one for number, one in enumerate(tags.get(word, ())) if number < MAX_OPTIONS or one[0] in asked.tags]
        options = tuple(_option(word, tag, count, asked) for tag, count in of_kind)
        found += [Facet("filter", title, options)] if options else []
    return tuple(found)


def _option(word: str, tag: str, count: int, asked: Asked) -> Option:
    return Option(tag, Word(tag, tag.removeprefix(f"{word}:"), "plain", "", ""), count, tag in asked.tags)


def sizes(asked: Asked) -> tuple[Option, ...]:
    if asked.kind != "model":
        return ()
    words = {"": _("any size"), **{word: text for word, (text, *_bounds) in SIZES.items()}}
    return tuple(Option(word, Word(word, text, "plain", "", ""), 0, word == asked.size) for word, text in words.items())


def sorts(asked: Asked) -> tuple[Option, ...]:
    return tuple(Option(word, Word(word, text, "plain", "", ""), 0, word == asked.sort) for word, text in SORTS.items())


def picked(asked: Asked) -> tuple[Picked, ...]:
    first = replace(asked, cursor="")
    found = [
        Picked(tag, replace(first, tags=tuple(one for one in asked.tags if one != tag)).address()) for tag in asked.tags
    ]
    return (*found, *([Picked(SIZES[asked.size][0], replace(first, size="").address())] if asked.size else []))


def found_row(head: Head, contents: Contents, gate: str, verdict: StoredVerdict | None) -> FoundRow:
    repository, facts = head.repository, head.facts
    href = of_repository(repository)
    brief = None
    if verdict is not None:
        brief = VerdictBrief(verdict_word(verdict.value), verdict.headline, f"{href}/rights")
    return FoundRow(
        id=repository.full_name,
        href=href,
        meta=tuple(filter(None, _meta(head, contents))),
        licences=facts.licences[:MAX_LICENCES],
        downloads=short_count(repository.downloads),
        likes=short_count(repository.likes),
        changed=day_text(repository.updated_at),
        is_private=repository.is_private,
        is_gated=bool(gate),
        verdict=brief,
    )


def _meta(head: Head, contents: Contents) -> tuple[str, ...]:
    if head.repository.kind == "dataset":
        rows = contents.tables.get("rows")
        return (", ".join(head.facts.languages[:3]), f"{short_count(rows)} rows" if isinstance(rows, int) else "")
    parameters = short_count(contents.parameters) if contents.parameters else ""
    return (task_of(head.facts, contents), library_of(head.facts, contents), parameters)


def short_count(count: int) -> str:
    """1234 -> 1.2K"""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + unit
    return str(count)
