"""
The words of the room, each with one sentence that a page can print.

Value order is the meet order of the rights model, rule 3: the worse value wins.
"""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import Final


class Value(StrEnum):
    """The six answers, mildest first."""

    ALLOWED = "allowed"
    ALLOWED_WITH_DUTIES = "allowed_with_duties"
    UNKNOWN = "unknown"
    UNCLEAR = "unclear"
    NEEDS_PERMISSION = "needs_permission"
    PROHIBITED = "prohibited"

    #: How severe the value is; a larger rank wins when answers meet.
    rank: int


for _rank, _value in enumerate(Value):
    _value.rank = _rank
severity = attrgetter("rank")  # of a value, for sorting

VALUES: Final[dict[str, str]] = {
    "allowed": "The texts allow it and ask nothing for it.",
    "allowed_with_duties": "The texts allow it as long as the duties listed are kept.",
    "unknown": "Facts or terms are missing; the questions listed would settle it.",
    "unclear": "The text or the law is unsettled; both readings are shown with our default.",
    "needs_permission": "The text makes it depend on the licensor: ask, register or pay first.",
    "prohibited": "The text withholds it.",
}

ACTS: Final[dict[str, str]] = {
    "evaluate": "Run it inside the organisation to find out what it is worth, outside production.",
    "use_internally": "Run it in the organisation's own daily work, without offering it to others.",
    "offer_product": "Build it into a product or service that others use.",
    "host": "Give others access to the model itself over a network, by an API or a page, paid or free.",
    "modify": "Fine-tune, merge, quantise, convert or otherwise change it, and keep the result.",
    "redistribute": "Pass copies of it on as they are.",
    "publish_derivative": "Publish a model that was made from it.",
    "train_on_outputs": "Use what it answers to train or improve another model.",
    "share_outputs": "Publish or sell what it answers.",
}

PURPOSES: Final[dict[str, str]] = {
    "internal_assistant": "An assistant for the organisation's own people.",
    "customer_support": "Answering customers.",
    "chat_assistant": "A general assistant for the public.",
    "coding": "Writing or reading program code.",
    "document_processing": "Reading, sorting and extracting from documents.",
    "summarisation": "Shortening texts.",
    "translation": "Translating texts.",
    "search": "Finding things by meaning.",
    "content_creation": "Making texts, images, sound or video for publication.",
    "data_analysis": "Analysing data without decisions about single persons.",
    "education": "Teaching and learning.",
    "research": "Scientific work.",
    "entertainment": "Games, stories and pastime.",
    "accessibility": "Helping people with disabilities.",
    "medical_advice": "Advice on health, or interpreting medical results.",
    "legal_advice": "Advice in legal matters.",
    "financial_advice": "Advice on money, credit or investment.",
    "employment_decisions": "Deciding whom to hire, promote or dismiss.",
    "credit_decisions": "Deciding on credit or other economic benefits.",
    "housing_decisions": "Deciding who gets a home.",
    "automated_rights_decisions": "Fully automated decisions that affect a person's rights.",
    "law_enforcement": "Police work, prosecution and the administration of justice.",
    "immigration": "Decisions on immigration or asylum.",
    "biometric_identification": "Recognising persons by body or voice.",
    "sensitive_inference": "Inferring health, belief, origin or other sensitive facts about persons.",
    "surveillance": "Watching or tracking persons.",
    "social_scoring": "Rating persons by their behaviour.",
    "critical_infrastructure": "Running power, water, transport, heavy machinery or other critical systems.",
    "military": "Military use, warfare and defence.",
    "weapons": "Making or operating weapons.",
    "nuclear": "Nuclear industry or applications.",
    "chemical_biological_weapons": "Making or spreading chemical or biological weapons.",
    "espionage": "Spying.",
    "illegal_drugs": "Illegal drugs and regulated substances.",
    "self_harm": "Encouraging self-harm or eating disorders.",
    "violence_terrorism": "Violence, terrorism and their promotion.",
    "child_exploitation": "Exploiting, harming or sexualising minors.",
    "human_trafficking": "Trafficking and sexual violence.",
    "sexual_solicitation": "Sexual solicitation, or giving minors sexual material.",
    "illegal_activity": "Anything else that the law forbids.",
    "harassment": "Harassing, bullying or threatening persons.",
    "discrimination": "Treating persons worse for who they are.",
    "malware": "Malicious code, or breaking into systems.",
    "fraud": "Fraud, scams and fake engagement.",
    "spam": "Unasked mass messages.",
    "disinformation": "False information meant to mislead.",
    "defamation": "Damaging a person's name with falsehoods.",
    "impersonation": "Pretending to be another person without leave.",
    "present_as_human": "Presenting what a model made as made by a person.",
    "privacy_violation": "Collecting or revealing private data without the right to.",
    "rights_infringement": "Infringing the rights of others.",
    "circumvent_safeguards": "Getting around the safety measures of a model or product.",
}

