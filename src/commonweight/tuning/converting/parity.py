"""
Whether llama.cpp reads a GGUF file as transformers reads the folder it was made of: the same tokens, the same prompts.

The file is opened by xllamacpp's own server on loopback, since that is what will answer with it. Only for child processes: a
broken file can take the process along.
"""

from __future__ import annotations

import ctypes
import json
import secrets
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.tuning.converting.folders import CheckpointFolder
from commonweight.tuning.converting.nasty import CONVERSATIONS, TEXTS
from commonweight.tuning.converting.templating import TemplateRefused, render
from commonweight.tuning.converting.values import ConversionFailed, Parity
from commonweight.tuning.converting.vocabulary import space_scheme

CONTEXT: Final = 256  # tokens; nothing is computed, so as small as llama.cpp allows
SECONDS: Final = 60.0
WORDS: Final = 10  # of which probabilities are told
MAX_NAMED: Final = 10  # texts that are named where they differ


@dataclass(frozen=True)
class Opened:
    """A GGUF file as a server of llama.cpp on loopback."""

    address: str
    key: str

    def tokens(self, text: str) -> list[int]:
        body = {"content": text, "add_special": True, "parse_special": True}
        return [int(one) for one in self._ask("/tokenize", body)["tokens"]]

    def prompt(self, messages: Sequence[Mapping[str, Any]]) -> str:
        return str(self._ask("/apply-template", {"messages": list(messages)})["prompt"])

    def next_words(self, text: str) -> Sequence[Mapping[str, Any]]:
        """
        The likeliest words after a text: `id` and `logprob`, the likeliest first. None where the likeliest is a byte that is
        no sign by itself: llama.cpp holds it back.
        """
        body = {"prompt": text, "n_predict": 1, "n_probs": WORDS, "temperature": 0.0, "cache_prompt": False}
        places = self._ask("/completion", body).get("completion_probabilities") or []
        return list(places[0]["top_logprobs"]) if places else []

    def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers)  # noqa: S310  on loopback
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read())


@contextmanager
def opened(file: Path) -> Iterator[Opened]:
    """Raises ConversionFailed where llama.cpp does not take the file."""
    import xllamacpp

    params, key = xllamacpp.CommonParams(), secrets.token_hex(16)
    params.model.path, params.hostnames, params.port, params.api_keys = str(file), ["127.0.0.1"], 0, [key]
    params.n_ctx, params.n_parallel, params.warmup, params.ui = CONTEXT, 1, False, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.fit_params, params.verbosity, params.cache_ram_mib = False, 0, 0
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise ConversionFailed(f"llama.cpp does not load the file that was written: {error}.") from None
    _keep(server)
    yield Opened(server.listening_address, key)


def _keep(server: Any) -> None:
    """
    Never let it go: ending a server waits now and then for a thread that waits for it (xllamacpp 2026.10), and the process
    would hang. It ends with the process, which is a child that does this alone.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(server))


def token_parity(checkpoint: Path, file: Opened, texts: Sequence[str] = TEXTS) -> Parity:
    """Compare the tokens of texts. Without the library `tokenizers` nothing is compared, and the note says so."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return Parity(note="The library tokenizers is not installed (commonweight[tune]): nothing was compared.")
    theirs, before = Tokenizer.from_file(str(checkpoint / "tokenizer.json")), _first_word(checkpoint)
    differing = [text for text in texts if theirs.encode(before + text).ids != file.tokens(before + text)]
    return Parity(len(texts), tuple(differing[:MAX_NAMED]))


def _first_word(checkpoint: Path) -> str:
    """
    Where a space is put before the first word of a text alone, and not of what follows a special token, llama.cpp is told
    never to put one (`vocabulary.space_before`): so texts are compared as prompts have them, behind a special token.
    """
    folder = CheckpointFolder.read(checkpoint)
    if not folder.template or space_scheme(folder.tokenizer) != "first":
        return ""
    return special_words(folder.tokenizer_config)["bos_token"]


def template_parity(
    checkpoint: Path, file: Opened, conversations: Sequence[Sequence[Mapping[str, Any]]] = CONVERSATIONS
) -> Parity:
    """Compare the prompts of conversations; those that the template itself refuses are left out."""
    folder = CheckpointFolder.read(checkpoint)
    if not folder.template:
        return Parity(note="The model has no chat template.")
    words = special_words(folder.tokenizer_config)
    compared, differing = 0, []
    for messages in conversations:
        try:
            wanted = render(folder.template, messages, words)
        except TemplateRefused:
            continue
        compared += 1
        if _without(wanted, words) != _without(file.prompt(messages), words):
            differing.append(str(messages[-1]["content"])[:80])
    return Parity(compared, tuple(differing[:MAX_NAMED]))


def special_words(tokenizer_config: Mapping[str, Any]) -> Mapping[str, str]:
    """What templates call `bos_token` and so on."""
    found = {}
    for name in ("bos_token", "eos_token", "unk_token", "pad_token"):
        word = tokenizer_config.get(name)
        word = word.get("content") if isinstance(word, dict) else word
        found[name] = word if isinstance(word, str) else ""
    return found


def _without(prompt: str, words: Mapping[str, str]) -> str:
    """llama.cpp takes the first word away where it adds that token itself: the prompts are compared behind it."""
    return prompt.removeprefix(words["bos_token"])
