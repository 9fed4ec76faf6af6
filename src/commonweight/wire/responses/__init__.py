"""OpenAI's Responses API: whole, streamed, with functions. Plain ASGI; engines are asked for a chat."""

from commonweight.wire.responses.background import Background
from commonweight.wire.responses.conversations import ConversationsWire
from commonweight.wire.responses.wire import ResponsesWire

__all__ = ["Background", "ConversationsWire", "ResponsesWire"]
