"""What became of each duty: done by the pack, prepared by it, left to a person, or missing something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from commonweight.rights.pack import attribution, badges, notices, restrictions
from commonweight.rights.pack.values import DONE, MET, MISSING, PERSON, PREPARED, Matter, PackedDuty
from commonweight.rights.said import mark, say
from commonweight.rights.verdict import Duty

_Settled = tuple[str, tuple[str, ...], str]  # state, files, what is left

_BY_HAND: Final = {
    "register": mark("Register with the licensor, and keep the answer."),
    "disclose": mark("Say it where the content is shown."),
    "document": mark("Keep the model card whole, and add what you changed."),
    "cite": mark("Put it into the publication."),
    "update": mark("Look for a newer version from time to time."),
    "safeguard": mark("Put the safeguards in place and keep them."),
    "source": mark("Give it along, or say where it is to be had."),
    "refrain": mark("Keep off what is named."),
}
_OWN: Final = mark("These are your own terms: it is owed by those who get the model from you.")
_DISPLAY: Final = mark("Display the text where it has to stand.")
_AGREE: Final = mark("Put the provision into the agreement, and tell those who receive it.")
_FILES_TOO: Final = mark("A text file that you modified says so itself, too.")


def settle(matter: Matter, duty: Duty) -> PackedDuty:
    """One duty. `files` are those of the pack that serve it."""
    if duty.settled_by:
        return PackedDuty(duty, MET, (), say("Met by '{record}'.", record=duty.settled_by))
    if duty.licence in matter.texts.own:
        return PackedDuty(duty, MET, tuple(copy.path for copy in matter.texts.of(duty.licence)), _OWN)
    state, files, left = _BY_KIND.get(duty.do, _by_hand)(matter, duty)
    return PackedDuty(duty, state, files, left)


def _by_hand(matter: Matter, duty: Duty) -> _Settled:
    files = (attribution.PATH,) if duty.do == "cite" else ()
    return PERSON, files, _BY_HAND.get(duty.do, mark("To be done by a person."))


def _copy(matter: Matter, duty: Duty) -> _Settled:
    copies = matter.texts.of(duty.licence)
    if not copies:
        return MISSING, (wanted_path(duty.licence),), mark("The text is not at hand; add it.")
    left = "" if all(copy.verified for copy in copies) else mark("Its words are not those recorded; compare them.")
    return DONE, tuple(copy.path for copy in matter.texts.copies if copy.licence == duty.licence), left


def _notice(matter: Matter, duty: Duty) -> _Settled:
    return (DONE, (notices.PATH,), "") if duty.text else (PERSON, (), mark("To be done by a person."))


def _kept(matter: Matter, duty: Duty) -> _Settled:
    """Done where a file came from the repository of whoever gave it: a text from elsewhere names no holder."""
    copies = matter.texts.of(duty.licence)
    files = tuple(copy.path for copy in copies) + ((notices.PATH,) if matter.texts.notices else ())
    if any(copy.text.node for copy in copies):
        return DONE, files, ""
    left = say("Look into the repository of {node} for notices, and keep them.", node=duty.node)
    return (PREPARED, files, left) if files else (MISSING, (wanted_path(duty.licence),), left)


def _changes(matter: Matter, duty: Duty) -> _Settled:
    root = matter.question.subject.nodes[matter.question.subject.root]
    own_step = "publish_derivative" in duty.acts and not root.made_by_asker
    left = mark("Say in the file what you changed.") if own_step else _FILES_TOO
    return (PREPARED if own_step else DONE), (attribution.PATH,), left


def _badge(matter: Matter, duty: Duty) -> _Settled:
    """A text may ask for the model's own name instead of fixed words: a person has to put it in."""
    if not duty.text:
        return PERSON, (), mark("To be done by a person.")
    return PREPARED, (badges.PATH, badges.SNIPPET), _DISPLAY


def _pass_on(matter: Matter, duty: Duty) -> _Settled:
    return PREPARED, (restrictions.PATH,), _AGREE


def _name(matter: Matter, duty: Duty) -> _Settled:
    naming = matter.naming
    if naming.state == "passes":
        return DONE, (), say("'{name}' begins as it has to.", name=naming.name)
    if naming.state == "not_given":
        return PERSON, (), say("No name was given: it has to begin with '{prefix}'.", prefix=duty.text or "")
    if naming.proposal:
        return PERSON, (), say("'{name}' does not pass; '{proposal}' does.", name=naming.name, proposal=naming.proposal)
    return PERSON, (), say("No name can begin with all of: {prefixes}.", prefixes="; ".join(naming.prefixes))


_BY_KIND: Final[Mapping[str, Callable[[Matter, Duty], _Settled]]] = {
    "copy_of_terms": _copy,
    "notice": _notice,
    "keep_notices": _kept,
    "state_changes": _changes,
    "badge": _badge,
    "pass_on_terms": _pass_on,
    "name_prefix": _name,
}


def wanted_path(licence: str) -> str:
    """The file that stands in for a text that is not at hand."""
    return f"LICENSES/{licence}.wanted.md"
