"""Code in a release, by what a script is called and what it does; and code that an open library carries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.rights.openness.component import Component, SeenAt
from commonweight.rights.openness.libraries import library_of
from commonweight.rights.openness.release import Release, ReleaseFile
from commonweight.rights.openness.seen_weights import MAX_SHOWN
from commonweight.rights.said import mark, say

_ENDS: Final = r"(?:[_-][^/]*)?\.(?:py|sh|ipynb|cc|cpp|rs|jl|go)$"


def _script(words: str) -> re.Pattern[str]:
    """Scripts whose name begins or goes on with one of these words: `train.py`, `run_train_large.sh`."""
    return re.compile(rf"(?:^|/)(?:[^/]*[_-])?(?:{words}){_ENDS}", re.IGNORECASE)


_NAMED: Final = {
    "architecture_code": re.compile(
        r"(?:^|/)(?:modeling|configuration|model|models)(?:_[^/]+)?\.(?:py|cc|cpp)$", re.IGNORECASE
    ),
    "training_code": _script(r"(?:pre-?)?train(?:ing|er)?|pre-?training|fine-?tun(?:e|ing)|sft|dpo|ppo|grpo|rlhf|lora"),
    "inference_code": _script(r"inference|infer|generate|run|handler|predict|pipeline|chat|demo|app|sample"),
    "evaluation_code": _script(r"eval|evaluate|evaluation|lm_eval|benchmark"),
    "preprocessing_code": _script(
        r"pre-?process(?:ing)?|prepare(?:_data)?|dedup(?:licate)?|filter|clean|tokenize|build_data(?:set)?"
    ),
}
_RECIPE: Final = re.compile(
    r"(?:^|/)(?:[^/]*(?:recipe|axolotl|deepspeed|zero[1-3]|accelerate|train(?:ing)?[_-]?config|pretrain|sft|dpo)[^/]*)\.(?:ya?ml|toml|json)$",
    re.IGNORECASE,
)
_EVAL_CONFIG: Final = re.compile(r"(?:^|/)[^/]*(?:eval|harness)[^/]*\.ya?ml$", re.IGNORECASE)
_STATES: Final = re.compile(
    r"(?:^|/)(?:trainer_state\.json|training_args\.(?:bin|json|ya?ml)|train_results\.json|hparams\.ya?ml|optimizer\.(?:pt|bin)"
    r"|scheduler\.pt|events\.out\.tfevents[^/]*|wandb/.*)$",
    re.IGNORECASE,
)
_LIBRARIES: Final = re.compile(
    r"(?:^|/)(?:requirements[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|environment\.ya?ml|Dockerfile|poetry\.lock|uv\.lock)$"
)
_TUNING: Final = re.compile(r"fine-?tun|sft|dpo|ppo|grpo|rlhf|lora", re.IGNORECASE)


def see_code(release: Release, gguf: Mapping[str, Any]) -> dict[str, Component]:
    """Every code component, and the settings of the training."""
    found = {key: _scripts(release, pattern) for key, pattern in _NAMED.items()}
    found["training_code"] = _training(release, found["training_code"])
    found["evaluation_code"] = _evaluation(release, found["evaluation_code"])
    found |= _of_library(release, gguf, found)
    found["model_metadata"] = _files(release, _STATES, mark("No settings or states of its training are here."))
    found["supporting_libraries"] = _files(release, _LIBRARIES, mark("No list of libraries is here."))
    return found


def _matching(release: Release, pattern: re.Pattern[str]) -> list[ReleaseFile]:
    found = [one for one in release.files if one.is_stored and pattern.search(one.path)]
    return sorted(found, key=lambda one: (one.path.count("/"), one.path))


def _scripts(release: Release, pattern: re.Pattern[str]) -> Component:
    """Scripts with that name which hold something."""
    files = [one for one in _matching(release, pattern) if one.content is None or _does_something(one.text)]
    if not files:
        return Component(detail=mark("No such code is in the release."))
    return Component("released", "A", "", _seen(files))


def _does_something(text: str) -> bool:
    """Whether a script has a line that is neither empty nor a remark."""
    lines = (line.strip() for line in text.splitlines())
    return any(line and not line.startswith("#") and line != "pass" for line in lines)


def _seen(files: Sequence[ReleaseFile]) -> tuple[SeenAt, ...]:
    return tuple(one.seen for one in files[:MAX_SHOWN])


def _files(release: Release, pattern: re.Pattern[str], why_not: str) -> Component:
    files = _matching(release, pattern)
    return Component("released", "A", "", _seen(files)) if files else Component(detail=why_not)


def _training(release: Release, scripts: Component) -> Component:
    """
    Scripts or recipes, with the stage that they are for. A script that only tunes is not what trained the weights, unless
    the release is a tuned model.
    """
    recipes = [one for one in _matching(release, _RECIPE) if not _EVAL_CONFIG.search(one.path)]
    files = (*scripts.files, *_seen(recipes))[:MAX_SHOWN]
    if not files:
        return scripts
    only_tuning = all(_TUNING.search(one.path) for one in files)
    if only_tuning and not release.card.get("base_model"):
        lack = mark("the code that trained the weights before they were tuned")
        return Component("released", "A", mark("Only code for tuning is here."), files, whole=False, lacks=(lack,))
    stage = mark("For the tuning.") if only_tuning or release.card.get("base_model") else mark("For the training.")
    return Component("released", "A", stage, files)


def _evaluation(release: Release, scripts: Component) -> Component:
    """Scripts, or the configuration of an evaluation harness."""
    if scripts.shown:
        return scripts
    configs = _matching(release, _EVAL_CONFIG)
    if not configs:
        return scripts
    return Component("released", "A", mark("The configuration of an evaluation harness."), _seen(configs))


def _of_library(release: Release, gguf: Mapping[str, Any], own: Mapping[str, Component]) -> dict[str, Component]:
    """
    Architecture and inference by an open library that knows the architecture: evidence B. A configuration alone, of an
    architecture that no library listed knows, is information and no code.
    """
    config, pipeline = release.file("config.json"), release.file("model_index.json")
    known = library_of(config.json() if config else {}, pipeline.json() if pipeline else {}, gguf)
    if known is None:
        return {}
    library, name = known
    detail = say(
        "{architecture}, in {library} {version} ({licence}).",
        architecture=name,
        library=library.name,
        version=library.version,
        licence=library.licence,
    )
    seen = (SeenAt(name, where=f"{library.name} {library.version}"),)
    carried = Component("released", "B", detail, seen, under=(library.licence,))
    return {key: carried for key in ("architecture_code", "inference_code") if not own[key].shown}
