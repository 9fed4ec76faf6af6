"""Lineages that differ in names alone have one shape; what a verdict can rest on stays apart; nothing is lost."""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import orjson

from commonweight.policy.shaping import fill, pack, put_together, take_apart
from commonweight.rights import Engine, load_records, render

TODAY = date(2026, 11, 24)


def lineage(*names: str, licences: tuple[str, ...] = ("mit", "llama-3.1"), relation: str = "finetune") -> dict[str, Any]:
    nodes = [
        {
            "id": name,
            "kind": "model",
            "name": name.rpartition("/")[2],
            "licence": [{"key": key, "by": "tag"}],
            "revision": name,
        }
        for name, key in zip(names, licences, strict=True)
    ]
    edges = [
        {"child": child, "parent": parent, "relation": relation, "evidence": "declared"}
        for child, parent in itertools.pairwise(names)
    ]
    return {"root": names[0], "nodes": sorted(nodes, key=lambda node: str(node["id"])), "edges": edges}


def test_names_make_no_difference_and_come_back() -> None:
    first, second = lineage("ada/x", "meta/base"), lineage("zoe/y", "a/other")
    one, other = take_apart(first), take_apart(second)
    assert one.digest == other.digest
    assert put_together(pack(one.document), one.filling) == first
    assert put_together(pack(one.document), other.filling) == second


def test_what_a_verdict_rests_on_makes_another_shape() -> None:
    plain = take_apart(lineage("ada/x", "meta/base")).digest
    assert take_apart(lineage("ada/x", "meta/base", relation="quantise")).digest != plain
    assert take_apart(lineage("ada/x", "meta/base", licences=("mit", "gemma"))).digest != plain
    assert take_apart(lineage("ada/x", "meta/base"), kept=["meta/base"]).digest != plain


def test_names_that_begin_as_a_licence_asks_are_told_apart_from_others() -> None:
    with_prefix, without = lineage("ada/Llama-tiny", "meta/base"), lineage("ada/Tiny", "meta/base")
    one, other = take_apart(with_prefix, ["Llama"]), take_apart(without, ["Llama"])
    assert one.digest != other.digest
    assert one.digest == take_apart(lineage("bob/llama_7", "x/y"), ["Llama"]).digest
    assert put_together(pack(one.document), one.filling) == with_prefix


def test_marks_of_places_in_a_card_are_no_places() -> None:
    subject = lineage("ada/x", "meta/base", licences=("\ue0000000\ue002", "mit"))
    shaped = take_apart(subject)
    assert b"ada/x" not in fill(orjson.dumps(shaped.document["nodes"][0]["licence"]), shaped.filling)


def test_a_verdict_on_the_shape_is_the_verdict_with_other_names() -> None:
    """Value, clauses, duties, conflicts; which of several like nodes is named first may differ."""
    chance, engine = random.Random(7), Engine(load_records())
    prefixes = ["Llama"]
    use = {"acts": ["host", "publish_derivative"], "purposes": ["coding"], "commercial": True}
    for number in range(60):
        names = [f"{chance.choice('xyz')}{number}/{chance.choice(['Llama-', 'm'])}{level}" for level in range(4)]
        keys = tuple(chance.choice(["mit", "apache-2.0", "llama3.1", "gemma", "nonsense", "cc-by-sa-4.0"]) for _ in names)
        subject = lineage(*names, licences=keys, relation=chance.choice(["finetune", "quantise", "trained_on_outputs"]))
        shaped = take_apart(subject, prefixes)
        direct = engine.decide({"use": use, "subject": subject}, today=TODAY).to_document()
        template = engine.decide({"use": use, "subject": shaped.document}, today=TODAY).to_template()
        filled = render(orjson.loads(fill(orjson.dumps(template), shaped.filling)))
        assert gist(filled) == gist(direct)


def gist(verdict: dict[str, Any]) -> Any:
    return (
        verdict["value"],
        verdict["acts"],
        verdict["headline"],
        verdict["terms_digests"],
        verdict["remedy"],
        sorted(
            (clause["id"], clause["effect"], clause["reason"])
            for clause in verdict["clauses"]
            if clause["licence"] != "none"
        ),
        sorted((duty["id"], duty.get("text", "")) for duty in verdict["duties"]),
        sorted((one["kind"], one["licence"], sorted(one["nodes"])) for one in verdict["label_conflicts"]),
    )
