"""
The questions of a verdict as a person can answer them: each fact once, with the answers there are.

    flag      yes or no                     figure     between which lines, or the figure itself
    one       one of some words             country    one country         countries   some countries
    many      some of some words, or none   modality   whether a model of the chain takes or makes more than text
    licence   under which recorded licence a part of the chain is offered
    reading   nothing that the asker could know: a text has to be read or recorded
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from commonweight.rights.asking.lines import stretches
from commonweight.rights.explaining import phrases
from commonweight.rights.figures import PERIOD_OF
from commonweight.rights.language import FACTS
from commonweight.rights.records import Records
from commonweight.rights.said import Said, mark
from commonweight.rights.terms import Terms
from commonweight.rights.verdict import OpenQuestion, Verdict
from commonweight.rights.vocabulary import BUSINESSES, PURPOSES

NONE_OF_THESE: Final = "none"  # an answer: known, and empty
ELSEWHERE: Final = "ZZ"  # a country that no text names; assigned to none
OWN: Final = "own"
_FLAGS: Final = frozenset(fact.place for fact in FACTS.values() if fact.words == () and fact.name != "node.multimodal")
_ONE: Final = {"organisation.kind": "org.kind", "use.audience": "use.audience", "use.improves_kind": "use.improves_kind"}
_COUNTRY: Final = frozenset({"organisation.principal_place", "organisation.domicile"})
_COUNTRIES: Final = frozenset({"use.where_used", "use.where_outputs_shown"})
_FIGURE: Final = re.compile(
    rf"organisation\.(?P<kind>{'|'.join(PERIOD_OF)})\[(?P<scope>\w+), (?P<when>[\w-]+)(?:, (?P<money>[A-Z]{{3}}))?\]"
)
_OF_CHAIN: Final = ("#no_licence", "#covers")  # findings that another licence of that part of the chain would settle
_CODE: Final = re.compile(r"\b[A-Z]{2}\b")
_USUAL_COUNTRIES: Final = ("DE", "NO", "GB", "US", "CN", "KR", ELSEWHERE)  # the Union, the Area without it, and others
YES_OR_NO: Final = {"yes": mark("yes"), "no": mark("no")}


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer: what is written into the question for it, and its text."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One fact that is asked for. `key` names its place in the question, `fact` as verdicts write it; `choices` are the answers
    that can be picked, and where the answer is free (a country, a figure) those by which it is found out what they change.
    """

    key: str
    fact: str
    kind: str
    questions: tuple[str, ...]
    choices: tuple[Choice, ...]
    settles: tuple[str, ...]

    @property
    def is_answerable(self) -> bool:
        return bool(self.choices)


def asks_of(verdict: Verdict, records: Records) -> tuple[Ask, ...]:
    """Every open question of a verdict, each fact once, in their order."""
    found: dict[str, list[OpenQuestion]] = {}
    for question in verdict.questions:
        found.setdefault(_key(question), []).append(question)
    terms = tuple(terms for key in verdict.terms_digests if (terms := records.get(key)) is not None)
    return tuple(_ask(key, questions, terms, records) for key, questions in found.items())


def figure_of(key: str) -> Mapping[str, str | None] | None:
    """kind, scope, when and money of a place such as `organisation.mau[group, 2023-06]`; None for any other place."""
    match = _FIGURE.fullmatch(key)
    return match.groupdict() if match else None


def _key(question: OpenQuestion) -> str:
    """The place, with the model where the question is about one."""
    node = _arguments(question).get("node", "")
    return f"subject.nodes[{node}].modality" if question.fact == "subject.nodes" else question.fact


def _arguments(question: OpenQuestion) -> Mapping[str, str]:
    return question.question.arguments if isinstance(question.question, Said) else {}


def _ask(key: str, questions: list[OpenQuestion], terms: tuple[Terms, ...], records: Records) -> Ask:
    settles = tuple(dict.fromkeys(name for question in questions for name in question.settles))
    kind, choices = _kind(key, questions, settles, terms, records)
    said = tuple(dict.fromkeys(question.question for question in questions))
    return Ask(key, questions[0].fact, kind, said, tuple(choices), settles)


def _kind(
    key: str, questions: list[OpenQuestion], settles: tuple[str, ...], terms: tuple[Terms, ...], records: Records
) -> tuple[str, Iterable[Choice]]:
    if key in _FLAGS:
        return "flag", _choices(YES_OR_NO)
    if key in _ONE:
        return "one", _choices(phrases.WORDS[_ONE[key]])
    if key in _COUNTRY or key in _COUNTRIES:
        return "country" if key in _COUNTRY else "countries", _countries(terms)
    if figure_of(key) is not None:
        return "figure", _figures(questions)
    if key.endswith(".modality"):
        return "modality", _choices(YES_OR_NO)
    if key.startswith("subject.nodes["):
        fits = any(name.endswith(_OF_CHAIN) for name in settles)
        return ("licence", [Choice(one.key, one.title) for one in records]) if fits else ("reading", ())
    return _words(key, questions, terms)


def _choices(words: Mapping[str, str]) -> list[Choice]:
    return [Choice(key, text) for key, text in words.items()]


def _countries(terms: tuple[Terms, ...]) -> list[Choice]:
    named = [code for one in terms for condition in one.conditions for code in _CODE.findall(condition.source)]
    codes = dict.fromkeys(code for code in (*_USUAL_COUNTRIES, *named) if code != "EU")
    return [Choice(code, phrases.PLACES.get(code, code)) for code in codes]


def _figures(questions: list[OpenQuestion]) -> list[Choice]:
    lines = (float(_arguments(question)["line"].replace(",", "")) for question in questions)
    return [Choice(stretch.key, stretch.text) for stretch in stretches(lines)]


def _words(key: str, questions: list[OpenQuestion], terms: tuple[Terms, ...]) -> tuple[str, Iterable[Choice]]:
    """Facts that are some of some words: of the vocabulary, or those that the texts of this chain name."""
    none = Choice(NONE_OF_THESE, mark("none of these"))
    if key == "organisation.business":
        return "many", [*_choices({word: phrases.WORDS["business"][word] for word in BUSINESSES}), none]
    if key == "use.purposes":
        return "many", [*(Choice(word, text) for word, text in PURPOSES.items() if word in _tested("purpose", terms)), none]
    if key == "organisation.competes_with":
        return "many", [*(Choice(name, name) for name in _tested("competes", terms)), none]
    if key == "use.improves":
        named = [Choice(name, name) for name in _tested("improves", terms)]
        return "one", [*named, Choice(OWN, mark("a model of your own that stands under none of these"))]
    return "reading", ()


def _tested(name: str, terms: tuple[Terms, ...]) -> tuple[str, ...]:
    """The words that the texts of this chain ask about in a test."""
    tests = (test for one in terms for condition in one.conditions for test in condition.tests)
    return tuple(dict.fromkeys(word for test, words in tests if test == name for word in words))
