"""A verdict document as text for a terminal: the answer first, then what it rests on, what is owed, what is open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from commonweight.cli.documents import item, wrapped
from commonweight.cli.languages import Translate, _

_TAKEN: Final = ("prohibited", "needs_permission", "unclear", "unknown")


_VALUES: Final = {
    "allowed": _("allowed"),
    "allowed_with_duties": _("allowed with duties"),
    "unknown": _("unknown"),
    "unclear": _("unclear"),
    "needs_permission": _("needs permission"),
    "prohibited": _("prohibited"),
}


def verdict_text(verdict: dict[str, Any], translate: Translate = str) -> str:
    """The text, without colours, ending in the disclaimer. Sentences are in the language of the document."""
    questions = (f"{one['question']}  [{one['fact']}]" for one in verdict["questions"])
    sections = (
        (_("Why"), _why(verdict, translate)),
        (_("What you owe"), _duties(verdict, translate)),
        (_("Questions that would settle it"), _list(questions)),
        (_("Labels that do not agree"), _conflicts(verdict, translate)),
        (_("Doubts"), _doubts(verdict, translate)),
        (_("Assumed"), _list(verdict["assumptions"])),
        (_("Would change it"), _list(_expiry(one) for one in verdict["expires_when"])),
        (_("What would help"), _list([verdict["remedy"]] if verdict["remedy"] else [])),
        (_("Human decisions"), _list(_decision(one, translate) for one in verdict["decisions"])),
    )
    parts = ["\n".join(_head(verdict, translate))]
    parts += ["\n".join([translate(title), *lines]) for title, lines in sections if lines]
    parts.append(_foot(verdict, translate))
    return "\n\n".join(parts)


def _head(verdict: dict[str, Any], translate: Translate) -> Iterator[str]:
    yield translate(_VALUES[verdict["value"]]).upper()
    yield from wrapped(verdict["headline"])
    if len(verdict["acts"]) > 1:
        width = max(len(one["act"]) for one in verdict["acts"])
        yield ""
        yield from (f"  {one['act']:<{width}}  {translate(_VALUES[one['value']])}" for one in verdict["acts"])


def _why(verdict: dict[str, Any], translate: Translate) -> list[str]:
    worst = "allowed" if verdict["value"].startswith("allowed") else verdict["value"]
    lines: list[str] = []
    for clause in verdict["clauses"]:
        if clause["effect"] == worst or clause["effect"] in _TAKEN:
            lines += item(f"{clause['reason']}", f"{_cite(clause, translate)}{_way(clause, translate)}")
    return lines


def _duties(verdict: dict[str, Any], translate: Translate) -> list[str]:
    lines: list[str] = []
    for duty in verdict["duties"]:
        mark = f" ({translate(_('met by'))} '{duty['settled_by']}')" if duty.get("settled_by") else ""
        notes = [f'"{duty["text"]}"'] if duty.get("text") else []
        notes += [f"{translate(_('For:'))} {', '.join(duty['acts'])}"] if len(duty["acts"]) < len(verdict["acts"]) else []
        notes += [f"{translate(_('Where:'))} {'; '.join(duty['where'])}"] if duty["where"] else []
        notes += [f"{translate(_('Doubt:'))} {doubt}" for doubt in duty["doubts"]]
        lines += item(duty["reason"] + mark, *notes, _cite(duty, translate))
    return lines


def _conflicts(verdict: dict[str, Any], translate: Translate) -> list[str]:
    lines: list[str] = []
    for one in verdict["label_conflicts"]:
        known = f"{one['licence']} {one['clause']}, {translate(_('lineage'))} {one['lineage_evidence']}"
        lines += item(one["says"], one["why"], known)
    return lines


def _doubts(verdict: dict[str, Any], translate: Translate) -> list[str]:
    """Doubts about duties stand with the duties."""
    with_duties = tuple(doubt for duty in verdict["duties"] for doubt in duty["doubts"])
    lines: list[str] = []
    for one in verdict["doubts"]:
        if with_duties and one["about"].endswith(with_duties):
            continue
        readings = [f"{reading['id']}: {reading['says']} -> {reading['value']}" for reading in one.get("readings", ())]
        default = [f"{translate(_('Our default:'))} {one['default']}"] if one.get("default") else []
        lines += item(one["about"], *readings, *default, f"{one['licence']} {one['clause']}".strip())
    return lines


def _expiry(one: dict[str, Any]) -> str:
    source = f" ({one['licence']} {one.get('clause', '')})" if one.get("licence") else ""
    return f"{one['what']}{source}{' ' + one['date'] if one.get('date') else ''}"


def _decision(one: dict[str, Any], translate: Translate) -> str:
    until = f", {translate(_('until'))} {one['until']}" if one["until"] else ""
    author = one["author"] or translate(_("author not named"))
    return f"{one['id']} ({one['kind']}, {author}{until}): {one['state']}. {one['reason']}"


def _cite(one: dict[str, Any], translate: Translate) -> str:
    if not one["clause"]:
        return "" if one["licence"] in ("none", "own") else str(one["licence"])
    return f"{one['licence']} {one['clause']}  [{one['evidence']}, {translate(_('record'))} {one['review']}]"


def _way(clause: dict[str, Any], translate: Translate) -> str:
    steps = "".join(f" <- {step['relation']} <- {step['parent']}" for step in clause["path"])
    return f"; {translate(_('reached by'))} {clause['path'][0]['child']}{steps}" if steps else ""


def _list(texts: Any) -> list[str]:
    return [line for text in texts for line in item(text)]


def _foot(verdict: dict[str, Any], translate: Translate) -> str:
    return translate(_("{disclaimer} For {date}; records: {review}; engine {engine}.")).format(
        disclaimer=verdict["disclaimer"],
        date=verdict["date"],
        review=verdict["review"],
        engine=verdict["engine_version"],
    )
