"""The forms for what people decide: from a licence's own record to what can be said of it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from commonweight.policy import DecisionEdit, InvalidUse, PermissionGrant, Use
from commonweight.rights import ACTS, Records, Terms, described
from commonweight.web.contexts import Choice
from commonweight.web.presenting.words import ACT_NAMES, _
from commonweight.web.visits import Form

KINDS: Final = ("exception", "reading", "permission")
TEXTS: Final = ("model", "author", "reason", "source", "since", "until", "name")
_EXCEPTION: Final = {
    "allowed": (_("it counts as allowed"), _("We go on although the clause would stop it, and take that upon us.")),
    "prohibited": (_("it counts as withheld"), _("We keep off although the clause would let it pass.")),
}
_HELD: Final = {
    "bought": (
        _("bought"),
        _("For money. With no clause ticked it opens all that the text makes depend on the licensor's permission."),
    ),
    "granted": (_("granted"), _("The licensor permitted it in writing. It opens the same as a bought one.")),
    "registered": (_("registered"), _("The registration asked for was made; it opens what depends on that alone.")),
}  # fmt: skip


def licence_choices(records: Records, picked: str) -> tuple[Choice, ...]:
    found = sorted(records, key=lambda terms: terms.title.lower())
    return tuple(Choice(terms.key, terms.title, terms.key, terms.key == picked) for terms in found)


def clause_choices(
    kind: str, terms: Terms | None, records: Records, picked: Sequence[str], language: str
) -> tuple[Choice, ...]:
    """What can be decided of a licence: `licence#id` of a clause, `licence#id|reading`, or an id that is lifted."""
    if terms is None:
        return ()
    record = described(terms, records, language)
    if kind == "reading":
        values = [
            (f"{terms.key}#{one['id']}|{reading['id']}", reading["says"], f"{one['question']} ({one['clause']})")
            for one in record["readings"]
            for reading in one["readings"]
        ]
    else:
        mark = "" if kind == "permission" else f"{terms.key}#"
        values = [(f"{mark}{one['id']}", one["reason"], one["clause"]) for one in (*record["depends"], *record["forbids"])]
        if kind == "exception":
            values += [(f"{mark}{one['id']}", one["question"], one["clause"]) for one in record["readings"]]
    return tuple(Choice(value, text, hint, value in picked) for value, text, hint in values)


def kind_choices(kind: str, picked: str) -> tuple[Choice, ...]:
    words = {"exception": _EXCEPTION, "permission": _HELD}.get(kind, {})
    return tuple(Choice(value, text, hint, value == picked) for value, (text, hint) in words.items())


def act_scope(picked: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(act, ACT_NAMES[act], ACTS[act], act in picked) for act in ACTS)


def use_choices(uses: Sequence[Use], picked: str) -> tuple[Choice, ...]:
    found = [Choice(str(use.id), use.name, "", str(use.id) == picked) for use in uses]
    return (Choice("", _("every use"), "", not picked), *found)


def texts_in(form: Form) -> dict[str, str]:
    return {name: form.one(name) for name in TEXTS}


def finding_of(form: Form) -> tuple[str, str]:
    """The finding, and the reading picked with it. What was typed by its id goes before what was picked."""
    finding, _mark, reading = (form.one("finding") or form.one("clause")).partition("|")
    return finding.strip(), reading


def decision_in(kind: str, form: Form, *, tried: bool = False) -> DecisionEdit:
    """Raises InvalidUse for what is left out. What is only `tried` needs neither author nor reason."""
    finding, reading = finding_of(form)
    choose = reading if kind == "reading" else form.one("choose")
    _needs(finding, _("Pick the clause that it is about."))
    _needs(choose, _("Pick what you decide."))
    author, reason = (form.one(name) or ("?" if tried else "") for name in ("author", "reason"))
    _needs(author, _("Say who decided: a person or an office that can be asked."))
    _needs(reason, _("Say why: it stands in every verdict that it touches."))
    use = form.one("use")
    return DecisionEdit(
        kind=kind,
        finding=finding,
        choose=choose,
        author=author,
        reason=reason,
        name=form.one("name"),
        acts=form.many("act"),
        model=form.one("model"),
        use_id=int(use) if use.isascii() and use.isdigit() and len(use) < 19 else None,  # what 64 bits hold
        since=_day(form, "since"),
        expires=_day(form, "until"),
        source=form.one("source"),
    )


def grant_in(form: Form) -> PermissionGrant:
    """Raises InvalidUse for what is left out."""
    _needs(form.one("licence"), _("Pick the licence that it is from."))
    _needs(form.one("choose"), _("Say how it is held."))
    return PermissionGrant(
        licence=form.one("licence"),
        kind=form.one("choose"),
        name=form.one("name"),
        lifts=form.many("clause"),
        acts=form.many("act"),
        since=_day(form, "since"),
        until=_day(form, "until"),
        author=form.one("author"),
        source=form.one("source"),
    )


def _needs(given: str, otherwise: str) -> None:
    if not given:
        raise InvalidUse(otherwise)


def _day(form: Form, name: str) -> date | None:
    text = form.one(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidUse(f"{text!r} is no day; expected one such as 2027-01-31.") from None
