"""The Xet content store as clients speak to it: xorbs and shards in, reconstructions and signed bytes out."""

from commonweight.wire.xet.chunks import Related
from commonweight.wire.xet.tokens import CasGrant, CasToken, CasTokens
from commonweight.wire.xet.wire import ScopeReadable, XetWire

__all__ = ["CasGrant", "CasToken", "CasTokens", "Related", "ScopeReadable", "XetWire"]
