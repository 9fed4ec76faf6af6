"""
A record of terms in plain words beside its clauses: the document form `commonweight.licence/1` (docs/rights-io.md).

Nothing is added to what the record says: each sentence is either the record's own, or what one of its words means.
"""

from __future__ import annotations

from typing import Any, Final

from commonweight.rights.explaining import sentences
from commonweight.rights.explaining.conditions import Spoken, spoken
from commonweight.rights.expression import Condition
from commonweight.rights.records import Records
from commonweight.rights.said import ENGLISH, Say, in_language, say
from commonweight.rights.terms import Ambiguity, Ban, Cite, Duty, Ending, Gate, Grant, Policy, Reach, Terms
from commonweight.rights.verdict import DISCLAIMER
from commonweight.rights.vocabulary import PURPOSES

FORMAT: Final = "commonweight.licence/1"
_USUAL: Final = frozenset({"materials", "derivative"})  # as what the subject stands under an item, where none is named


def described(terms: Terms, records: Records, language: str = ENGLISH) -> dict[str, Any]:
    """The record in words, in a language. `records` tells what came after it. Raises UnknownLanguage."""
    speak = in_language(language)
    return {
        "format": FORMAT,
        **_identity(terms, records),
        **_standing(terms, speak),
        "rights": [_grant(grant, speak) for grant in terms.grants.values()],
        "depends": [_gate(gate, speak) for gate in terms.gates],
        "policies": [_policy(policy, speak) for policy in terms.policies],
        "forbids": [_ban(ban, speak) for ban in terms.bans],
        "asks": [_duty(duty, speak) for duty in terms.duties],
        "reaches": [_reach(relation, reach, speak) for relation, reach in terms.reach.items()],
        "propagates": _propagates(terms, speak),
        "outputs": _outputs(terms, speak),
        "ends": [_ending(ending, speak) for ending in terms.endings],
        "readings": [_ambiguity(item, speak) for item in terms.ambiguities],
        "sections": {clause: speak(heading) for clause, heading in terms.sections.items()},
        "notes": [speak(note) for note in terms.notes],
        "digest": terms.digest,
        "disclaimer": speak(DISCLAIMER),
    }


def in_brief(terms: Terms) -> dict[str, Any]:
    """What a list shows of a record."""
    return {
        "key": terms.key,
        "title": terms.title,
        "family": terms.family,
        "version": terms.version,
        "effective": None if terms.effective is None else terms.effective.isoformat(),
        "licensor": terms.licensor,
        "openness": terms.openness,
        "binding": terms.binding,
        "review": terms.review.status,
        "ids": {kind: list(names) for kind, names in terms.ids.items()},
        "digest": terms.digest,
    }


def _identity(terms: Terms, records: Records) -> dict[str, Any]:
    source = terms.source
    apart = ("openness", "binding", "review", "digest")  # told with a sentence each, or at the end
    return {
        **{name: value for name, value in in_brief(terms).items() if name not in apart},
        "supersedes": terms.supersedes,
        "superseded_by": [other.key for other in records if other.supersedes == terms.key],
        "source": {
            "repository": source.repository, "path": source.path, "commit": source.commit, "read": source.read.isoformat(),
        },
        "text_digests": list(terms.text_digests),
    }  # fmt: skip


def _standing(terms: Terms, speak: Say) -> dict[str, Any]:
    review = terms.review
    return {
        "openness": {"word": terms.openness, "says": speak(sentences.OPENNESS[terms.openness])},
        "binding": {"word": terms.binding, "says": speak(sentences.BINDINGS[terms.binding])},
        "review": {
            "status": review.status,
            "says": speak(sentences.REVIEWED[review.status]),
            "by": review.by,
            "date": review.date.isoformat(),
            "note": speak(review.note),
        },
        "covers": {"artefacts": sorted(terms.covers), **_cite(terms.covers_cite)},
    }


def _cite(cite: Cite) -> dict[str, str]:
    return {"clause": cite.clause, "evidence": cite.evidence}


def _when(name: str, condition: Condition | None, speak: Say) -> dict[str, Any]:
    return {} if condition is None else {name: _spoken(spoken(condition), speak)}


def _spoken(words: Spoken, speak: Say) -> dict[str, Any]:
    """`says` is all of it as one sentence; `parts`, where there are several, can be shown as a list."""
    parts = [_spoken(part, speak) for part in words.parts]
    return {"says": speak(words.sentence), **({"joint": words.joint, "parts": parts} if parts else {})}


def _given(speak: Say, **texts: str | None) -> dict[str, str]:
    return {name: speak(text) for name, text in texts.items() if text}


def _over(over: frozenset[str], speak: Say) -> dict[str, Any]:
    if over == _USUAL:
        return {}
    return {"over": [speak(sentences.STANDING[word]) for word in sentences.STANDING if word in over]}


