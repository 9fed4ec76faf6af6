"""The page of a licence with every part of its template in use: a packaged record, with what it lacks put in."""

from __future__ import annotations

from commonweight.rights import described, differences, load_records, versions_of
from commonweight.web.contexts import Facet, Frame, LicencePage, LicencesPage, Option, Picked, UnderView
from commonweight.web.presenting import licences as presenting
from commonweight.web.presenting.words import OPENNESS_WORDS, REVIEW_WORDS

_RECORDS = load_records()


def licences_page(frame: Frame) -> LicencesPage:
    options = tuple(Option(key, word, 3, key == "open") for key, word in OPENNESS_WORDS.items())
    rows = tuple(presenting.licence_row(terms) for terms in _RECORDS)
    picked = (Picked("open", "/docs/licences"),)
    return LicencesPage(frame, "llama", (Facet("class", "How open", options),), picked, rows, len(rows))


def licence_page(frame: Frame, key: str = "llama-3") -> LicencePage:
    terms = _RECORDS.get(key)
    assert terms is not None
    told = described(terms, _RECORDS, frame.language if frame.language in ("en", "es") else "en")
    family = versions_of(terms, _RECORDS)
    other = family[0]
    return LicencePage(
        frame=frame,
        key=terms.key,
        title=terms.title,
        openness=OPENNESS_WORDS[terms.openness],
        openness_says=told["openness"]["says"],
        review=REVIEW_WORDS[terms.review.status],
        review_says=presenting.review_text(told),
        binding="It binds whoever accepted it.",
        facts=presenting.licence_facts(told),
        covers=tuple(told["covers"]["artefacts"]),
        rights=tuple(map(presenting.right_view, told["rights"])),
        gates=tuple(map(presenting.gate_view, told["depends"])),
        policies=tuple(map(presenting.policy_view, told["policies"])),
        bans=tuple(map(presenting.ban_view, told["forbids"])),
        duties=tuple(map(presenting.duty_view, told["asks"])),
        reaches=tuple(map(presenting.reach_view, told["reaches"])),
        propagates=presenting.propagates_view(told),
        outputs=presenting.outputs_view(told),
        endings=tuple(map(presenting.ending_view, told["ends"])),
        ambiguities=tuple(map(presenting.ambiguity_view, told["readings"])),
        notes=("A remark.",),
        versions=tuple((one.key, presenting.licence_address(one.key), "2024-01-01", one.key == key) for one in family),
        against=other.key,
        changes=tuple(map(presenting.change_view, differences(other, terms, _RECORDS))),
        models=(UnderView("meta/a", "/models/meta/a", False, True), UnderView("a/b", "/a/b", True, False)),
        digest=terms.digest,
        disclaimer=told["disclaimer"],
    )
