"""What one request comes to, charged once: at its end, or where it broke off."""

from __future__ import annotations

import logging
import time

from commonweight.plans import Admitted, NotRecorded
from commonweight.wire.openai.tally import Tally

log = logging.getLogger("commonweight.inference")


class Charge:
    """`tally` is told what the engine counts; `begin` when an engine has taken the request up."""

    def __init__(self, admitted: Admitted, choices_per_prompt: int) -> None:
        self.tally = Tally(choices_per_prompt)
        self._admitted = admitted
        self._began: float | None = None

    def begin(self) -> None:
        """An engine works on it from now on."""
        self._began = time.perf_counter()

    def settle(self, whole: bool = True) -> None:
        """Charge what the engine has counted; the first time counts. Raises NotRecorded."""
        if self._admitted.is_settled:
            return
        if self._began is None:
            self._admitted.release()
            return
        tokens = self.tally.tokens(whole, self._admitted.prompt_bytes)
        self._admitted.settle(tokens, time.perf_counter() - self._began)

    def settle_what_there_is(self, model: str) -> None:
        """Of a request that broke off; nothing more is charged for one that went well."""
        try:
            self.settle(whole=False)
        except NotRecorded as error:
            log.error("model=%s usage is lost: %s", model, error.sentence)  # noqa: TRY400
