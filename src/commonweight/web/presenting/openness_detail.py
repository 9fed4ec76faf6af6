"""Everything behind a grade of openness, as a page shows it. Sentences come in the page's language already."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from commonweight.web.contexts import (
    ClassView,
    DeedView,
    ElementView,
    OpennessDetail,
    ParagraphView,
    PartView,
    SeenFile,
    TuneView,
    Word,
)
from commonweight.web.presenting.words import OPENNESS_WORDS, _

Document = Mapping[str, Any]
#: From a path in the model's own repository, or a branch of it, to an address; empty where there is none.
Links = Callable[[str, str], str]

DIGEST_SHOWN: Final = 19  # `sha256:` and twelve digits
_REPOSITORY: Final = re.compile(r"(?:datasets/)?[\w.-]+/[\w.-]+\Z")

PART_WORDS: Final[Mapping[str, Word]] = {
    "counts": Word("counts", _("found"), "good", "check", _("Found, and under terms that are open for it.")),
    "short": Word("short", _("found, does not count"), "duty", "half", _("Found, but in part, or not under open terms.")),
    "claimed": Word("claimed", _("claimed"), "ask", "ring", _("Somebody says that it was released; nobody looked.")),
    "absent": Word("absent", _("not found"), "plain", "close", _("Looked for, or said to be withheld.")),
    "unknown": Word("unknown", _("not known"), "unknown", "question", _("Nobody has looked, and nobody says.")),
}
EVIDENCE_LETTERS: Final[Mapping[str, Word]] = {
    "A": Word("A", "A", "good", "", _("seen in the release itself")),
    "B": Word("B", "B", "good", "", _("behind a link that was followed to something held here")),
    "C": Word("C", "C", "ask", "", _("stated, not checked")),
    "-": Word("-", "–", "plain", "", _("nothing to go by")),
}
TERMS_WORDS: Final[Mapping[str, Word]] = {
    **OPENNESS_WORDS,
    "open_but_unsuited": Word(
        "open_but_unsuited", _("open, with a warning"), "duty", "half", _("The framework prefers others for this kind.")
    ),
}
RESULT_WORDS: Final[Mapping[str, Word]] = {
    "pass": Word("pass", _("met"), "good", "check", _("Met, by what was seen.")),
    "fail": Word("fail", _("not met"), "stop", "close", _("Something is known to be missing.")),
    "not_evaluable": Word("not_evaluable", _("not evaluable"), "unknown", "question", _("It cannot be told yet.")),
    "met": Word("met", _("met"), "good", "check", _("Met, by what is known.")),
    "not_met": Word("not_met", _("not met"), "stop", "close", _("The terms, or the release, stand against it.")),
    "judgement": Word("judgement", _("to be judged"), "split", "split", _("A person must judge.")),
    "unknown": Word("unknown", _("not known"), "unknown", "question", _("It cannot be told yet.")),
}
EXEMPTION_WORDS: Final[Mapping[str, Word]] = {
    "eligible": Word("eligible", _("open to its provider"), "good", "check", ""),
    "not_eligible": Word("not_eligible", _("not open"), "stop", "stop", ""),
    "needs_judgement": Word("needs_judgement", _("needs judgement"), "split", "split", ""),
    "not_known": Word("not_known", _("not known"), "unknown", "question", ""),
}
PROVIDER_WORDS: Final[Mapping[str, Word]] = {
    "not_provider": Word("not_provider", _("no provider by the tune"), "good", "check", ""),
    "provider_of_modification": Word("provider_of_modification", _("a provider, for the change"), "ask", "flag", ""),
    "provider_of_model": Word("provider_of_model", _("a provider of the whole model"), "stop", "flag", ""),
    "unknown": Word("unknown", _("not known yet"), "unknown", "question", ""),
}
DEED_NAMES: Final[Mapping[str, str]] = {
    "run": _("Run it"),
    "fine_tune": _("Fine-tune it"),
    "reproduce_evaluation": _("Reproduce its evaluation"),
    "retrain": _("Train it again"),
    "audit_data": _("Look at its training data"),
}
SHORT_NAMES: Final[Mapping[str, str]] = {
    "weights": _("Weights"),
    "architecture_code": _("Architecture"),
    "technical_report": _("Report"),
    "evaluation_results": _("Results"),
    "model_card": _("Model card"),
    "data_information": _("Data card"),
    "sample_outputs": _("Samples"),
    "training_code": _("Training code"),
    "inference_code": _("Inference code"),
    "evaluation_code": _("Evaluation code"),
    "evaluation_data": _("Evaluation data"),
    "supporting_libraries": _("Libraries"),
    "data": _("Data sets"),
    "preprocessing_code": _("Preprocessing"),
    "intermediate_checkpoints": _("Checkpoints"),
    "paper": _("Paper"),
    "model_metadata": _("Metadata"),
    "tokenizer": _("Tokenizer"),
    "config": _("Configuration"),
}
SOURCE_NAMES: Final[Mapping[str, str]] = {
    "own": _("named for it"),
    "kind": _("named for the other code"),
    "distribution": _("of the whole release"),
    "elsewhere": _("of where it lies"),
}
CLASS_NAMES: Final[Mapping[str, str]] = {
    "III": _("Open Model"),
    "II": _("Open Tooling"),
    "I": _("Open Science"),
}
CHECK_NAMES: Final[Mapping[str, str]] = {
    "readable": _("The files are what their names say"),
    "complete": _("No piece is missing"),
    "tensors": _("The tensors are those of the index"),
    "bytes_stored": _("The bytes are there"),
    "safe_format": _("The format cannot run code"),
}
CHECK_WORDS: Final[Mapping[bool | None, Word]] = {
    True: Word("yes", _("yes"), "good", "check", ""),
    False: Word("no", _("no"), "stop", "close", ""),
    None: Word("unknown", _("not known"), "unknown", "question", ""),
}
_BY_LICENCE: Final = _("with training data under open terms")
_BY_ANY_LICENCE: Final = _("with training data under any terms")
_YES_CLAIMED: Final = Word("claimed", _("yes, as claimed"), "ask", "ring", "")


def openness_detail(told: Document, tune: TuneView, links: Links) -> OpennessDetail:
    """From the document of `Report.to_document`, said in the page's language."""
    openness, exempt = told["openness"], told["exemption"]
    parts = [_part(one, links) for one in openness["components"]]
    classes, names = openness["classes"], {part.key: part.name for part in parts}
    checked, claimed = classes["checked"], classes["claimed"]
    return OpennessDetail(
        rules=classes["rules"],
        figures=tuple(
            (title, reach["checked"]["class"] or _("none"), reach["claimed"]["class"] or _("none"))
            for title, reach in ((_BY_LICENCE, classes), (_BY_ANY_LICENCE, classes["any_data_licence"]))
        ),
        missing=tuple(names[key] for key in checked["missing"]),
        next_level=_next(checked["class"]),
        classes=tuple(_class(level, checked, claimed, parts) for level in CLASS_NAMES),
        deeds=tuple(_deed(key, deed) for key, deed in openness["deeds"].items()),
        beside=tuple(_part({**one, **_BESIDE, "component": key}, links) for key, one in openness["beside"].items()),
        definition=openness["osaid"]["version"],
        defined=RESULT_WORDS[openness["osaid"]["result"]],
        elements=tuple(_element(one) for one in openness["osaid"]["elements"]),
        exemption=EXEMPTION_WORDS[exempt["answer"]],
        exemption_text=exempt["text"],
        paragraphs=tuple(_paragraph(one) for one in exempt["conditions"]),
        assumptions=tuple(exempt["assumptions"]),
        note=exempt["note"],
        source=exempt["source"],
        checks=tuple(
            (CHECK_NAMES.get(one["check"], one["check"]), CHECK_WORDS[one["ok"]], one["detail"])
            for one in openness["checks"]
        ),
        differences=tuple(openness["differences"]),
        tune=tune,
    )


