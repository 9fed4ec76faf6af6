"""`commonweight rights identify` without the matcher: what the digest knows, and what near looks like."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from commonweight.cli.identify import lines_of, told_of
from commonweight.rights import load_records
from commonweight.rights.matching import Likened, Piece, TextMatch

RECORDS = load_records()


def test_a_recorded_text_is_named_by_its_digest() -> None:
    text = (Path(str(files("commonweight.mirror"))) / "starter_files" / "LICENSE").read_text()
    told = told_of(text, RECORDS)
    assert (told["state"], told["records"], told["matcher"]) == ("identified", ["apache-2.0"], "digest")


@pytest.mark.parametrize("state", ["near", "unknown"])
def test_what_is_only_near_names_no_record_and_shows_what_differs(state: str) -> None:
    like = Likened("mit", "MIT License", 0.8, 0.9, 0.1)
    match = TextMatch(state, (like,), (Piece("foreign", "display its name"),), "test")
    lines = lines_of({**match.to_document(), "digest": "sha256:0", "records": [], "score": match.score})
    assert lines[0].startswith(f"{state}: none of the recorded texts")
    assert ("  + display its name" in lines) is (state == "near")
