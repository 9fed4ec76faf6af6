"""
Tries every client and writes docs/compatibility.md:

    python -m tests.clients.matrix [--only PART_OF_A_NAME]      with --only nothing is written
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clients.cases import Case, cases
from tests.clients.environments import ClientFailed
from tests.support.server import Server, running

PAGE: Final = Path(__file__).parents[2] / "docs" / "compatibility.md"
HEAD: Final = """\
# Compatibility

Clients that were tried against a running server, unmodified and at their defaults; `python -m tests.clients.matrix` tries
them again and writes this page. *Way* is how large files travelled: by Xet, which is the client's default where `hf_xet` is
installed, or by LFS (`HF_HUB_DISABLE_XET=1`, git-lfs).

| client | version | way | what was tried | works |
| --- | --- | --- | --- | --- |
"""
TAIL: Final = """
The official client's own tests are run too, see `tests/hub_suite/expected.yaml` for what is run and what differs:
`pytest -m long tests/hub_suite`.
"""


@dataclass(frozen=True)
class Tried:
    case: Case
    failure: str

    @property
    def row(self) -> str:
        one = self.case
        works = "yes" if not self.failure else "**no**: " + self.failure.strip().splitlines()[-1].replace("|", "\\|")
        return f"| {one.client} | {one.versions} | {one.way} | {one.tried} | {works} |"


def tried(server: Server, wanted: Sequence[Case]) -> list[Tried]:
    """Each in turn; a line for each on the screen."""
    results = []
    for case in wanted:
        with tempfile.TemporaryDirectory() as scratch:
            failure = ""
            try:
                case.run(server, Path(scratch))
            except ClientFailed as failed:
                failure = str(failed)
        results.append(Tried(case, failure))
        sys.stdout.write(f"{'fails' if failure else 'works'}  {case.name}\n{failure}")
        sys.stdout.flush()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only those with this in their name; nothing is written")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "home") as server:
        results = tried(server, [case for case in cases() if only in case.name])
    if not only:
        PAGE.write_text(HEAD + "\n".join(one.row for one in results) + "\n" + TAIL)
    sys.exit(any(one.failure for one in results))


if __name__ == "__main__":
    main()
