"""Converting in a child process: native code that fails, and memory that it takes, do not touch who asks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from commonweight.errors import CommonweightError
from commonweight.processes import environment_without_secrets
from commonweight.tuning.converting.values import ConversionFailed, GgufMade, NotConvertible, Quantisation

Report = Callable[[float, str], Awaitable[None]]

MODULE: Final = "commonweight.tuning.converting.main"
MAX_LINE: Final = 4 << 20  # bytes of one line from the child: reports of many tensors
SILENT_SECONDS: Final = 1800.0  # the largest tensor of a model takes minutes on a busy machine
TAIL: Final = 400  # characters of the log's end that go into an error
_ERRORS: Final[Mapping[str, type[CommonweightError]]] = {
    NotConvertible.code: NotConvertible,
    ConversionFailed.code: ConversionFailed,
}


async def untold(share: float, what: str) -> None:
    """For those who do not listen."""


class Converter:
    """
    Each deed is a process of its own. `log` gets what llama.cpp and Python write there; without one it is thrown away.

    A task that is cancelled takes its process along; so does the death of the whole program.
    """

    def __init__(self, python: str = sys.executable, log: Path | None = None) -> None:
        self._python = python
        self._log = log

    async def to_gguf(
        self,
        checkpoint: Path,
        out: Path,
        metadata: Mapping[str, Any],
        kind: Quantisation = Quantisation.F16,
        tell: Report = untold,
    ) -> GgufMade:
        """
        The folder of a checkpoint as one GGUF file, its tokens and prompts held against the folder. For `metadata` see
        `origin.KEYS`.

        Raises NotConvertible, ConversionFailed.
        """
        order = {"checkpoint": str(checkpoint), "out": str(out), "metadata": dict(metadata), "kind": kind.value}
        return GgufMade.of(await self._do("to_gguf", order, tell), out)

    async def adapter_to_gguf(
        self, adapter: Path, base: Path, out: Path, metadata: Mapping[str, Any], tell: Report = untold
    ) -> GgufMade:
        """
        The folder of a PEFT adapter as a GGUF adapter. `base`: the GGUF file that it goes on, or the folder of a checkpoint.

        Raises NotConvertible with the remedy (merge, mostly), ConversionFailed.
        """
        order = {"adapter": str(adapter), "base": str(base), "out": str(out), "metadata": dict(metadata)}
        return GgufMade.of(await self._do("adapter_to_gguf", order, tell), out)

    async def to_checkpoint(self, gguf: Path, out: Path, tell: Report = untold) -> Mapping[str, Any]:
        """
        A GGUF file as the folder of a checkpoint in 32-bit floats, which can be trained; its config.json.

        Raises NotConvertible, ConversionFailed.
        """
        found: Mapping[str, Any] = await self._do("to_checkpoint", {"gguf": str(gguf), "out": str(out)}, tell)
        return found

    async def quantise(
        self, gguf: Path, out: Path, kind: Quantisation, tell: Report = untold, *,
        again: bool = False, metadata: Mapping[str, Any] | None = None,
    ) -> GgufMade:  # fmt: skip
        """
        A GGUF file in a smaller format. `metadata` (`origin.KEYS`) tells where it comes from, in place of what it says.

        Raises NotConvertible where it would not be smaller, and for one that is quantised already unless `again`;
        ConversionFailed.
        """
        told = None if metadata is None else dict(metadata)
        order = {"gguf": str(gguf), "out": str(out), "kind": kind.value, "again": again, "metadata": told}
        return GgufMade.of(await self._do("quantise", order, tell), out)

    async def join(self, parts: Sequence[Path], out: Path, tell: Report = untold) -> GgufMade:
        """A model that lies in several GGUF files as one, no number changed. Raises NotConvertible, ConversionFailed."""
        return GgufMade.of(await self._do("join", {"parts": [str(part) for part in parts], "out": str(out)}, tell), out)

    async def compare(self, whole: Path, smaller: Path) -> Mapping[str, Any]:
        """How near a quantised file stays to the floats: see `likeness`. Raises ConversionFailed."""
        found: Mapping[str, Any] = await self._do("compare", {"whole": str(whole), "smaller": str(smaller)}, untold)
        return found

    async def _do(self, what: str, order: Mapping[str, Any], tell: Report) -> Any:
        line = json.dumps({**order, "do": what}).encode() + b"\n"
        with self._open_log() as log:
            process = await self._start(log)
            try:
                assert process.stdin is not None
                with contextlib.suppress(ConnectionError):  # it died at once: its end is read below
                    process.stdin.write(line)
                    await process.stdin.drain()
                answer = await _listen(process, tell)
                await process.wait()
            finally:
                await _end(process)
        return self._made(what, answer, process.returncode)

    async def _start(self, log: IO[bytes]) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        command = (self._python, "-P", "-m", MODULE, str(os.getpid()))
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=log, limit=MAX_LINE, env=environment_without_secrets()
        )

    def _open_log(self) -> IO[bytes]:
        if self._log is not None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
        return (self._log or Path(os.devnull)).open("ab")

    def _made(self, what: str, answer: Mapping[str, Any], code: int | None) -> Any:
        if "made" in answer:
            return answer["made"]
        if refused := answer.get("refused"):
            raise _ERRORS.get(refused["code"], ConversionFailed)(refused["detail"], hint=refused["hint"])
        reason = f"was ended by signal {-code}" if code and code < 0 else f"ended with {code}"
        raise ConversionFailed(
            f"The process that did {what!r} {reason}. {self._tail()}".strip(),
            hint="A signal 9 often means that the memory was not enough. What it wrote is in the worker's log folder.",
        )

    def _tail(self) -> str:
        if self._log is None:
            return ""
        with self._log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            lines = file.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


async def _listen(process: asyncio.subprocess.Process, tell: Report) -> Mapping[str, Any]:
    """The last line, which is no report; an empty answer where there was none."""
    assert process.stdout is not None
    while line := await _line(process.stdout):
        told = json.loads(line)
        if "share" not in told:
            return dict(told)
        await tell(told["share"], told["what"])
    return {}


async def _line(stdout: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(stdout.readline(), SILENT_SECONDS)
    except TimeoutError:
        message = f"Nothing was heard of the process for {SILENT_SECONDS / 60:.0f} minutes; it was ended."
        raise ConversionFailed(message, hint="Try again; if it happens again, tell the operator.") from None


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
