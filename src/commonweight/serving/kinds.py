"""Which adapter runs a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from commonweight.serving.engines import EngineKind
from commonweight.serving.errors import ModelUnsupported
from commonweight.serving.models import ServableModel

ChooseKind = Callable[[ServableModel], EngineKind]


def kinds_by_suffix(kinds: Mapping[str, EngineKind]) -> ChooseKind:
    """Choose by the ending of the file: `{".gguf": LlamaCpp(…)}`."""

    def choose(model: ServableModel) -> EngineKind:
        suffix = PurePosixPath(model.path).suffix.lower()
        if suffix not in kinds:
            known = ", ".join(sorted(kinds))
            raise ModelUnsupported(f"No engine here loads {model.path!r}.", hint=f"Engines load files that end in {known}.")
        return kinds[suffix]

    return choose
