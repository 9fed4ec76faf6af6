"""NOTICE: every notice word for word, each once, with what each is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commonweight.rights.pack.values import Matter, PackFile, TextAtHand
from commonweight.rights.said import mark, say
from commonweight.rights.verdict import Duty

PATH: Final = "NOTICE"
_RULE: Final = "-" * 72
_ABOUT: Final = mark("Notices that go along with copies, word for word.")


def notice_texts(matter: Matter) -> tuple[str, ...]:
    """The lines that terms ask to reproduce, each once."""
    return tuple(dict.fromkeys(duty.text for duty in matter.duties("notice") if duty.text))


def notices_of(matter: Matter) -> tuple[str, ...]:
    """All that NOTICE reproduces: what terms ask, and what others' files hold."""
    kept = (readable(text) for text in matter.texts.notices)
    return (*notice_texts(matter), *(text for text in kept if text))


def notice_file(matter: Matter) -> PackFile | None:
    """None where no notice is owed and none was found to keep."""
    blocks = [*_asked(matter), *_kept(matter)]
    if not blocks:
        return None
    head = matter.speak(say("Notices for {name}. Each stands word for word, with what it is for.", name=matter.name))
    content = "\n\n".join([head, *(f"{_RULE}\n{block}" for block in blocks)])
    return PackFile(PATH, f"{content}\n".encode(), _ABOUT, along=True)


def _asked(matter: Matter) -> Iterator[str]:
    for text in notice_texts(matter):
        lines = [_for(matter, duty) for duty in matter.duties("notice") if duty.text == text]
        yield "\n".join([text, "", *(f"    {line}" for line in lines)])


def _for(matter: Matter, duty: Duty) -> str:
    names = {"node": duty.node, "title": matter.title(duty.licence), "licence": duty.licence, "clause": duty.clause}
    return str(matter.speak(say("For {node}, under {title} ({licence}, {clause}).", **names)))


def _kept(matter: Matter) -> Iterator[str]:
    for text in matter.texts.notices:
        if (content := readable(text)) is not None:
            where = matter.speak(say("From the file {path} of {node}.", path=text.path, node=text.node))
            yield "\n".join([content.rstrip("\n"), "", f"    {where}"])


def readable(text: TextAtHand) -> str | None:
    """The text, word for word; None for bytes that are no UTF-8."""
    try:
        return text.content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
