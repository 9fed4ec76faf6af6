"""What a request may come to at most, before an engine has seen it."""

from __future__ import annotations

from typing import Final

from commonweight.wire.openai.asked import Asked

TEMPLATE_TOKENS: Final = 256  # what a chat template may put around a prompt: marks of roles, a default instruction


def bounds_of(asked: Asked, written: bytes, context: int) -> tuple[int, int]:
    """
    Tokens of the prompt and of the answer at most; `written` is what an engine is asked, as JSON. No tokenizer makes more
    tokens than there are bytes, and no engine reads or writes more than its context, for each prompt and choice.
    """
    upstream = asked.upstream
    prompt = upstream.get("prompt")
    prompts = len(prompt) if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int) else 1
    # Of a picture nobody knows how many tokens it becomes; a small file can become as many as a large one.
    size = context if asked.media else len(written) + TEMPLATE_TOKENS
    answer = upstream.get("max_tokens")
    if answer is None:
        answer = upstream.get("max_completion_tokens")
    if answer is None:
        answer = context
    choices: int = prompts * max(upstream.get("n") or 1, asked.best_of)
    return min(size, context * prompts), min(answer, context) * choices
