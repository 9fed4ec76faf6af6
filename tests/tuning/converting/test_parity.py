"""What we write reads texts as the tokenizer does that it was made of, and conversations as the template does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commonweight.tuning.converting.nasty import CONVERSATIONS, TEXTS
from commonweight.tuning.converting.parity import opened, special_words, template_parity, token_parity
from commonweight.tuning.converting.templating import TemplateRefused, render
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.support.tools import library
from tests.tuning.converting.models import make_model
from tests.tuning.converting.tokenizers_of import BYTE_LEVEL, byte_level, sentencepiece

#: llama.cpp cuts words at marks above and below letters, where these two ways say not to: it is told as a warning.
MARKS = {"नमस्ते दुनिया १२३", "สวัสดีชาวโลก"}


@pytest.mark.parametrize("name", BYTE_LEVEL)
def test_byte_level_tokenizers_give_the_same_tokens(name: str, tmp_path: Path) -> None:
    make_model(tmp_path, "llama", tokens=byte_level(tmp_path, name))
    to_gguf(tmp_path, tmp_path / "model.gguf", {})
    with opened(tmp_path / "model.gguf") as file:
        parity = token_parity(tmp_path, file)
        assert {*parity.differing} == (MARKS if name in ("gpt-4o", "tekken") else set())
        assert template_parity(tmp_path, file).same


@pytest.mark.parametrize("name", ["llama 2", "metaspace", "gemma"])
def test_tokenizers_of_sentencepiece_give_the_same_tokens(name: str, tmp_path: Path) -> None:
    make_model(tmp_path, "llama", tokens=sentencepiece(tmp_path, name))
    to_gguf(tmp_path, tmp_path / "model.gguf", {})
    with opened(tmp_path / "model.gguf") as file:
        parity = token_parity(tmp_path, file)
        assert parity.same or name == "metaspace", parity.differing
        assert all(text.startswith((" ", "\u2581", "<s>")) for text in parity.differing)  # Metaspace doubles no space
        assert template_parity(tmp_path, file).note == "The model has no chat template."


def test_where_a_space_is_put_before_the_first_word_alone_prompts_are_the_same(tmp_path: Path) -> None:
    make_model(tmp_path, "mistral", tokens=sentencepiece(tmp_path, "first"))
    (tmp_path / "chat_template.jinja").write_text("{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}")
    to_gguf(tmp_path, tmp_path / "model.gguf", {})
    with opened(tmp_path / "model.gguf") as file:
        assert token_parity(tmp_path, file).same
        assert template_parity(tmp_path, file).same


def test_a_tokenizer_that_was_mistaken_for_another_is_found_out(tmp_path: Path) -> None:
    make_model(tmp_path, "llama", tokens=byte_level(tmp_path, "llama-bpe"))
    to_gguf(tmp_path, tmp_path / "model.gguf", {})
    byte_level(tmp_path, "gpt-2")
    with opened(tmp_path / "model.gguf") as file:
        assert not token_parity(tmp_path, file).same
        (tmp_path / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
        assert not template_parity(tmp_path, file).same


def test_templates_are_rendered_as_transformers_renders_them(tmp_path: Path) -> None:
    transformers = library("transformers")
    byte_level(tmp_path, "gpt-2")
    template = (
        "{%- for m in messages %}\n  {%- if m.role == 'system' and not loop.first %}{{ raise_exception('no') }}{% endif %}\n"
        "{% generation %}{{ bos_token + m.content | tojson }}{% endgeneration %}\n {% continue %}{%- endfor %}\n"
    )
    (tmp_path / "chat_template.jinja").write_text(template)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    words = special_words(json.loads((tmp_path / "tokenizer_config.json").read_text()))
    for messages in CONVERSATIONS:
        wanted = theirs.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        assert render(template, messages, words) == wanted
    with pytest.raises(TemplateRefused):
        render(template, [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}], words)


def test_nasty_texts_are_many_and_none_twice() -> None:
    assert len(set(TEXTS)) == len(TEXTS) > 40
