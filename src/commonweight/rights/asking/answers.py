"""
Answers put into a question document, each at the place that its key names.

    put(document, "organisation.mau[group, 2023-06]", ("<=700000000",))
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.rights.asking.ask import NONE_OF_THESE, figure_of
from commonweight.rights.asking.lines import Stretch
from commonweight.rights.errors import QuestionError
from commonweight.rights.figures import ANY, CURRENT, MONEY, NOW, PERIOD_OF, UNTIL_NOW

Answers = Mapping[str, Sequence[str]]

SOURCE: Final = "answered in the form"  # of a figure, where nobody says where it comes from
_STEP: Final = {True: 0.01, False: 1.0}  # between two sums of money, and two counts
_FLAG: Final = {"yes": True, "no": False}
_LISTS: Final = frozenset({"purposes", "business", "competes_with"})
_COUNTRIES: Final = frozenset({"where_used", "where_outputs_shown"})
_MODALITY: Final = {"yes": ["text", "other"], "no": ["text"]}  # of the words for what a model takes or makes
_OF_NODE: Final = re.compile(r"subject\.nodes\[(?P<node>.+)\]\.(?:(?P<modality>modality)|licences\.(?P<artefact>\w+))")
_NUMBER: Final = re.compile(r"\d{1,18}(\.\d+)?")


def put(document: Mapping[str, Any], key: str, values: Sequence[str]) -> dict[str, Any]:
    """
    The document with one more answer; nothing is changed for an empty one. Raises QuestionError for an answer that is none,
    such as a figure that is no number, and for a key that names no place.
    """
    given = [value.strip() for value in values if value.strip()]
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    if not given:
        return changed
    figure, node = figure_of(key), _OF_NODE.fullmatch(key)
    if figure is not None:
        _put_figure(changed, key, figure, given[0])
    elif node is not None:
        _put_in_chain(changed, key, node.groupdict(), given[0])
    else:
        _put_fact(changed, key, given)
    return changed


def with_answers(document: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """The document with all of them. Raises QuestionError."""
    changed = dict(document)
    for key, values in answers.items():
        changed = put(changed, key, values)
    return changed


def facts_of(document: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """`document`, a use without a subject, with those answers that are about the organisation. Raises QuestionError."""
    return with_answers(document, {key: values for key, values in answers.items() if key.startswith("organisation.")})


def _put_fact(document: dict[str, Any], key: str, given: list[str]) -> None:
    part, _, name = key.partition(".")
    if part not in ("organisation", "use") or not name.isidentifier():
        raise QuestionError("answers", f"the key {key!r}", "a place in the question such as use.production")
    document.setdefault(part, {})[name] = _fact(name, given)


def _fact(name: str, given: list[str]) -> Any:
    if name in _LISTS:
        return [value for value in given if value != NONE_OF_THESE]
    if name in _COUNTRIES:
        return [code for value in given for code in value.upper().replace(",", " ").split()]
    if name in ("principal_place", "domicile"):
        return given[0].upper()
    return _FLAG.get(given[0], given[0])


def _put_figure(document: dict[str, Any], key: str, figure: Mapping[str, str | None], given: str) -> None:
    kind, money = str(figure["kind"]), figure["money"] or "USD"
    stretch = Stretch.of_key(given)
    bounds = _bounds(stretch, kind) if stretch else {"value": _number(key, given)}
    row = {
        "scope": figure["scope"],
        PERIOD_OF[kind]: _period(str(figure["when"]), bounds),
        **bounds,
        **({"currency": money} if kind in MONEY else {}),
        "source": SOURCE,
    }
    document.setdefault("organisation", {}).setdefault(kind, []).append(row)


def _bounds(stretch: Stretch, kind: str) -> dict[str, float]:
    low, high = stretch.bounds(_STEP[kind in MONEY])
    named = {"at_least": low, "at_most": high}
    return {name: bound for name, bound in named.items() if bound is not None}


def _period(when: str, bounds: Mapping[str, float]) -> str:
    """A figure that was never above a line holds for any time; one that is above it, or known exactly, is of now."""
    if when == UNTIL_NOW:
        return ANY if set(bounds) == {"at_most"} else CURRENT
    return CURRENT if when == NOW else when


def _number(key: str, given: str) -> float:
    """ "1,200,000" -> 1200000."""
    plain = given.replace(",", "").replace("_", "").replace(" ", "")
    if not _NUMBER.fullmatch(plain):
        raise QuestionError(key, repr(given[:40]), "a number such as 1,200,000")
    return float(plain) if "." in plain else int(plain)


def _put_in_chain(document: dict[str, Any], key: str, place: Mapping[str, str | None], given: str) -> None:
    nodes = [node for node in document.get("subject", {}).get("nodes", ()) if node.get("id") == place["node"]]
    if not nodes:
        raise QuestionError("answers", f"the key {key!r}", "a model of this lineage")
    if place["modality"]:
        nodes[0]["modality"] = _MODALITY.get(given, ["text"])
    else:
        licences = nodes[0].setdefault("licences", {})
        licences[str(place["artefact"])] = [{"key": given, "by": "maker"}]
