"""USE_RESTRICTIONS.md: what has to be passed on as enforceable terms, ready to be put into an agreement, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commonweight.rights.pack.markdown import link, page, plain
from commonweight.rights.pack.values import Matter, PackFile
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Ban, Policy, Terms

PATH: Final = "USE_RESTRICTIONS.md"
_ABOUT: Final = mark("Restrictions to be passed on as enforceable terms.")
_THINGS: Final = frozenset({"materials", "derivative"})
_OWN_WORDS: Final = mark(
    "The restrictions are given in our words, each with its clause. Where they differ from the text, the text prevails; put "
    "the text itself in their place where it asks for that."
)
_SAME: Final = mark("{name} is passed on under {title} itself, and under no other terms.")
_BIND: Final = mark(
    "You shall not use {name}, or anything derived from it, in the ways excluded below. You shall put the same restrictions "
    "as enforceable terms into every agreement under which you pass it on or give others access to it, and tell them of it."
)


def restrictions_file(matter: Matter) -> PackFile | None:
    """None where no terms ask to be passed on."""
    licences = list(dict.fromkeys(duty.licence for duty in matter.duties("pass_on_terms")))
    if not licences:
        return None
    title = plain(matter.speak(say("Terms to be passed on with {name}", name=matter.name)))
    blocks = [block for licence in licences for block in _licence(matter, licence)]
    content = page(f"# {title}", plain(matter.speak(_OWN_WORDS)), *blocks)
    return PackFile(PATH, content, _ABOUT, along=True)


def _licence(matter: Matter, licence: str) -> Iterator[str]:
    terms = matter.records.get(licence)
    assert terms is not None, "a duty comes from a record"
    yield f"## {plain(terms.title)}"
    yield "\n".join(_why(matter, licence))
    yield f"### {matter.speak(mark('Provision'))}"
    yield "\n".join(f"{number}. {line}" for number, line in enumerate(_provision(matter, terms), start=1))
    excluded = list(_excluded(matter, terms))
    if excluded:
        yield f"### {matter.speak(mark('Excluded'))}"
        yield "\n".join(f"{number}. {line}" for number, line in enumerate(excluded, start=1))


def _why(matter: Matter, licence: str) -> Iterator[str]:
    for duty in (duty for duty in matter.duties("pass_on_terms") if duty.licence == licence):
        yield f"- {plain(matter.speak(duty.reason))} ({plain(duty.clause)})"
        places = "; ".join(matter.speak(place) for place in duty.where)
        if places:
            yield f"  {plain(matter.speak(say('Where: {places}', places=places)))}"
        yield from (f"  {plain(matter.speak(doubt))}" for doubt in duty.doubts)


def _provision(matter: Matter, terms: Terms) -> Iterator[str]:
    names = {"name": matter.name, "title": terms.title}
    if terms.propagates.mode == "same_licence":
        yield plain(matter.speak(say(_SAME, **names)))
    else:
        text = say("{name} is provided subject to the use restrictions of {title}.", **names)
        yield f"{plain(matter.speak(text))} ({plain(terms.propagates.cite.clause)})"
    if any(True for _ in _excluded(matter, terms)):
        yield plain(matter.speak(say(_BIND, name=matter.name)))
    copies = [copy.path for copy in matter.texts.of(terms.key)]
    if copies:
        yield f"{plain(matter.speak(say('The text of {title} prevails; a copy of it:', title=terms.title)))} `{copies[0]}`"
    else:
        yield plain(matter.speak(say("The text of {title} prevails.", title=terms.title)))


def _excluded(matter: Matter, terms: Terms) -> Iterator[str]:
    """Each policy as a whole, with the bans that spell it out; then the bans of the text itself."""
    for policy in terms.policies:
        yield _policy(matter, policy)
        yield from (_ban(matter, ban) for ban in _bans(terms) if ban.policy == policy.id)
    yield from (_ban(matter, ban) for ban in _bans(terms) if ban.policy is None)


def _bans(terms: Terms) -> Iterator[Ban]:
    return (ban for ban in terms.bans if not _THINGS.isdisjoint(ban.over))


def _policy(matter: Matter, policy: Policy) -> str:
    changing = f" {plain(matter.speak(mark('It applies as it then stands.')))}" if policy.dynamic else ""
    title = f"**{link(policy.title, policy.url or '')}**"
    return f"{title}: {plain(matter.speak(policy.observe))} ({plain(policy.cite.clause)}){changing}"


def _ban(matter: Matter, ban: Ban) -> str:
    line = f"{plain(matter.speak(ban.reason))} ({plain(ban.cite.clause)})"
    if ban.cite.evidence in ("secondary", "unverified"):
        line += f" {plain(matter.speak(mark('This was not read in the text; look there first.')))}"
    return line
