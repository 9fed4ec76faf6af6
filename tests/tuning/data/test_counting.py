"""Tokens are counted as they will be trained on, and answers that would be cut are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from commonweight.cli.tune import tune
from commonweight.tuning.data import CountFailed, NotAnExample, TokenCounter, TokenCounts, canonical, write_canonical
from commonweight.tuning.data.counts import NOT_LEARNT, Tally
from tests.support.tools import library
from tests.tuning.data.said import chat, completion, jsonl, many, pair, says, user

READ = [NOT_LEARNT]
LEARNT = [7]


def test_tokens_are_added_up_and_answers_that_do_not_fit_are_named() -> None:
    tally = Tally(max_tokens=6)
    tally.add([READ * 2 + LEARNT * 3])
    tally.add([READ * 2 + LEARNT * 2 + READ + LEARNT * 4])  # the first answer fits, the second does not
    tally.add([READ * 8 + LEARNT * 2])
    tally.add([READ * 3])
    counts = tally.counts()
    assert (counts.lines, counts.tokens, counts.trained, counts.longest) == (4, 27, 5, 10)
    assert (counts.cut, counts.cut_away, counts.no_tokens) == (2, 1, 1)
    assert [(one.line, one.code) for one in counts.errors] == [
        (2, "answer_cut"),
        (3, "answer_cut_away"),
        (4, "no_trainable_tokens"),
    ]
    assert "10" in counts.remedy()
    assert TokenCounts.from_json(json.loads(json.dumps(counts.to_json()))) == counts


def test_of_no_lines_there_are_no_tokens() -> None:
    assert Tally(4).counts().to_json() == {
        **dict.fromkeys(
            ("lines", "tokens", "trained", "median", "nine_in_ten", "longest", "cut", "cut_away", "no_tokens"), 0
        ),
        "max_tokens": 4,
        "errors": [],
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of single bytes with a template for chats; no weights are needed to count."""
    library("transformers", "tune")
    folder = tmp_path_factory.mktemp("base")
    tokenizers = library("tokenizers", "tune")
    plain = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=_letters(), merges=[]))
    plain.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = tokenizers.decoders.ByteLevel()
    plain.add_special_tokens(["<|end|>"])
    plain.save(str(folder / "tokenizer.json"))
    template = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }}<|end|>{% endfor %}"
    template += "{% if add_generation_prompt %}a:{% endif %}"
    said = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "eos_token_id": 256}))
    return folder


def _letters() -> dict[str, int]:
    alphabet = library("tokenizers.pre_tokenizers", "tune").ByteLevel.alphabet()
    return {letter: number for number, letter in enumerate(sorted(alphabet))}


async def counted(base: Path, lines: list[Any], max_tokens: int) -> TokenCounts:
    path = base / "lines.jsonl"
    path.write_bytes(jsonl([canonical(line) for line in lines]))
    return await TokenCounter().count(path, base, max_tokens)


async def test_the_assistants_words_and_its_end_are_learnt_and_what_does_not_fit_is_named(base: Path) -> None:
    two = {"messages": [user("Hi"), says("Hello.", weight=0), user("Hi"), says("Bye")]}
    long = [chat("Hi", "word " * 50), chat("word " * 50, "Hi")]
    counts = await counted(base, [chat("Hi", "Hello."), two, completion("ab", "cd"), pair("Yes", "No"), *long], 100)
    asked = len("u:Can you help me?") + 1 + len("a:")
    of_the_short = (5 + 2 + 7) + (5 + 2 + 7 + 5 + 2 + 4) + 5 + (2 * asked + 4 + 3)  # every end is one token
    of_the_long = (5 + 2 + 251) + (2 + 250 + 1 + 2 + 3)
    assert counts.lines == 6
    assert counts.trained == 7 + 4 + 3 + (4 + 3)
    assert counts.tokens == of_the_short + of_the_long
    assert [(one.line, one.code) for one in counts.errors] == [(5, "answer_cut_away"), (6, "answer_cut_away")]
    assert (counts.cut, counts.longest) == (2, 258)


async def test_a_base_without_a_tokenizer_is_said(base: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_bytes(jsonl(many(2)))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CountFailed, match="tokenizer of the base cannot be read"):
        await TokenCounter().count(tmp_path / "lines.jsonl", tmp_path, 100)


def test_the_command_says_how_long_lines_are_and_which_are_cut(base: Path) -> None:
    file = base / "sent.jsonl"
    file.write_bytes(jsonl([*many(3), chat("Hi", "word " * 50)]))
    done = CliRunner().invoke(tune, ["tokens", str(file), "--base", str(base), "--max-tokens", "100"])
    assert done.exit_code == 1, done.output
    assert "Line 4: Its last answer ends at token 258; at most 100 are read" in done.output
    file.write_bytes(jsonl([*many(3), {"messages": [7]}]))
    done = CliRunner().invoke(tune, ["tokens", str(file), "--base", str(base)])
    assert isinstance(done.exception, NotAnExample), done.output


def test_a_file_that_is_not_right_becomes_no_canonical_lines(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(jsonl([chat(), {"messages": [user("a"), 7]}]))
    with pytest.raises(NotAnExample, match="Line 2"):
        write_canonical(tmp_path / "a", tmp_path / "b")
