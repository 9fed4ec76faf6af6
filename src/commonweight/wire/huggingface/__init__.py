"""The hub as the official Hugging Face clients speak to it (hub-http-contract.md)."""

from commonweight.wire.huggingface.access import Access, Downloads
from commonweight.wire.huggingface.group import huggingface_group
from commonweight.wire.huggingface.xet_tokens import CasMint, CasToken

__all__ = ["Access", "CasMint", "CasToken", "Downloads", "huggingface_group"]
