"""Searching what is kept here, as the pages of samples show it."""

from __future__ import annotations

from commonweight.web.contexts import BrowsePage, Facet, FoundRow, Frame, Option, Picked, VerdictBrief, Word
from commonweight.web.presenting import browse, words


def _row(number: int, verdict: str) -> FoundRow:
    brief = (
        VerdictBrief(words.VERDICT_WORDS[verdict], "Apache License 2.0 lets you.", "/ada/tiny/rights") if verdict else None
    )
    return FoundRow(
        f"ada/{'a-model-with-a-rather-long-name-' * (number % 2)}tiny-{number}", f"/ada/tiny-{number}",
        ("text-generation", "transformers", "7.2B"), ("apache-2.0",), "12.3K", "7", "2026-03-01", number == 1, number == 2,
        brief,
    )  # fmt: skip


def _facet(title: str, *tags: str) -> Facet:
    return Facet("filter", title, tuple(Option(tag, Word(tag, tag, "plain", "", ""), 12, tag == "gguf") for tag in tags))


def browse_pages(frame: Frame) -> tuple[BrowsePage, ...]:
    asked = browse.Asked("model", "fox", ("gguf",), "small")
    facets = (_facet("Task", "text-generation", "fill-mask"), _facet("Library", "gguf", "transformers"))
    rows = tuple(_row(number, verdict) for number, verdict in enumerate(["allowed", "", "prohibited", "unclear"]))
    return (
        BrowsePage(
            frame, browse.KINDS["model"], browse.MODELS, browse.OTHERS["model"], "fox", browse.sorts(asked), facets,
            browse.sizes(asked), (Picked("gguf", "/models?q=fox"),), rows, "", "/models?cursor=x", True,
        ),
        BrowsePage(
            frame, browse.KINDS["dataset"], browse.DATASETS, browse.OTHERS["dataset"], "", browse.sorts(asked), (), (), (),
            (), "", "", False,
        ),
    )  # fmt: skip
