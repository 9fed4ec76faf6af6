"""Which adapter runs a model."""

from __future__ import annotations

import fnmatch
import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence

from commonweight.errors import InvalidInput
from commonweight.serving.engines import EngineKind
from commonweight.serving.errors import ModelUnsupported
from commonweight.serving.models import Mode, ServableModel, Target

ChooseKind = Callable[[ServableModel], EngineKind]

GGUF_ENGINES = ("llamacpp",)
CHECKPOINT_ENGINES = ("vllm", "transformers")  # the faster one first
PIPELINE_ENGINES = ("diffusers",)
SPEECH_ENGINES = ("whisper",)
_MODULES: Mapping[str, Sequence[str]] = {
    "llamacpp": ("xllamacpp",),
    "vllm": ("vllm",),
    "transformers": ("transformers", "torch", "uvicorn"),
    "diffusers": ("diffusers", "torch"),
    "whisper": ("transformers", "torch", "miniaudio"),
}
ENGINES = (*GGUF_ENGINES, *CHECKPOINT_ENGINES, *PIPELINE_ENGINES, *SPEECH_ENGINES)


def parse_engine_rules(text: str) -> tuple[tuple[str, str], ...]:
    """`acme/*=vllm, *=transformers` as pairs of a pattern for repositories and an engine. Raises InvalidInput."""
    rules = parse_pairs("ENGINES", text)
    for pattern, engine in rules:
        if engine not in ENGINES:
            hint = f"Engines are {', '.join(ENGINES)}."
            raise InvalidInput(f"COMMONWEIGHT_ENGINES holds '{pattern}={engine}'.", hint=hint)
    return rules


def parse_pairs(setting: str, text: str) -> tuple[tuple[str, str], ...]:
    """`acme/*=x, *=y` as pairs of a pattern for repositories and a word. Raises InvalidInput."""
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        pattern, _, word = part.partition("=")
        if not pattern or not word:
            raise InvalidInput(f"COMMONWEIGHT_{setting} holds {part!r}.", hint="Expected pairs like acme/*=word.")
        pairs.append((pattern, word))
    return tuple(pairs)


def fits(pattern: str, repository: str) -> bool:
    """Whether a pattern of a setting means a repository."""
    return fnmatch.fnmatchcase(repository.lower(), pattern.lower())


def choose_kind(
    kinds: Mapping[str, EngineKind],
    rules: Sequence[tuple[str, str]] = (),
    joined: Sequence[tuple[str, EngineKind]] = (),
) -> ChooseKind:
    """
    Choose by what the model is: `{"llamacpp": LlamaCpp(…)}` are the engines that are installed here.

    The first rule whose pattern fits the repository, and whose engine can load such a model, wins; without one the first
    engine that can. Before all of them come those that are `joined` for a pattern. The choice raises ModelUnsupported.
    """

    def choose(model: ServableModel) -> EngineKind:
        able = _able(model)
        for pattern, kind in joined:
            if model.target is Target.SNAPSHOT and fits(pattern, model.repository):
                return kind
        for pattern, engine in rules:
            if engine in able and fits(pattern, model.repository):
                return _kind(kinds, [engine], model)
        return _kind(kinds, able, model)

    return choose


def _able(model: ServableModel) -> Sequence[str]:
    if model.target is Target.SNAPSHOT:
        return {Mode.IMAGES: PIPELINE_ENGINES, Mode.TRANSCRIPTION: SPEECH_ENGINES}.get(model.mode, CHECKPOINT_ENGINES)
    return GGUF_ENGINES if model.path.lower().endswith(".gguf") else ()


def _kind(kinds: Mapping[str, EngineKind], able: Sequence[str], model: ServableModel) -> EngineKind:
    for engine in able:
        if engine in kinds:
            return kinds[engine]
    raise _unsupported(model, able)


def check_installed(model: ServableModel, engines: Collection[str]) -> None:
    """Raises ModelUnsupported where none of these engines loads the model."""
    able = _able(model)
    if not set(able) & set(engines):
        raise _unsupported(model, able)


def installed_engines() -> frozenset[str]:
    """The engines whose programs are installed here, by their names."""
    return frozenset(name for name, modules in _MODULES.items() if all(map(importlib.util.find_spec, modules)))


def _unsupported(model: ServableModel, able: Sequence[str]) -> ModelUnsupported:
    what = repr(model.path) if model.path else f"the checkpoint {model.name}"
    takes = f"; it takes {' or '.join(able)}" if able else ""
    return ModelUnsupported(f"No engine here loads {what}{takes}.", hint="docs/serving.md says which engine loads what.")
