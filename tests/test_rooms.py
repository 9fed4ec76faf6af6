"""Rooms are built from what lies in the home folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from commonweight.foundations import records_of
from commonweight.rights import RecordError

MIT = files("commonweight.rights").joinpath("records", "mit.yaml").read_text()


def test_records_of_the_house_stand_beside_the_packaged_ones_or_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "house-1.0.yaml").write_text(MIT.replace("key: mit\n", "key: house-1.0\n"))
    (tmp_path / "records" / "mit.yaml").write_text(MIT.replace("status: checked", "status: lawyer"))
    packaged, records = records_of(tmp_path / "nowhere"), records_of(tmp_path)
    found = [records.get(key) for key in ("house-1.0", "mit")]
    assert len(records) == len(packaged) + 1
    assert [terms.review.status for terms in found if terms] == ["checked", "lawyer"]


def test_a_broken_record_of_the_house_is_named(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "house-1.0.yaml").write_text("format: commonweight.terms/1\n")
    with pytest.raises(RecordError, match=r"house-1\.0\.yaml"):
        records_of(tmp_path)
