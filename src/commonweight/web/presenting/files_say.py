"""From what the files of a revision say to what its page shows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from commonweight.policy import INSTALL, UNIDENTIFIED, FilesSay
from commonweight.rights import Records
from commonweight.rights.attachment import NO_LICENCE
from commonweight.vetting import BY_DIGEST, EVERYTHING, NOT_COMPARED, WAITING, LicenceText, TextLicence
from commonweight.web.contexts import (
    DisagreementView,
    EffectiveView,
    FilesSayView,
    LikenedLicence,
    NamedLicence,
    SayingView,
    TextPiece,
    TextView,
    Word,
)
from commonweight.web.presenting.words import _

TEXT_STATES: Final[Mapping[str, Word]] = {
    word.key: word
    for word in (
        Word("identified", _("identified"), "good", "check", _("All of it is accounted for by known texts.")),
        Word("named", _("only a notice"), "plain", "book", _("It names a licence and is none: the card's tag decides.")),
        Word(
            "near", _("near, and different"), "ask", "split",
            _("Like a known text, and different where it may matter. It is not taken for it."),
        ),
        Word("unknown", _("no known text"), "unknown", "question", _("Like no known text. Somebody has to read it.")),
        Word("no_text", _("not a text"), "unknown", "question", _("Binary, or empty: there is nothing to compare.")),
        Word("too_long", _("too long"), "unknown", "question", _("Longer than any licence, so it was not compared.")),
        Word("too_costly", _("not compared to the end"), "unknown", "question", _("The comparison did not end in time.")),
        Word("failed", _("reading failed"), "stop", "stop", _("The matcher could not read it. It tries three times.")),
        Word(WAITING, _("being read"), "accent", "clock", _("A job reads it; what it is shows here afterwards.")),
        Word(
            NOT_COMPARED, _("compared by digest only"), "unknown", "question",
            _("Word for word it is none of the recorded texts, and no matcher is installed here."),
        ),
    )
}  # fmt: skip
_BY_DIGEST: Final = Word("digest", _("by digest"), "good", "check", _("Word for word a recorded text."))
_BY_MATCHER: Final = Word("matcher", _("by its words"), "plain", "scales", _("Compared with known texts, word by word."))
ARTEFACT_NAMES: Final[Mapping[str, str]] = {
    EVERYTHING: _("everything"), "weights": _("weights"), "tokenizer": _("tokenizer"),
    "inference_code": _("code"), "training_code": _("code for training"), "data": _("data"), "docs": _("documents"),
}  # fmt: skip
_NOT_NAMED: Final[Mapping[str, str]] = {
    UNIDENTIFIED: _("a text that is not identified"), NO_LICENCE: _("no licence for the rest"),
}  # fmt: skip


def files_say_view(said: FilesSay, records: Records, link: Callable[[str], str], address: str) -> FilesSayView:
    """`link` gives the address of a file by its path."""
    titles = {one.key: one for text in said.texts for one in text.licences}

    def named(key: str) -> NamedLicence:
        return _licence(titles[key]) if key in titles else _by_key(key, records)

    read, of = said.progress
    return FilesSayView(
        declared=tuple(named(one.key) for one in said.declared if one.kind != "none"),
        effective=tuple(
            EffectiveView(_whole_or_rest(artefact, said), tuple(named(row["key"]) for row in rows))
            for artefact, rows in said.effective.items()
        ),
        disagreements=tuple(
            DisagreementView(
                ARTEFACT_NAMES.get(one.artefact, one.artefact),
                tuple(SayingView(side.path, tuple(map(named, side.licences)), side.by == "tag") for side in one.sides),
            )
            for one in said.disagreements
        ),
        texts=tuple(_text(text, link(text.path)) for text in said.texts),
        waiting=of - read if said.matcher else 0,
        install=INSTALL if any(text.state == NOT_COMPARED for text in said.texts) else "",
        address=address,
    )


def _whole_or_rest(artefact: str, said: FilesSay) -> str:
    if artefact == EVERYTHING and len(said.effective) > 1:
        return _("everything else")
    return ARTEFACT_NAMES.get(artefact, artefact)


def _text(text: LicenceText, href: str) -> TextView:
    by = {"": None, BY_DIGEST: _BY_DIGEST}.get(text.by, _BY_MATCHER)
    return TextView(
        path=text.path,
        href=href,
        word=TEXT_STATES[text.state],
        by=by,
        folder=text.folder,
        artefacts=tuple(ARTEFACT_NAMES.get(one, one) for one in text.artefacts if one != EVERYTHING),
        licences=tuple(map(_likened, text.licences)),
        is_near=text.state == "near",
        diff=tuple(TextPiece(piece.kind, piece.text) for piece in text.diff),
        problem=text.problem,
        is_of_card=text.is_of_card,
    )


def _likened(one: TextLicence) -> LikenedLicence:
    return LikenedLicence(_licence(one), round(100 * one.score), f"{one.score:.3f}", f"{one.held:.1%}", f"{one.foreign:.1%}")


def _licence(one: TextLicence) -> NamedLicence:
    if one.is_policy:
        return NamedLicence(one.title, "", _("rules of use, no licence"))
    return NamedLicence(one.title, _address(one.record), "" if one.record else _("not recorded"))


def _by_key(key: str, records: Records) -> NamedLicence:
    if key in _NOT_NAMED:
        return NamedLicence(_NOT_NAMED[key], "", "")
    versions = records.named(key)
    if not versions:
        return NamedLicence(key, "", _("not recorded"))
    return NamedLicence(versions[-1].title if len(versions) == 1 else key, _address(versions[-1].key), "")


def _address(key: str) -> str:
    return f"/docs/licences/{quote(key, safe='')}" if key else ""
