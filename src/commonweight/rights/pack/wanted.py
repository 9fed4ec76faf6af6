"""In place of a text that is not at hand: which text, where it is to be had, and its digest. Nothing is made up."""

from __future__ import annotations

from collections.abc import Iterator

from commonweight.rights.pack.lineage import nodes_under
from commonweight.rights.pack.markdown import page, plain
from commonweight.rights.pack.settling import wanted_path
from commonweight.rights.pack.values import Matter, PackFile
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Terms


def wanted_files(matter: Matter) -> Iterator[PackFile]:
    """One for each licence whose text is owed and missing."""
    for licence in matter.texts.missing:
        terms = matter.records.get(licence)
        assert terms is not None, "a duty comes from a record"
        title = plain(matter.speak(say("Wanted: the text of {title}", title=terms.title)))
        place = matter.speak(say("Put it here as {path} and remove this file.", path=f"LICENSES/{licence}.txt"))
        content = page(f"# {title}", plain(place), [f"- {plain(line)}" for line in _facts(matter, terms)])
        yield PackFile(wanted_path(licence), content, mark("Which text is missing, and where it is to be had."))


def _facts(matter: Matter, terms: Terms) -> Iterator[str]:
    nodes = ", ".join(node.id for node in nodes_under(terms.key, matter.question, matter.records))
    if nodes:
        yield matter.speak(say("The copy that came with {nodes} is the one that counts.", nodes=nodes))
    source = terms.source
    place = {"repository": source.repository, "path": source.path, "commit": source.commit, "day": source.read.isoformat()}
    yield matter.speak(say("It was read in {repository}, {path}, at {commit}, on {day}.", **place))
    for name in terms.ids.get("spdx", ()):
        yield f"SPDX: {name}, https://spdx.org/licenses/{name}.html"
    for digest in terms.text_digests:
        yield matter.speak(say("Digest of its normalised words: {digest}", digest=digest))
    if not terms.text_digests:
        yield matter.speak(mark("No digest of it is recorded."))
    if not terms.copyable:
        yield matter.speak(mark("The text does not say that anybody may copy it; take it from the model's own repository."))
