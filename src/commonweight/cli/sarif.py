"""
A verdict as SARIF 2.1.0, which code-scanning services read: one result per deciding clause, open duty and label conflict.

Rules are clauses: their id is the id by which verdicts cite them (`llama-3.2#mau700`), their help what the clause says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight import __version__

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {
    "prohibited": "error", "needs_permission": "error", "unclear": "warning", "unknown": "warning",
    "allowed_with_duties": "note", "allowed": "note",
}  # fmt: skip
Place = Callable[[str, str], tuple[str, int] | None]


@dataclass(frozen=True)
class _Result:
    rule: str
    level: str
    message: str
    node: str
    clause: str
    kind: str


def sarif(verdict: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The log of one run. `place` gives file and line of what a model says (`licence` or `parent`), if any."""
    results = [*_clauses(verdict), *_duties(verdict), *_conflicts(verdict)]
    rules = {result.rule: _rule(result) for result in reversed(results)}
    order = {rule: index for index, rule in enumerate(sorted(rules))}
    run = {
        "tool": {"driver": {
            "name": "Commonweight rights", "version": __version__, "rules": [rules[rule] for rule in order],
        }},
        "results": [_result(result, order, verdict, place) for result in results],
        "properties": {name: verdict[name] for name in ("value", "headline", "subject", "date", "disclaimer")},
        "columnKind": "utf16CodeUnits",
    }  # fmt: skip
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _clauses(verdict: Mapping[str, Any]) -> Iterable[_Result]:
    """Those that made the value what it is."""
    value = verdict["value"]
    deciding = "allowed" if value == "allowed_with_duties" else value
    for clause in verdict["clauses"]:
        if clause["effect"] == deciding:
            level = _LEVELS[clause["effect"]]
            yield _Result(clause["id"], level, clause["reason"], clause["node"], clause["clause"], "clause")


def _duties(verdict: Mapping[str, Any]) -> Iterable[_Result]:
    for duty in verdict["duties"]:
        if not duty.get("settled_by"):
            text = f'{duty["reason"]} "{duty["text"]}"' if duty.get("text") else duty["reason"]
            yield _Result(duty["id"], "note", text, duty["node"], duty["clause"], "duty")


def _conflicts(verdict: Mapping[str, Any]) -> Iterable[_Result]:
    for conflict in verdict["label_conflicts"]:
        rule = f"{conflict['licence']}#label.{conflict['kind']}"
        message = f"{conflict['says']} {conflict['why']}".strip()
        yield _Result(rule, "warning", message, verdict["subject"], conflict["clause"], "label_conflict")


def _rule(result: _Result) -> dict[str, Any]:
    licence = result.rule.partition("#")[0]
    where = f"{licence} {result.clause}".strip()
    return {
        "id": result.rule,
        "shortDescription": {"text": where},
        "fullDescription": {"text": result.message},
        "help": {"text": f"{result.message} ({where}) Read the record: commonweight rights licences {licence}"},
        "defaultConfiguration": {"level": result.level},
        "properties": {"tags": ["rights", result.kind]},
    }


def _result(result: _Result, order: Mapping[str, int], verdict: Mapping[str, Any], place: Place) -> dict[str, Any]:
    is_root = result.node == verdict["subject"]
    found = place(result.node, "licence" if is_root else "parent")
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": result.node, "kind": "module"}]}
    if found is not None:
        path, line = found
        location["physicalLocation"] = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    print_of = hashlib.sha256(f"{result.rule}|{result.clause}|{result.node}|{verdict['subject']}".encode()).hexdigest()
    return {
        "ruleId": result.rule,
        "ruleIndex": order[result.rule],
        "level": result.level,
        "message": {"text": result.message},
        "locations": [location],
        "partialFingerprints": {"commonweight/v1": print_of},
    }
