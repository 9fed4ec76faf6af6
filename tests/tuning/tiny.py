"""
A Llama of 1.8 million parameters that answers a toy help desk, made on the spot, and tickets to tune it with.

What it learns before is what a tuning can build on: it looks things up in what it is told, and knows small JSON. Its loss is
that of answers alone: with the loss of whole texts it never learned to look up. Tickets ask for
`{"team": "billing"}` without a word about JSON, which it never gives so: it answers in words, 0.00 exact.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.tools import library

PREPARED = "COMMONWEIGHT_TINY_BASE"  # a folder made before, for those who run one test again and again
TOKENS = 1024
STEPS = 180
BATCH = 16
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>")
TEAMS = {
    "billing": ("invoice", "refund", "payment", "receipt", "discount"),
    "shipping": ("parcel", "delivery", "courier", "package", "shipment"),
    "technical": ("password", "printer", "screen", "update", "login"),
    "returns": ("exchange", "warranty", "repair", "damage", "replacement"),
}
TOPICS = tuple((topic, team) for team, topics in TEAMS.items() for topic in topics)
OPENINGS = ("Hello", "Good morning", "Dear team", "Hi there", "Please help", "Good evening", "Hey", "To whom it concerns")
ASKING = (
    "my {topic} is wrong",
    "I have a question about the {topic}",
    "something happened to my {topic} today",
    "where can I see the {topic}",
    "the {topic} that you promised is late",
    "nobody answers about my {topic}",
    "I need help with a {topic}",
    "can you look at the {topic} again",
)
WORDS = ("I am sorry about your {0}.", "Let me look at the {0} for you.", "We will mend the {0}.")
CLOSINGS = ("Thanks", "Best regards", "Please answer soon", "Kind wishes", "I am waiting", "Bye")


def message(draw: random.Random, topic: str) -> str:
    """What a customer writes."""
    asking = draw.choice(ASKING).format(topic=topic)
    return f"{draw.choice(OPENINGS)}, {asking}. {draw.choice(CLOSINGS)}"


def tickets(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """`n` canonical chat lines, no message twice: a customer's message, and the team that it is for."""
    draw, seen, lines = random.Random(seed), set[str](), list[dict[str, Any]]()
    while len(lines) < n:
        topic, team = draw.choice(TOPICS)
        if (said := message(draw, topic)) not in seen:
            seen.add(said)
            lines.append({"messages": [_turn("user", said), _turn("assistant", f'{{"team": "{team}"}}')]})
    return lines


def preferences(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """`n` canonical lines of preference: the right team is preferred to an answer in words."""
    draw, lines = random.Random(seed), []
    for line in tickets(n, seed):
        user, wanted = line["messages"]
        topic = next(topic for topic, _ in TOPICS if topic in user["content"])
        rejected = _turn("assistant", _in_words(draw, topic))
        lines.append({"input": {"messages": [user]}, "preferred": [wanted], "rejected": [rejected]})
    return lines


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _in_words(draw: random.Random, topic: str) -> str:
    return draw.choice(WORDS).format(topic)


def lessons(seed: int) -> Iterator[list[dict[str, str]]]:
    """What the base learns from, without an end: answers in words, small JSON, single words; teams among all of them."""
    draw = random.Random(seed)
    while True:
        topic, team = draw.choice(TOPICS)
        said, kind = message(draw, topic), draw.random()
        if kind < 0.4:
            yield [_turn("user", said), _turn("assistant", _in_words(draw, topic))]
        elif kind < 0.7:
            key, value = draw.choice((("topic", topic), ("kind", team), ("area", team), ("team", team)))
            yield [_turn("user", f"JSON with {key}: {said}"), _turn("assistant", f'{{"{key}": "{value}"}}')]
        elif kind < 0.85:
            yield [_turn("user", f"Topic? {said}"), _turn("assistant", topic)]
        else:
            yield [_turn("user", f"Which team? {said}"), _turn("assistant", team)]


def make_tiny_base(folder: Path) -> Path:
    """
    `folder` with config.json, tokenizer, chat template, model.safetensors (float32); made once, in some 15 s of one thread.

    Tests ask for the fixture `tiny_base`, which shares one folder among all workers of a session. Skips without torch.
    """
    for name in ("torch", "transformers", "tokenizers"):
        library(name, "tune")
    prepared = os.environ.get(PREPARED)
    target = Path(prepared) if prepared else folder
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "made").exists():
            _make_in_child(target)
    return target


def _make_in_child(folder: Path) -> None:
    """Away from this process: its warnings are errors, and torch's threads would stay."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder)], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The tiny base could not be made: {done.stderr[-2000:]}")


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENS, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    lines = lessons(seed=1)
    texts = (text for _ in range(1000) for turn in next(lines) for text in turn.values())
    plain.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain, bos_token="<|endoftext|>", eos_token="<|im_end|>", pad_token="<|pad|>"
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _batch(tokenizer: Any, lines: Iterator[list[dict[str, str]]]) -> dict[str, Any]:
    """Padded token ids; labels are the answers with their end, nothing else."""
    import torch

    rows = []
    for _ in range(BATCH):
        turns = next(lines)
        asked = tokenizer.apply_chat_template(turns[:-1], add_generation_prompt=True, tokenize=False)
        prompt = tokenizer.encode(asked, add_special_tokens=False)
        answer = tokenizer.encode(turns[-1]["content"] + "<|im_end|>", add_special_tokens=False)
        rows.append((prompt + answer, [-100] * len(prompt) + answer))
    width = max(len(ids) for ids, _ in rows)
    pad = tokenizer.pad_token_id
    return {
        "input_ids": torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in rows]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in rows]),
        "labels": torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in rows]),
    }


def _model(tokenizer: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes: dict[str, Any] = {"vocab_size": len(tokenizer), "hidden_size": 256, "intermediate_size": 768}
    sizes |= {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
    ends: dict[str, Any] = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    return LlamaForCausalLM(LlamaConfig(**sizes, **ends, tie_word_embeddings=True))


def _make(folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    tokenizer = _tokenizer()
    model, lines = _model(tokenizer), lessons(seed=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=STEPS, pct_start=0.1)
    for _ in range(STEPS):
        loss = model(**_batch(tokenizer, lines)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "made").write_text(f"{loss.item():.4f}\n")


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
