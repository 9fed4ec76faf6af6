"""Documents and data in a release: the card and its sections, results, reports, samples, data files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from commonweight.rights.openness.card import CardText, DataText, data_text
from commonweight.rights.openness.classes import NO_LICENCE
from commonweight.rights.openness.component import Component, SeenAt
from commonweight.rights.openness.release import CARD, Release, ReleaseFile
from commonweight.rights.openness.seen_weights import MAX_SHOWN
from commonweight.rights.said import joined, mark, say

_REPORT: Final = re.compile(r"(?:^|/)[^/]*report[^/]*\.(?:pdf|tex)$", re.IGNORECASE)
_PAPER: Final = re.compile(r"(?:^|/)[^/]*paper[^/]*\.(?:pdf|tex)$", re.IGNORECASE)
_RESULTS: Final = re.compile(
    r"(?:^|/)(?:[^/]*eval(?:uation)?[^/]*results?[^/]*|results?(?:[_-][^/]*)?|all_results|[^/]*eval[^/]*)\.(?:json|jsonl|csv)$|(?:^|/)\.eval_results/",
    re.IGNORECASE,
)
_SAMPLES: Final = re.compile(
    r"(?:^|/)(?:samples?|sample_outputs?|example_outputs?|generations|outputs?)/[^/]+\.[a-z0-9]+$", re.IGNORECASE
)
_DATA_CARD: Final = re.compile(
    r"(?:^|/)[^/]*(?:data_?sheet|data_?card|data_?statement)[^/]*\.(?:md|pdf|txt)$", re.IGNORECASE
)
_SUMMARY: Final = re.compile(
    r"(?:^|/)[^/]*training[-_ ]?(?:data|content)[-_ ]?summary[^/]*\.(?:md|pdf|txt|json)$", re.IGNORECASE
)
_TABULAR: Final = r"[^/]*\.(?:jsonl?|parquet|csv|tsv|arrow|txt|zst|gz)$"
_TRAINING_DATA: Final = re.compile(
    r"(?:^|/)(?:data|dataset|datasets|corpus)/(?:[^/]*/)*[^/]*train" + _TABULAR + r"|(?:^|/)train" + _TABULAR, re.IGNORECASE
)
_EVAL_DATA: Final = re.compile(
    r"(?:^|/)(?:data|dataset|datasets|eval|evaluation)/(?:[^/]*/)*[^/]*(?:test|eval|valid)"
    + _TABULAR
    + r"|(?:^|/)(?:test|validation)"
    + _TABULAR,
    re.IGNORECASE,
)
_ARXIV: Final = re.compile(
    r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})|arxiv:(\d{4}\.\d{4,5})|doi\.org/(10\.\d{4,9}/[^\s)>\]]{1,200})", re.IGNORECASE
)
_REPOSITORY: Final = re.compile(
    r"https?://(?:github\.com|gitlab\.com|codeberg\.org)/[\w.-]{1,100}/[\w.-]{1,100}", re.IGNORECASE
)
_TRAINED_ON: Final = re.compile(r"\b(?:pre-?)?trained on\b|training data", re.IGNORECASE)
_TOKENIZER: Final = re.compile(
    r"(?:^|/)(?:tokenizer\.json|tokenizer\.model|[^/]*\.tiktoken|spiece\.model|vocab\.(?:json|txt)|merges\.txt)$"
)
_CONFIG: Final = re.compile(r"(?:^|/)(?:config|params|model_index)\.json$")
MAX_PARAGRAPHS: Final = 2_000  # of one card, looked through for links


def see_documents(release: Release, gguf: Mapping[str, Any]) -> dict[str, Component]:
    """Every document and data component, with tokenizer and configuration."""
    card = CardText(release.text)
    seen_card = _card_file(release)
    return {
        "model_card": _model_card(release, card, seen_card),
        "evaluation_results": _results(release, card, seen_card),
        "technical_report": _files(release, _REPORT, mark("No technical report is in the release.")),
        "paper": _paper(release),
        "sample_outputs": _samples(release, card, seen_card),
        "data_information": _data_information(release, card, seen_card),
        "data": _data(release),
        "evaluation_data": _evaluation_data(release),
        "tokenizer": _beside(release, _TOKENIZER, gguf),
        "config": _beside(release, _CONFIG, gguf),
    }


def _card_file(release: Release) -> ReleaseFile | None:
    return release.file(CARD)


def _files(release: Release, pattern: re.Pattern[str], why_not: str) -> Component:
    files = [one for one in release.files if one.is_stored and pattern.search(one.path)]
    seen = tuple(one.seen for one in sorted(files, key=lambda one: (one.path.count("/"), one.path))[:MAX_SHOWN])
    return Component("released", "A", "", seen) if seen else Component(detail=why_not)


def _beside(release: Release, pattern: re.Pattern[str], gguf: Mapping[str, Any]) -> Component:
    """Tokenizer or configuration: a file of its own, or inside a GGUF file."""
    found = _files(release, pattern, mark("Not in the release."))
    if found.shown:
        return found
    carriers = [one for one in release.files if one.is_stored and one.path.lower().endswith(".gguf")]
    if carriers:
        return Component("released", "A", mark("Inside the GGUF file."), (carriers[0].seen,))
    return found


def _model_card(release: Release, card: CardText, file: ReleaseFile | None) -> Component:
    """A card counts where it tells intended use and limits; a template's sections tell nothing."""
    if file is None:
        return Component(detail=mark("No card is here."))
    whole = Component("released", "A", "", (file.seen,))
    if file.content is None:  # only its path is known
        return whole
    wanted = (("intended_use", mark("what it is meant for")), ("limits", mark("its limits")))
    lacks = tuple(words for topic, words in wanted if not card.on(topic))
    if card.is_template:
        return replace(whole, whole=False, detail=mark("Mostly an unfilled template."), lacks=lacks)
    note = (
        mark("Written by a program.")
        if card.is_generated or "generated_from_trainer" in _words(release.card.get("tags"))
        else ""
    )
    if lacks:
        detail = joined(filter(None, (note, say("The card does not say {what}.", what=joined(lacks, ", ")))))
        return replace(whole, whole=False, detail=detail, lacks=lacks)
    return replace(whole, detail=note)


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),) if value else ()


