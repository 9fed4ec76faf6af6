"""
What each name of the condition language says in plain words, as it holds and as it does not.

Everything is spoken to the one who asks ("you"). Every name of `language` has its phrase here; a test holds that.
"""

from __future__ import annotations

from typing import Final

from commonweight.rights.said import mark

#: Yes-or-no facts: the phrase where it is so, and where it is not.
FLAGS: Final[dict[str, tuple[str, str]]] = {
    "use.production": (mark("it is used in production"), mark("it is not used in production")),
    "use.paid": (mark("money is taken for it"), mark("no money is taken for it")),
    "use.commercial": (
        mark("the use is meant for commercial advantage"), mark("the use is not meant for commercial advantage"),
    ),
    "use.hosted_for_others": (
        mark("others use the model through a service or interface of yours"),
        mark("nobody else uses the model through a service or interface of yours"),
    ),
    "use.received_in_product": (
        mark("you got the model only inside an integrated product for end users"),
        mark("you got the model as such, not only inside an integrated product for end users"),
    ),
    "use.professional_licence": (
        mark("somebody licensed for the profession carries it out or answers for it"),
        mark("nobody licensed for the profession carries it out or answers for it"),
    ),
    "use.consent": (
        mark("the persons concerned have given the consents that the law asks for"),
        mark("the persons concerned have not given the consents that the law asks for"),
    ),
    "use.modifies_guardrails": (
        mark("safety measures of the model are removed or got around"), mark("safety measures of the model are left alone"),
    ),
    "use.substitutes_professional": (
        mark("what it answers takes the place of a professional's advice, diagnosis or treatment"),
        mark("what it answers does not take the place of a professional's advice, diagnosis or treatment"),
    ),
    "use.human_review": (
        mark("a person reviews each decision before it takes effect"), mark("no person reviews each decision"),
    ),
    "use.discloses_ai": (
        mark("it is said that the content is made by a machine"),
        mark("it is not said that the content is made by a machine"),
    ),
    "node.multimodal": (
        mark("the licensed model takes or makes more than text"), mark("the licensed model takes and makes only text"),
    ),
}  # fmt: skip

#: For a flag that has no phrase of its own yet.
ANSWERED: Final = (mark("yes, to: {question}"), mark("no, to: {question}"))

#: What only counts where it was said.
GIVEN: Final = (mark("it is known that {inner}"), mark("it is not known that {inner}"))

#: Facts that are compared with words.
MEMBERS: Final[dict[str, tuple[str, str]]] = {
    "act": (mark("you {words}"), mark("you do none of this: {words}")),
    "object": (mark("what you have is {words}"), mark("what you have is not {words}")),
    "org.kind": (mark("you are {words}"), mark("you are not {words}")),
    "org.principal_place": (
        mark("your principal place of business is in {words}"), mark("your principal place of business is not in {words}"),
    ),
    "org.domicile": (mark("you are a person domiciled in {words}"), mark("you are not a person domiciled in {words}")),
    "org.seat": (
        mark("your principal place of business (of a person: the domicile) is in {words}"),
        mark("your principal place of business (of a person: the domicile) is not in {words}"),
    ),
    "use.audience": (mark("the results are seen by {words}"), mark("the results are not for {words}")),
    "use.improves": (
        mark("the model that is trained with the answers is {words}"),
        mark("the model that is trained with the answers is not {words}"),
    ),
    "use.improves_kind": (
        mark("the model that is trained with the answers is {words}"),
        mark("the model that is trained with the answers is not {words}"),
    ),
}  # fmt: skip

#: Named tests.
TESTS: Final[dict[str, tuple[str, str]]] = {
    "path_only": (
        mark("every step from the licensed material to the model is {words}"),
        mark("not every step from the licensed material to the model is {words}"),
    ),
    "path_has": (
        mark("some step from the licensed material to the model is {words}"),
        mark("no step from the licensed material to the model is {words}"),
    ),
    "derives_from": (mark("the model stands under {words}"), mark("the model does not stand under {words}")),
    "improves": (
        mark("the model that is trained with the answers stands under {words}"),
        mark("the model that is trained with the answers does not stand under {words}"),
    ),
    "business": (
        mark("your organisation is one that {words}"), mark("your organisation is none that {words}"),
    ),
    "competes": (
        mark("you, or an affiliate, compete with {words}"), mark("neither you nor an affiliate competes with {words}"),
    ),
    "purpose": (mark("it is used for: {words}"), mark("it is used for none of this: {words}")),
    "used_in": (mark("it is used in {words}"), mark("it is not used in {words}")),
    "shown_in": (mark("its results are shown or used in {words}"), mark("its results are not shown or used in {words}")),
}  # fmt: skip

