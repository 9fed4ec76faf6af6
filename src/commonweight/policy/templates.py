"""Ready uses to start from: what organisations mostly do with models, as facts that still have to be looked over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class UseTemplate:
    """`facts` are the `use` of docs/rights-io.md; what differs between organisations is left out, so it stays not known."""

    key: str
    name: str
    description: str
    facts: Mapping[str, Any]


_MADE: Final = (
    UseTemplate(
        "evaluation",
        "Internal evaluation",
        "Finding out inside the organisation what a model is worth.",
        {"acts": ["evaluate"], "production": False, "audience": "internal", "paid": False},
    ),
    UseTemplate(
        "assistant",
        "Internal assistant",
        "An assistant for the organisation's own people, in their daily work.",
        {"acts": ["use_internally"], "purposes": ["internal_assistant"], "audience": "internal", "commercial": True},
    ),
    UseTemplate(
        "documents",
        "Document processing",
        "Reading, sorting and extracting from documents inside the organisation.",
        {
            "acts": ["use_internally"],
            "purposes": ["document_processing", "summarisation"],
            "audience": "internal",
            "commercial": True,
        },
    ),
    UseTemplate(
        "product",
        "Public product",
        "A product or service for everybody that is built on models.",
        {
            "acts": ["offer_product", "share_outputs"],
            "audience": "public",
            "commercial": True,
            "hosted_for_others": True,
            "production": True,
        },
    ),
    UseTemplate(
        "hosting",
        "Models as a service",
        "Others reach the model itself through an interface.",
        {"acts": ["host"], "audience": "customers", "commercial": True, "hosted_for_others": True, "production": True},
    ),
    UseTemplate(
        "tuning",
        "Own models",
        "Fine-tuning models with the organisation's own data and using what comes of it.",
        {"acts": ["modify", "use_internally"], "audience": "internal", "commercial": True},
    ),
    UseTemplate(
        "redistribution",
        "Redistribution",
        "Passing models on: as they are, and as models made from them.",
        {"acts": ["redistribute", "publish_derivative"], "audience": "public"},
    ),
    UseTemplate(
        "research",
        "Research",
        "Scientific work that is published and earns nothing.",
        {
            "acts": ["evaluate", "modify"],
            "purposes": ["research"],
            "commercial": False,
            "paid": False,
            "production": False,
        },
    ),
    UseTemplate(
        "training",
        "Training with answers",
        "Training or improving other models with what a model answers.",
        {"acts": ["train_on_outputs"], "commercial": True, "improves": "own", "improves_kind": "language_model"},
    ),
)  # fmt: skip

TEMPLATES: Final[Mapping[str, UseTemplate]] = {template.key: template for template in _MADE}
