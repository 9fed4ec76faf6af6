"""The questions about one use."""

from __future__ import annotations

from typing import Final

from commonweight.rights import ACTS, PURPOSES
from commonweight.web.presenting.questions import Groups, Question, QuestionGroup
from commonweight.web.presenting.words import ACT_NAMES, _

_AUDIENCES: Final = {
    "internal": _("our own people only"),
    "customers": _("our customers"),
    "public": _("everybody"),
}
_IMPROVES: Final = {
    "language_model": _("a language model"),
    "generative_model": _("another model that generates"),
    "classifier": _("a classifier"),
    "embedding": _("an embedding model"),
    "other": _("something else"),
}

USE_QUESTIONS: Final[Groups] = (
    QuestionGroup(
        _("What you do with models"),
        (
            Question(
                "use", "acts", "many", _("What do you do with them?"),
                _("Each act is judged for itself; the worst answer is the one shown. At least one is needed."),
                ACT_NAMES, ACTS,
            ),
            Question("use", "production", "flag", _("Is it used in production?"), _("Some terms allow trying only.")),
            Question(
                "use", "commercial", "flag", _("Is it meant for commercial advantage?"),
                _("Research licences turn on this; inside a company the answer is usually yes."),
            ),
            Question("use", "paid", "flag", _("Is money taken for it, directly or as part of something sold?")),
            Question("use", "audience", "one", _("Who sees the results?"), "", _AUDIENCES),
            Question(
                "use", "hosted_for_others", "flag", _("Do others use the model through a service of yours?"),
                _("By an interface or a page, paid or free."),
            ),
            Question(
                "use", "purposes", "many", _("What for?"),
                _("Use policies forbid some purposes. Nothing ticked means not known."), PURPOSES,
            ),
        ),
    ),
    QuestionGroup(
        _("Where"),
        (
            Question(
                "use", "where_used", "countries", _("In which countries is it used?"), _("Two letters each, with commas."),
            ),
            Question("use", "where_outputs_shown", "countries", _("In which countries are its answers shown?")),
        ),
    ),
    QuestionGroup(
        _("What is made with it"),
        (
            Question(
                "use", "planned_name", "text", _("Under which name is a model made from it to be published?"),
                _("Some terms say how that name has to begin."),
            ),
            Question(
                "use", "improves", "text", _("Which model is trained with its answers?"),
                _("For training with answers: 'own' for a model of yours, or the key of its licence."),
            ),
            Question("use", "improves_kind", "one", _("What kind of model is that?"), "", _IMPROVES),
        ),
        folds=True,
    ),
    QuestionGroup(
        _("Finer points of use policies"),
        (
            Question("use", "human_review", "flag", _("Does a person review each decision?")),
            Question("use", "substitutes_professional", "flag", _("Do answers take a professional's place?")),
            Question("use", "professional_licence", "flag", _("Does a licensed professional stand behind it?")),
            Question("use", "consent", "flag", _("Have the persons concerned agreed?")),
            Question("use", "discloses_ai", "flag", _("Is it said that a machine made it?")),
            Question("use", "modifies_guardrails", "flag", _("Are safety measures removed or got around?")),
            Question(
                "use", "received_in_product", "flag", _("Did the model come only inside a finished product?"),
                _("One for end users, into which somebody else had built it."),
            ),
        ),
        folds=True,
    ),
)  # fmt: skip
