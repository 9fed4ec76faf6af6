"""Tokens are counted, in seconds, only where a line could have more of them than the base reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from commonweight.tuning.lengths import A_CHAT, A_MESSAGE, most_tokens

FIELDS = {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text(max_size=60)}
MESSAGES = st.lists(st.fixed_dictionaries(FIELDS, optional={"weight": st.sampled_from([0, 1])}), max_size=6)


def most(folder: Path, *lines: dict[str, Any]) -> int:
    path = folder / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return most_tokens(path)


def test_short_tickets_fit_a_base_of_512_tokens_without_being_counted(tmp_path: Path) -> None:
    said = "Good morning, something happened to my replacement today. I am waiting"
    turns = [{"role": "user", "content": said}, {"role": "assistant", "content": '{"team": "technical"}'}]
    assert most(tmp_path, {"messages": turns}) <= 512


@given(MESSAGES)
def test_no_line_can_have_more_tokens_than_is_said(tmp_path_factory: Any, messages: list[dict[str, Any]]) -> None:
    # A token is of a byte at least, and a template writes some around each message.
    bound = most(tmp_path_factory.mktemp("lengths"), {"messages": messages})
    written = sum(len(one["content"].encode(errors="surrogatepass")) for one in messages)
    assert bound >= written + A_MESSAGE * len(messages) + A_CHAT


def test_the_longest_line_counts(tmp_path: Path) -> None:
    short, long = ({"prompt": "a" * size, "completion": "b"} for size in (3, 900))
    assert most(tmp_path, short, long, short) > 900 > most(tmp_path, short)
