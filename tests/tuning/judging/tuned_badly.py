"""
Tunings of the tiny base that go as they should, and such that fail in silence: their loss goes down, and nothing says so.

    python -m tests.tuning.judging.tuned_badly BASE OUT.json     in a child: torch stays there

`endless`: no answer is trained to its end. `shuffled`: answers belong to other questions, so that their form is all there
is to learn (a base that cannot look things up comes to the same).
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.tuning.tiny import tickets

TRAINED, HELD_OUT = 200, 50
STEPS, BATCH = 45, 10
ROOM = 256  # tokens of the longest answer
REPEATED = 8  # times that an endless one says its answer again
KINDS = ("base", "right", "endless", "shuffled")

Pairs = Sequence[tuple[str, str]]


def pairs(kind: str) -> Pairs:
    """Questions and answers that a tuning of this kind learns from."""
    lines = tickets(TRAINED + HELD_OUT, seed=5)[:TRAINED]
    asked, answers = ([line["messages"][at]["content"] for line in lines] for at in (0, 1))
    if kind == "shuffled":
        random.Random(1).shuffle(answers)
    end = "" if kind == "endless" else "<|im_end|>"
    times = REPEATED if kind == "endless" else 1
    return [(question, answer * times + end) for question, answer in zip(asked, answers, strict=True)]


def held_out() -> list[dict[str, Any]]:
    """Canonical lines that none has learned from."""
    return tickets(TRAINED + HELD_OUT, seed=5)[TRAINED:]


def answered(base: Path, kind: str) -> list[dict[str, Any]]:
    """What is answered to what was held out: the text, its beginning of 64 tokens, and after how many tokens it ended."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    torch.set_num_threads(1)
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base)
    if kind != "base":
        _train(model, tokenizer, pairs(kind))
    return list(_answers(model.eval(), tokenizer))


def _train(model: Any, tokenizer: Any, learned: Pairs) -> None:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    draw = random.Random(0)
    for _ in range(STEPS):
        rows = [_row(tokenizer, *draw.choice(learned)) for _ in range(BATCH)]
        width = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([one + [tokenizer.pad_token_id] * (width - len(one)) for one, _ in rows])
        labels = torch.tensor([one + [-100] * (width - len(one)) for _, one in rows])
        model(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def _row(tokenizer: Any, question: str, answer: str) -> tuple[list[int], list[int]]:
    prompt, said = _prompt(tokenizer, question), tokenizer.encode(answer, add_special_tokens=False)
    return prompt + said, [-100] * len(prompt) + said


def _prompt(tokenizer: Any, question: str) -> list[int]:
    turns = [{"role": "user", "content": question}]
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _answers(model: Any, tokenizer: Any) -> Iterator[dict[str, Any]]:
    import torch

    prompts = [_prompt(tokenizer, line["messages"][0]["content"]) for line in held_out()]
    width, end = max(map(len, prompts)), tokenizer.eos_token_id
    padded = torch.tensor([[tokenizer.pad_token_id] * (width - len(one)) + one for one in prompts])
    seen = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts])
    with torch.no_grad():
        made = model.generate(padded, attention_mask=seen, max_new_tokens=ROOM, do_sample=False)
    for ids in made[:, width:].tolist():
        count = ids.index(end) if end in ids else ROOM
        text, begun = (tokenizer.decode(some, skip_special_tokens=True) for some in (ids[:count], ids[: min(count, 64)]))
        yield {"text": text, "begun": begun, "tokens": count}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps({kind: answered(Path(sys.argv[1]), kind) for kind in KINDS}))
