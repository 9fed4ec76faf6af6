"""
A server with the accounts that huggingface_hub's tests expect.

    python -m tests.hub_suite.world        serves it until Ctrl-C; prints the address
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import Server, running

WORLD = Path(__file__).parent / "world.yaml"
#: Tests make repositories by the hundred, and nobody asks their models.
ENVIRONMENT = {"COMMONWEIGHT_DEVELOPMENT": "1"}


@contextmanager
def suite_server(folder: Path) -> Iterator[Server]:
    """For as long as the block lasts."""
    with running(folder / "home", environment=ENVIRONMENT) as server:
        server.command("seed", str(WORLD))
        yield server


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where, suite_server(Path(where)) as served:
        sys.stdout.write(f"{served.address}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
