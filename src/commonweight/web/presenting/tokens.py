"""Tokens in words, and a form of one read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from commonweight.errors import InvalidInput
from commonweight.hub import NamedGrant
from commonweight.identity import OwnToken, TokenScope
from commonweight.web.contexts import TokenForm, TokenRow
from commonweight.web.presenting.words import _
from commonweight.web.visits import Form

TOKENS: Final = "/settings/tokens"
FINE: Final = "fine"
LINES: Final = 4  # names that the form has room for; the command and the API take more

SCOPES: Final = {
    TokenScope.READ: _("Download, also what is private."),
    TokenScope.WRITE: _("Upload and change; of an account or organisation also make repositories."),
    TokenScope.DISCUSSIONS: _("Take part in discussions."),
    TokenScope.SETTINGS: _("Open, close, gate, move and delete."),
}
_ALL: Final = _("calls models")
_GONE: Final = _("something that is gone")


def token_row(one: OwnToken, named: Sequence[NamedGrant], current: int, now: datetime) -> TokenRow:
    grants = one.info.grants
    only = [(grant.name or _GONE, tuple(str(scope) for scope in sorted(grant.scopes))) for grant in named]
    only += [("/v1", (_ALL,))] if grants is not None and grants.inference else []
    return TokenRow(
        id=one.info.id,
        name=one.info.name,
        role=one.info.role.word if grants is None else _("fine-grained"),
        is_current=one.info.id == current,
        expires=f"{one.info.expires_at:%Y-%m-%d}" if one.info.expires_at else "",
        is_over=one.info.has_expired(now),
        last_used=f"{one.last_used_at:%Y-%m-%d}" if one.last_used_at else "",
        only=tuple(only),
    )


def token_form(form: Form) -> TokenForm:
    return TokenForm(
        name=form.one("name"),
        role=form.one("role"),
        expires=form.one("expires"),
        names=tuple(form.one(f"only-{line}") for line in range(LINES)),
        scopes=tuple(form.many(f"scope-{line}") for line in range(LINES)),
        inference=form.one("inference") == "yes",
    )


def asked_of(form: TokenForm) -> list[tuple[str, frozenset[TokenScope]]]:
    """Names and scopes of a fine-grained token. Raises InvalidInput."""
    asked = [(name, words) for name, words in zip(form.names, form.scopes, strict=True) if name]
    for name, words in asked:
        if not set(words) <= set(TokenScope):
            raise InvalidInput(f"{name!r:.40} is to be for {', '.join(words)!r:.60}; expected {', '.join(TokenScope)}.")
    return [(name, frozenset(TokenScope(word) for word in words)) for name, words in asked]


def end_of(text: str) -> datetime | None:
    """The end of that day. Raises InvalidInput."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError:
        raise InvalidInput(f"{text!r:.40} is no day; expected one such as 2027-01-31.") from None
