"""Anthropic's Messages API: whole, streamed, with tools, token counting. Plain ASGI; engines are asked for a chat."""

from commonweight.wire.anthropic.wire import AnthropicWire

__all__ = ["AnthropicWire"]
