"""Apply the terms of one attachment to one act: grants, gates, bans, forbidden steps and ambiguities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commonweight.rights.attachment import (
    BANNED,
    DERIVATIVE,
    MATERIALS,
    NO_LICENCE,
    OUTPUT_MODEL,
    OWN_WORK,
    UNIDENTIFIED,
    Attachment,
)
from commonweight.rights.expression import Condition, Missing
from commonweight.rights.facts import Facts
from commonweight.rights.finding import HEARSAY, Finding, once
from commonweight.rights.question import Edge
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Ambiguity, Ban, Cite, Gate, Grant, Reading, Terms
from commonweight.rights.vocabulary import RELATION_NAMES, Value

RIGHTS_OF_ACT: Final[dict[str, tuple[str, ...]]] = {
    "evaluate": ("use",),
    "use_internally": ("use",),
    "offer_product": ("use",),
    "host": ("use", "host"),
    "modify": ("modify",),
    "redistribute": ("distribute",),
    "publish_derivative": ("modify", "distribute"),
    "train_on_outputs": ("use", "outputs"),
    "share_outputs": ("outputs",),
}
# Terms of data, or of a model whose answers were trained on, can only matter here to those who pass the result on.
PASSING_ON: Final = frozenset({"redistribute", "publish_derivative", "host"})
_ASK_MAKER: Final = mark("Ask the maker for a licence.")
_RECORD_TEXT: Final = mark("Record the text, or ask for a reading of it.")
_HEARSAY: Final = frozenset({"secondary", "unverified"})
_STRICT: Final = (Value.PROHIBITED, Value.NEEDS_PERMISSION)


def findings_of(act: str, found: Attachment, facts: Facts) -> tuple[Finding, ...]:
    """All findings of one attachment for one act, softened where the way to its terms is not sure."""
    terms = found.terms
    if terms is None:
        return tuple(_without_terms(act, found))
    if found.standing == BANNED:
        forbidden = tuple(_forbidden_step(act, found, facts))
        if forbidden:
            return forbidden
        found = found._replace(standing=OUTPUT_MODEL)  # excused: what the text says of such models still applies
    over = terms.over(found.standing)
    results = [_gate(act, found, gate, facts) for gate in over.gates]
    bans = over.by_condition if over.purposes.isdisjoint(facts.purposes) else over.bans
    if bans:
        results += _bans(act, found, bans, facts)
    if found.standing in (MATERIALS, DERIVATIVE) or not found.steps:
        if found.artefact not in terms.covers:
            results.append(_not_covered(act, found, terms))
        results += _grants(act, found, terms, facts)
    if over.ambiguities:
        results += _ambiguities(act, found, over.ambiguities, facts)
    if act == "publish_derivative" and _offered_here(found, terms):
        results = [item for item in results if item.effect is Value.ALLOWED] or [_own_offer(act, found)]
    results = [_as_read(result) if result.cite and result.cite.evidence in _HEARSAY else result for result in results]
    return tuple([_soften(result) for result in results] if found.doubts or found.evidence == "secondary" else results)


def _offered_here(found: Attachment, terms: Terms) -> bool:
    """Whether the asker is the one who puts own work under this text: what it limits, it limits for others."""
    return not found.steps and bool(found.node.made_by_asker) and terms.offered_by == "anyone"


def _own_offer(act: str, found: Attachment) -> Finding:
    what = say(
        "The asker made {node} and offers it under {licence}: what that text limits, it limits for others.",
        node=found.node.id,
        licence=found.key,
    )
    return Finding(act, "own_work", "own_work", Value.ALLOWED, None, what, found)


def _without_terms(act: str, found: Attachment) -> Iterator[Finding]:
    if found.key == OWN_WORK:
        what = say(
            "The asker made {node} and declared no licence for it: their own part is free to them.", node=found.node.id
        )
        yield Finding(act, "own_work", "own_work", Value.ALLOWED, None, what, found)
        return
    through_data = bool(found.steps) and found.standing not in (MATERIALS, DERIVATIVE)
    if through_data and (act not in PASSING_ON or found.key == NO_LICENCE):
        return  # shown as a doubt by the summary: no text that is known reaches the model
    if found.key == NO_LICENCE:
        what = say(
            "No licence was found for the {artefact} of {node}: no grant, so nothing may be assumed.",
            artefact=found.artefact,
            node=found.node.id,
        )
        question = _under_which(found)
    elif found.key == UNIDENTIFIED:
        what = say("A licence text of {node} is none that is known: nobody has read what it allows.", node=found.node.id)
        question = say("What does the licence text of {node} say? It is none that is known.", node=found.node.id)
    else:
        what = say("The text of licence '{licence}' ({node}) has not been recorded.", licence=found.key, node=found.node.id)
        question = say(
            "What does the text of licence '{licence}' say? The text of licence '{licence}' has not been recorded.",
            licence=found.key,
        )
    missing = Missing(f"subject.nodes[{found.node.id}].licences.{found.artefact}", question)
    local = "no_licence" if found.key == NO_LICENCE else "not_recorded"
    remedy = _ASK_MAKER if found.key == NO_LICENCE else _RECORD_TEXT
    yield Finding(act, "missing_terms", local, Value.UNKNOWN, None, what, found, missing=(missing,), remedy=remedy)


def _under_which(found: Attachment) -> str:
    return say(
        "Under which licence does the maker of {node} offer its {artefact}?", node=found.node.id, artefact=found.artefact
    )


def _not_covered(act: str, found: Attachment, terms: Terms) -> Finding:
    reason = say(
        "{title} does not cover the {artefact} of {node}.",
        title=terms.title,
        artefact=found.artefact,
        node=found.node.id,
    )
    missing = Missing(f"subject.nodes[{found.node.id}].licences.{found.artefact}", _under_which(found))
    return Finding(act, "coverage", "covers", Value.UNKNOWN, terms.covers_cite, reason, found, missing=(missing,))


def _grants(act: str, found: Attachment, terms: Terms, facts: Facts) -> list[Finding]:
    results = [_grant(act, found, terms.grants[right], facts) for right in RIGHTS_OF_ACT[act]]
    commercial = terms.grants["commercial"]
    limited = commercial.value in ("no", "unread") or commercial.when is not None
    if limited and not (act == "share_outputs" and terms.grants["outputs"].value == "yes"):
        results += _commercial(act, found, commercial, facts)
    return results


def _grant(act: str, found: Attachment, grant: Grant, facts: Facts) -> Finding:
    local = f"grant.{grant.right}"
    if grant.value == "no":
        return Finding(act, "grant", local, grant.otherwise, grant.cite, grant.reason, found, remedy=grant.remedy)
    if grant.value == "unread":
        unread = Finding(act, "grant", local, Value.UNKNOWN, grant.cite, grant.reason, found, remedy=grant.remedy)
        return unread._replace(missing=(_to_read(unread),))
    if grant.when is None:
        return Finding(act, "grant", local, Value.ALLOWED, grant.cite, grant.reason, found)
    holds, result = _ask(act, "grant", local, grant.when, grant.cite, grant.reason, found, facts)
    effect = Value.UNKNOWN if holds is None else Value.ALLOWED if holds else grant.otherwise
    return result._replace(effect=effect, remedy=None if holds else grant.remedy)


def _commercial(act: str, found: Attachment, grant: Grant, facts: Facts) -> Iterator[Finding]:
    """Whether a limit on commercial use stops this one. What is not commercial is not concerned."""
    facts.about(act, found)
    commercial = facts.fact("use.commercial")
    trace = facts.trace
    if commercial is False:
        return
    result = _grant(act, found, grant, facts)
    if result.effect is Value.ALLOWED:
        return
    effect = result.effect if commercial else Value.UNKNOWN
    yield result._replace(
        effect=effect, facts=once([*trace.used, *result.facts]), missing=(*trace.missing, *result.missing),
    )  # fmt: skip


def _gate(act: str, found: Attachment, gate: Gate, facts: Facts) -> Finding:
    holds = facts.answer(gate.test, act, found)
    trace = facts.trace
    effect = Value.UNKNOWN if holds is None else gate.effect if holds else Value.ALLOWED
    reason = gate.reason if holds is not False else gate.unmet
    return Finding(
        act, "gate", gate.id, effect, gate.cite, reason, found, facts=once(trace.used),
        missing=tuple(trace.missing) if holds is None else (), assumed=once(trace.assumed), remedy=gate.remedy,
        watch=gate.watch,
    )  # fmt: skip


def _bans(act: str, found: Attachment, bans: tuple[Ban, ...], facts: Facts) -> Iterator[Finding]:
    purposes = facts.purposes
    for ban in bans:
        if ban.when is None and ban.purposes.isdisjoint(purposes):
            continue
        result = _ban(act, found, ban, facts)
        if result is not None:
            yield result


def _ban(act: str, found: Attachment, ban: Ban, facts: Facts) -> Finding | None:
    """None where the ban does not concern the act; else prohibited, or unknown where a fact is missing."""
    if ban.when is None:
        facts.about(act, found).trace.used.append("use.purposes")
    concerned = True if ban.when is None else facts.answer(ban.when, act, found)
    excused = False if ban.unless is None or concerned is False else facts.also(ban.unless, act, found)
    if concerned is False or excused is True:
        return None
    effect = Value.PROHIBITED if concerned and excused is False else Value.UNKNOWN
    trace = facts.trace
    return Finding(
        act, "ban", ban.id, effect, ban.cite, ban.reason, found, facts=once(trace.used),
        missing=tuple(trace.missing), assumed=once(trace.assumed), remedy=ban.remedy,
    )  # fmt: skip


_BY_MAKER_ONLY: Final = Reading(
    "maker_only", mark("The ban binds whoever accepted the terms and trained; those who get the model did not."),
    Value.ALLOWED,
)  # fmt: skip
_TAINTED: Final = Reading(
    "made_in_breach", mark("A model made in breach of the terms may not be used or passed on by anybody."),
    Value.PROHIBITED,
)  # fmt: skip


def _forbidden_step(act: str, found: Attachment, facts: Facts) -> Iterator[Finding]:
    """A step on the way that the text forbids: it binds who took the step; for others it is unsettled."""
    reach, edge = found.reach, found.ban_edge
    assert reach is not None, "a banned attachment carries its reach"
    assert edge is not None, "a banned attachment carries its edge"
    relation = found.relations[found.steps.index(edge)]
    reason = reach.note or say(
        "The text forbids the step '{relation}' from {parent} to {child}.",
        relation=RELATION_NAMES[relation],
        parent=found.node.id,
        child=edge.child,
    )
    holds: bool | None = False
    result = Finding(act, "reach", f"reach.{relation}", Value.PROHIBITED, reach.cite, reason, found)
    if reach.unless is not None:
        holds, result = _ask(act, "reach", f"reach.{relation}", reach.unless, reach.cite, reason, found, facts)
    if holds is True:
        return
    ours = _taken_by_asker(act, found, edge)
    if holds is None:
        yield result._replace(effect=Value.UNKNOWN)
    elif ours and found.evidence != "secondary":
        yield result._replace(effect=Value.PROHIBITED, facts=(*result.facts, f"subject.edges[{edge.child}].by"))
    else:
        yield result._replace(
            effect=Value.UNCLEAR, readings=(_BY_MAKER_ONLY, _TAINTED), default=_BY_MAKER_ONLY.id,
            facts=(*result.facts, f"subject.edges[{edge.child}].by"),
        )  # fmt: skip


def _taken_by_asker(act: str, found: Attachment, edge: Edge) -> bool | None:
    """
    Whether the asker took the forbidden step.

    A contract binds whoever accepted it to get the answers, not whoever trained on what was passed on.
    """
    assert found.terms is not None, "a banned attachment carries its terms"
    if found.terms.binding == "contract":
        return found.steps[-1].by_asker
    made_here = act == "publish_derivative" and edge == found.steps[0]
    return made_here if edge.by_asker is None else edge.by_asker


def _ambiguities(act: str, found: Attachment, items: tuple[Ambiguity, ...], facts: Facts) -> Iterator[Finding]:
    for item in items:
        holds, result = _ask(act, "ambiguity", item.id, item.when, item.cite, item.question, found, facts)
        if holds is not False:
            yield _ambiguity(result, item, holds)


def _ambiguity(result: Finding, item: Ambiguity, holds: bool | None) -> Finding:
    effect = Value.UNCLEAR if holds else Value.UNKNOWN
    return result._replace(effect=effect, readings=item.readings, default=item.default)


def _ask(
    act: str, kind: str, local: str, condition: Condition, cite: Cite, reason: str, found: Attachment, facts: Facts
) -> tuple[bool | None, Finding]:
    """The answer of a condition, and a finding that carries what it touched."""
    holds = facts.answer(condition, act, found)
    trace = facts.trace
    return holds, Finding(
        act, kind, local, Value.ALLOWED, cite, reason, found, facts=once(trace.used),
        missing=tuple(trace.missing) if holds is None else (), assumed=once(trace.assumed),
    )  # fmt: skip


def _as_read(result: Finding) -> Finding:
    """
    What nobody read in the text decides nothing: told by others it is unclear, only recalled it is unknown.

    A condition that is not met, or a duty, stays as told: it stops nobody.
    """
    assert result.cite is not None, "hearsay is that of a clause"
    allows = result.kind == "grant" and result.effect is Value.ALLOWED
    if not (allows or result.effect in _STRICT):
        return result
    if result.cite.evidence == "unverified":
        return result._replace(effect=Value.UNKNOWN, missing=(*result.missing, _to_read(result)))
    told = Reading("as_told", say("It is as others describe it: {reason}", reason=result.reason), result.effect)
    opposite = Value.PROHIBITED if allows else Value.ALLOWED
    other = Reading("not_as_told", mark("The text says otherwise: nobody read it for this record."), opposite)
    why = say("Known from others' descriptions only: {reason}", reason=result.reason)
    return result._replace(effect=Value.UNCLEAR, readings=(told, other), default="as_told", softened=why)


def _to_read(result: Finding) -> Missing:
    """The question for the text itself; its place in the question is the licence at the node."""
    terms, node = result.found.terms, result.found.node
    assert terms is not None, "only recorded terms have clauses"
    place = f"subject.nodes[{node.id}].licences.{result.found.artefact}"
    clause = result.cite.clause if result.cite else ""
    question = say(
        "What does the text of {title} say (clause {clause})? It was not read: {reason}",
        title=terms.title,
        clause=clause,
        reason=result.reason,
    )
    return Missing(place, question)


def _soften(result: Finding) -> Finding:
    """A strict answer that rests on an unsure way becomes unclear: it says what would follow if the way is as told."""
    if result.effect not in _STRICT:
        return result
    found = result.found
    why = say(HEARSAY, node=found.node.id) if found.evidence == "secondary" else found.doubts[0]
    applies = Reading("applies", say("The terms reach the subject: {reason}", reason=result.reason), result.effect)
    does_not = Reading("does_not_apply", say("They do not reach it. {why}", why=why), Value.ALLOWED)
    return result._replace(effect=Value.UNCLEAR, readings=(applies, does_not), default="applies", softened=why)
