"""The real matcher in its process, with ScanCode's own data. Some seconds to load, and more than a gigabyte."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from commonweight.licence_texts import texts_on_this_machine
from commonweight.rights import load_records
from commonweight.rights.matching import IDENTIFIED, NAMED, NEAR_BY, NO_TEXT, UNKNOWN
from commonweight.vetting import ChildMatcher
from tests.support.tools import licence_matcher

pytestmark = pytest.mark.asyncio(loop_scope="module")

GERMAN = """Nutzungsbedingungen für das Sprachmodell

1. Der Anbieter gestattet dem Nutzer, das Modell für eigene Forschung zu verwenden, zu verändern und zu vervielfältigen.
2. Jede gewerbliche Nutzung bedarf der vorherigen schriftlichen Zustimmung des Anbieters.
3. Eine Haftung für Schäden aus der Nutzung ist ausgeschlossen, soweit das Gesetz dies zulässt.
"""
CHINESE = """模型许可协议

一、许可方授予您非独占的、全球性的、不可转让的权利,可将本模型用于学术研究。
二、未经许可方事先书面同意,您不得将本模型用于任何商业用途。
三、本模型按“现状”提供,许可方不承担任何责任。
"""


def scancodes(key: str) -> str:
    """The text of a licence as ScanCode's data have it."""
    spec = importlib.util.find_spec("licensedcode")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "data" / "licenses" / f"{key}.LICENSE").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """Texts of licences, by our key, as ScanCode has them."""
    licence_matcher()
    records = load_records()
    wanted = [terms for key in ("mit", "apache-2.0", "cc-by-nc-4.0") if (terms := records.get(key))]
    found = {Path(text.path).stem: text.content.decode() for text in texts_on_this_machine(wanted)}
    return {key: found[key] for key in ("mit", "apache-2.0", "cc-by-nc-4.0")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matcher() -> AsyncIterator[ChildMatcher]:
    matcher = ChildMatcher(licence_matcher())
    yield matcher
    await matcher.close()


async def test_a_text_reflowed_under_another_head_is_identified(matcher: ChildMatcher, known: dict[str, str]) -> None:
    for key, text in known.items():
        reflowed = "Licence of the Tiny model\n\nCopyright 2026 Ada Lovelace\n\n" + " ".join(text.split())
        match = await matcher.match(reflowed)
        assert (match.state, [one.key for one in match.licences]) == (IDENTIFIED, [key])


async def test_one_not_makes_it_another_text(matcher: ChildMatcher, known: dict[str, str]) -> None:
    changed = known["mit"].replace("Permission is hereby granted", "Permission is not hereby granted")
    assert changed != known["mit"]
    match = await matcher.match(changed)
    assert (match.state, [one.key for one in match.licences]) == (NEAR_BY, ["mit"])
    assert ("foreign", "not") in [(piece.kind, piece.text) for piece in match.diff]


@pytest.mark.parametrize("text", [GERMAN, CHINESE])
async def test_a_licence_in_a_language_without_known_texts_stays_unknown(matcher: ChildMatcher, text: str) -> None:
    assert (await matcher.match(text)).state == UNKNOWN


async def test_bytes_that_are_no_text_are_told_from_texts(matcher: ChildMatcher) -> None:
    binary = random.Random(7).randbytes(50_000).decode("utf-8", errors="replace")
    assert (await matcher.match(binary)).state == NO_TEXT
    assert (await matcher.match("License: MIT")).state == NAMED


async def test_a_process_killed_in_the_middle_of_a_text_costs_one_repetition(
    matcher: ChildMatcher, known: dict[str, str]
) -> None:
    await matcher.match("License: MIT")
    (pid,) = matcher.workers.resting
    words = known["apache-2.0"].split()
    random.Random(7).shuffle(words)  # takes a second and more, as words that occur everywhere do
    work = asyncio.create_task(matcher.match(" ".join(words)))
    await asyncio.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    assert (await work).state == UNKNOWN
    assert pid not in matcher.workers.resting


async def test_a_text_without_its_title_is_not_taken_for_the_text_of_another_year(matcher: ChildMatcher) -> None:
    """Where a text of ScanCode's for the family stands here word for word, its siblings are compared all the same."""
    text = scancodes("unicode-dfs-2016")
    match = await matcher.match(text[text.index("Unicode Data Files include") :])
    assert (match.state, [one.key for one in match.licences]) == (IDENTIFIED, ["unicode-dfs-2016"])


async def test_a_licence_without_its_disclaimer_is_not_taken_for_the_whole(matcher: ChildMatcher) -> None:
    """ScanCode's library holds the two-clause BSD licence without it as a text of that licence."""
    whole = scancodes("bsd-simplified")
    text = whole[whole.index("Redistribution and use") :]
    assert (await matcher.match(text)).state == IDENTIFIED
    cut = await matcher.match(text[: text.index("THIS SOFTWARE IS PROVIDED")])
    assert (cut.state, [one.key for one in cut.licences]) != (IDENTIFIED, ["bsd-simplified"])
