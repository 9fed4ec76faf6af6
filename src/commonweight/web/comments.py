"""Comments as HTML: Markdown as in cards, with addresses relative to the repository."""

from __future__ import annotations

from commonweight.web.cards import CardRenderer


class CommentRenderer:
    def __init__(self) -> None:
        self._cards = CardRenderer()

    def html(self, text: str, path: str) -> str:
        """`path` is that of the repository: `/ada/tiny`. What a comment says at its top is no front matter."""
        blob, raw = f"{path}/blob/main/", f"{path}/resolve/main/"
        return self._cards.html(text, blob_base=blob, raw_base=raw, has_front_matter=False)
