"""Where a tuning on a cluster is, in the words of its events; and on its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from commonweight.identity import Caller
from commonweight.tuning import Tuning, Work
from commonweight.tuning.stages.training import Told
from commonweight.tuning.training import Kind, Place, TrainingEvent, TrainingSpec
from commonweight.web.presenting.event_sentences import EVENT_SENTENCES, told_again

ROOM = {"asked": "2 CPU, 0 GPU, 714 MB", "free": "1 CPU, 0 GPU, 99 MB", "total": "4 CPU, 0 GPU, 2048 MB", "nodes": 2}
SAID = {
    Place.AWAY: ({"address": "head:6379"}, "Waiting for the Ray cluster: nothing answers at head:6379"),
    Place.REFUSED: (
        {"address": "head:6379", "reason": "Another version."},
        "Waiting for the Ray cluster at head:6379: Another version.",
    ),
    Place.FULL: (
        ROOM,
        "Waiting for room on the Ray cluster: 2 CPU, 0 GPU, 714 MB are asked of one node; "
        "its nodes (2) have 1 CPU, 0 GPU, 99 MB free of 4 CPU, 0 GPU, 2048 MB",
    ),
    Place.SMALL: (
        {"asked": "9 CPU, 0 GPU, 714 MB", "largest": "4 CPU, 0 GPU, 2048 MB"},
        "Waiting for a larger node of the Ray cluster: 9 CPU, 0 GPU, 714 MB are asked of one, "
        "the most that nodes have is 4 CPU, 0 GPU, 2048 MB",
    ),
    Place.NODE: ({"node": "gpu3 (10.0.0.3)"}, "Training runs on the node gpu3 (10.0.0.3)"),
    Place.LOST: ({"step": 40}, "The node was lost: another one goes on from step 40"),
}


class Said:
    """A `Say` that keeps what was said."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.progress: dict[str, Any] = {}

    async def __call__(self, message: str = "", **more: Any) -> None:
        self.messages += [message] if message else []
        self.progress |= more.get("progress") or {}


async def nothing(*_: Any) -> None:
    return None


def told(said: Said, folder: Path) -> Told:
    work = Work(cast("Tuning", None), cast("Caller", None), folder, {}, said, nothing, nothing)
    return Told(work, TrainingSpec(folder, folder, folder, folder))


@pytest.mark.parametrize("place", list(Place))
async def test_each_place_is_told_in_a_sentence_that_pages_know(tmp_path: Path, place: Place) -> None:
    data, sentence = SAID[place]
    said = Said()
    await told(said, tmp_path)(TrainingEvent(Kind.PLACE, {"state": place.value, **data}))
    assert said.messages == [sentence]
    again = told_again(sentence)
    assert again.text in EVENT_SENTENCES
    assert again.text % dict(again.words) == sentence


async def test_progress_names_the_node_for_as_long_as_it_trains_there(tmp_path: Path) -> None:
    said = Said()
    hear = told(said, tmp_path)
    await hear(TrainingEvent(Kind.PLACE, {"state": "node", "node": "gpu3 (10.0.0.3)"}))
    assert said.progress["node"] == "gpu3 (10.0.0.3)"
    await hear(TrainingEvent(Kind.PLACE, {"state": "lost", "step": 40}))
    assert said.progress["node"] is None
