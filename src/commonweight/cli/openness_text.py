"""How open a model is (docs/openness.md) as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commonweight.cli.documents import item, wrapped
from commonweight.cli.languages import Translate, _

Part = Mapping[str, Any]
AXES: Final = (
    ("completeness", _("Parts")),
    ("legal", _("Terms")),
    ("access", _("Access")),
    ("usability", _("Usability")),
)
DEEDS: Final = {
    "run": _("run it"),
    "fine_tune": _("fine-tune it"),
    "reproduce_evaluation": _("reproduce its evaluation"),
    "retrain": _("train it again"),
    "audit_data": _("look at its training data"),
}
ANSWERS: Final = {True: _("yes"), False: _("no"), None: _("not known")}
MAX_FILES: Final = 3  # of one component; the JSON has more
INDENT: Final = " " * 11
MARKS: Final = {"released": "+", "claimed": "?", "absent": "-"}
RESULTS: Final = {
    "pass": _("met"),
    "fail": _("not met"),
    "not_evaluable": _("not evaluable"),
    "met": _("met"),
    "not_met": _("not met"),
    "judgement": _("to be judged"),
    "unknown": _("not known"),
}


def openness_text(told: Part, translate: Translate) -> str:
    """All of it, the axes first."""
    openness = told["openness"]
    sections = (
        (_("What it lets you do"), _deeds(openness, translate)),
        (_("Components"), _components(openness["components"])),
        (_("Classes of the framework"), _classes(openness, translate)),
        (_("Open Source AI Definition"), _elements(openness["osaid"], translate)),
        (_("EU AI Act: open-source conditions for its provider"), _conditions(told["exemption"], translate)),
        (_("Looked at in the files"), _checks(openness["checks"], translate)),
        (_("What the commit changed"), _changes(told["changes"])),
        (_("What changed since it was last graded"), _changes(told["since"])),
    )
    parts = ["\n".join(_head(told, translate))]
    parts += ["\n".join([translate(title), *lines]) for title, lines in sections if lines]
    return "\n\n".join(parts)


def _head(told: Part, translate: Translate) -> Iterator[str]:
    openness, commit = told["openness"], f" @ {told['commit'][:8]}" if told["commit"] else ""
    yield f"{told['model']}{commit}: {openness['label_text']}"
    for key, name in AXES:
        yield from wrapped(openness[key]["reason"], f"  {translate(name)} ({openness[key]['evidence']}): ", "    ")


def _deeds(openness: Part, translate: Translate) -> list[str]:
    lines: list[str] = []
    for key, deed in openness["deeds"].items():
        claimed = f" ({translate(_('claimed'))})" if deed["can"] and deed["evidence"] == "C" else ""
        lines += item(f"{translate(DEEDS[key])}: {translate(ANSWERS[deed['can']])}{claimed}", deed["reason"])
    return lines


def _components(components: Sequence[Part]) -> list[str]:
    """One line each: whether it is there, how that is known, what it is, under what, and what keeps it from counting."""
    lines: list[str] = []
    for one in components:
        licences = ", ".join(one["terms"]["licences"]) if one["status"] != "absent" else ""
        why = f" ({one['lacks_for_class']})" if one["lacks_for_class"] and one["status"] != "absent" else ""
        title = f"{one['name']}{f': {licences}' if licences else ''}{why}"
        lines.append(f"  {MARKS[one['status']]} {one['evidence']}  {one['class']:<3}  {title}")
        lines += wrapped(one["detail"], INDENT, INDENT) if one["detail"] else []
        lines += [f"{INDENT}{file['path']}  {file['digest'][:19]}".rstrip() for file in one["files"][:MAX_FILES]]
    return lines


def _classes(openness: Part, translate: Translate) -> list[str]:
    classes, names = openness["classes"], {one["component"]: one["name"] for one in openness["components"]}
    rows = (
        (_("checked"), classes["checked"]),
        (_("if claims are true"), classes["claimed"]),
        (_("checked, with data of any licence"), classes["any_data_licence"]["checked"]),
        (_("if claims are true, with data of any licence"), classes["any_data_licence"]["claimed"]),
    )
    lines = [f"  {classes['rules']}"]
    for name, reach in rows:
        counts = ", ".join(f"{level} {count['met']}/{count['of']}" for level, count in reach["counts"].items())
        lines.append(f"  - {translate(name)}: {reach['class'] or translate(_('no class'))} ({counts})")
    missing = ", ".join(names[key] for key in classes["checked"]["missing"])
    return [*lines, *(wrapped(missing, f"  {translate(_('Missing for the next'))}: ", "    ") if missing else [])]


def _elements(osaid: Part, translate: Translate) -> list[str]:
    lines = [f"  {osaid['version']}: {translate(RESULTS[osaid['result']])}"]
    for one in osaid["elements"]:
        lines += item(f"{one['name']}: {translate(RESULTS[one['result']])}", *(lack["what"] for lack in one["missing"]))
    return lines


def _conditions(exemption: Part, translate: Translate) -> list[str]:
    lines = wrapped(exemption["text"], "  ", "  ")
    for one in exemption["conditions"]:
        cited = "; ".join(one["clauses"])
        lines += item(f"{one['paragraphs']}: {translate(RESULTS[one['result']])}. {one['asks']}", one["reason"], cited)
    return [*lines, *wrapped(exemption["note"], "  ", "  ")]


def _checks(checks: Sequence[Part], translate: Translate) -> list[str]:
    return [line for one in checks for line in item(f"{one['check']}: {translate(ANSWERS[one['ok']])}", one["detail"])]


def _changes(changes: Sequence[Part]) -> list[str]:
    return [line for one in changes for line in item(one["sentence"])]
