"""BADGES.md and badges.html: texts to be displayed, with where they have to stand."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from commonweight.rights.pack.markdown import page, plain, quoted
from commonweight.rights.pack.values import Matter, PackFile
from commonweight.rights.said import mark, say

PATH: Final = "BADGES.md"
SNIPPET: Final = "badges.html"


def badge_texts(matter: Matter) -> tuple[str, ...]:
    """Each text to be displayed, once."""
    return tuple(dict.fromkeys(duty.text for duty in matter.duties("badge") if duty.text))


def badge_files(matter: Matter) -> tuple[PackFile, ...]:
    """Empty where no badge is owed."""
    texts = badge_texts(matter)
    if not texts:
        return ()
    title = plain(matter.speak(say("Texts to be displayed with {name}", name=matter.name)))
    blocks = [block for text in texts for block in _badge(matter, text)]
    snippet = "\n".join(as_html(text) for text in texts) + "\n"
    return (
        PackFile(PATH, page(f"# {title}", *blocks), mark("Texts to be displayed, and where.")),
        PackFile(SNIPPET, snippet.encode(), mark("The same texts, ready for a page.")),
    )


def _badge(matter: Matter, text: str) -> Iterator[str]:
    yield f"## {plain(text)}"
    for duty in (duty for duty in matter.duties("badge") if duty.text == text):
        cited = f"{matter.title(duty.licence)}, {duty.clause}"
        yield f"{plain(matter.speak(duty.reason))} ({plain(cited)})"
        places = [matter.speak(place) for place in duty.where]
        if places:
            yield plain(matter.speak(say("Where: {places}", places="; ".join(places))))
        yield from (f"> {plain(matter.speak(doubt))}" for doubt in duty.doubts)
    yield matter.speak(mark("In Markdown:"))
    yield quoted(as_markdown(text))
    yield matter.speak(mark("In HTML:"))
    yield quoted(as_html(text))


def as_markdown(text: str) -> str:
    return f"**{plain(text)}**"


def as_html(text: str) -> str:
    return f"<p><strong>{html.escape(text)}</strong></p>"