def _results(release: Release, card: CardText, file: ReleaseFile | None) -> Component:
    """Results files, results in the card's metadata or a table of the card; figures in prose are a claim."""
    files = _files(release, _RESULTS, "")
    if files.shown:
        return replace(files, detail=mark("As reported by the maker."))
    if file is not None and _index_results(release.card):
        return Component(
            "released", "A", mark("In the card's metadata, as reported by the maker."), (file.seen,), inside="model_card"
        )
    if file is not None and card.has_figures:
        return Component(
            "released", "A", mark("In a table of the card, as reported by the maker."), (file.seen,), inside="model_card"
        )
    if card.on("evaluation"):
        return Component("claimed", "C", mark("The card speaks of an evaluation, without a table of figures."))
    return Component(detail=mark("No results are here."))


def _index_results(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of `model-index` that hold a value."""
    results = [result for model in _rows(card.get("model-index")) for result in _rows(model.get("results"))]
    return [one for one in results if any("value" in metric for metric in _rows(one.get("metrics")))]


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def evaluation_sets(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Data sets of `namespace/name` form that the results in a card's metadata were measured on."""
    named = [result.get("dataset", {}) for result in _index_results(card)]
    types = [str(one.get("type", "")) for one in named if isinstance(one, dict)]
    return tuple(dict.fromkeys(name for name in types if name.count("/") == 1))


def _paper(release: Release) -> Component:
    found = _files(release, _PAPER, "")
    if found.shown:
        return found
    text = "\n".join((release.text, *_words(release.card.get("tags"))))
    link = _ARXIV.search(text)
    if link:
        name = next(part for part in link.groups() if part)
        return _linked(name)
    return Component(detail=mark("No paper is in the release, and none is linked."))


def _samples(release: Release, card: CardText, file: ReleaseFile | None) -> Component:
    found = _files(release, _SAMPLES, mark("No samples are here."))
    if not found.shown and file is not None and card.on("samples"):
        return Component("released", "A", mark("In the card."), (file.seen,), inside="model_card")
    return found


def _data_information(release: Release, card: CardText, file: ReleaseFile | None) -> Component:
    """A data card of its own, or what the model card says of the data; one sentence is a claim."""
    own = [one for one in release.files if one.is_stored and (_DATA_CARD.search(one.path) or _SUMMARY.search(one.path))]
    if own:
        return described(data_text(own[0].text), own[0].seen, read=own[0].content is not None)
    if file is not None and (text := card.data()).is_description:
        return replace(described(text, file.seen), inside="model_card")
    if _TRAINED_ON.search(release.text):
        return Component("claimed", "C", mark("The card says a sentence on the data, no more."))
    return Component(detail=mark("No description of the training data is here."))


def described(text: DataText, seen: SeenAt, *, evidence: str = "A", read: bool = True) -> Component:
    """A description of data; whole where it says what the framework asks of a data card."""
    if not read:
        return Component("released", evidence, mark("Not read."), (seen,))
    detail = say("Found in it: {count} of {all} statements on the data.", count=str(len(text.statements)), all="6")
    return Component("released", evidence, detail, (seen,), whole=text.is_data_card, lacks=text.lacks)


def _data(release: Release) -> Component:
    found = _files(release, _TRAINING_DATA, "")
    if found.shown:
        return found
    named = _words(release.card.get("datasets"))
    if named:
        return _named(named)
    return Component(detail=mark("No training data is here, and no data set is named."))


def _linked(address: str) -> Component:
    """What lies elsewhere is under terms of its own, which are not known here."""
    return Component("claimed", "C", mark("Linked, not held here."), (SeenAt(address, where="link"),), under=(NO_LICENCE,))


def _named(names: Sequence[str]) -> Component:
    """Data that the card names. It is under terms of its own, which are not known here."""
    detail = say("Named, and not held here: {names}.", names=joined(names[:MAX_SHOWN], ", "))
    return Component("claimed", "C", detail, under=(NO_LICENCE,))


def _evaluation_data(release: Release) -> Component:
    found = _files(release, _EVAL_DATA, "")
    if found.shown:
        return found
    named = evaluation_sets(release.card)
    if named:
        return _named(named)
    return Component(detail=mark("No evaluation data is here, and none is named."))


def claims_of_card(release: Release) -> dict[str, Component]:
    """Weak signals: a repository of code that the card links to beside words on training or evaluation."""
    found: dict[str, Component] = {}
    for paragraph in release.text.split("\n\n", MAX_PARAGRAPHS)[:MAX_PARAGRAPHS]:
        link = _REPOSITORY.search(paragraph)
        if link:
            for key, words in _SPEAKS_OF.items():
                if key not in found and words.search(paragraph):
                    found[key] = _linked(link[0].rstrip("."))
    return found


_SPEAKS_OF: Final = {
    "training_code": re.compile(r"train", re.IGNORECASE),
    "evaluation_code": re.compile(r"evaluat|benchmark|harness", re.IGNORECASE),
    "preprocessing_code": re.compile(r"pre-?process|dedup|filter|data pipeline|curat", re.IGNORECASE),
    "inference_code": re.compile(r"inference|generat|deploy", re.IGNORECASE),
}
