"""What the files of a commit hold: parameters, formats, configurations, tables. Read from headers, within bounds."""

from commonweight.hub.contents.memory import ContentsMemory
from commonweight.hub.contents.reading import ContentsReader, Unreadable, gguf_head_of, headers_of
from commonweight.hub.contents.values import Contents, Finding
from commonweight.hub.contents.weights import INDEX

__all__ = ["INDEX", "Contents", "ContentsMemory", "ContentsReader", "Finding", "Unreadable", "gguf_head_of", "headers_of"]
