"""
Cards as HTML: Markdown by markdown-it, then only what is harmless by nh3.

Addresses inside a card are relative to the repository; pictures from other servers become links, since loading them would
tell that server who reads the card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CARD_CHARACTERS = 150_000  # a longer card is shown cut: what is written to be slow takes time that grows with its square
MAX_HTML_CHARACTERS = 2_000_000  # a few references can stand for gigabytes; real cards grow by a third
MAX_OPEN_TAGS = 500  # at one place; cleaning takes time that grows with the square of the depth
_TAGS_TEXT = """
    h1 h2 h3 h4 h5 h6 p br hr ul ol li dl dt dd a img em strong b i u s del ins sub sup code pre kbd samp blockquote
    table thead tbody tfoot tr th td details summary div span figure figcaption center small
"""
_TAGS = set(_TAGS_TEXT.split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "td": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
}
_REACHED = {tag: {"tabindex": "0"} for tag in ("table", "pre")}  # these scroll sideways: by keyboard too
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_UNNESTED_TEXT = "area base br col dd dt embed hr img input li link meta option p source td th tr wbr"
_UNNESTED = frozenset(_UNNESTED_TEXT.split())
_SCHEMES = {"http", "https", "mailto"}


class CardRenderer:
    """Renders the Markdown of cards. Raw HTML in a card is kept as far as it is harmless."""

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])

    def html(self, text: str, *, blob_base: str, raw_base: str, has_front_matter: bool = True) -> str:
        """
        `blob_base` and `raw_base` end with a slash: the pages and the bytes of the card's folder.

        Headings move one level down, since the page has its own first one. What would take too long, or become too large,
        is shown as it is written.
        """
        shown = (without_front_matter(text) if has_front_matter else text)[:MAX_CARD_CHARACTERS]
        tokens = self._markdown.parse(shown)
        if _addressed(tokens) > MAX_HTML_CHARACTERS:
            return _as_text(shown)
        for token in tokens:
            _lower_heading(token)
        dirty = self._markdown.renderer.render(tokens, self._markdown.options, {})
        if _most_open(dirty) > MAX_OPEN_TAGS:
            return _as_text(shown)
        return nh3.clean(
            dirty,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_SCHEMES,
            attribute_filter=_addresses(blob_base, raw_base),
            set_tag_attribute_values=_REACHED,
            link_rel="noopener noreferrer nofollow",
        )


def without_front_matter(text: str) -> str:
    """
    "---\\nlicense: mit\\n---\\n# Hi" -> "# Hi"
    """
    text = text.removeprefix("\ufeff")
    if not text.startswith("---"):
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[number + 1 :])
    return text


def _as_text(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def _addressed(tokens: Sequence[Token]) -> int:
    """Characters in addresses and titles, once for each time that they will be written."""
    inline = (child for token in tokens for child in token.children or ())
    return sum(len(str(value)) for token in inline for value in token.attrs.values())


def _most_open(html: str) -> int:
    """About how deep the tags go; those that end by themselves are not counted."""
    now: Counter[str] = Counter()
    total = most = 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if name in _UNNESTED:
            continue
        step = -1 if match[1] else 1
        if now[name] + step >= 0:
            now[name] += step
            total += step
            most = max(most, total)
    return most


def _lower_heading(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _addresses(blob_base: str, raw_base: str) -> Callable[[str, str, str], str | None]:
    def kept(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            return None if _is_elsewhere(value) else urljoin(raw_base, value)
        if (tag, attribute) == ("a", "href") and not _is_elsewhere(value) and not value.startswith("#"):
            return urljoin(blob_base, value)
        return value

    return kept


def _is_elsewhere(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc)
