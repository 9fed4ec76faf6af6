"""Texts and conversations on which tokenizers and templates tend to differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

TEXTS: Final[Sequence[str]] = (
    "Hello, world!",
    " leading space",
    "trailing space ",
    "  two  spaces   three    four     five",
    "\ttab\t\ttabs",
    "line\nline\n\nline\n\n\nline\r\nline\r\n\r\n",
    "\n",
    " \n \n",
    "\n\n  indented\n    more\n\tless",
    "don't I'll we've they're she'd I'm it's DON'T I'LL WE'VE THEY'RE",
    "'tis the 'quoted' word's end'",
    "1 12 123 1234 12345 3.14159 1,000,000 0xFF 1e-9",
    "a1b2c3 v1.2.3 2026-11-30T10:40:41Z",
    "snake_case camelCase PascalCase SCREAMING_CASE kebab-case",
    "https://example.org/path?query=1&other=%20#part",
    "user@example.org",
    "def f(x):\n    return x ** 2  # squared\n",
    '{"team": "billing", "list": [1, 2, 3], "nested": {"a": null}}',
    "<html><body class='x'>&nbsp;</body></html>",
    "!!! ??? ... --- *** ### $$$ %%% @@@",
    "()[]{}<>|\\/~`^",
    "“curly” ‘quotes’ — dash – … ellipsis",
    "Grüße aus Köln, façade, naïve, Ångström, Žižek, İstanbul",
    "Здравствуй, мир! Как дела?",
    "Γειά σου Κόσμε",
    "你好，世界！今天天气怎么样？",
    "こんにちは世界。カタカナとひらがな",
    "안녕하세요 세계",
    "مرحبا بالعالم ١٢٣",
    "שלום עולם",
    "नमस्ते दुनिया १२३",
    "สวัสดีชาวโลก",
    "🙂 👍🏽 👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈",
    "mixed 混合 текст 🙂 with العربية",
    "x² + y³ ≤ ∞, ∑ᵢ aᵢ, ½ ¾ Ⅷ ①",
    "non\u00a0breaking\u2003em\u200bzero\u3000wide\u00adsoft",
    "\u0007bell \u001b[31mred\u001b[0m",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "                                                                ",
    "The the THE tHe",
    "a",
    ".",
    "\u2581underline\u2581that is a space elsewhere",
    "<s> </s> <unk> <pad> [INST] [/INST] <|im_start|> <|eot_id|> <0x0A>",
)

_SAID: Final = "  Where is my parcel?  It's 3 days late.\n\nBest,\n  Ada "
CONVERSATIONS: Final[Sequence[Sequence[Mapping[str, Any]]]] = (
    ({"role": "user", "content": "Hi"},),
    ({"role": "user", "content": _SAID},),
    ({"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": _SAID}),
    (
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": " Two. "},
        {"role": "user", "content": "Drei & <vier> \"fünf\" 'sechs' {{ sieben }}"},
    ),
)