def _grant(grant: Grant, speak: Say) -> dict[str, Any]:
    limited = grant.value == "no" or grant.when is not None
    return {
        "right": grant.right,
        "name": speak(sentences.RIGHTS[grant.right]),
        "value": grant.value,
        "says": speak(sentences.GRANTED[grant.value]),
        **_when("when", grant.when, speak),
        **({"otherwise": grant.otherwise.value} if limited else {}),
        "reason": speak(grant.reason),
        **_given(speak, remedy=grant.remedy),
        **_cite(grant.cite),
    }


def _gate(gate: Gate, speak: Say) -> dict[str, Any]:
    return {
        "id": gate.id,
        **_when("when", gate.test, speak),
        "effect": gate.effect.value,
        "says": speak(sentences.EFFECTS[gate.effect.value]),
        "clock": gate.clock,
        "clock_says": speak(sentences.CLOCKS[gate.clock]),
        "reason": speak(gate.reason),
        **_given(speak, watch=gate.watch, remedy=gate.remedy),
        **_over(gate.over, speak),
        **_cite(gate.cite),
    }


def _policy(policy: Policy, speak: Say) -> dict[str, Any]:
    return {
        "id": policy.id,
        "title": policy.title,
        "url": policy.url,
        "dynamic": policy.dynamic,
        "observe": speak(policy.observe),
        "read": None if policy.read is None else policy.read.isoformat(),
        "text_digests": list(policy.digests),
        **_cite(policy.cite),
    }


def _ban(ban: Ban, speak: Say) -> dict[str, Any]:
    return {
        "id": ban.id,
        "purposes": [{"word": word, "says": speak(PURPOSES[word].rstrip(".").lower())} for word in sorted(ban.purposes)],
        **_when("when", ban.when, speak),
        **_when("unless", ban.unless, speak),
        "strength": ban.strength,
        "says": speak(sentences.STRENGTHS[ban.strength]),
        "reason": speak(ban.reason),
        **_given(speak, observe=ban.observe, remedy=ban.remedy),
        **({"policy": ban.policy} if ban.policy else {}),
        **_over(ban.over, speak),
        **_cite(ban.cite),
    }


def _duty(duty: Duty, speak: Say) -> dict[str, Any]:
    doubt = duty.doubt
    return {
        "id": duty.id,
        "do": duty.do,
        **_when("when", duty.when, speak),
        **({"text": duty.text} if duty.text else {}),
        "where": [speak(place) for place in duty.where],
        "reason": speak(duty.reason),
        **({"doubt": {"note": speak(doubt.note), **_when("when", doubt.when, speak)}} if doubt else {}),
        **_over(duty.over, speak),
        **_cite(duty.cite),
    }


def _reach(relation: str, reach: Reach, speak: Say) -> dict[str, Any]:
    says = sentences.REACHES[reach.treat_as]
    if reach.mode in sentences.NOT_SAID:
        says = say(sentences.NOT_SAID[reach.mode], reach=says)
    if reach.unless is not None:
        says = say(sentences.UNLESS, says=says, condition=spoken(reach.unless).sentence)
    return {
        "relation": relation,
        "name": speak(sentences.STEPS[relation]),
        "mode": reach.mode,
        "treat_as": reach.treat_as,
        "says": speak(says),
        **_when("unless", reach.unless, speak),
        "note": speak(reach.note),
        **_cite(reach.cite),
    }


def _propagates(terms: Terms, speak: Say) -> dict[str, Any]:
    found = terms.propagates
    return {
        "mode": found.mode,
        "says": speak(sentences.PROPAGATES[found.mode]),
        "note": speak(found.note),
        "compatible": sorted(found.compatible),
        **_cite(found.cite),
    }


def _outputs(terms: Terms, speak: Say) -> dict[str, Any]:
    found = terms.outputs
    return {
        "owner": found.owner,
        "owner_says": speak(sentences.OWNERS[found.owner]),
        "training": found.training,
        "training_says": speak(sentences.TRAINING[found.training]),
        "note": speak(found.note),
        **_cite(found.cite),
    }


def _ending(ending: Ending, speak: Say) -> dict[str, Any]:
    return {
        "event": ending.event,
        "name": speak(sentences.ENDINGS[ending.event]),
        "automatic": ending.automatic,
        "says": speak(sentences.AUTOMATIC if ending.automatic else sentences.BY_NOTICE),
        "note": speak(ending.note),
        **_cite(ending.cite),
    }


def _ambiguity(item: Ambiguity, speak: Say) -> dict[str, Any]:
    readings = [{"id": one.id, "says": speak(one.says), "value": one.value.value} for one in item.readings]
    return {
        "id": item.id,
        **_when("when", item.when, speak),
        "question": speak(item.question),
        "readings": readings,
        "default": item.default,
        **_over(item.over, speak),
        **_cite(item.cite),
    }
