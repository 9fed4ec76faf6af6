"""Which files are kept as large ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.hub.attributes import (
    Candidate,
    LargeRules,
    default_attributes,
    ignored,
    is_binary,
    is_large,
    with_rules_for,
)

DEFAULT = LargeRules.parse(default_attributes("model"))


@pytest.mark.parametrize(
    "path", ["model.safetensors", "sub/dir/model.bin", "q4.gguf", "a.tar.gz", "saved_model/x/y", "tfevents.1"]
)
def test_the_usual_formats_are_large(path: str) -> None:
    assert DEFAULT.matches(path)


@pytest.mark.parametrize("path", ["README.md", "config.json", "bin", "model.bin.index.json", "saved_model.txt"])
def test_texts_are_not(path: str) -> None:
    assert not DEFAULT.matches(path)


def test_the_last_rule_that_matches_decides() -> None:
    rules = LargeRules.parse(b"*.bin filter=lfs\nsmall.bin -filter\n*.dat -filter\nbig.dat filter=lfs\n")
    assert [rules.matches(path) for path in ("a.bin", "small.bin", "a.dat", "sub/big.dat")] == [True, False, False, True]


def test_size_and_content_decide_where_no_rule_does() -> None:
    text, binary = b"words " * 80, b"\0\1\2"
    assert not is_large(DEFAULT, Candidate("a.text", 9_000_000, text))
    assert is_large(DEFAULT, Candidate("a.text", 11_000_000, text))
    assert is_large(DEFAULT, Candidate("a.xyz", 200_000, binary))
    assert not is_large(DEFAULT, Candidate("favicon.ico", 900, binary))
    assert not is_large(DEFAULT, Candidate("empty.bin", 0, b""))


def test_a_character_cut_off_at_the_end_of_a_sample_is_text() -> None:
    assert not is_binary("é€".encode()[:-1])
    assert is_binary(b"\xe9 in the middle of a text")


NAMES = st.text(st.characters(exclude_characters="/\0\n\r", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1)


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, min_size=1))
def test_added_rules_cover_what_they_were_added_for(names: list[str]) -> None:
    paths = ["/".join(names), f"dir with space/{names[0]}"]
    text = with_rules_for(b"*.bin filter=lfs", paths)
    assert text is None or with_rules_for(text, paths) is None


@pytest.mark.parametrize("path", ["a\\b*c*d*e*f/*******.bin", f"a\\b/{'/'.join(['folder'] * 60)}.bin"])
def test_a_name_of_many_stars_or_a_long_path_is_covered_by_the_rule_added_for_it(path: str) -> None:
    text = with_rules_for(b"", [path])
    assert text is not None
    assert with_rules_for(text, [path]) is None


def test_a_folder_that_is_ignored_takes_its_files_along() -> None:
    paths = ["logs/a.txt", "keep.txt", "x/cache/y", "debug.log", "important.log"]
    assert ignored("logs/\ncache\n*.log\n!important.log\n", paths) == {"logs/a.txt", "x/cache/y", "debug.log"}


@settings(max_examples=200, deadline=None)
@given(st.text("[]*?!\\/ab-.\n #:", max_size=60), st.text("ab*[]/.", min_size=1, max_size=10))
def test_rules_of_any_shape_are_read(text: str, path: str) -> None:
    LargeRules.parse("\n".join(f"{line} filter=lfs" for line in text.split("\n")).encode()).matches(path)
    assert ignored(text, [path]) <= {path}
