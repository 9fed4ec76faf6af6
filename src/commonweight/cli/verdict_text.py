"""A verdict document as text for a terminal: the answer first, then what it rests on, what is owed, what is open."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

WIDTH: Final = 96  # columns; wide enough for a clause, narrow enough to read
_TAKEN: Final = ("prohibited", "needs_permission", "unclear", "unknown")


def verdict_text(verdict: dict[str, Any]) -> str:
    """The text, without colours, ending in the disclaimer."""
    sections = (
        ("Why", _why(verdict)),
        ("What you owe", _duties(verdict)),
        ("Questions that would settle it", _list(f"{item['question']}  [{item['fact']}]" for item in verdict["questions"])),
        ("Labels that do not agree", _conflicts(verdict)),
        ("Doubts", _doubts(verdict)),
        ("Assumed", _list(verdict["assumptions"])),
        ("Would change it", _list(_expiry(item) for item in verdict["expires_when"])),
        ("What would help", _list([verdict["remedy"]] if verdict["remedy"] else [])),
        ("Human decisions", _list(_decision(item) for item in verdict["decisions"])),
    )
    parts = ["\n".join(_head(verdict))]
    parts += ["\n".join([title, *lines]) for title, lines in sections if lines]
    parts.append(_foot(verdict))
    return "\n\n".join(parts)


def _head(verdict: dict[str, Any]) -> Iterator[str]:
    yield verdict["value"].replace("_", " ").upper()
    yield from textwrap.wrap(verdict["headline"], WIDTH)
    if len(verdict["acts"]) > 1:
        width = max(len(item["act"]) for item in verdict["acts"])
        yield ""
        yield from (f"  {item['act']:<{width}}  {item['value'].replace('_', ' ')}" for item in verdict["acts"])


def _why(verdict: dict[str, Any]) -> list[str]:
    worst = "allowed" if verdict["value"].startswith("allowed") else verdict["value"]
    lines: list[str] = []
    for clause in verdict["clauses"]:
        if clause["effect"] == worst or clause["effect"] in _TAKEN:
            lines += _item(f"{clause['reason']}", f"{_cite(clause)}{_way(clause)}")
    return lines


def _duties(verdict: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for duty in verdict["duties"]:
        mark = f" (met by '{duty['settled_by']}')" if duty.get("settled_by") else ""
        notes = [f'"{duty["text"]}"'] if duty.get("text") else []
        notes += [f"For: {', '.join(duty['acts'])}"] if len(duty["acts"]) < len(verdict["acts"]) else []
        notes += [f"Where: {'; '.join(duty['where'])}"] if duty["where"] else []
        notes += [f"Doubt: {doubt}" for doubt in duty["doubts"]]
        lines += _item(duty["reason"] + mark, *notes, _cite(duty))
    return lines


def _conflicts(verdict: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for item in verdict["label_conflicts"]:
        lines += _item(item["says"], item["why"], f"{item['licence']} {item['clause']}, lineage {item['lineage_evidence']}")
    return lines


def _doubts(verdict: dict[str, Any]) -> list[str]:
    """Doubts about duties stand with the duties."""
    with_duties = tuple(doubt for duty in verdict["duties"] for doubt in duty["doubts"])
    lines: list[str] = []
    for item in verdict["doubts"]:
        if item["about"].endswith(with_duties):
            continue
        readings = [f"{reading['id']}: {reading['says']} -> {reading['value']}" for reading in item.get("readings", ())]
        default = [f"Our default: {item['default']}"] if item.get("default") else []
        lines += _item(item["about"], *readings, *default, f"{item['licence']} {item['clause']}".strip())
    return lines


def _expiry(item: dict[str, Any]) -> str:
    source = f" ({item['licence']} {item.get('clause', '')})" if item.get("licence") else ""
    return f"{item['what']}{source}{' ' + item['date'] if item.get('date') else ''}"


def _decision(item: dict[str, Any]) -> str:
    until = f", until {item['until']}" if item["until"] else ""
    return f"{item['id']} ({item['kind']}, {item['author'] or 'author not named'}{until}): {item['state']}. {item['reason']}"


def _cite(item: dict[str, Any]) -> str:
    if not item["clause"]:
        return "" if item["licence"] in ("none", "own") else item["licence"]
    return f"{item['licence']} {item['clause']}  [{item['evidence']}, record {item['review']}]"


def _way(clause: dict[str, Any]) -> str:
    steps = "".join(f" <- {step['relation']} <- {step['parent']}" for step in clause["path"])
    return f"; reached by {clause['path'][0]['child']}{steps}" if steps else ""


def _list(texts: Any) -> list[str]:
    return [line for text in texts for line in _item(text)]


def _item(text: str, *notes: str) -> list[str]:
    lines = _wrap(text, "  - ", "    ")
    for note in notes:
        lines += _wrap(note, "      ", "      ") if note else []
    return lines


def _wrap(text: str, first: str, others: str) -> list[str]:
    """Names of models have hyphens and are kept whole; only a word longer than a line is broken."""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _foot(verdict: dict[str, Any]) -> str:
    return (
        f"{verdict['disclaimer']} For {verdict['date']}; records: {verdict['review']}; engine {verdict['engine_version']}."
    )
