from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from commonweight.cli.rights import rights
from commonweight.errors import Conflict
from tests.rights.test_command import server


def test_a_bill_is_printed_or_written_and_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "bill.json"
    with server(200, {"bomFormat": "CycloneDX"}) as (url, seen):
        printed = CliRunner().invoke(rights, ["aibom", "ada/tiny@v1", "--url", url])
        CliRunner().invoke(rights, ["aibom", "ada/tiny", "--format", "spdx", "--out", str(out), "--url", url])
        again = CliRunner().invoke(rights, ["aibom", "ada/tiny", "--out", str(out), "--url", url])
    assert json.loads(printed.output) == json.loads(out.read_text()) == {"bomFormat": "CycloneDX"}
    assert isinstance(again.exception, Conflict)
    assert [one["path"].partition("?")[2] for one in seen] == ["format=cyclonedx&revision=v1", "format=spdx"]
