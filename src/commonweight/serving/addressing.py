"""How a request says which of an engine's weights are meant."""

from __future__ import annotations

from typing import Any

from commonweight.serving.engines import Dialect, Traits
from commonweight.serving.errors import EngineLost


def addressing(traits: Traits, adapter: str = "") -> dict[str, Any]:
    """
    The fields that a request to an engine with these traits carries; `adapter` is empty for the model itself.

    To llama.cpp every adapter goes with its scale: what is not named keeps the scale that the engine was started with, and
    an empty list switches nothing off (llama.cpp#28674). Nor is the prefix of an earlier request used again there: under
    several requests at once a slot was seen to keep one that another adapter had computed. Raises EngineLost where the
    engine does not hold the adapter.
    """
    if adapter and adapter not in traits.adapters:
        raise EngineLost(f"The engine does not hold the adapter {adapter}.")
    if traits.dialect is Dialect.LLAMACPP:
        if not traits.adapters:
            return {}
        scales = [{"id": number, "scale": float(name == adapter)} for number, name in enumerate(traits.adapters)]
        return {"lora": scales, "cache_prompt": False}
    model = adapter or traits.model
    return {"model": model} if model else {}
