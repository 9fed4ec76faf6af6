"""ATTRIBUTION.md: whom the thing comes from, under which terms, and what was changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commonweight.rights.pack.lineage import ancestors, keys_of
from commonweight.rights.pack.markdown import link, page, plain
from commonweight.rights.pack.values import Matter, PackFile
from commonweight.rights.question import Edge, Node
from commonweight.rights.said import mark, say
from commonweight.rights.vocabulary import EDGE_EVIDENCE, RELATIONS

PATH: Final = "ATTRIBUTION.md"
#: Duties that this file serves.
SERVES: Final = ("keep_notices", "state_changes", "cite", "notice", "copy_of_terms")
_ABOUT: Final = mark("Credit, links and changes.")
_TO_SAY: Final = mark("Say here what was changed.")
_WEAK: Final = ("secondary", "config")


def attribution_file(matter: Matter) -> PackFile | None:
    """None where nothing is owed that asks for credit or for a word on changes."""
    if not matter.duties(*SERVES):
        return None
    say_it = matter.speak
    title = say_it(say("Attribution for {name}", name=matter.name))
    content = page(
        f"# {plain(title)}",
        f"## {say_it(mark('Made from'))}",
        list(_parents(matter)),
        *(_section(matter, mark("Changes"), list(changes(matter))) if matter.duties("state_changes") else ()),
        *_section(matter, mark("To be cited"), [f"- {plain(say_it(duty.reason))}" for duty in matter.duties("cite")]),
        *_section(matter, mark("Terms"), list(_terms(matter))),
    )
    return PackFile(PATH, content, _ABOUT, along=True)


def _section(matter: Matter, title: str, lines: list[str]) -> tuple[str, ...]:
    return (f"## {matter.speak(title)}", "\n".join(lines)) if lines else ()


def _parents(matter: Matter) -> Iterator[str]:
    subject = matter.question.subject
    root = subject.nodes[subject.root]
    if not root.made_by_asker:
        yield _line(matter, root, ())
    for node, steps in ancestors(matter.question):
        yield _line(matter, node, steps)


def _line(matter: Matter, node: Node, steps: tuple[Edge, ...]) -> str:
    keys = keys_of(node, matter.question, matter.records)
    titles = "; ".join(matter.title(key) for key in keys) or matter.speak(mark("no licence is known"))
    name = f"**{link(node.id, matter.links.get(node.id, ''))}**"
    ways = [_way(matter, edge) for edge in steps]
    return f"- {name} ({plain(titles)}){': ' if ways else ''}{'; '.join(ways)}"


def _way(matter: Matter, edge: Edge) -> str:
    relation = matter.speak(RELATIONS[edge.relation])
    line = f"{edge.child}: {relation}"
    if edge.evidence in _WEAK:
        line = f"{line} ({matter.speak(EDGE_EVIDENCE[edge.evidence])})"
    return plain(line)


def changes(matter: Matter) -> Iterator[str]:
    """What is known to have been changed: the steps of the lineage; of the asker's own next step, that it is to be said."""
    subject = matter.question.subject
    for node, steps in ancestors(matter.question):
        for edge in (edge for edge in steps if edge.relation not in ("trained_on_data", "output_of")):
            yield f"- {_way(matter, edge)} ({plain(node.id)})."
    if "publish_derivative" in matter.question.use.acts and not subject.nodes[subject.root].made_by_asker:
        made = matter.speak(say("{name} was made from {root}.", name=matter.name, root=subject.root))
        yield f"- {plain(made)} {matter.speak(_TO_SAY)}"


def _terms(matter: Matter) -> Iterator[str]:
    for licence in dict.fromkeys(duty.licence for duty in matter.owed):
        copies = [f"`{copy.path}`" for copy in matter.texts.copies if copy.licence == licence]
        terms = matter.records.get(licence)
        policies = [link(policy.title, policy.url or "") for policy in (terms.policies if terms else ()) if policy.url]
        tail = "; ".join([*copies, *policies])
        yield f"- {plain(matter.title(licence))}{f': {tail}' if tail else ''}"
