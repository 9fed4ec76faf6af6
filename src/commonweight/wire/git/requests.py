"""What a client asks of upload-pack, in protocol 2 and in protocol 0: lines become a `Wish`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from commonweight.errors import InvalidInput
from commonweight.hub import Deepen, GitRef, Wish
from commonweight.wire.git.pkt import Mark, PktReader

MAX_WORDS = 100_000  # wants and haves of one request; git sends some thousand at most
INFINITE = 0x7FFFFFFF  # the depth by which `git fetch --unshallow` asks for everything

_OID = re.compile(rb"[0-9a-f]{40}\Z")


@dataclass(frozen=True)
class FetchRequest:
    """
    `rounds`: the haves as they came, up to a flush or `done` each (protocol 0). `caps`: what the client says that it can.
    """

    wish: Wish
    done: bool = False
    caps: frozenset[str] = frozenset()
    rounds: tuple[tuple[str, ...], ...] = ()
    exclude: tuple[str, ...] = ()  # names, of `--shallow-exclude`

    def excluding(self, refs: list[GitRef]) -> FetchRequest:
        """The same, with commits instead of the names in `exclude`. Raises InvalidInput for one that is not there."""
        commits = [_commit_of(name, refs) for name in self.exclude]
        return replace(self, wish=replace(self.wish, deepen=replace(self.wish.deepen, exclude=tuple(commits))))


@dataclass
class _Words:
    """Gathers lines. `caps` and flags of protocol 2 are the same words."""

    wants: list[str] = field(default_factory=list)
    haves: list[str] = field(default_factory=list)
    rounds: list[tuple[str, ...]] = field(default_factory=list)
    shallow: set[str] = field(default_factory=set)
    deepen: Deepen = field(default_factory=Deepen)
    exclude: list[str] = field(default_factory=list)
    caps: set[str] = field(default_factory=set)
    done: bool = False
    count: int = 0

    def take(self, text: bytes) -> None:
        """One line. Raises InvalidInput."""
        self.count += 1
        if self.count > MAX_WORDS:
            raise InvalidInput(f"More than {MAX_WORDS} lines came in one request.")
        word, _, value = text.partition(b" ")
        taker = _TAKERS.get(word)
        if taker is not None:
            taker(self, value)
        elif text == b"done":
            self.done = True
        elif len(text) < 64 and re.fullmatch(rb"[a-z0-9-]+", text):  # a flag: unknown ones mean what we do not do
            self.caps.add(text.decode())
        else:
            raise InvalidInput(f"The line {text[:80]!r} is not understood here.")

    def asked(self) -> FetchRequest:
        deepen = replace(self.deepen, relative="deepen-relative" in self.caps)
        wish = Wish(self.wants, self.haves, frozenset(self.shallow), deepen, with_tags="include-tag" in self.caps)
        return FetchRequest(wish, self.done, frozenset(self.caps), tuple(self.rounds), tuple(self.exclude))


def _want(words: _Words, value: bytes) -> None:
    oid, _, caps = value.partition(b" ")  # capabilities come with the first want of protocol 0
    words.wants.append(oid_in(oid))
    words.caps |= set(caps.decode(errors="replace").split())


def _depth(words: _Words, value: bytes) -> None:
    words.deepen = replace(words.deepen, depth=min(_number(value), INFINITE))


def _since(words: _Words, value: bytes) -> None:
    words.deepen = replace(words.deepen, since=_number(value))


_TAKERS: dict[bytes, Callable[[_Words, bytes], object]] = {
    b"want": _want,
    b"have": lambda words, value: words.haves.append(oid_in(value)),
    b"shallow": lambda words, value: words.shallow.add(oid_in(value)),
    b"deepen": _depth,
    b"deepen-since": _since,
    b"deepen-not": lambda words, value: words.exclude.append(value.decode(errors="replace")),
}


async def read_fetch(lines: PktReader) -> FetchRequest:
    """The arguments of protocol 2's `fetch`, up to the flush. Raises InvalidInput."""
    words = _Words()
    while isinstance(text := await lines.next(), bytes):
        words.take(text)
    if not words.wants:
        raise InvalidInput("Nothing is wanted; expected a line such as: want 1234…")
    return words.asked()


async def read_v0(lines: PktReader) -> FetchRequest:
    """A whole request of protocol 0: wants, flush, haves, each round with a flush, perhaps `done`. Raises InvalidInput."""
    words = _Words()
    while isinstance(text := await lines.next(), bytes):
        words.take(text)
    while (text := await lines.next()) is not None and not words.done:
        if isinstance(text, bytes):
            words.take(text)
        if isinstance(text, Mark) or words.done:
            words.rounds.append(tuple(words.haves[sum(map(len, words.rounds)) :]))
    return words.asked()


def oid_in(text: bytes) -> str:
    """Raises InvalidInput."""
    if not _OID.match(text):
        raise InvalidInput(f"{text[:80]!r} is no id of an object; expected 40 hexadecimal digits.")
    return text.decode()


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18 or int(text) == 0:
        raise InvalidInput(f"{text[:80]!r} is no number above 0.")
    return int(text)


def _commit_of(name: str, refs: list[GitRef]) -> str:
    spellings = (name, f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}")
    for one in refs:
        if one.name in spellings:
            return one.commit
    raise InvalidInput(f"There is no branch or tag {name[:200]!r} to leave out.")
