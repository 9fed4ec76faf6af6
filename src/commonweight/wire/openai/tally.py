"""What a request came to: the engine's own counts, at its end or as far as it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.plans import Tokens

Document = dict[str, Any]

_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
_USAGE_DETAILS = ("prompt_tokens_details", "completion_tokens_details")
#: Its progress with a prompt is asked for because only what is written to a client shows that it has left.
TIMINGS: Final[Mapping[str, Any]] = {"timings_per_token": True, "return_progress": True}
_CONTINUOUS: Final[Mapping[str, Any]] = {"stream_options": {"include_usage": True, "continuous_usage_stats": True}}
_NOTHING: Final[Mapping[str, Any]] = {}
BYTES_PER_TOKEN: Final = 4  # of a prompt that an engine did not live to count; what OpenAI estimates by


def counting_of(engine: str) -> Mapping[str, Any]:
    """Fields of a request by which an engine counts in every chunk: `engine` is its name and version."""
    if engine.startswith("llama.cpp"):
        return TIMINGS
    return _CONTINUOUS if engine.startswith(("vllm", "mock")) else _NOTHING


def whole_usage(raw: Document, engine: str) -> Any:
    """
    What an unstreamed answer reports for all of its choices. llama.cpp reports the first alone; the others are counted by
    their log-probabilities, without which it is not asked for a whole answer.
    """
    said = raw.get("usage")
    if said is None or not engine.startswith("llama.cpp") or not _is_report(said):
        return said
    told = [len((choice.get("logprobs") or {}).get("content") or ()) for choice in raw.get("choices") or ()]
    more = sum(told[1:])
    return {**said, **{name: said[name] + more for name in ("completion_tokens", "total_tokens")}}


class Tally:
    """
    The usage of one request.

    Engines report it once for everything, or (llama.cpp) once for each choice; then each of the `n` choices of a prompt
    counts that prompt again. On the way some say in every chunk how far a choice has come (`counting_of`).
    """

    def __init__(self, choices_per_prompt: int) -> None:
        self._n = choices_per_prompt
        self._reports: list[Document] = []
        self._timings: dict[int, tuple[int, int, int]] = {}  # by choice, how far it has come: prompt, cached, completion
        self._so_far: dict[int, Document] = {}  # the same as reports; read at the end, not once for each token
        self._last: Document | None = None  # a report that came with a choice, as some engines send it at the end
        self._pieces = 0

    def add_whole(self, raw: Document, engine: str) -> None:
        """Note what an unstreamed answer reports. `engine` is its name and version."""
        said = whole_usage(raw, engine)
        if said is not None and _is_report(said):
            self._reports.append(said)

    def add(self, raw: Document) -> None:
        """Note what a chunk of the engine reports, if it does."""
        choices, timings = raw.get("choices"), raw.get("timings")
        if choices and timings:
            cached = timings.get("cache_n", 0)
            self._timings[choices[0].get("index", 0)] = (timings["prompt_n"] + cached, cached, timings["predicted_n"])
        said = raw.get("usage")
        if said is None:
            self._pieces += bool(choices)
        elif _is_report(said):
            if choices:
                self._so_far[choices[0].get("index", 0)] = self._last = said
            else:
                self._reports.append(said)

    def total(self) -> Document | None:
        """The usage as the contract has it; None where the engine reported none."""
        if len(self._reports) <= 1:
            report = self._reports[0] if self._reports else self._last
            return _known_usage(report) if report else None
        prompt = sum(report["prompt_tokens"] for report in self._reports) // self._n
        completion = sum(report["completion_tokens"] for report in self._reports)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def tokens(self, whole: bool, prompt_bytes: int) -> Tokens:
        """
        What is charged. `whole`: the engine has said its last word; otherwise as far as it has counted. Where it does not
        count on the way: a token for each piece and an estimate for the prompt.
        """
        if whole and len(self._reports) == 1:
            prompt, cached, completion = _counts(self._reports[0])
            return Tokens(prompt, min(cached, prompt), completion)
        if whole and self._reports:
            counts = [_counts(report) for report in self._reports]
            completion = sum(c[2] for c in counts)
            so_far = self._how_far()
            cached = self._prompts(so_far)[1] if so_far else sum(c[1] for c in counts) // self._n
            return _tokens(sum(c[0] for c in counts) // self._n, cached, completion)
        if so_far := self._how_far():
            return _tokens(*self._prompts(so_far), sum(c[2] for c in so_far.values()))
        if self._pieces:
            return Tokens(-(-prompt_bytes // BYTES_PER_TOKEN), 0, self._pieces)
        return Tokens()

    def _how_far(self) -> dict[int, tuple[int, int, int]]:
        """By choice: tokens of its prompt, those that a cache answered for, and its own."""
        return {**self._timings, **{index: _counts(said) for index, said in self._so_far.items()}}

    def _prompts(self, so_far: Mapping[int, tuple[int, int, int]]) -> tuple[int, int]:
        """
        Tokens of all prompts, and those that a cache answered for. Each prompt is counted once, for the first of its choices
        that says so: the others have it from that one.
        """
        prompts: dict[int, tuple[int, int]] = {}
        for index, (prompt, cached, _) in sorted(so_far.items()):
            prompts.setdefault(index // self._n, (prompt, cached))
        return sum(p[0] for p in prompts.values()), sum(p[1] for p in prompts.values())


def _is_report(said: Any) -> bool:
    if not isinstance(said, dict):
        return False
    prompt, completion, total = said.get("prompt_tokens"), said.get("completion_tokens"), said.get("total_tokens")
    return isinstance(prompt, int) and isinstance(completion, int) and isinstance(total, int)


def _tokens(prompt: int, cached: int, completion: int) -> Tokens:
    return Tokens(prompt, min(cached, prompt), completion)


def _counts(report: Document) -> tuple[int, int, int]:
    details = report.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return report["prompt_tokens"], cached if isinstance(cached, int) else 0, report["completion_tokens"]


def _known_usage(report: Document) -> Document:
    known = {name: report[name] for name in _USAGE}
    for name in _USAGE_DETAILS:
        if isinstance(details := report.get(name), dict):
            known[name] = details
    return known
