"""The OpenAI API: models, chat completions, completions, files. Plain ASGI; decides nothing, asks the rooms it is given."""

from commonweight.wire.openai.files import FilesWire
from commonweight.wire.openai.inference import Authenticate, Inference
from commonweight.wire.openai.stream import Patience
from commonweight.wire.openai.upstream import make_session
from commonweight.wire.openai.vectors_wire import VectorsWire
from commonweight.wire.openai.wire import OpenAIWire
from commonweight.wire.openai.witness import Witnesses

__all__ = ["Authenticate", "FilesWire", "Inference", "OpenAIWire", "Patience", "VectorsWire", "Witnesses", "make_session"]
