"""
How many verdicts one core gives in a second, each with its whole explanation. From the root of the project:

    .venv/bin/python benchmarks/verdicts.py [--questions 3000]

Models stand on five steps of lineage, over some hundred bases under the licences that are common in the wild. No question
occurs twice but in the last row.

    catalogue   one installation decides on its models: an organisation, its uses, and every model another one
    strangers   every question comes from another organisation with figures of its own
    alone       as strangers, without any memory: each part is read anew, as by the command
    repeated    the same questions a second time
    units       the time of one verdict over that of one fixed loop of Python, measured in between: what another machine,
                or a busy one, can be compared by
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from statistics import median
from typing import Any

import orjson

from commonweight.processes import spare_what_stands
from commonweight.rights import Engine, Question, Records, decide, load_records

TODAY = date(2026, 11, 24)
DEPTH = 5
BASES = 200
LICENCES = ["apache-2.0"] * 6 + ["mit"] * 4 + ["llama3.1", "llama3.2", "llama2", "llama3", "gemma", "stability-community"]
RELATIONS = ["finetune", "finetune", "merge", "quantise", "adapter", "convert"]
ACTS = [["use_internally"], ["offer_product", "host"], ["publish_derivative"], ["evaluate"]]
ROUND = 100  # questions between two looks at the fixed loop


def fixed_loop() -> int:
    """Something that no change of ours makes faster."""
    table = {str(number): (number, number + 1) for number in range(2000)}
    return sum(len(key) for key in table)


def organisation(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "name": f"Organisation {number}",
        "kind": chance.choice(["company", "company", "university", "public_body"]),
        "principal_place": chance.choice(["DE", "US", "FR", "JP"]),
        "mau": [{"scope": "group", "month": "any", "at_most": chance.randrange(10**3, 10**9)}],
        "revenue": [{"scope": "group", "period": "2025", "value": chance.randrange(10**4, 10**8), "currency": "USD"}],
    }  # fmt: skip


def subject(number: int, chance: random.Random) -> dict[str, Any]:
    """A model of its own, made of another one that is made of others, down to a base."""
    base = chance.randrange(BASES)
    stem = random.Random(base)
    names = [f"user{number}/model-{number}", *(f"team{base}/step-{base}-{level}" for level in range(DEPTH))]
    licences = [chance.choice(LICENCES), *(stem.choice(LICENCES) for _ in range(DEPTH))]
    steps = [chance.choice(RELATIONS), *(stem.choice(RELATIONS) for _ in range(DEPTH - 1))]
    nodes = [{"id": name, "licence": licence, "modality": ["text"]} for name, licence in zip(names, licences, strict=True)]
    edges = [{"child": names[level], "parent": names[level + 1], "relation": steps[level]} for level in range(DEPTH)]
    return {"root": names[0], "nodes": nodes, "edges": edges}


def questions(count: int, askers: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)
    for number in range(count):
        asker = number % askers
        yield {
            "organisation": organisation(asker, random.Random(asker)),
            "use": {"acts": chance.choice(ACTS), "purposes": ["coding"], "commercial": True},
            "subject": subject(number, chance),
        }


def measured(asked: list[dict[str, Any]], answer: Callable[[dict[str, Any]], Any]) -> tuple[float, float]:
    """Verdicts a second over all, and the median cost of one in units of the fixed loop."""
    costs, spent = [], 0.0
    for start in range(0, len(asked), ROUND):
        some = asked[start : start + ROUND]
        loop = _timed(fixed_loop, 5)
        begin = time.process_time()
        for document in some:
            answer(document)
        took = time.process_time() - begin
        spent += took
        costs.append(took / len(some) / loop)
    return len(asked) / spent, median(costs)


def _timed(work: Callable[[], Any], times: int) -> float:
    begin = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begin) / times


def _answered(engine: Engine, document: dict[str, Any]) -> bytes:
    return engine.answer(document, today=TODAY)


def _alone(records: Records, document: dict[str, Any]) -> bytes:
    return orjson.dumps(decide(Question.from_document(document, today=TODAY), records).to_document())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=3000)
    count = parser.parse_args().questions
    records = load_records()
    spare_what_stands()  # as web processes and worker do
    rows = {}
    for name, askers in (("catalogue", 1), ("strangers", count)):
        engine, asked = Engine(records), list(questions(count, askers))
        rows[name] = measured(asked, partial(_answered, engine))
    rows["alone"] = measured(asked, partial(_alone, records))
    rows["repeated"] = measured(asked[-1000:], partial(_answered, engine))
    for name, (rate, units) in rows.items():
        print(f"{name:10} {rate:10,.0f} verdicts/s   {units:6.3f} units")


if __name__ == "__main__":
    main()
