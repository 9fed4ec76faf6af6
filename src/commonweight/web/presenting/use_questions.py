"""The questions of the standing use: where each answer stands in the facts (docs/rights-io.md), and what can be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from commonweight.rights import ACTS, BUSINESSES, PURPOSES
from commonweight.web.presenting.words import ACT_NAMES, _

NONE_OF_THESE: Final = "none"  # an answer: known, and empty


@dataclass(frozen=True)
class Question:
    """
    `part` and `key` are the place in the facts. `kind`: flag (yes, no, not known), one, many, text, countries, figures.

    `choices` maps values to text; `hints` explains them.
    """

    part: str
    key: str
    kind: str
    text: str
    help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.part}.{self.key}"


_KINDS: Final = {
    "company": _("a company"),
    "public_body": _("a public body"),
    "university": _("a university or research institute"),
    "non_profit": _("a non-profit"),
    "individual": _("a person"),
}
_AUDIENCES: Final = {
    "internal": _("our own people only"),
    "customers": _("our customers"),
    "public": _("everybody"),
}

GROUPS: Final = (
    (
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
    (
        _("Who you are"),
        (
            Question("organisation", "kind", "one", _("What kind of organisation are you?"), "", _KINDS),
            Question(
                "organisation", "principal_place", "country", _("In which country is your principal place of business?"),
                _("Two letters, such as DE. Some terms leave out whole regions."),
            ),
            Question(
                "organisation", "mau", "figures",
                _("How many people use the products of your whole group in a month?"),
                _("Llama terms count the month before a model's release: give that month (2023-06), or 'current'."),
            ),
            Question(
                "organisation", "revenue", "figures", _("How much does your whole group take in a year, in US dollars?"),
                _("Community licences draw a line at a sum. Give the year (2025), or 'current'."),
            ),
            Question(
                "organisation", "business", "many", _("Is one of these your business?"),
                _("Nothing ticked means not known."), {NONE_OF_THESE: _("none of these"), **BUSINESSES},
            ),
        ),
    ),
    (
        _("Where"),
        (
            Question(
                "use", "where_used", "countries", _("In which countries is it used?"), _("Two letters each, with commas."),
            ),
            Question("use", "where_outputs_shown", "countries", _("In which countries are its answers shown?")),
        ),
    ),
)  # fmt: skip
