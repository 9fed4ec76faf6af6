"""
Ways in which licence texts differ from one copy to the next, without saying anything else; and changes that do.

Each is a pure function of a text and the names of its holders; nothing here is random, so a run can be repeated.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

Mutation = Callable[[str, Sequence[str]], str]

HOLDER = "Acme Widgets GmbH"
PREFACE = "# About this model\n\nThe weights in this folder come under the following terms. Contact: models@acme.example\n\n"
TRAILER = "\n\n---\nThis file belongs to Acme Reader 7B, a model by Acme Widgets GmbH.\n"
_COPYRIGHT = re.compile(r"^\W*copyright\b.{0,120}\d{4}.{0,120}$", re.IGNORECASE | re.MULTILINE)
_MARKER = re.compile(r"^(\s*)\(?(\d{1,2}|[a-z])[.)]\s", re.MULTILINE)
_BRITISH = {"license": "licence", "License": "Licence", "organization": "organisation", "authorized": "authorised"}


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def _filled(text: str, width: int) -> str:
    """Wrapped between words, so that addresses stay whole."""
    return textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False)


def reflowed(text: str, _: Sequence[str]) -> str:
    return "\n\n".join(_filled(part, 60) for part in _paragraphs(text))


def a_paragraph_a_line(text: str, _: Sequence[str]) -> str:
    return "\n\n".join(_paragraphs(text))


def on_one_line(text: str, _: Sequence[str]) -> str:
    return " ".join(text.split())


def windows_lines(text: str, _: Sequence[str]) -> str:
    return "\ufeff" + "\r\n".join("\t" + line + "  " for line in text.splitlines())


def upper_case(text: str, _: Sequence[str]) -> str:
    return text.upper()


def markdown(text: str, _: Sequence[str]) -> str:
    head, *rest = _paragraphs(text)
    return f"# **{head}**\n\n" + "\n\n".join(f"* {part}" if len(part) < 200 else part for part in rest)


def in_html(text: str, _: Sequence[str]) -> str:
    return (
        "<html><body>" + "".join(f"<p class='l'>{html.escape(part)}</p>\n" for part in _paragraphs(text)) + "</body></html>"
    )


def commented(text: str, _: Sequence[str]) -> str:
    return "/*\n" + "\n".join(f" * {line}" for line in text.splitlines()) + "\n */"


def quoted(text: str, _: Sequence[str]) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def curly_quotes(text: str, _: Sequence[str]) -> str:
    return re.sub(r'"([^"]*)"', "“\\1”", text).replace("'", "’").replace(" - ", " — ").replace("``", "“").replace("''", "”")


def no_quotes(text: str, _: Sequence[str]) -> str:
    return re.sub('["“”«»`]', "", text)


def header_cut(text: str, _: Sequence[str]) -> str:
    """Without the title: up to three paragraphs of at most twelve words at the beginning."""
    parts = re.split(r"\n\s*\n", text.strip())
    title = next((at for at, part in enumerate(parts) if len(part.split()) > 12), 0)
    return "\n\n".join(parts[min(title, 3) :])


def copyright_cut(text: str, _: Sequence[str]) -> str:
    return _COPYRIGHT.sub("", text)


def copyright_put(text: str, _: Sequence[str]) -> str:
    return f"Copyright (c) 2019-2026 {HOLDER}. All rights reserved.\n\n{_COPYRIGHT.sub('', text)}"


def holder_renamed(text: str, holders: Sequence[str]) -> str:
    for holder in sorted(holders, key=len, reverse=True):
        text = re.sub(re.escape(holder), HOLDER, text, flags=re.IGNORECASE)
    return text


def preface_put(text: str, _: Sequence[str]) -> str:
    return PREFACE + text


def trailer_put(text: str, _: Sequence[str]) -> str:
    return text + TRAILER


def other_markers(text: str, _: Sequence[str]) -> str:
    return _MARKER.sub(lambda match: f"{match[1]}- " if match[2].isalpha() else f"{match[1]}({match[2]}) ", text)


def british(text: str, _: Sequence[str]) -> str:
    return re.sub("|".join(_BRITISH), lambda match: _BRITISH[match[0]], text)


def paged(text: str, _: Sequence[str]) -> str:
    """A scan: page numbers between the lines, words broken at the end of every twelfth line."""
    lines = _filled(" ".join(text.split()), 70).splitlines()
    broken = [_break(line) if number % 12 == 11 else line for number, line in enumerate(lines)]
    pages = [broken[at : at + 40] for at in range(0, len(broken), 40)]
    return "\n".join(f"{chr(10).join(page)}\n{number}" for number, page in enumerate(pages, 1))


def _break(line: str) -> str:
    first, _, last = line.rpartition(" ")
    return f"{first} {last[:3]}-\n{last[3:]}" if last.isalpha() and len(last) > 6 else line


MUTATIONS: tuple[Mutation, ...] = (
    reflowed, a_paragraph_a_line, on_one_line, windows_lines, upper_case, markdown, in_html, commented, quoted, curly_quotes,
    no_quotes, header_cut, copyright_cut, copyright_put, holder_renamed, preface_put, trailer_put, other_markers, british,
    paged,
)  # fmt: skip


# What makes another licence of it: none of these may be taken for the original.


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.;:])\s+", text.strip())


def ban_added(text: str, _: Sequence[str]) -> str:
    parts = _sentences(text)
    middle = len(parts) // 2
    return " ".join([*parts[:middle], "The material may not be used for military purposes.", *parts[middle:]])


def condition_added(text: str, _: Sequence[str]) -> str:
    return text + (
        "\n\nOur only modification is that, if the software or any derivative work is used in a product with more than 100 "
        "million monthly active users, you shall prominently display the name of the software on its user interface."
    )


def commercial_cut(text: str, _: Sequence[str]) -> str:
    return _changed(text, r"\b(use)\b", r"\1 for non-commercial purposes")


def turned(text: str, _: Sequence[str]) -> str:
    """A "not" taken out, or one put in."""
    out = _changed(text, r"\bnot\b ?", "")
    return out if out != text else _changed(text, r"\b(may|is|are|shall|will)\b", r"\1 not")


def number_changed(text: str, _: Sequence[str]) -> str:
    """Two figures of three digits and more that are no years."""
    return re.sub(r"\b((?!19|20)\d{3,})\b", lambda match: str(int(match[1]) + 1), text, count=2)


def paragraph_cut(text: str, _: Sequence[str]) -> str:
    """Without its longest paragraph but the first."""
    parts = _paragraphs(text)
    longest = max(range(1, len(parts)), key=lambda at: len(parts[at]), default=None)
    return "\n\n".join(part for at, part in enumerate(parts) if at != longest)


TAMPERINGS: tuple[Mutation, ...] = (ban_added, condition_added, commercial_cut, turned, number_changed, paragraph_cut)


def _changed(text: str, pattern: str, by: str) -> str:
    """The middle one of the places where the pattern occurs, changed."""
    places = list(re.finditer(pattern, text, re.IGNORECASE))
    if not places:
        return text
    place = places[len(places) // 2]
    return text[: place.start()] + place.expand(by) + text[place.end() :]


def name_of(mutation: Mutation) -> str:
    return mutation.__name__.replace("_", " ")


def names(mutations: Iterable[Mutation]) -> list[str]:
    return [name_of(one) for one in mutations]
