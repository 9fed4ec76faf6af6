"""
Which texts go into a pack.

The copy of a licence comes from the repository of whoever stands under it; then from another of the lineage, from the asker,
and, where the text lets anybody copy it, from elsewhere. What is not at hand stays missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.rights.errors import RightsError
from commonweight.rights.identify import text_digest
from commonweight.rights.pack.lineage import keys_of, nodes_under
from commonweight.rights.pack.values import ELSEWHERE, GIVEN, LICENCES_FOLDER, REPOSITORY, Copy, TextAtHand, Texts
from commonweight.rights.question import Question
from commonweight.rights.records import Records
from commonweight.rights.terms import Terms
from commonweight.rights.verdict import Duty

#: Duties that a copy of the terms serves.
COPYING: Final = frozenset({"copy_of_terms", "keep_notices"})
_LICENCE_NAME: Final = re.compile(r"(licen[cs]e|copying)", re.IGNORECASE)
_NOTICE_NAME: Final = re.compile(r"notices?(\.(txt|md))?\Z", re.IGNORECASE)
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class _Read:
    """A text with the digest of its words; "" where it is too long to be one of ours."""

    text: TextAtHand
    digest: str


def choose_texts(question: Question, duties: Sequence[Duty], records: Records, texts: Sequence[TextAtHand]) -> Texts:
    """The texts for these duties, from those at hand."""
    read = [_Read(text, _digest(text)) for text in texts]
    kinds: dict[str, set[str]] = {}
    for duty in duties:
        kinds.setdefault(duty.licence, set()).add(duty.do)
    own = frozenset(key for key in kinds if _is_own(key, question, records))
    copies: list[Copy] = []
    missing: list[str] = []
    for key in sorted(key for key, found in kinds.items() if found & COPYING):
        terms = records.get(key)
        assert terms is not None, "a duty comes from a record"
        found = list(_copies(terms, question, records, read, each="keep_notices" in kinds[key]))
        if key in own:  # nobody else's text can be the asker's own licence
            found = [copy for copy in found if copy.text.origin != ELSEWHERE]
        copies += [*found, *_policies(terms, read)]
        missing += [] if found or key in own else [key]
    keeping = {duty.licence for duty in duties if duty.do == "keep_notices"}
    return Texts(tuple(copies), tuple(missing), tuple(_notices(question, records, texts, keeping)), own)


def _is_own(key: str, question: Question, records: Records) -> bool:
    """Whether nobody but the asker offers something under this licence."""
    root = question.subject.nodes[question.subject.root]
    return bool(root.made_by_asker) and nodes_under(key, question, records) == (root,)


def _digest(text: TextAtHand) -> str:
    try:
        return text_digest(text.content.decode("utf-8", errors="replace"))
    except RightsError:
        return ""


def _copies(terms: Terms, question: Question, records: Records, read: list[_Read], *, each: bool) -> Iterator[Copy]:
    """One copy; `each`: that of everybody who stands under it, since each may name another holder."""
    nodes = [node.id for node in nodes_under(terms.key, question, records)]
    fitting = sorted((one for one in read if _may_serve(one, terms)), key=lambda one: _order(one.text, nodes))
    of_nodes = [one for one in fitting if one.text.node in nodes and one.text.origin == REPOSITORY]
    chosen = _distinct(of_nodes) if each and of_nodes else fitting[:1]
    if chosen:
        yield from (_copy(terms.key, number, one.text) for number, one in enumerate(chosen))
        return
    unread = [one for one in read if one.text.node in nodes and _may_be_it(one, terms, question, records)]
    for one in sorted(unread, key=lambda one: _order(one.text, nodes))[:1]:
        yield Copy(f"{LICENCES_FOLDER}/{terms.key}.txt", terms.key, "", one.text, verified=False)


def _may_serve(one: _Read, terms: Terms) -> bool:
    return one.digest in terms.text_digests and (one.text.origin != ELSEWHERE or terms.copyable)


def _may_be_it(one: _Read, terms: Terms, question: Question, records: Records) -> bool:
    """The text that came with the copy, though its words are not those recorded: where the node names this licence alone."""
    if one.text.origin != REPOSITORY or not _LICENCE_NAME.match(one.text.name) or records.with_text(one.digest) is not None:
        return False
    return keys_of(question.subject.nodes[one.text.node], question, records) == (terms.key,)


def _order(text: TextAtHand, nodes: list[str]) -> tuple[int, int, int, str]:
    near = nodes.index(text.node) if text.node in nodes else len(nodes)
    rank = {REPOSITORY: 0, GIVEN: 1, ELSEWHERE: 2}[text.origin]
    return (rank, near, text.path.count("/"), text.path)


def _distinct(found: Iterable[_Read]) -> list[_Read]:
    once: dict[bytes, _Read] = {}
    for one in found:
        once.setdefault(one.text.content, one)
    return list(once.values())


def _copy(key: str, number: int, text: TextAtHand) -> Copy:
    tail = f".{_UNFIT.sub('-', text.node)}.{number}" if number else ""
    return Copy(f"{LICENCES_FOLDER}/{key}{tail}.txt", key, "", text, verified=True)


def _policies(terms: Terms, read: list[_Read]) -> Iterator[Copy]:
    """Documents that the text incorporates, in the words that were read for the record."""
    for policy in terms.policies:
        fitting = [one.text for one in read if one.digest in policy.digests and one.text.origin != ELSEWHERE]
        for text in sorted(fitting, key=lambda text: _order(text, []))[:1]:
            yield Copy(f"{LICENCES_FOLDER}/{terms.key}.{policy.id}.txt", terms.key, policy.id, text, verified=True)


def _notices(
    question: Question, records: Records, texts: Iterable[TextAtHand], keeping: Iterable[str]
) -> Iterator[TextAtHand]:
    """NOTICE files of those whose terms ask to keep them; that of a subject made by the asker is the one being written."""
    subject = question.subject
    nodes = [node.id for key in sorted(keeping) for node in nodes_under(key, question, records)]
    own = subject.root if subject.nodes[subject.root].made_by_asker else ""
    seen: set[bytes] = set()
    for text in sorted(texts, key=lambda text: (text.node, text.path)):
        wanted = text.origin == REPOSITORY and text.node in nodes and text.node != own and _NOTICE_NAME.match(text.name)
        if wanted and text.content not in seen:
            seen.add(text.content)
            yield text
