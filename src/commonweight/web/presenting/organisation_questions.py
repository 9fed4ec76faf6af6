"""The questions about the organisation."""

from __future__ import annotations

from typing import Final

from commonweight.rights import BUSINESSES
from commonweight.web.presenting.questions import NONE_OF_THESE, Groups, Question, QuestionGroup
from commonweight.web.presenting.words import _

_KINDS: Final = {
    "company": _("a company"),
    "public_body": _("a public body"),
    "university": _("a university or research institute"),
    "non_profit": _("a non-profit"),
    "individual": _("a person"),
}

ORGANISATION_QUESTIONS: Final[Groups] = (
    QuestionGroup(
        _("Kind, place, business"),
        (
            Question("organisation", "name", "text", _("What is the organisation called?")),
            Question("organisation", "kind", "one", _("What kind of organisation are you?"), "", _KINDS),
            Question(
                "organisation", "principal_place", "country", _("In which country is your principal place of business?"),
                _("Two letters, such as DE. Some terms leave out whole regions."),
            ),
            Question(
                "organisation", "domicile", "country", _("In which country do you live?"),
                _("Two letters; asked of a person in place of the principal place of business."),
            ),
            Question(
                "organisation", "business", "many", _("Is one of these your business?"),
                _("Nothing ticked means not known."), {NONE_OF_THESE: _("none of these"), **BUSINESSES},
            ),
            Question(
                "organisation", "competes_with", "names", _("With the products of which licensors do you compete?"),
                _("Names with commas, as their licences write them, or 'none'. Affiliates count."),
            ),
        ),
    ),
    QuestionGroup(
        _("How large you are"),
        (
            Question(
                "organisation", "mau", "figures", _("How many people use your products in a month?"),
                _("Llama terms count the month before a model's release: give that month (2023-06), or 'current'."),
            ),
            Question(
                "organisation", "revenue", "figures", _("How much do you take in a year?"),
                _("Community licences draw a line at a sum. Give the year (2025), or 'current'."),
            ),
            Question(
                "organisation", "monthly_revenue", "figures", _("How much do you take in a month?"),
                _("Some terms count by the month. Months also add up to at least so much of their year."),
            ),
            Question("organisation", "dau", "figures", _("How many people use your products in a day?"),
                     _("Give the month for which this is the daily number.")),
            Question("organisation", "visits", "figures", _("How many visits do your products have in a month?")),
        ),
    ),
)  # fmt: skip
