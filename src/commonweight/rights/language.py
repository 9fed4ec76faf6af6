"""
The facts that conditions may ask for, each with the question to a person and the default where one is taken.

A default is never silent: wherever it matters it is listed among the assumptions of the verdict.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from commonweight.rights.expression import Language
from commonweight.rights.figures import NOW, PERIOD_OF, SCOPES, UNTIL_NOW
from commonweight.rights.vocabulary import ACTS, ASKER_KINDS, AUDIENCES, BUSINESSES, PURPOSES, RELATIONS

OBJECTS: Final = ("materials", "derivative", "output_model", "outputs")
IMPROVES_KINDS: Final = ("language_model", "generative_model", "classifier", "embedding", "other")


@dataclass(frozen=True, slots=True)
class FactKind:
    """
    `name` as in conditions, `place` as in the question document.

    `words` are the values it can have: none for a yes or no, None for free text and countries. `assumption` is what is said
    where the default is taken, or where a condition goes without the fact (`given`).
    """

    name: str
    place: str
    question: str
    words: Collection[str] | None = ()
    default: object | None = None
    assumption: str = ""


_FACTS: Final = (
    FactKind("act", "use.acts", "What is to be done with it?", tuple(ACTS)),
    FactKind("object", "subject.edges", "How was it made from the licensed material?", OBJECTS),
    FactKind("org.kind", "organisation.kind", "What kind of organisation asks?", ASKER_KINDS),
    FactKind(
        "org.principal_place",
        "organisation.principal_place",
        "In which country is the organisation's principal place of business?",
        None,
    ),
    FactKind(
        "org.seat",
        "organisation.principal_place",
        "In which country is the principal place of business (of a person: the domicile)?",
        None,
    ),
    FactKind("org.domicile", "organisation.domicile", "In which country is the person who asks domiciled?", None),
    FactKind("use.production", "use.production", "Is it used in production?"),
    FactKind("use.paid", "use.paid", "Is money taken for it, directly or as part of something sold?"),
    FactKind("use.commercial", "use.commercial", "Is the use meant for commercial advantage?"),
    FactKind("use.audience", "use.audience", "Who sees the results?", AUDIENCES),
    FactKind(
        "use.hosted_for_others",
        "use.hosted_for_others",
        "Do third parties use the model through a service or interface of yours?",
    ),
    FactKind(
        "use.received_in_product",
        "use.received_in_product",
        "Did you get the model only as part of an integrated product for end users?",
        default=False,
        assumption="The model was obtained as such, not only inside an integrated product for end users.",
    ),
    FactKind("use.improves", "use.improves", "Which model is trained with the answers (a licence key, or 'own')?", None),
    FactKind(
        "use.improves_kind",
        "use.improves_kind",
        "What kind of model is trained with the answers?",
        IMPROVES_KINDS,
        assumption="The model that is trained is of the kind that the terms speak of (use.improves_kind says nothing else).",
    ),
    FactKind(
        "use.professional_licence",
        "use.professional_licence",
        "Is the professional activity carried out by, or under, somebody licensed for it?",
    ),
    FactKind(
        "use.consent",
        "use.consent",
        "Have the persons concerned given the consents that the law asks for?",
    ),
    FactKind(
        "use.modifies_guardrails",
        "use.modifies_guardrails",
        "Are safety measures of the model removed or got around?",
        default=False,
        assumption="Safety measures of the model are not removed or got around.",
    ),
    FactKind(
        "use.substitutes_professional",
        "use.substitutes_professional",
        "Is what it answers meant to take the place of a professional's advice, diagnosis or treatment?",
    ),
    FactKind("use.human_review", "use.human_review", "Does a person review each decision before it takes effect?"),
    FactKind("use.discloses_ai", "use.discloses_ai", "Is it said that the content is made by a machine?"),
    FactKind("node.multimodal", "subject.nodes", "Does the licensed model take or make more than text?"),
)
FACTS: Final[dict[str, FactKind]] = {fact.name: fact for fact in _FACTS}
MEASURES: Final = tuple(PERIOD_OF)
PATH_TESTS: Final = ("path_only", "path_has")
#: Named tests, and the words that each takes: None for keys, names and places.
TESTS: Final[dict[str, Collection[str] | None]] = {
    "path_only": tuple(RELATIONS),
    "path_has": tuple(RELATIONS),
    "derives_from": None,
    "improves": None,
    "business": tuple(BUSINESSES),
    "competes": None,
    "purpose": tuple(PURPOSES),
    "used_in": None,
    "shown_in": None,
}
LANGUAGE: Final = Language(
    facts={fact.name: fact.words for fact in _FACTS},
    measures=MEASURES,
    tests=TESTS,
    scopes=SCOPES,
    moments=(UNTIL_NOW, NOW),
)
