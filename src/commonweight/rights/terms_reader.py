"""
From the document form of a terms record to `Terms`, checked on the way.

Each refusal names file and path. What only shows across fields (a duty over an object that does not exist, a ban
citing a policy that is not listed, a reading that is no default) is checked here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from commonweight.rights.consistency import check_whole
from commonweight.rights.documents import digest
from commonweight.rights.errors import RecordError
from commonweight.rights.expression import ALWAYS_KNOWN, Condition, compile_condition
from commonweight.rights.language import LANGUAGE, OBJECTS, PATH_TESTS
from commonweight.rights.reader import Reader
from commonweight.rights.said import say
from commonweight.rights.terms import (
    Ambiguity,
    Ban,
    Cite,
    Doubt,
    Duty,
    Ending,
    Gate,
    Grant,
    Outputs,
    Policy,
    Propagation,
    Reach,
    Reading,
    Review,
    Source,
    Terms,
)
from commonweight.rights.vocabulary import ARTEFACTS, EVIDENCE, PURPOSES, RELATIONS, REVIEW, Value

T = TypeVar("T")

FORMAT: Final = "commonweight.terms/1"
RIGHTS: Final = ("use", "modify", "distribute", "host", "commercial", "outputs", "sublicense", "patent")
REACH_MODES: Final = ("full", "duty_only", "none", "banned", "silent", "unread")
NOT_SAID: Final = frozenset({"silent", "unread"})
BINDINGS: Final = ("licence", "contract")
OFFERED_BY: Final = ("licensor", "anyone")
TREAT_AS: Final = ("full", "duty_only", "none")
PROPAGATION_MODES: Final = ("notices_only", "terms_remain", "use_restrictions", "same_licence")
OPENNESS_CLASSES: Final = (
    "open", "open_but_unsuited", "use_restricted", "size_or_fee_restricted", "non_commercial", "none_or_unknown",
)  # fmt: skip
DUTY_KINDS: Final = (
    "copy_of_terms", "notice", "keep_notices", "state_changes", "badge", "name_prefix", "register", "pass_on_terms",
    "disclose", "document", "cite", "update", "safeguard", "source",
)  # fmt: skip
ENDINGS: Final = (
    "breach", "litigation", "patent_litigation", "patent_or_copyright_litigation", "size", "any_time", "change",
)  # fmt: skip
#: Duties whose fulfilment shows in a repository, by the word of `notices` in a question.
NOTICE_OF: Final = {"copy_of_terms": "agreement", "notice": "notice", "badge": "badge"}
_CITE: Final = ("clause", "evidence")
_TOP: Final = (
    "format", "key", "title", "family", "version", "effective", "supersedes", "licensor", "ids", "source", "text",
    "sections", "openness", "review", "covers", "grants", "gates", "policies", "bans", "duties", "reach",
    "propagates", "outputs", "endings", "ambiguities", "notes", "binding", "offered_by",
)  # fmt: skip
_WITHHELD: Final = (Value.NEEDS_PERMISSION.value, Value.PROHIBITED.value, Value.UNCLEAR.value)
_DEFAULT_OVER: Final = frozenset({"materials", "derivative"})


def read_terms(document: Any, name: str) -> Terms:
    """The record in a parsed document; `name` is its file, for errors. Raises RecordError."""
    top = Reader(document, name, RecordError).fields(_TOP)
    if top.at("format").value != FORMAT:
        raise top.at("format").refuse(FORMAT)
    policies = _list(top.at("policies"), _policy)
    terms = Terms(
        key=top.at("key").text(),
        title=top.at("title").text(),
        family=top.at("family").text(),
        version=top.at("version").text(),
        effective=top.at("effective").day_or_none(),
        supersedes=None if top.at("supersedes").missing else top.at("supersedes").text(),
        licensor=top.at("licensor").text(),
        ids={kind: ids.texts() for kind, ids in top.at("ids").fields(("spdx", "hf", "scancode", "names")).items()},
        source=_source(top.at("source")),
        text_digests=_text_digests(top.at("text")),
        sections={clause: heading.text() for clause, heading in top.at("sections").items()},
        openness=top.at("openness").word(OPENNESS_CLASSES),
        review=_review(top.at("review")),
        covers=frozenset(top.at("covers").fields((*_CITE, "artefacts")).at("artefacts").words(ARTEFACTS)),
        covers_cite=_cite(top.at("covers")),
        grants={grant.right: grant for grant in _grants(top.at("grants"))},
        gates=_list(top.at("gates"), _gate),
        policies=policies,
        bans=_list(top.at("bans"), lambda entry: _ban(entry, frozenset(policy.id for policy in policies))),
        duties=_list(top.at("duties"), _duty),
        reach={relation: _reach(entry, relation) for relation, entry in top.at("reach").items()},
        propagates=_propagates(top.at("propagates")),
        outputs=_outputs(top.at("outputs")),
        endings=_list(top.at("endings"), _ending),
        ambiguities=_list(top.at("ambiguities"), _ambiguity),
        notes=top.at("notes").texts(),
        digest=digest(_plain(document)),
        binding=top.at("binding").word_or(BINDINGS, "licence"),
        offered_by=top.at("offered_by").word_or(OFFERED_BY, "licensor"),
        copyable=top.at("text").at("copyable").flag(),
    )
    check_whole(terms, top.path)
    asked = {test for condition in terms.conditions for test in condition.tests if test[0] in PATH_TESTS}
    naming = tuple(duty for duty in terms.duties if duty.do == "name_prefix" and duty.text is not None)
    noticing = tuple(duty for duty in terms.duties if duty.do in NOTICE_OF)
    return replace(
        terms,
        path_tests=tuple(sorted(asked)),
        naming=naming,
        noticing=noticing,
        labels_by_way=all(map(_asks_the_way, (*naming, *noticing))),
    )


def _asks_the_way(duty: Duty) -> bool:
    """Whether a duty asks for nothing but act, standing and the way of the terms."""
    conditions = (duty.when, duty.doubt.when if duty.doubt else None)
    return all(
        condition.facts <= ALWAYS_KNOWN and not condition.measures and all(name in PATH_TESTS for name, _ in condition.tests)
        for condition in conditions
        if condition is not None
    )


def _list(reader: Reader, read: Callable[[Reader], T]) -> tuple[T, ...]:
    return tuple(read(entry) for entry in reader.each())


def _cite(entry: Reader) -> Cite:
    return Cite(entry.at("clause").text(), entry.at("evidence").word(EVIDENCE))


def _condition(entry: Reader) -> Condition:
    return compile_condition(entry.text(), LANGUAGE, entry.path)


def _condition_or_none(entry: Reader) -> Condition | None:
    return None if entry.missing else _condition(entry)


def _text_or_none(entry: Reader) -> str | None:
    return None if entry.missing else entry.text()


def _over(entry: Reader) -> frozenset[str]:
    return _DEFAULT_OVER if entry.missing else frozenset(entry.words(OBJECTS))


def _text_digests(entry: Reader) -> tuple[str, ...]:
    """Digests of the text; the text itself is not kept here, whether it may be copied or not."""
    return entry.fields(("digests", "copyable")).at("digests").texts()


def _source(entry: Reader) -> Source:
    entry.fields(("repository", "path", "commit", "read"))
    repository, path, commit = (entry.at(name).text() for name in ("repository", "path", "commit"))
    return Source(repository, path, commit, entry.at("read").day())


def _review(entry: Reader) -> Review:
    entry.fields(("status", "by", "date", "note"))
    status = entry.at("status").word(REVIEW)
    return Review(status, entry.at("by").text(), entry.at("date").day(), entry.at("note").text_or(""))


def _grants(entry: Reader) -> tuple[Grant, ...]:
    entry.fields(RIGHTS)
    return tuple(_grant(right, reader) for right, reader in entry.items())


def _grant(right: str, entry: Reader) -> Grant:
    entry.fields((*_CITE, "value", "reason", "when", "otherwise", "remedy"))
    otherwise = Value.PROHIBITED if entry.at("otherwise").missing else Value(entry.at("otherwise").word(_WITHHELD))
    return Grant(
        right=right,
        value=_yes_or_no(entry.at("value")),
        cite=_cite(entry),
        reason=entry.at("reason").text(),
        when=_condition_or_none(entry.at("when")),
        otherwise=otherwise,
        remedy=_text_or_none(entry.at("remedy")),
    )


def _yes_or_no(entry: Reader) -> str:
    """YAML reads a bare yes or no as true or false: both spellings are meant."""
    if isinstance(entry.value, bool):
        return "yes" if entry.value else "no"
    return entry.word(("yes", "no", "silent", "unread"))


def _gate(entry: Reader) -> Gate:
    entry.fields((*_CITE, "id", "test", "effect", "reason", "clock", "watch", "remedy", "over"))
    reason = entry.at("reason").text()
    return Gate(
        id=entry.at("id").text(),
        test=_condition(entry.at("test")),
        effect=Value(entry.at("effect").word(_WITHHELD)),
        cite=_cite(entry),
        reason=reason,
        unmet=say("The condition is not met here: {reason}", reason=reason),
        clock=entry.at("clock").word(("frozen", "continuous", "none")),
        watch=_text_or_none(entry.at("watch")),
        remedy=_text_or_none(entry.at("remedy")),
        over=_over(entry.at("over")),
    )


def _policy(entry: Reader) -> Policy:
    entry.fields((*_CITE, "id", "title", "url", "dynamic", "observe", "digests", "read"))
    return Policy(
        id=entry.at("id").text(),
        title=entry.at("title").text(),
        url=_text_or_none(entry.at("url")),
        dynamic=entry.at("dynamic").flag(),
        cite=_cite(entry),
        observe=entry.at("observe").text(),
        digests=entry.at("digests").texts(),
        read=entry.at("read").day_or_none(),
    )


def _ban(entry: Reader, policies: frozenset[str]) -> Ban:
    entry.fields((
        *_CITE, "id", "purposes", "when", "unless", "strength", "reason", "observe", "policy", "remedy", "over",
    ))  # fmt: skip
    purposes = frozenset(entry.at("purposes").words(PURPOSES))
    when = _condition_or_none(entry.at("when"))
    if bool(purposes) == (when is not None):
        raise entry.refuse("either 'purposes' or 'when'", "A ban is of a purpose or of an act.")
    unless = _condition_or_none(entry.at("unless"))
    strength = entry.at("strength").word(("absolute", "qualified"))
    if (strength == "qualified") != (unless is not None):
        raise entry.refuse("'unless' with strength 'qualified', and only there")
    return Ban(
        id=entry.at("id").text(),
        purposes=purposes,
        when=when,
        unless=unless,
        strength=strength,
        cite=_cite(entry),
        reason=entry.at("reason").text(),
        observe=_text_or_none(entry.at("observe")),
        policy=None if entry.at("policy").missing else entry.at("policy").word(policies),
        remedy=_text_or_none(entry.at("remedy")),
        over=_over(entry.at("over")),
    )


def _duty(entry: Reader) -> Duty:
    entry.fields((*_CITE, "id", "when", "do", "text", "where", "reason", "doubt", "over"))
    return Duty(
        id=entry.at("id").text(),
        when=_condition(entry.at("when")),
        do=entry.at("do").word(DUTY_KINDS),
        text=_text_or_none(entry.at("text")),
        where=entry.at("where").texts(),
        cite=_cite(entry),
        reason=entry.at("reason").text(),
        doubt=_doubt(entry.at("doubt")),
        over=_over(entry.at("over")),
    )


def _doubt(entry: Reader) -> Doubt | None:
    if entry.missing:
        return None
    entry.fields(("when", "note"))
    return Doubt(_condition_or_none(entry.at("when")), entry.at("note").text())


def _reach(entry: Reader, relation: str) -> Reach:
    Reader(relation, entry.path, RecordError).word(RELATIONS)
    entry.fields((*_CITE, "mode", "treat_as", "note", "unless", "unlike"))
    mode = entry.at("mode").word(REACH_MODES)
    unless = _condition_or_none(entry.at("unless"))
    if (mode in NOT_SAID) == entry.at("treat_as").missing:
        raise entry.refuse("'treat_as' where the text is silent or was not read, and only there")
    if mode == "unread" and entry.at("note").missing:
        raise entry.refuse("a 'note' that says what was not read")
    if unless is not None and mode != "banned":
        raise entry.refuse("'unless' only with mode 'banned'")
    treat_as = mode if mode not in NOT_SAID else entry.at("treat_as").word(TREAT_AS)
    unlike = entry.at("unlike")
    if not unlike.missing and mode != "silent":
        raise unlike.refuse("'unlike' only with mode 'silent'", "It says what holds where the step had another purpose.")
    otherwise = unlike.word_or(TREAT_AS, "")
    return Reach(mode, treat_as, _cite(entry), entry.at("note").text_or(""), unless, otherwise)


def _propagates(entry: Reader) -> Propagation:
    entry.fields((*_CITE, "mode", "note", "compatible"))
    mode, compatible = entry.at("mode").word(PROPAGATION_MODES), frozenset(entry.at("compatible").texts())
    if compatible and mode != "same_licence":
        raise entry.at("compatible").refuse("'compatible' only with mode 'same_licence'")
    return Propagation(mode, _cite(entry), entry.at("note").text(), compatible)


def _outputs(entry: Reader) -> Outputs:
    entry.fields((*_CITE, "owner", "training", "note"))
    return Outputs(
        owner=entry.at("owner").word(("licensee", "licensor", "silent")),
        training=entry.at("training").word(("allowed", "duty", "banned", "silent")),
        cite=_cite(entry),
        note=entry.at("note").text(),
    )


def _ending(entry: Reader) -> Ending:
    entry.fields((*_CITE, "event", "automatic", "note"))
    event = entry.at("event").word(ENDINGS)
    return Ending(event, entry.at("automatic").flag(), _cite(entry), entry.at("note").text())


def _ambiguity(entry: Reader) -> Ambiguity:
    entry.fields((*_CITE, "id", "when", "question", "readings", "default", "over"))
    readings = _list(entry.at("readings"), _reading)
    return Ambiguity(
        id=entry.at("id").text(),
        when=_condition(entry.at("when")),
        question=entry.at("question").text(),
        readings=readings,
        default=entry.at("default").word(tuple(reading.id for reading in readings)),
        cite=_cite(entry),
        over=_over(entry.at("over")),
    )


def _reading(entry: Reader) -> Reading:
    entry.fields(("id", "says", "value"))
    value = Value(entry.at("value").word([item.value for item in Value]))
    return Reading(entry.at("id").text(), entry.at("says").text(), value)


def _plain(value: Any) -> Any:
    """Dates as text, so that the digest is of what JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool) or value is None else value.isoformat()
