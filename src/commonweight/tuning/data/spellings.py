"""How the same things are spelt elsewhere: what a finding points at, and what a repair writes instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Roles, in lower case. ShareGPT says `human` and `gpt`, older sets `bot` and `ai`, Gemini `model`, Cohere `chatbot`.
ROLES: Final[Mapping[str, str]] = {
    "human": "user",
    "prompter": "user",
    "customer": "user",
    "question": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "agent": "assistant",
    "answer": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "instruction": "system",
    "context": "system",
}
#: Fields that hold the list of messages, and fields of a message.
MESSAGES: Final = ("conversations", "conversation", "dialogue", "dialog", "chat", "turns")
ROLE: Final = ("from", "speaker", "author")
CONTENT: Final = ("value", "text", "message")
#: Pairs of a question and its answer. The third is more of the question, where it is not empty.
PAIRS: Final = (
    ("instruction", "output", "input"),
    ("instruction", "response", "context"),
    ("question", "answer", ""),
    ("question", "response", ""),
    ("query", "response", ""),
    ("query", "answer", ""),
    ("prompt", "response", ""),
    ("prompt", "answer", ""),
    ("prompt", "output", ""),
    ("input", "output", ""),
    ("input", "target", ""),
    ("source", "target", ""),
    ("user", "assistant", ""),
)
#: A question with a better and a worse answer.
CHOICES: Final = (("prompt", "chosen", "rejected"), ("question", "chosen", "rejected"), ("input", "chosen", "rejected"))


def role_of(said: str) -> str | None:
    """The role that is meant, by a role of the contract in other letters or by another word; None: not known."""
    word = said.strip().lower()
    return word if word in KNOWN_ROLES else ROLES.get(word)


KNOWN_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
