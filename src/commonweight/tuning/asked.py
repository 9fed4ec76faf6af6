"""Hyperparameters as clients ask for them, in the words of the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.tuning.training.choosing import MAX_TOKENS

LICENCE: Final = "licence"  # among the options: that of the training file, as somebody states it; a tag as cards have them
AUTO: Final = "auto"
EPOCHS, LONGEST = "n_epochs", "max_tokens"


def given_of(wished: Mapping[str, Any], context: int) -> dict[str, Any]:
    """`context`: how many tokens the base reads, which nobody wants to pass who says nothing; 0: not known."""
    given = {("epochs" if name == EPOCHS else name): value for name, value in wished.items()}
    if context and given.get(LONGEST) in (None, AUTO):
        given[LONGEST] = min(MAX_TOKENS, context)
    return given
