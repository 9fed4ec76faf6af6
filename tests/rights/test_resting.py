"""A fact that no record of a verdict can ask for changes nothing in it."""

from __future__ import annotations

import random
from typing import Any

from commonweight.rights import ALWAYS_RESTS_ON, Engine, QuestionError, facts_asked, load_records
from tests.rights.worlds import TODAY

RECORDS = load_records()
CHANGES: dict[str, list[Any]] = {
    "organisation.kind": [None, "company", "university", "individual", "non_profit"],
    "organisation.principal_place": [None, "DE", "US"],
    "organisation.domicile": [None, "DE", "US"],
    "organisation.mau": [None, [{"scope": "group", "month": "any", "value": 800_000_000}]],
    "organisation.revenue": [None, [{"scope": "group", "period": "2025", "value": 2e7, "currency": "USD"}]],
    "organisation.business": [None, [], ["maas"], ["model_developer"]],
    "organisation.competes_with": [None, [], ["naver"]],
    "use.production": [None, True, False],
    "use.commercial": [None, True],
    "use.paid": [None, True],
    "use.audience": [None, "internal", "public"],
    "use.hosted_for_others": [None, True, False],
    "use.received_in_product": [None, True],
    "use.improves": [None, "own", "llama-3.1"],
    "use.improves_kind": [None, "language_model", "classifier"],
    "use.purposes": [None, ["coding"], ["military"], ["medical_advice"], ["research"]],
    "use.professional_licence": [None, True],
    "use.modifies_guardrails": [None, True],
    "use.human_review": [None, True],
    "use.where_used": [None, ["DE"], ["CN"]],
    "use.where_outputs_shown": [None, ["DE"]],
    "use.planned_name": [None, "Acme", "Llama-Acme"],
}
ACTS = ["evaluate", "use_internally", "host", "offer_product", "publish_derivative", "train_on_outputs", "share_outputs"]


def test_only_facts_that_its_records_ask_for_change_a_verdict() -> None:
    chance, engine = random.Random(11), Engine(RECORDS)
    keys = [terms.key for terms in RECORDS]
    for _ in range(400):
        licences = [chance.choice(keys) for _ in range(2)]
        asked = ALWAYS_RESTS_ON.union(*(facts_asked(terms) for key in licences if (terms := RECORDS.get(key))))
        place = chance.choice(list(CHANGES))
        if place in asked:
            continue
        before = {name: chance.choice(values) for name, values in CHANGES.items()}
        acts = chance.sample(ACTS, 2)
        pair = chance.sample(CHANGES[place], 2)
        try:
            was, now = (_verdict(engine, {**before, place: value}, acts, licences) for value in pair)
        except QuestionError:  # facts that cannot both be so
            continue
        assert was == now, (place, licences)


def _verdict(engine: Engine, facts: dict[str, Any], acts: list[str], licences: list[str]) -> dict[str, Any]:
    parts: dict[str, dict[str, Any]] = {"organisation": {}, "use": {"acts": acts}}
    for place, value in facts.items():
        part, _, name = place.partition(".")
        if value is not None:
            parts[part][name] = value
    nodes = [{"id": "a/child", "licence": licences[0], "modality": ["text"]}, {"id": "b/base", "licence": licences[1]}]
    edges = [{"child": "a/child", "parent": "b/base", "relation": "finetune", "by": "asker"}]
    subject = {"root": "a/child", "nodes": nodes, "edges": edges}
    said = engine.decide({**parts, "subject": subject}, today=TODAY).to_document()
    return {name: value for name, value in said.items() if name != "facts_digest"}
