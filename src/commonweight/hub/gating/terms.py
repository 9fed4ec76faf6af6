"""What a gate says and asks: the front matter of the card, and the licence texts of the same commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from commonweight.db import Database
from commonweight.hub import refs
from commonweight.hub.cards import CARD, MAX_CARD_BYTES, Card, read_card
from commonweight.hub.errors import EntryNotFound, TooMuch
from commonweight.hub.facts import FactsReader
from commonweight.hub.gating.values import GateField
from commonweight.hub.reading import Reader, entry_missing
from commonweight.hub.values import Repository, Revision, RevisionFacts

MAX_FIELDS: Final = 32  # of a gate's form; real ones have below ten
MAX_OPTIONS: Final = 300  # of one select: all countries, with room
MAX_LABEL: Final = 300  # characters; labels of check boxes are sentences
MAX_LICENCE_FILES: Final = 8
MAX_LICENCE_BYTES: Final = 256 << 10  # of one text; the longest known has about 50 KiB
_KINDS: Final = {"checkbox": "checkbox", "date_picker": "date", "country": "country", "select": "select"}


@dataclass(frozen=True, slots=True)
class LicenceText:
    path: str
    text: str

    @property
    def hash(self) -> str:
        return sha256(self.text)


@dataclass(frozen=True)
class Terms:
    """What somebody accepts who asks for access. `licence` are the card's words for it."""

    commit: str
    heading: str
    prompt: str  # Markdown
    description: str
    button: str
    fields: tuple[GateField, ...]
    licence: str
    licence_texts: tuple[LicenceText, ...]

    @cached_property
    def text(self) -> str:
        """All of it as one text, with the hashes of the licence texts: this is what is kept, and hashed."""
        parts = [self.heading, self.prompt, self.description, "\n".join(_told(self.fields)), self._licence, self.button]
        return "\n\n".join(part for part in parts if part)

    @property
    def hash(self) -> str:
        """SHA-256 of `text`."""
        return sha256(self.text)

    @property
    def _licence(self) -> str:
        named = [f"Licence: {self.licence}"] if self.licence else []
        return "\n".join([*named, *(f"{one.path}: sha256 {one.hash}" for one in self.licence_texts)])


class TermsReader:
    def __init__(self, database: Database, reader: Reader, facts: FactsReader) -> None:
        self._database = database
        self._reader = reader
        self._facts = facts

    async def terms(self, repository: Repository) -> Terms:
        """Of the newest commit of `main`: what stands in pull requests and other branches is not the owner's word."""
        async with self._database.read() as connection:
            revision = await refs.resolve(connection, repository, "main")
        facts, card = await self._facts.facts(revision), await self._card(revision)
        return Terms(
            commit=revision.commit,
            heading=_line(card.data, "extra_gated_heading"),
            prompt=_text(card.data, "extra_gated_prompt"),
            description=_text(card.data, "extra_gated_description"),
            button=_line(card.data, "extra_gated_button_content"),
            fields=fields_of(card.data.get("extra_gated_fields")),
            licence=(facts.licence_name or ", ".join(facts.licences))[:200],
            licence_texts=await self._licences(revision, facts, card),
        )

    async def _card(self, revision: Revision) -> Card:
        """From the file: a database keeps facts without the order of the fields."""
        try:
            return read_card(await self._small(revision, CARD, MAX_CARD_BYTES))
        except (EntryNotFound, TooMuch):
            return Card({}, has_block=False)

    async def _licences(self, revision: Revision, facts: RevisionFacts, card: Card) -> tuple[LicenceText, ...]:
        """Those at the root; of one too long to be read only the card's words are known, and its commit."""
        found: list[LicenceText] = []
        for path in [one.path for one in facts.licence_files if not one.holds][:MAX_LICENCE_FILES]:
            try:
                data = await self._small(revision, path, MAX_LICENCE_BYTES)
            except (EntryNotFound, TooMuch):
                continue
            found.append(LicenceText(path, _plain(data.decode(errors="replace"))))
        if card.licence:
            found.append(LicenceText(CARD, _plain(card.licence)))
        return tuple(found)

    async def _small(self, revision: Revision, path: str, limit: int) -> bytes:
        entries = await self._reader.entries(revision, [path])
        if not entries:
            raise entry_missing(revision, path)
        return await self._reader.read_small(revision, entries[0], limit)


def fields_of(said: Any) -> tuple[GateField, ...]:
    """
    `{Company: text, Reason: {type: select, options: [A, {label: B, value: b}]}}`; a list of labels asks for texts. What
    this does not know is asked for as a text.
    """
    if isinstance(said, list):
        said = dict.fromkeys(map(str, said), "text")
    if not isinstance(said, Mapping):
        return ()
    return tuple(_field(_plain(str(label))[:MAX_LABEL], kind) for label, kind in list(said.items())[:MAX_FIELDS])


def _field(label: str, said: Any) -> GateField:
    word = said.get("type") if isinstance(said, Mapping) else said
    kind = _KINDS.get(str(word), "text")
    if kind != "select":
        return GateField(label, kind)
    listed = said.get("options") if isinstance(said, Mapping) else None
    options = tuple(map(_option, listed[:MAX_OPTIONS])) if isinstance(listed, list) else ()
    return GateField(label, "select", options) if options else GateField(label, "text")


def _option(said: Any) -> tuple[str, str]:
    if isinstance(said, Mapping):
        value = _plain(str(said.get("value", said.get("label", ""))))
        return value, _plain(str(said.get("label", value)))
    return _plain(str(said)), _plain(str(said))


def _told(fields: Sequence[GateField]) -> Iterator[str]:
    for one in fields:
        options = f": {', '.join(label for _value, label in one.options)}" if one.options else ""
        yield f"- {one.label} ({one.kind}{options})"


def _text(card: Mapping[str, Any], name: str) -> str:
    value = card.get(name)
    return _plain(value).strip() if isinstance(value, str) else ""


def _line(card: Mapping[str, Any], name: str) -> str:
    return " ".join(_text(card, name).split())


def _plain(text: str) -> str:
    """Without what a database does not hold, and with one kind of line ends."""
    return text.replace("\0", "").replace("\r\n", "\n").encode(errors="replace").decode()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
