"""Terms that cannot be kept together: no lawful publication of what stands under both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commonweight.rights.attachment import DERIVATIVE, MATERIALS, Attachment
from commonweight.rights.finding import Finding
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Terms
from commonweight.rights.vocabulary import Value

_SAME: Final = "same_licence"
_MET_BY: Final = {"publish_derivative": (MATERIALS, DERIVATIVE), "redistribute": (DERIVATIVE,)}  # as what terms must reach
_ADDS: Final = frozenset({"terms_remain", "use_restrictions", _SAME})


def incompatible_terms(act: str, attachments: Iterable[Attachment]) -> Iterator[Finding]:
    """
    One finding for each pair of terms of which one wants only itself and the other adds restrictions.

    Publishing a derivative meets both demands at once (rights model, rule 3), and so does passing on a derivative of both
    that somebody else made; what its maker wrongly put on the label is left to the label conflicts there.
    """
    met = _MET_BY.get(act)
    if met is None:
        return
    standing: dict[str, Attachment] = {}
    for found in attachments:
        if found.terms is not None and found.standing in met:
            standing.setdefault(found.terms.key, found)
    keys = sorted(standing)
    for position, first in enumerate(keys):
        for second in keys[position + 1 :]:
            yield from _clash(act, standing[first], standing[second])


def _admits(one: Terms, other: Terms) -> bool:
    """Whether a text that wants only itself says that the other may stand beside it, or takes its place."""
    return not one.propagates.compatible.isdisjoint({other.key, other.family})


def _clash(act: str, first: Attachment, second: Attachment) -> Iterator[Finding]:
    assert first.terms is not None, "only terms that are recorded stand here"
    assert second.terms is not None, "only terms that are recorded stand here"
    one, other = first.terms.propagates, second.terms.propagates
    if _SAME not in (one.mode, other.mode) or not {one.mode, other.mode} <= _ADDS:
        return
    if _admits(first.terms, second.terms) or _admits(second.terms, first.terms):
        return
    reason = say(
        "{first} ({first_clause}: {first_note}) and {second} ({second_clause}: {second_note}) cannot both be kept: no "
        "lawful publication.",
        first=first.terms.title, first_clause=one.cite.clause, first_note=one.note,
        second=second.terms.title, second_clause=other.cite.clause, second_note=other.note,
    )  # fmt: skip
    leading = first if one.mode == _SAME else second
    cite = one.cite if one.mode == _SAME else other.cite
    local = f"incompatible.{second.key if leading is first else first.key}"
    remedy = mark("Leave one of the parents out, or get a licence outside these texts from one of the licensors.")
    yield Finding(act, "incompatible", local, Value.PROHIBITED, cite, reason, leading, remedy=remedy)
