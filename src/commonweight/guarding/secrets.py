"""
Keys, tokens and passwords, by the patterns of detect-secrets (extra `guard`) and by some that it does not know yet.

Of that library its patterns alone are used: what would ask a provider whether a key is good is never called.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Final

from commonweight.guarding.values import Found, Thing

#: Its plugins whose patterns are strict enough for any text, by module. Those that go by the randomness of a word, or by a
#: word such as `key` near any forty characters, find commit ids and base64 in ordinary answers.
PLUGINS: Final = {
    "aws": "AWSKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
}
_OWN: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bgithub_pat_[A-Za-z0-9_]{50,}",
        r"\bsk-ant-[A-Za-z0-9_-]{24,}",
        r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}",
        r"\bAIza[A-Za-z0-9_-]{35}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bcw_[A-Za-z0-9_-]{40,}",  # our own
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",  # the library leaves a token's signature
        r"\bnpm_[A-Za-z0-9]{36}",
        r"\bdckr_pat_[A-Za-z0-9_-]{20,}",
        r"\b(?:dop_v1_|shpat_|ya29\.)[A-Za-z0-9_-]{30,}",
        r"\b(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})",
        # What is said to be a password or a key, in quotes, or behind a sign as in files of settings; never a plain word.
        r"(?i:passw(?:or)?d|passphrase|contraseña|passwort|secret|(?:api|access|secret|auth)[_-]?(?:access[_-]?)?(?:key|token))[\"']?"
        r"\s{0,3}(?:[:=]|is|es|ist)\s{0,3}[\"'`]?((?=[^\s\"'`]*\d)(?=[^\s\"'`]*[A-Za-z])[^\s\"'`,;(){}\[\]<>$]{8,200})",
    )
)
#: From the first line of a private key to its last, or as far as the text goes.
KEY_BLOCK: Final = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z0-9 ]{0,40}-----|.*)", re.DOTALL
)
KEY_BLOCK_OPENS: Final = re.compile(r"-----BEGIN(?: [A-Z0-9 ]{0,40}-{0,4})?$")
_SHORTEST: Final = 8
#: Without any of these a text holds no secret: nothing long without a space, no address with a name in it, no such word.
_SUSPECT: Final = re.compile(r"[\w+/=.:-]{16}|://|BEGIN|(?i:passw|passphrase|contrase|secret|api.?key|token)")


class Secrets:
    """Looks for secrets. Raises ImportError where the extra is not installed."""

    def __init__(self) -> None:
        self._patterns = [*_OWN]
        for module, name in PLUGINS.items():
            plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)
            self._patterns += list(plugin().denylist)

    def find(self, text: str) -> Iterator[Found]:
        if not _SUSPECT.search(text):
            return
        for match in KEY_BLOCK.finditer(text):
            yield Found(match.start(), match.end(), Thing.SECRET)
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                start, end = _value(match)
                yield Found(start, end, Thing.SECRET)


def _value(match: re.Match[str]) -> tuple[int, int]:
    """Where the secret itself is, in a pattern that reads what stands before it too; such a pattern has it as a group."""
    spans = [match.span(i) for i in range(1, (match.re.groups or 0) + 1) if match.group(i)]
    longest = max(spans, key=lambda span: span[1] - span[0], default=match.span())
    return longest if longest[1] - longest[0] >= _SHORTEST else match.span()
