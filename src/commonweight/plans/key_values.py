"""A key, and what one is to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commonweight.identity import Role, TokenInfo
from commonweight.plans.key_terms import KeyTerms


@dataclass(frozen=True)
class KeyWish:
    """What a key is to be. `role`: read is enough for `/v1`. `networks` as `networks_of` reads them."""

    name: str
    terms: KeyTerms = KeyTerms()
    role: Role = Role.READ
    expires_at: datetime | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """A key without its text. `owner` calls by it, `payer` is billed."""

    token: TokenInfo
    terms: KeyTerms
    owner_id: int
    owner: str
    payer: str
    created_at: datetime
