"""The real git beside a hub, in a home of its own."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import tool

GIT_SECONDS = 120
BASE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",  # asks nobody, answers nothing
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    "LC_ALL": "C",
}  # fmt: skip


class GitFailed(Exception):
    """What git printed."""


@dataclass
class Git:
    """`folder`: where it works. `version`: of the protocol. `home`: of its settings."""

    folder: Path
    version: int = 2
    home: Path | None = None

    async def __call__(self, *arguments: str, **variables: str) -> str:
        """What git prints on both outputs. Raises GitFailed."""
        program = tool("git")
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "HF_"))}
        environment |= {**BASE, "HOME": str(self.home or self.folder), **variables}
        options = ("-c", f"protocol.version={self.version}", "-c", "init.defaultBranch=main")
        process = await asyncio.create_subprocess_exec(
            program, *options, *arguments, cwd=self.folder, env=environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(), GIT_SECONDS)
        if process.returncode:
            raise GitFailed(out.decode(errors="replace"))
        return out.decode(errors="replace").strip()

    async def refused(self, *arguments: str, **variables: str) -> str:
        """What git prints where it fails, as it has to."""
        try:
            answer = await self(*arguments, **variables)
        except GitFailed as failed:
            return str(failed)
        raise AssertionError(f"git {' '.join(arguments)} did not fail: {answer}")

    def at(self, folder: str) -> Git:
        return Git(self.folder / folder, self.version, self.home or self.folder)
