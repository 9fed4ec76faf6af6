"""CHECKLIST.md: every duty with its clause, what the pack did, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from commonweight.rights.pack.markdown import page, plain
from commonweight.rights.pack.values import DONE, MET, MISSING, PERSON, PREPARED, Matter, PackedDuty, PackFile
from commonweight.rights.said import mark, say
from commonweight.rights.wording import ACT_PHRASES

PATH: Final = "CHECKLIST.md"
#: In the order in which they are read: what is left first.
_GROUPS: Final = (
    (MISSING, mark("Missing")),
    (PERSON, mark("To be done by a person")),
    (PREPARED, mark("Prepared, to be put in place by a person")),
    (DONE, mark("Done by this pack")),
    (MET, mark("Met already")),
)
_TICKED: Final = (DONE, MET)
_DOUBT: Final = mark("Perhaps not owed: {doubt}")


def checklist_file(matter: Matter, duties: Sequence[PackedDuty]) -> PackFile:
    speak, verdict = matter.speak, matter.verdict
    blocks = [
        f"# {plain(speak(say('What is owed for {name}', name=matter.name)))}",
        f"**{plain(speak(verdict.headline))}**",
        plain(speak(verdict.disclaimer)),
        *_name(matter),
    ]
    for state, title in _GROUPS:
        found = [item for item in duties if item.state == state]
        if found:
            blocks += [f"## {speak(title)}", "\n".join(line for item in found for line in _duty(matter, item))]
    blocks += _open(matter)
    return PackFile(PATH, page(*blocks), mark("Every duty with its clause: done, or to be done by a person."))


def _name(matter: Matter) -> Iterator[str]:
    naming = matter.naming
    if naming.state not in ("free", "not_given"):
        shown = {"name": naming.name, "prefixes": "; ".join(naming.prefixes)}
        said = {
            "passes": say("The name '{name}' begins as it has to ({prefixes}).", **shown),
            "fails": say("The name '{name}' does not pass. '{proposal}' would.", **shown, proposal=naming.proposal),
            "doubtful": say("Whether the name '{name}' has to begin with {prefixes} is unsettled.", **shown),
            "impossible": say("No name can begin with all of: {prefixes}.", **shown),
        }[naming.state]
        yield plain(matter.speak(said))


def _duty(matter: Matter, item: PackedDuty) -> Iterator[str]:
    speak, duty = matter.speak, item.duty
    box = "x" if item.state in _TICKED else " "
    yield f"- [{box}] {plain(speak(duty.reason))} ({plain(matter.title(duty.licence))}, {plain(duty.clause)})"
    notes = [say("Because of {node}.", node=duty.node)] if duty.path else []
    notes += [say("For: {acts}.", acts=_acts(matter, item))] if len(matter.verdict.acts) > 1 else []
    places = "; ".join(speak(place) for place in duty.where)
    notes += [say("Where: {places}", places=places)] if places else []
    notes += [say("By: {files}", files=", ".join(item.files))] if item.files else []
    notes += [item.left] if item.left else []
    notes += [say(_DOUBT, doubt=doubt) for doubt in duty.doubts]
    yield from (f"  - {plain(speak(note))}" for note in notes)


def _acts(matter: Matter, item: PackedDuty) -> str:
    return "; ".join(matter.speak(say(ACT_PHRASES[act], name=matter.name)) for act in item.duty.acts)


def _open(matter: Matter) -> Iterator[str]:
    questions = [f"- {plain(matter.speak(asked.question))}" for asked in matter.verdict.questions]
    if questions:
        yield f"## {matter.speak(mark('Questions that are still open'))}"
        yield "\n".join(questions)
