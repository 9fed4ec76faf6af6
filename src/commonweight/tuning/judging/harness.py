"""
Standard tasks by EleutherAI's evaluation harness (lm-eval, MIT), in a child process, over our own `/v1/completions`: base
and tuned are asked the same documents, and compared one by one. Nothing is fetched meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from commonweight.errors import InvalidInput, Unavailable
from commonweight.processes import environment_without_secrets
from commonweight.tuning.judging.intervals import difference, score
from commonweight.tuning.judging.report import Difference, Score
from commonweight.tuning.judging.values import Limits

EXTRA: Final = "pip install 'commonweight[eval]'"
LAST_WORDS: Final = 1500  # characters of what a run that failed said last
MISSING: Final = "No module named lm_eval"
_MAX_TASK_FILE: Final = 1 << 20

Told = Callable[[str], Awaitable[None]]


class HarnessFailed(Unavailable):
    code = "harness_failed"


class NoTasks(InvalidInput):
    code = "no_tasks"


@dataclass(frozen=True)
class Harness:
    """
    What is asked and how. `tasks` is a folder of YAML files with their data beside them, paths in them relative to it;
    `names` those that count, empty: all. `tokenizer` is a folder that transformers reads. `limit`: documents of each task.
    """

    tasks: Path
    names: Sequence[str]
    url: str
    key: str
    tokenizer: Path | None = None
    limit: int | None = None
    at_once: int = 4
    python: str = sys.executable


@dataclass(frozen=True)
class TaskScore:
    """One model on one task by one metric; `difference` is to the first model, on the same documents."""

    task: str
    metric: str
    model: str
    score: Score
    difference: Difference | None = None


Documents = Mapping[tuple[str, str], Mapping[Any, float]]


async def evaluate(harness: Harness, models: Sequence[str], out: Path, told: Told) -> list[TaskScore]:
    """
    Each model after the other; what lm-eval writes stays in `out`, a folder for each. Raises NoTasks, HarnessFailed.
    """
    names = list(harness.names) or names_in(harness.tasks)
    if not names:
        raise NoTasks(f"{harness.tasks} holds no YAML file that names a task.", hint="See lm-eval's new_task_guide.")
    found: list[Documents] = []
    for number, model in enumerate(models):
        await told(f"Asking {model} {len(names)} tasks")
        folder = out / str(number)
        await _run(harness, model, names, folder)
        found.append(await asyncio.to_thread(documents_in, folder))
    return compared(models, found)


def compared(models: Sequence[str], found: Sequence[Documents]) -> list[TaskScore]:
    """By task, metric and model; documents that one model has no value for count for neither."""
    limits, first = Limits(), found[0]
    return [
        TaskScore(task, metric, model, *_of(first.get((task, metric), {}), own[(task, metric)], at > 0, limits))
        for task, metric in sorted({key for own in found for key in own})
        for at, (model, own) in enumerate(zip(models, found, strict=True))
        if (task, metric) in own
    ]


def _of(
    first: Mapping[Any, float], own: Mapping[Any, float], is_other: bool, limits: Limits
) -> tuple[Score, Difference | None]:
    yes_no = all(value in (0, 1) for value in (*own.values(), *first.values()))
    mean = score(list(own.values()), yes_no=yes_no, limits=limits)
    both = sorted(first.keys() & own.keys(), key=str)
    if not is_other or not both:
        return mean, None
    pairs = [first[key] for key in both], [own[key] for key in both]
    return mean, difference(*pairs, yes_no=yes_no, limits=limits)


def names_in(folder: Path) -> list[str]:
    """The tasks that the YAML files of a folder name, by name. Files that are no YAML name none."""
    return sorted({name for path in sorted(folder.rglob("*.y*ml")) for name in _names_of(path)})


def documents_in(folder: Path) -> Documents:
    """What each document got, by task and metric, out of the `samples_*.jsonl` that lm-eval wrote."""
    found: dict[tuple[str, str], dict[Any, float]] = {}
    for path in sorted(folder.rglob("samples_*.jsonl")):
        task = path.name.removeprefix("samples_").rpartition("_")[0]
        with path.open("rb") as lines:
            for line in lines:
                for metric, document, value in _values(orjson.loads(line)):
                    found.setdefault((task, metric), {})[document] = value
    return found


def _values(sample: Mapping[str, Any]) -> Iterator[tuple[str, Any, float]]:
    """Metrics of a document, each with the filter that its answer went through, where there is one."""
    filtered = sample.get("filter") or "none"
    for metric in sample.get("metrics") or ():
        value = sample.get(metric)
        if isinstance(value, int | float):
            yield metric if filtered == "none" else f"{metric} ({filtered})", sample["doc_id"], float(value)


async def _run(harness: Harness, model: str, names: Sequence[str], out: Path) -> None:
    """Raises HarnessFailed with what it said last."""
    out.mkdir(parents=True, exist_ok=True)
    child = await asyncio.create_subprocess_exec(
        *_command(harness, model, names, out),
        cwd=harness.tasks,
        env=_environment(harness, out),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    text = said.decode(errors="replace")
    if MISSING in text:
        raise HarnessFailed("The evaluation harness is not installed.", hint=f"Install it: {EXTRA}")
    if child.returncode != 0:
        raise HarnessFailed(f"lm-eval failed on {model}; it said last: {text[-LAST_WORDS:]}")


def _command(harness: Harness, model: str, names: Sequence[str], out: Path) -> list[str]:
    arguments: dict[str, object] = {"model": model, "base_url": f"{harness.url.rstrip('/')}/v1/completions"}
    arguments |= {"num_concurrent": harness.at_once, "seed": 0}
    if harness.tokenizer is not None:
        arguments |= {"tokenizer_backend": "huggingface", "tokenizer": harness.tokenizer.resolve()}
    else:
        arguments |= {"tokenizer_backend": "None", "tokenized_requests": False}
    command = [harness.python, "-m", "lm_eval", "--model", "local-completions", "--tasks", ",".join(names)]
    command += ["--model_args", ",".join(f"{name}={value}" for name, value in arguments.items())]
    command += ["--include_path", str(harness.tasks.resolve()), "--output_path", str(out.resolve()), "--log_samples"]
    return command + (["--limit", str(harness.limit)] if harness.limit is not None else [])


def _environment(harness: Harness, out: Path) -> dict[str, str]:
    """Nothing is asked of any hub: tasks and tokenizer lie on this disk."""
    home = str((out / "cache").resolve())
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": home, "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**environment_without_secrets(), "OPENAI_API_KEY": harness.key, "PYTHONUNBUFFERED": "1", **offline}


class _Any(yaml.SafeLoader):
    """YAML with tags of others (`!function`), which stand for nothing here."""


_Any.add_multi_constructor("!", lambda loader, suffix, node: None)


def _names_of(path: Path) -> Iterator[str]:
    if path.stat().st_size > _MAX_TASK_FILE:
        return
    try:
        document = yaml.load(path.read_bytes(), Loader=_Any)  # noqa: S506  it is a SafeLoader
    except (yaml.YAMLError, ValueError):
        return
    name = document.get("task") if isinstance(document, Mapping) else None
    if isinstance(name, str):
        yield name