RELATIONS: Final[dict[str, str]] = {
    "finetune": "trained further from the parent's weights",
    "merge": "merged from the weights of several parents",
    "quantise": "the parent's weights in fewer bits",
    "convert": "the parent's weights in another file format",
    "adapter": "a small addition trained for the parent",
    "prune": "the parent with parts removed",
    "distil_logits": "a student trained on the parent's inner activations or logits",
    "trained_on_outputs": "trained on what the parent answered",
    "trained_on_data": "trained on the parent, a data set",
    "includes_code": "contains code of the parent",
    "output_of": "was produced, in whole or part, by the parent",
}

#: The step itself, as a noun or two.
RELATION_NAMES: Final[dict[str, str]] = {
    "finetune": "fine-tuning",
    "merge": "merging",
    "quantise": "quantising",
    "convert": "converting",
    "adapter": "training an adapter",
    "prune": "pruning",
    "distil_logits": "distilling",
    "trained_on_outputs": "training on outputs",
    "trained_on_data": "training on data",
    "includes_code": "including code",
    "output_of": "producing outputs",
}

EDGE_EVIDENCE: Final[dict[str, str]] = {
    "signed": "signed by the maker",
    "tensor_match": "equal tensors",
    "confirmed": "found in the bytes, and confirmed by a person",
    "declared": "declared by the maker",
    "config": "read from configuration files",
    "secondary": "described by others only",
    "suspected": "suspected, and not relied on",
}

EVIDENCE: Final[dict[str, str]] = {
    "text": "read in the full licence text",
    "quoted": "seen quoted elsewhere; the whole licence was not read",
    "secondary": "a third party's description only",
    "unverified": "recalled or inferred; nobody read it",
}

REVIEW: Final[dict[str, str]] = {
    "draft": "written, not yet checked against the text by a second reading",
    "checked": "checked against the text by a second reading",
    "lawyer": "reviewed by a lawyer",
}

ARTEFACTS: Final[tuple[str, ...]] = (
    "weights",
    "tokenizer",
    "inference_code",
    "training_code",
    "data",
    "docs",
    "outputs",
)
NODE_KINDS: Final = ("model", "dataset", "code", "service")
ASKER_KINDS: Final = ("company", "public_body", "university", "non_profit", "individual")
AUDIENCES: Final = ("internal", "customers", "public")
BUSINESSES: Final[dict[str, str]] = {
    "maas": "offers models as a service to others",
    "coding_assistant": "offers a coding assistant",
    "office_assistant": "offers an office or work assistant",
    "cloud_provider": "is a cloud provider",
    "software_service": "offers software as a service",
    "image_generation": "image generation or editing is a core product",
    "model_developer": "develops foundation models",
}

EU: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
REGIONS: Final[dict[str, frozenset[str]]] = {
    "EU": EU,
    "EEA": EU | {"IS", "LI", "NO"},
}
