"""From a licence text to its record: layout, title and holder do not matter, any other word does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights import RightsError, identify_text, load_records, text_digest
from commonweight.rights.identify import MAX_LICENCE_TEXT

RECORDS = load_records()
MIT = """MIT License

Copyright (c) 2023 Ada Example

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def found(text: str) -> str | None:
    terms = identify_text(text, RECORDS).terms
    return terms.key if terms else None


def test_the_text_of_the_mit_license_is_known() -> None:
    assert found(MIT) == "mit"


@pytest.mark.parametrize(
    "changed",
    [
        MIT.replace("Ada Example", "Grace Example and 41 others"),
        MIT.replace("MIT License", "# The MIT License (MIT)"),
        MIT.replace("MIT License\n\nCopyright (c) 2023 Ada Example\n\n", ""),
        MIT.replace('"', "“"),
        " ".join(MIT.split("\n\n", 2)[2].split()),
        MIT.replace("\n", "\r\n"),
        MIT.replace("\n", "\n> "),
        MIT.upper(),
    ],
)
def test_layout_title_and_holder_do_not_matter(changed: str) -> None:
    assert found(changed) == "mit"


@pytest.mark.parametrize(
    "changed",
    [
        MIT + "\nIf the Software is used by more than 100 million users, display its name prominently.\n",
        MIT.replace("sublicense, and/or sell", "and/or sublicense"),
        MIT.replace("without restriction", "with restriction"),
        "Modified MIT License\n\n" + MIT,
        MIT.replace("Ada Example", "Ada Example. Not for commercial use."),
        MIT[:400],
        "",
    ],
)
def test_any_other_change_makes_it_another_text(changed: str) -> None:
    assert found(changed) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(MIT.split()) - 1))
def test_a_text_that_lost_a_word_is_not_known(place: int) -> None:
    words = MIT.split("Example\n", 1)[1].split()
    del words[place % len(words)]
    assert found(" ".join(words)) is None


def test_a_text_beyond_the_bound_is_refused() -> None:
    with pytest.raises(RightsError, match="at most"):
        text_digest("a " * MAX_LICENCE_TEXT)