#: Words of the vocabulary, as they stand in the sentences above.
ACTS: Final[dict[str, str]] = {
    "evaluate": mark("try it out inside the organisation"),
    "use_internally": mark("use it in your own work"),
    "offer_product": mark("build it into a product or service"),
    "host": mark("give others access to it"),
    "modify": mark("change it"),
    "redistribute": mark("pass copies on"),
    "publish_derivative": mark("publish a model made from it"),
    "train_on_outputs": mark("train another model with its answers"),
    "share_outputs": mark("publish or sell its answers"),
}
WORDS: Final[dict[str, dict[str, str]]] = {
    "act": ACTS,
    "object": {
        "materials": mark("the licensed material itself"),
        "derivative": mark("something derived from it"),
        "output_model": mark("a model made with its answers"),
        "outputs": mark("its answers"),
    },
    "org.kind": {
        "company": mark("a company"),
        "public_body": mark("a public body"),
        "university": mark("a university or research institute"),
        "non_profit": mark("a non-profit"),
        "individual": mark("a person"),
    },
    "use.audience": {
        "internal": mark("your own people only"), "customers": mark("your customers"), "public": mark("everybody"),
    },
    "use.improves_kind": {
        "language_model": mark("a language model"),
        "generative_model": mark("a generative model"),
        "classifier": mark("a classifier"),
        "embedding": mark("an embedding model"),
        "other": mark("a model of another kind"),
    },
    "business": {
        "maas": mark("offers models as a service to others"),
        "coding_assistant": mark("offers a coding assistant"),
        "office_assistant": mark("offers an office or work assistant"),
        "cloud_provider": mark("is a cloud provider"),
        "software_service": mark("offers software as a service"),
        "image_generation": mark("has image generation or editing as a core product"),
        "model_developer": mark("develops foundation models"),
    },
}  # fmt: skip
#: Regions and the countries that records name; other countries by their code.
PLACES: Final[dict[str, str]] = {
    "EU": mark("the European Union"),
    "EEA": mark("the European Economic Area"),
    "GB": mark("the United Kingdom"),
    "US": mark("the United States"),
    "CN": mark("China"),
    "KR": mark("South Korea"),
    "CH": mark("Switzerland"),
}

# Measures

COMPARED: Final[dict[str, str]] = {
    ">": mark("more than {line}"), ">=": mark("at least {line}"), "<": mark("less than {line}"),
    "<=": mark("at most {line}"), "==": mark("exactly {line}"), "!=": mark("not exactly {line}"),
}  # fmt: skip
OPPOSITE: Final[dict[str, str]] = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!="}
COUNTED: Final[dict[str, str]] = {
    "mau": mark("{whose} had {count} monthly active users {when}"),
    "dau": mark("{whose} had {count} daily active users {when}"),
    "visits": mark("{whose} had {count} visits a month {when}"),
    "revenue": mark("{who} took {count} {money} in a year {when}"),
    "monthly_revenue": mark("{who} took {count} {money} in a month {when}"),
}
WHOSE: Final[dict[str, str]] = {
    "group": mark("all products of you and your affiliates together"),
    "licensee": mark("all your products together"),
    "product": mark("the product or service"),
}
WHO: Final[dict[str, str]] = {
    "group": mark("you and your affiliates together"),
    "licensee": mark("you"),
    "product": mark("the product or service"),
}
WHEN: Final[dict[str, str]] = {
    "any_time": mark("(at any time since the text appeared)"),
    "now": mark("(by the newest figure)"),
}
IN_MONTH: Final = mark("(in {month})")
DOLLARS: Final = mark("US dollars")

# Joints

AND: Final = mark("{first}, and {second}")
OR: Final = mark("{first}, or {second}")
LAST_OF_LIST: Final = mark("{first} or {last}")
IN_BRACKETS: Final = "({inner})"
