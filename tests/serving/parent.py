"""A process that starts an engine, says its id, and waits to be killed: `python -m tests.serving.parent HOME llama|mock`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp

from commonweight.serving.engines import EngineSpec, LlamaCpp, MockKind
from tests.serving.world import starter_file


async def main(home: Path, kind: str) -> None:
    async with aiohttp.ClientSession() as session:
        adapter = LlamaCpp(home, session) if kind == "llama" else MockKind(home, session)
        engine = adapter.engine(EngineSpec(starter_file(), "orphan", 256))
        await engine.start(lambda text: None)
        sys.stdout.write(f"{engine.pid}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