#: What a part has that is no component of the framework.
_BESIDE: Final[Document] = {
    "number": 0,
    "name": "",
    "class": "",
    "required": False,
    "counts": True,
    "lacks_for_class": "",
    "terms": {"licences": [], "source": "none", "class": "open", "counts": True, "warning": ""},
}


def _next(level: str) -> str:
    return {"": "III", "III": "II", "II": "I"}.get(level, "")


def _class(level: str, checked: Document, claimed: Document, parts: Sequence[PartView]) -> ClassView:
    counts, said = checked["counts"][level], claimed["counts"][level]
    reached = checked["class"] == "I" or (checked["class"] == "II" and level != "I") or checked["class"] == level
    own = tuple(part for part in parts if part.level == level)
    return ClassView(level, CLASS_NAMES[level], counts["met"], said["met"], counts["of"], reached, own)


def _part(one: Document, links: Links) -> PartView:
    terms, absent = one["terms"], one["status"] == "absent"
    key = one["component"]
    return PartView(
        key=key,
        number=one["number"],
        name=one["name"] or SHORT_NAMES[key],
        short=SHORT_NAMES[key],
        level=one["class"],
        required=one["required"],
        word=PART_WORDS[_state(one)],
        evidence=EVIDENCE_LETTERS[one["evidence"]],
        detail=one["detail"],
        why="" if absent else one["lacks_for_class"],
        licences=() if absent else tuple(terms["licences"]),
        source=SOURCE_NAMES.get(terms["source"], ""),
        terms=None if absent or not terms["licences"] else TERMS_WORDS[terms["class"]],
        warning=terms["warning"],
        files=tuple(_file(file, links) for file in one["files"]),
        lacks=tuple(one["lacks"]),
    )


def _state(one: Document) -> str:
    if one["status"] == "absent":
        return "absent" if one["looked"] else "unknown"
    if one["status"] == "claimed":
        return "claimed"
    return "counts" if one["counts"] else "short"


def _file(file: Document, links: Links) -> SeenFile:
    path, where = file["path"], file["where"]
    shown = "" if where in ("ref", "link") else where
    return SeenFile(path, file["digest"][:DIGEST_SHOWN], shown, _address(path, where, links))


def _address(path: str, where: str, links: Links) -> str:
    if where in ("", "ref"):
        return links(path, where)
    if where == "link":
        return _of_link(path)
    return f"/{quote(where)}/blob/main/{quote(path)}" if _REPOSITORY.match(where) else ""


def _of_link(path: str) -> str:
    """An arXiv id, a DOI, or an address of code."""
    if path.startswith("https://"):
        return path
    return f"https://doi.org/{quote(path)}" if path.startswith("10.") else f"https://arxiv.org/abs/{quote(path)}"


def _deed(key: str, deed: Document) -> DeedView:
    claimed = deed["can"] is True and deed["evidence"] not in ("A", "B")
    return DeedView(DEED_NAMES[key], _YES_CLAIMED if claimed else CHECK_WORDS[deed["can"]], deed["reason"])


def _element(one: Document) -> ElementView:
    lacks = tuple((lack["what"], lack["known_to_be_missing"]) for lack in one["missing"])
    return ElementView(one["name"], RESULT_WORDS[one["result"]], lacks)


def _paragraph(one: Document) -> ParagraphView:
    return ParagraphView(one["paragraphs"], one["asks"], RESULT_WORDS[one["result"]], one["reason"], tuple(one["clauses"]))
