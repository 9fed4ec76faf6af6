"""The evaluation harness as a child, with a stand-in that writes what it writes; the real one runs in tests/conformance."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from commonweight.cli.tune_eval import table
from commonweight.tuning.judging.harness import Harness, HarnessFailed, NoTasks, evaluate, names_in

#: Writes one document right in three for the base, and each for any other model; and what it was started with.
STAND_IN = """#!/bin/sh
echo "$@" >> "$PWD/started"
echo "$HF_HUB_OFFLINE $OPENAI_API_KEY" >> "$PWD/started"
while [ $# -gt 0 ]; do
  case "$1" in
    --output_path) out="$2" ;;
    --model_args) model="$2" ;;
  esac
  shift
done
mkdir -p "$out/x"
number=0
while [ $number -lt 30 ]; do
  case "$model" in model=base,*) right=$(( number % 3 == 0 )) ;; *) right=1 ;; esac
  echo "{\\"doc_id\\": $number, \\"metrics\\": [\\"acc\\"], \\"acc\\": $right, \\"filter\\": \\"none\\"}"
  number=$(( number + 1 ))
done > "$out/x/samples_capitals_2026-11-30T10-00-00.000000.jsonl"
"""


def python_that(tmp_path: Path, script: str) -> str:
    path = tmp_path / "python"
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def tasks_in(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "capitals.yaml").write_text("task: capitals\ndoc_to_text: !function utils.text\n")
    (folder / "broken.yaml").write_text("task: [")
    return folder


async def quiet(sentence: str) -> None:
    """Nobody listens."""


async def test_models_are_compared_on_the_same_documents(tmp_path: Path) -> None:
    tasks = tasks_in(tmp_path)
    harness = Harness(tasks, (), "http://127.0.0.1:1", "sk-1", python=python_that(tmp_path, STAND_IN))
    base, tuned = await evaluate(harness, ["base", "tuned"], tmp_path / "out", quiet)
    assert (base.task, base.metric, base.score.value, base.difference) == ("capitals", "acc", pytest.approx(1 / 3), None)
    assert tuned.difference is not None
    assert (tuned.difference.won, tuned.difference.lost) == (20, 0)
    assert tuned.difference.p is not None
    started = (tasks / "started").read_text()
    assert "1 sk-1" in started
    assert "base_url=http://127.0.0.1:1/v1/completions" in started
    lines = table([base, tuned])
    assert lines[1].split()[:4] == ["capitals", "acc", "base", "33.3"]
    assert "+66.7" in lines[2]


async def test_a_run_that_fails_says_what_it_said_last(tmp_path: Path) -> None:
    tasks = tasks_in(tmp_path)
    failing = python_that(tmp_path, "#!/bin/sh\necho It does not know this task.\nexit 1\n")
    with pytest.raises(HarnessFailed, match="does not know this task"):
        await evaluate(Harness(tasks, (), "http://127.0.0.1:1", "k", python=failing), ["m"], tmp_path / "out", quiet)
    missing = python_that(tmp_path, "#!/bin/sh\necho No module named lm_eval >&2\nexit 1\n")
    with pytest.raises(HarnessFailed, match="not installed"):
        await evaluate(Harness(tasks, (), "http://127.0.0.1:1", "k", python=missing), ["m"], tmp_path / "out", quiet)


async def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoTasks, match="no YAML file"):
        await evaluate(Harness(tmp_path / "empty", (), "", ""), ["m"], tmp_path / "out", quiet)
    assert names_in(tasks_in(tmp_path)) == ["capitals"]
