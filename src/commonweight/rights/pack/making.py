"""From a verdict to the files that its duties come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from commonweight.rights.pack.attribution import attribution_file
from commonweight.rights.pack.badges import badge_files, badge_texts
from commonweight.rights.pack.checklist import checklist_file
from commonweight.rights.pack.manifest import manifest_file
from commonweight.rights.pack.names import check_name
from commonweight.rights.pack.notices import notice_file, notices_of, readable
from commonweight.rights.pack.refusing import REFUSED, refused
from commonweight.rights.pack.restrictions import restrictions_file
from commonweight.rights.pack.settling import settle
from commonweight.rights.pack.texts import choose_texts
from commonweight.rights.pack.values import Matter, Pack, PackFile, TextAtHand
from commonweight.rights.pack.wanted import wanted_files
from commonweight.rights.question import Question
from commonweight.rights.records import Records
from commonweight.rights.said import ENGLISH, in_language, mark, say
from commonweight.rights.verdict import Verdict


def make_pack(
    question: Question,
    verdict: Verdict,
    records: Records,
    texts: Sequence[TextAtHand] = (),
    *,
    language: str = ENGLISH,
    links: Mapping[str, str] | None = None,
) -> Pack:
    """
    What the duties of a verdict on a question come to. Pure: the same of everything gives the same bytes.

    `texts` are those at hand; `links` gives addresses of nodes of the lineage. Raises UnknownLanguage.
    """
    speak = in_language(language)
    if verdict.value in REFUSED:
        return refused(verdict, speak)
    owed = tuple(duty for duty in verdict.duties if not duty.settled_by)
    chosen = choose_texts(question, owed, records, texts)
    naming = check_name(_name(question), owed)
    matter = Matter(question, verdict, records, chosen, naming, speak, language, links or {})
    duties = tuple(settle(matter, duty) for duty in verdict.duties)
    files = sorted(_files(matter), key=lambda file: (not file.along, file.path))
    lists = [checklist_file(matter, duties)]
    lists.append(manifest_file(matter, duties, [*files, *lists]))
    shown = {"notices": notices_of(matter), "badges": badge_texts(matter)}
    return Pack(verdict.value, "", (*files, *lists), duties, naming, chosen.missing, **shown)


def _name(question: Question) -> str:
    """The planned name; of a model that the asker has made, its own."""
    root = question.subject.nodes[question.subject.root]
    return question.use.planned_name or (root.name if root.made_by_asker else "")


def _files(matter: Matter) -> Iterator[PackFile]:
    single = (notice_file(matter), attribution_file(matter), restrictions_file(matter))
    yield from (file for file in single if file is not None)
    yield from _copies(matter)
    yield from wanted_files(matter)
    yield from badge_files(matter)


def _copies(matter: Matter) -> Iterator[PackFile]:
    for copy in matter.texts.copies:
        about = say("The text of {title}, as it stands.", title=matter.title(copy.licence))
        if copy.policy:
            about = say("A policy that {title} incorporates, as it stands.", title=matter.title(copy.licence))
        yield PackFile(copy.path, copy.text.content, about, along=True)
    for number, text in enumerate(text for text in matter.texts.notices if readable(text) is None):
        yield PackFile(f"NOTICES/{number}.txt", text.content, mark("A notice to be kept, as it stands."), along=True)
