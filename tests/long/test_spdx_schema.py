"""SPDX documents against the standard's JSON schema: no package of Python ships it, npm's cdxgen (Apache-2.0) carries it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from commonweight.rights.aibom import as_spdx
from tests.rights.aibom.test_documents import FACTS, bill
from tests.support.tools import tool

pytestmark = pytest.mark.long

PACKAGE = "@cyclonedx/cdxgen@12.8.4"
SCHEMA = "package/data/spdx-export.schema.json"
SHA256 = "873ff9d3177a0c12495fe585c5012f7bec0aa70aabed1f2f1e79f25bd95eb107"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("npm")
    packed = subprocess.run(
        [tool("npm"), "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True, text=True
    )
    with tarfile.open(folder / packed.stdout.strip().splitlines()[-1]) as archive:
        content = archive.extractfile(SCHEMA).read()  # type: ignore[union-attr]
    assert hashlib.sha256(content).hexdigest() == SHA256
    return json.loads(content)


def test_a_whole_document_is_valid(schema: Any) -> None:
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(as_spdx(bill()))] == []


def test_a_bare_document_is_valid(schema: Any) -> None:
    bare = bill([{"id": "a/b"}], [], type(FACTS)("c0ffee", FACTS.made))
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(as_spdx(bare))] == []
