"""
Does one deed after the other with the official client until it is killed, and keeps a journal:

    python -m tests.kill_points.client STATE JOURNAL SEED REPOSITORY...

A line of the journal is `[what, deed]`: begun, done, or refused with the reason. What was done was acknowledged.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError

from tests.kill_points.deeds import Chooser, Deed, State, content


def do(api: HfApi, deed: Deed) -> None:
    name = deed.repository
    match deed.kind:
        case "create":
            api.create_repo(name)
        case "delete":
            api.delete_repo(name)
        case "branch":
            api.create_branch(name, branch=deed.branch)
        case "unbranch":
            api.delete_branch(name, branch=deed.branch)
        case "squash":
            api.super_squash_history(name, branch=deed.branch)
        case _:
            added = [CommitOperationAdd(path, content(*given)) for path, given in deed.add.items()]
            gone = [CommitOperationDelete(path) for path in deed.delete]
            api.create_commit(name, [*added, *gone], commit_message=deed.kind, revision=deed.branch)


def main(state_file: str, journal_file: str, seed: str, *names: str) -> None:
    state: State = json.loads(Path(state_file).read_text())
    chooser, api = Chooser(random.Random(seed), names), HfApi()
    with Path(journal_file).open("a") as journal:

        def write(what: str, deed: Deed, **more: Any) -> None:
            journal.write(json.dumps([what, dataclasses.asdict(deed) | more]) + "\n")
            journal.flush()

        while True:
            deed = chooser.next(state)
            write("begun", deed)
            try:
                do(api, deed)
            except HfHubHTTPError as error:
                write("refused", deed, reason=str(error), status=error.response.status_code if error.response else None)
                return
            write("done", deed)
            state.pop(deed.repository, None)
            if deed.branches is not None:
                state[deed.repository] = deed.branches


if __name__ == "__main__":
    main(*sys.argv[1:])
