"""A record of terms (docs/rights-io.md, `commonweight.licence/1`) as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commonweight.cli.documents import item, wrapped
from commonweight.cli.languages import Translate, _

Item = Mapping[str, Any]


def licence_text(told: Item, changes: Sequence[Item], against: str, translate: Translate) -> str:
    """The record in plain words, and what differs from the text `against` (empty where there is none)."""
    sections = (
        (_("What may be done"), _rights(told, translate)),
        (_("What it depends on"), _gates(told, translate)),
        (_("What it forbids"), _bans(told, translate)),
        (_("What it asks"), _duties(told, translate)),
        (_("How far it reaches"), _reaches(told)),
        (_("What it says of outputs"), _outputs(told)),
        (_("What ends it"), _endings(told)),
        (_("Where it can be read in several ways"), _readings(told, translate)),
        (_("Notes"), [line for note in told["notes"] for line in item(note)]),
    )
    parts = ["\n".join(_head(told, translate))]
    parts += ["\n".join([translate(title), *lines]) for title, lines in sections if lines]
    if against:
        parts.append(
            "\n".join([translate(_("What differs from {against}")).format(against=against), *_changes(changes, translate)])
        )
    return "\n\n".join([*parts, told["disclaimer"]])


def brief_lines(rows: Sequence[Item]) -> list[str]:
    """One line per record: key, class, review, title."""
    key, word, review = (max((len(row[name]) for row in rows), default=0) for name in ("key", "openness", "review"))
    return [f"{row['key']:<{key}}  {row['openness']:<{word}}  {row['review']:<{review}}  {row['title']}" for row in rows]


def _head(told: Item, translate: Translate) -> Iterable[str]:
    yield f"{told['title']} ({told['key']})"
    effective = f", {told['effective']}" if told["effective"] else ""
    yield from wrapped(f"{told['licensor']}{effective}")
    yield from wrapped(told["openness"]["says"])
    yield from wrapped(told["binding"]["says"])
    review = told["review"]
    yield from wrapped(f"{review['says']} {review['note']} ({review['by']}, {review['date']})")
    source = told["source"]
    read = translate(_("Read in {place} on {day}.")).format(
        place=f"{source['repository']} {source['path']} @ {source['commit']}", day=source["read"]
    )
    yield from wrapped(read)


def _rights(told: Item, translate: Translate) -> list[str]:
    lines: list[str] = []
    for right in told["rights"]:
        limits = [translate(_("Where: {condition}.")).format(condition=right["when"]["says"])] if "when" in right else []
        lines += item(f"{right['name']}: {right['says']} {right['reason']}", *limits, right.get("remedy", ""), _cite(right))
    return lines


def _gates(told: Item, translate: Translate) -> list[str]:
    lines: list[str] = []
    for gate in told["depends"]:
        when = translate(_("Where: {condition}.")).format(condition=gate["when"]["says"])
        lines += item(gate["reason"], when, f"{gate['says']} {gate['clock_says']}", gate.get("remedy", ""), _cite(gate))
    for policy in told["policies"]:
        moves = translate(_("As it then stands.")) if policy["dynamic"] else ""
        lines += item(f"{policy['title']}: {policy['observe']}", moves, _cite(policy))
    return lines


def _bans(told: Item, translate: Translate) -> list[str]:
    lines: list[str] = []
    for ban in told["forbids"]:
        purposes = ", ".join(purpose["says"] for purpose in ban["purposes"])
        when = translate(_("Where: {condition}.")).format(condition=ban["when"]["says"]) if "when" in ban else ""
        unless = translate(_("Unless: {condition}.")).format(condition=ban["unless"]["says"]) if "unless" in ban else ""
        lines += item(ban["reason"], purposes, when, unless, _cite(ban))
    return lines


def _duties(told: Item, translate: Translate) -> list[str]:
    lines: list[str] = []
    for duty in told["asks"]:
        when = translate(_("Where: {condition}.")).format(condition=duty["when"]["says"])
        text = f'"{duty["text"]}"' if "text" in duty else ""
        places = translate(_("Place: {places}.")).format(places="; ".join(duty["where"])) if duty["where"] else ""
        doubt = translate(_("Doubt: {doubt}")).format(doubt=duty["doubt"]["note"]) if "doubt" in duty else ""
        lines += item(duty["reason"], text, places, when, doubt, _cite(duty))
    return lines


def _reaches(told: Item) -> list[str]:
    lines: list[str] = []
    for reach in told["reaches"]:
        lines += item(f"{reach['name']}: {reach['says']}", reach["note"], _cite(reach))
    propagates = told["propagates"]
    return [*lines, *item(propagates["says"], propagates["note"], _cite(propagates))]


def _outputs(told: Item) -> list[str]:
    outputs = told["outputs"]
    return item(f"{outputs['owner_says']} {outputs['training_says']}", outputs["note"], _cite(outputs))


def _endings(told: Item) -> list[str]:
    return [line for end in told["ends"] for line in item(f"{end['name']}: {end['note']}", end["says"], _cite(end))]


def _readings(told: Item, translate: Translate) -> list[str]:
    lines: list[str] = []
    for one in told["readings"]:
        readings = [f"{reading['id']}: {reading['says']}" for reading in one["readings"]]
        default = translate(_("We go by: {reading}")).format(reading=one["default"])
        lines += item(one["question"], *readings, default, _cite(one))
    return lines


def _changes(changes: Sequence[Item], translate: Translate) -> list[str]:
    words = {"added": _("new"), "removed": _("gone"), "changed": _("changed")}
    lines: list[str] = []
    for change in changes:
        before = translate(_("Before: {text}")).format(text=change["before"]) if change["change"] == "changed" else ""
        told = change["after"] or change["before"]
        lines += item(f"{translate(words[change['change']])}: {told}", before, f"{change['section']} {change['id']}")
    return lines or item(translate(_("Nothing that the records speak of.")))


def _cite(entry: Item) -> str:
    return f"{entry['clause']}  [{entry['evidence']}]"
