"""
Which names a pickle asks Python for, and at which byte, without loading it. Pure.

Opcodes are read one after the other by the standard library's `pickletools`, which runs nothing. Memory stays small: of the
values on the stack only the last two texts count, long values are skipped over, and everything that grows has a bound.
Where a name cannot be told from the last two values, it is taken for one that is hidden on purpose.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import IO, Any, Final

from commonweight.vetting.scans.names import safety_of
from commonweight.vetting.scans.values import DANGEROUS, SUSPICIOUS, UNSAFE, Import, ScanFinding

MAX_OPCODES: Final = 4_000_000  # of one file: some seconds; a checkpoint of a large model has some ten thousand
MAX_PICKLES: Final = 10_000  # one after the other in one file
MAX_VALUE: Final = 1 << 20  # bytes of a value that is read; longer ones are skipped over
MAX_LINE: Final = 1 << 16
MAX_TEXT: Final = 250  # characters of a text that may be part of a name
TORCH_MAGIC: Final = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER
PICKLES_OF_TORCH: Final = 5  # of its format before archives; raw numbers follow

CALLS: Final = "It asks for %(module)s.%(name)s at byte %(offset)s, which can run code or reach beyond the file."
STRANGE: Final = "It asks for %(module)s.%(name)s at byte %(offset)s, which weights do not need."
HIDDEN: Final = "At byte %(offset)s it asks for something whose name is put together only while it is loaded."
BROKEN: Final = "As a pickle it cannot be read beyond byte %(offset)s."
TOO_MUCH: Final = "It is longer than what is looked through; what stands behind byte %(offset)s was not looked at."
REASONS: Final = (CALLS, STRANGE, HIDDEN, BROKEN, TOO_MUCH)

_TEXTS: Final = frozenset(
    {"SHORT_BINUNICODE", "UNICODE", "BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)
_PUTS: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_GETS: Final = frozenset({"GET", "BINGET", "LONG_BINGET"})


class _Skipped:
    """A long value that was not read."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


class _Source:
    """A file as `pickletools` reads it: no value longer than `MAX_VALUE` comes into memory."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size

    def tell(self) -> int:
        return self._file.tell()

    def read(self, length: int) -> Any:
        if length <= MAX_VALUE:
            return self._file.read(length)
        if self._file.tell() + length > self._size:
            raise ValueError("a value ends behind the file")
        self._file.seek(length, 1)
        return _Skipped(length)

    def readline(self) -> bytes:
        return self._file.readline(MAX_LINE)


class PickleWalk:
    """Findings and imports of the pickles of one file."""

    def __init__(self, part: str = "") -> None:
        self.part = part
        self.findings: list[ScanFinding] = []
        self.imports: dict[tuple[str, str], Import] = {}
        self.pickles = 0  # that were read to their end
        self._opcodes = 0

    def walk(self, file: IO[bytes], size: int, *, must_be: bool) -> None:
        """`must_be`: whether it is worth telling where the first can not be read."""
        source, most = _Source(file, size), MAX_PICKLES
        while self.pickles < most and file.tell() < size:
            start = file.tell()
            one = _OnePickle(self._asked)
            try:
                whole = self._one(source, one)
            except Exception as error:  # noqa: BLE001 — pickletools raises anything on crafted bytes; none of it matters
                self._broken(one, start, must_be, isinstance(error, MemoryError))
                return
            if not whole:
                self._tell(SUSPICIOUS, TOO_MUCH, offset=file.tell())
                return
            self.pickles += 1
            most = PICKLES_OF_TORCH if one.first == TORCH_MAGIC and self.pickles == 1 else most

    def _one(self, source: _Source, one: _OnePickle) -> bool:
        """Whether it was read to its end."""
        for opcode, argument, offset in pickletools.genops(source):  # type: ignore[arg-type]
            self._opcodes += 1
            if self._opcodes > MAX_OPCODES:
                return False
            one.step(opcode.name, argument, offset or 0)
        return True

    def _broken(self, one: _OnePickle, start: int, must_be: bool, memory: bool) -> None:
        """Bytes behind a whole pickle are numbers that belong to it, unless they begin like another that asks for names."""
        if (self.pickles == 0 and (must_be or one.is_pickle)) or one.asked or memory:
            self._tell(SUSPICIOUS, BROKEN, offset=max(one.offset, start))

    def _asked(self, module: str | None, name: str | None, offset: int) -> None:
        if module is None or name is None:
            self._tell(UNSAFE, HIDDEN, offset=offset)
            return
        if (module, name) in self.imports:
            return
        safety = safety_of(module, name)
        self.imports[module, name] = Import(_shown(module), _shown(name), safety)
        if safety == DANGEROUS:
            self._tell(UNSAFE, CALLS, module=_shown(module), name=_shown(name), offset=offset)
        elif safety == SUSPICIOUS:
            self._tell(SUSPICIOUS, STRANGE, module=_shown(module), name=_shown(name), offset=offset)

    def _tell(self, level: str, reason: str, **values: Any) -> None:
        if len(self.findings) < 1_000:
            self.findings.append(ScanFinding(level, reason, values, self.part))


class _OnePickle:
    """The last two values and the remembered texts of one pickle."""

    def __init__(self, asked: Callable[[str | None, str | None, int], None]) -> None:
        self._tell = asked
        self._last: tuple[str | None, str | None] = (None, None)
        self._memo: dict[Any, str | None] = {}  # as many as there are opcodes at most
        self._steps = 0
        self.first: Any = None
        self.offset = 0
        self.asked = False
        self.is_pickle = False  # it says so itself, or goes on for a while

    def step(self, name: str, argument: Any, offset: int) -> None:
        self._steps += 1
        self.offset = offset
        self.is_pickle |= name == "PROTO" or self._steps > 3
        if self.first is None and isinstance(argument, int) and name != "PROTO":
            self.first = argument
        if name in _PUTS:
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = self._last[1]
        elif name in _GETS:
            self._push(self._memo.get(argument))
        elif name in _TEXTS:
            self._push(argument if isinstance(argument, str) and len(argument) <= MAX_TEXT else None)
        elif name in ("GLOBAL", "INST"):
            module, _, word = str(argument).partition(" ")
            self._ask(module, word, offset)
        elif name == "STACK_GLOBAL":
            self._ask(*self._last, offset)
        elif name.startswith("EXT"):  # a number for a name that the reader has registered
            self._ask(None, None, offset)
        elif name not in ("PROTO", "FRAME"):
            self._push(None)

    def _push(self, value: str | None) -> None:
        self._last = (self._last[1], value)

    def _ask(self, module: str | None, name: str | None, offset: int) -> None:
        self.asked = True
        self._tell(module, name, offset)
        self._push(None)


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text[:200])
