"""The small files of a checkpoint's folder: configuration, tokenizer, chat template, special tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.values import NotConvertible

MAX_BYTES: Final = 64 << 20  # of a small file; tokenizers reach some tens of MiB


@dataclass(frozen=True)
class CheckpointFolder:
    path: Path
    config: Config
    tokenizer: Mapping[str, Any]
    tokenizer_config: Mapping[str, Any]
    generation: Mapping[str, Any]
    template: str

    @classmethod
    def read(cls, path: Path) -> CheckpointFolder:
        """Raises NotConvertible where config.json or tokenizer.json are missing or no JSON."""
        tokenizer_config = _json(path / "tokenizer_config.json") or {}
        return cls(
            path,
            Config(_needed(path / "config.json")),
            _needed(path / "tokenizer.json"),
            tokenizer_config,
            _json(path / "generation_config.json") or {},
            _template(path, tokenizer_config),
        )

    def special(self, name: str) -> int | None:
        """The number of `bos`, `eos`, `pad`, `unk`: by the word in tokenizer_config.json, else by config.json."""
        word = self.tokenizer_config.get(f"{name}_token")
        word = word.get("content") if isinstance(word, dict) else word
        if isinstance(word, str) and (number := self._number(word)) is not None:
            return number
        told = self.config.get(f"{name}_token_id")
        told = told[0] if isinstance(told, list) and told else told
        return told if isinstance(told, int) and not isinstance(told, bool) else None

    def ends(self) -> list[int]:
        """All tokens that end an answer: the tokenizer's own first, then those that generation_config.json adds."""
        told = self.generation.get("eos_token_id") or self.config.get("eos_token_id")
        more = told if isinstance(told, list) else [told]
        return list(dict.fromkeys(one for one in (self.special("eos"), *more) if isinstance(one, int)))

    def _number(self, word: str) -> int | None:
        for one in self.tokenizer.get("added_tokens") or []:
            if one.get("content") == word:
                return int(one["id"])
        vocabulary = self.tokenizer.get("model", {}).get("vocab")
        found = vocabulary.get(word) if isinstance(vocabulary, dict) else None
        return int(found) if isinstance(found, int) else None


def _template(path: Path, tokenizer_config: Mapping[str, Any]) -> str:
    """The default chat template: a file of its own from transformers 4.52 on, before that a text in the configuration."""
    own = path / "chat_template.jinja"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    found = tokenizer_config.get("chat_template")
    if isinstance(found, list):
        named = {str(one.get("name")): one.get("template") for one in found if isinstance(one, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else ""


def _needed(path: Path) -> Mapping[str, Any]:
    found = _json(path)
    if found is None:
        raise NotConvertible(
            f"The folder has no {path.name} that can be read.",
            hint="A checkpoint needs config.json and tokenizer.json; save both with `save_pretrained`.",
        )
    return found


def _json(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        return None
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
