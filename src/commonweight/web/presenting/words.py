"""Closed vocabularies as people see them. The texts are translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.choosing import DEEDS, OFFERS
from commonweight.rights import EDGE_EVIDENCE, EVIDENCE, REVIEW, VALUES
from commonweight.web.contexts import Word


def _(text: str) -> str:
    """Marks a text for the translation catalogue; templates translate it."""
    return text


VERDICT_WORDS: Final[Mapping[str, Word]] = {
    "allowed": Word("allowed", _("Yes"), "good", "check", VALUES["allowed"]),
    "allowed_with_duties": Word(
        "allowed_with_duties", _("Yes, with duties"), "duty", "check-list", VALUES["allowed_with_duties"]
    ),
    "unknown": Word("unknown", _("Not known yet"), "unknown", "question", VALUES["unknown"]),
    "unclear": Word("unclear", _("Unclear"), "split", "split", VALUES["unclear"]),
    "needs_permission": Word("needs_permission", _("Ask first"), "ask", "key", VALUES["needs_permission"]),
    "prohibited": Word("prohibited", _("No"), "stop", "stop", VALUES["prohibited"]),
}

#: For a model about which no verdict could be given.
NO_VERDICT: Final = Word("none", _("No verdict"), "unknown", "question", _("It could not be decided; its page says why."))

DEED_WORDS: Final[Mapping[str, Word]] = {
    "try": Word("try", _("Try"), "accent", "chat", DEEDS["try"]),
    "download": Word("download", _("Download"), "plain", "download", DEEDS["download"]),
    "read_why_not": Word("read_why_not", _("Read why not"), "stop", "stop", DEEDS["read_why_not"]),
    "see_terms": Word("see_terms", _("See terms"), "plain", "scales", DEEDS["see_terms"]),
}

OFFER_WORDS: Final[Mapping[str, Word]] = {
    "free": Word("free", _("free"), "plain", "", OFFERS["free"]),
    "plan": Word("plan", _("paid or by permission"), "plain", "", OFFERS["plan"]),
    "ask": Word("ask", _("on request"), "plain", "", OFFERS["ask"]),
}

EVIDENCE_WORDS: Final[Mapping[str, Word]] = {
    "text": Word("text", _("read in the text"), "good", "book", EVIDENCE["text"]),
    "quoted": Word("quoted", _("quoted elsewhere"), "plain", "book", EVIDENCE["quoted"]),
    "secondary": Word("secondary", _("secondary source"), "ask", "flag", EVIDENCE["secondary"]),
    "unverified": Word("unverified", _("unverified"), "ask", "flag", EVIDENCE["unverified"]),
    "registry": Word(
        "registry", _("publisher's registry"), "plain", "book", _("the publisher's documentation or licence file")
    ),
}

REVIEW_WORDS: Final[Mapping[str, Word]] = {
    "draft": Word("draft", _("draft record"), "ask", "half", REVIEW["draft"]),
    "checked": Word("checked", _("checked record"), "good", "check", REVIEW["checked"]),
    "lawyer": Word("lawyer", _("reviewed by a lawyer"), "good", "check", REVIEW["lawyer"]),
    "none": Word("none", _("not recorded"), "unknown", "question", _("no record of this text exists here yet")),
}

EDGE_WORDS: Final[Mapping[str, Word]] = {
    key: Word(key, text, "ask" if key in ("secondary", "suspected") else "plain", "", meaning)
    for key, text, meaning in (
        ("signed", _("signed"), EDGE_EVIDENCE["signed"]),
        ("tensor_match", _("equal tensors"), EDGE_EVIDENCE["tensor_match"]),
        ("declared", _("declared"), EDGE_EVIDENCE["declared"]),
        ("config", _("from configuration"), EDGE_EVIDENCE["config"]),
        ("secondary", _("secondary source"), EDGE_EVIDENCE["secondary"]),
        ("suspected", _("suspected"), EDGE_EVIDENCE["suspected"]),
    )
}

COMPONENT_WORDS: Final[Mapping[str, Word]] = {
    "released": Word("released", _("released"), "good", "dot", _("The publisher says it is out.")),
    "partial": Word("partial", _("in part"), "ask", "half", _("Only some of it is out.")),
    "info": Word("info", _("described"), "ask", "half", _("Described, not released.")),
    "absent": Word("absent", _("not released"), "stop", "close", _("It is not out.")),
    "unknown": Word("unknown", _("not known"), "unknown", "question", _("Nobody has looked.")),
}

HOSTED_WORDS: Final[Mapping[str, Word]] = {
    "yes": Word("yes", _("Hosted here"), "accent", "", _("The files are on this server.")),
    "no": Word("no", _("Known only"), "plain", "", _("Facts about it are here; the files are not.")),
}

ACT_NAMES: Final[Mapping[str, str]] = {
    "evaluate": _("evaluate"),
    "use_internally": _("use internally"),
    "offer_product": _("offer a product"),
    "host": _("host for others"),
    "modify": _("modify"),
    "redistribute": _("pass on"),
    "publish_derivative": _("publish a derivative"),
    "train_on_outputs": _("train on its answers"),
    "share_outputs": _("share its answers"),
}

RELATION_NAMES: Final[Mapping[str, str]] = {
    "finetune": _("fine-tuned"),
    "merge": _("merged"),
    "quantise": _("quantised"),
    "convert": _("converted"),
    "adapter": _("adapter for"),
    "prune": _("pruned"),
    "distil_logits": _("distilled"),
    "trained_on_outputs": _("trained on its answers"),
    "trained_on_data": _("trained on"),
    "includes_code": _("contains code"),
    "output_of": _("generated by"),
}

DUTY_TITLES: Final[Mapping[str, str]] = {
    "copy_of_terms": _("Give a copy of the terms along"),
    "notice": _("Give the notice along"),
    "keep_notices": _("Keep the notices that are there"),
    "state_changes": _("Say what was changed"),
    "badge": _("Show the badge"),
    "name_prefix": _("Name it as the terms ask"),
    "register": _("Register with the licensor"),
    "pass_on_terms": _("Pass the terms on"),
    "disclose": _("Say that a machine made it"),
    "document": _("Keep the model card"),
    "cite": _("Cite it"),
    "update": _("Use the newest version"),
    "safeguard": _("Keep safeguards"),
    "source": _("Give the source"),
    "refrain": _("Refrain"),
}

CONFLICT_TITLES: Final[Mapping[str, str]] = {
    "declared_licence": _("Declared licence"),
    "name_prefix": _("Name"),
    "missing_notice": _("Missing notice"),
}

EFFECT_NAMES: Final[Mapping[str, str]] = {
    "allowed": _("allows"),
    "allowed_with_duties": _("allows, with duties"),
    "unknown": _("needs a fact"),
    "unclear": _("unsettled"),
    "needs_permission": _("asks for permission"),
    "prohibited": _("withholds"),
}


OPENNESS_WORDS: Final[Mapping[str, Word]] = {
    "open": Word("open", _("open"), "good", "check", _("Anyone may use, change and pass it on, for any purpose.")),
    "open_but_unsuited": Word(
        "open_but_unsuited", _("open, unusual for models"), "good", "check", _("Open, though not written for models.")
    ),
    "use_restricted": Word(
        "use_restricted", _("use-restricted"), "duty", "flag", _("Open to all, but not for every purpose.")
    ),
    "size_or_fee_restricted": Word(
        "size_or_fee_restricted", _("restricted by size or fee"), "ask", "key", _("Free up to a size or a sum.")
    ),
    "non_commercial": Word("non_commercial", _("non-commercial"), "stop", "stop", _("Not for commercial use.")),
    "none_or_unknown": Word("none_or_unknown", _("unknown"), "unknown", "question", _("No grant is known.")),
}

GRANT_WORDS: Final[Mapping[str, Word]] = {
    "yes": Word("yes", _("yes"), "good", "check", _("The text grants it.")),
    "limited": Word("limited", _("on conditions"), "ask", "check-list", _("The text grants it where a condition holds.")),
    "no": Word("no", _("no"), "stop", "stop", _("The text withholds it.")),
    "silent": Word("silent", _("not said"), "plain", "ring", _("The text does not speak of it.")),
    "unread": Word("unread", _("not read"), "unknown", "question", _("Nobody has read what the text says of it.")),
}

CHANGE_WORDS: Final[Mapping[str, Word]] = {
    "added": Word("added", _("new"), "accent", "dot", _("The older text does not have it.")),
    "removed": Word("removed", _("gone"), "plain", "close", _("Only the older text has it.")),
    "changed": Word("changed", _("changed"), "ask", "half", _("Both texts speak of it, differently.")),
}

SECTION_NAMES: Final[Mapping[str, str]] = {
    "rights": _("What may be done"),
    "depends": _("What it depends on"),
    "policies": _("Documents it brings in"),
    "forbids": _("What it forbids"),
    "asks": _("What it asks"),
    "reaches": _("How far it reaches"),
    "ends": _("What ends it"),
    "readings": _("Where it can be read in several ways"),
    "openness": _("How open"),
    "propagates": _("What goes along"),
    "outputs": _("What it says of answers"),
}

COMMERCIAL_NAMES: Final[Mapping[str, str]] = {
    "free": _("free"),
    "free_below_threshold": _("free below a threshold"),
    "register": _("after registration"),
    "paid_or_permission": _("paid, or by permission"),
    "forbidden": _("not allowed"),
    "unclear": _("not clear"),
}


def verdict_word(value: str) -> Word:
    return VERDICT_WORDS.get(value, NO_VERDICT)


def other_word(value: str) -> Word:
    """A value of an open vocabulary, shown as it stands."""
    return Word(value, value.replace("_", " "), "plain", "", "")
