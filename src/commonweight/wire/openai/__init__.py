"""The OpenAI API: models, completions, files, batches, tunings. Plain ASGI; decides nothing, asks the rooms it is given."""

from commonweight.wire.openai.batch_lines import LineRunner, caller_of_line
from commonweight.wire.openai.batches import BatchesWire
from commonweight.wire.openai.files import FilesWire
from commonweight.wire.openai.inference import Authenticate, Inference
from commonweight.wire.openai.media_wire import MediaWire
from commonweight.wire.openai.offered import Reports, no_reports
from commonweight.wire.openai.organization import OrganizationWire
from commonweight.wire.openai.screen import Count, count_nothing
from commonweight.wire.openai.stored import StoredCompletions
from commonweight.wire.openai.stream import Patience
from commonweight.wire.openai.tuning_request import new_tuning
from commonweight.wire.openai.tunings import TuningsWire
from commonweight.wire.openai.upstream import make_session
from commonweight.wire.openai.vectors_wire import VectorsWire
from commonweight.wire.openai.wire import OpenAIWire
from commonweight.wire.openai.witness import Witnesses

__all__ = [
    "Authenticate",
    "BatchesWire",
    "Count",
    "FilesWire",
    "Inference",
    "LineRunner",
    "MediaWire",
    "OpenAIWire",
    "OrganizationWire",
    "Patience",
    "Reports",
    "StoredCompletions",
    "TuningsWire",
    "VectorsWire",
    "Witnesses",
    "caller_of_line",
    "count_nothing",
    "make_session",
    "new_tuning",
    "no_reports",
]
