"""What was heard, in the shapes that clients ask for (contract, section 11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from commonweight.wire.openai.answer import Document

Heard = Mapping[str, Any]  # text, language, seconds, segments, usage: what an engine says

#: By the codes that engines use (ISO 639-1), as OpenAI's service names them; others keep their code.
LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "arabic", "bg": "bulgarian", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "gl": "galician", "he": "hebrew", "hi": "hindi", "hr": "croatian", "hu": "hungarian", "id": "indonesian",
    "it": "italian", "ja": "japanese", "ko": "korean", "lt": "lithuanian", "lv": "latvian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sk": "slovak",
    "sl": "slovenian", "sr": "serbian", "sv": "swedish", "th": "thai", "tr": "turkish", "uk": "ukrainian",
    "ur": "urdu", "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip


def usage_of(heard: Heard) -> Document:
    """Tokens: those of the sound (fifty a second) and of the prompt, and those that were written."""
    usage = heard["usage"]
    read, written = int(usage["prompt_tokens"]), int(usage["completion_tokens"])
    return {"type": "tokens", "input_tokens": read, "output_tokens": written, "total_tokens": read + written}


def _json(heard: Heard) -> bytes:
    return orjson.dumps({"text": heard["text"], "usage": usage_of(heard)})


def _verbose(heard: Heard) -> bytes:
    document = {
        "task": heard["task"],
        "language": LANGUAGES.get(heard["language"], heard["language"]),
        "duration": heard["seconds"],
        "text": heard["text"],
        "segments": [{"id": number, **segment} for number, segment in enumerate(heard["segments"])],
        "usage": {"type": "duration", "seconds": heard["seconds"]},
    }
    return orjson.dumps(document)


def _text(heard: Heard) -> bytes:
    return f"{heard['text']}\n".encode()


def _srt(heard: Heard) -> bytes:
    """SubRip: numbered, with commas before the milliseconds."""
    blocks = [f"{n}\n{_span(one, ',')}\n{_line(one)}\n" for n, one in enumerate(heard["segments"], 1)]
    return "\n".join(blocks).encode()


def _vtt(heard: Heard) -> bytes:
    """WebVTT (W3C): `-->` within a text would begin a cue."""
    blocks = [f"{_span(one, '.')}\n{_line(one).replace('-->', '->')}\n" for one in heard["segments"]]
    return "\n".join(["WEBVTT\n", *blocks]).encode()


def _line(segment: Mapping[str, Any]) -> str:
    return " ".join(str(segment["text"]).split())


def _span(segment: Mapping[str, Any], point: str) -> str:
    return f"{_clock(segment['start'], point)} --> {_clock(segment['end'], point)}"


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


#: By the word of `response_format`: the content type, and what writes it.
SHAPES: Final[Mapping[str, tuple[bytes, Callable[[Heard], bytes]]]] = {
    "json": (b"application/json", _json),
    "text": (b"text/plain; charset=utf-8", _text),
    "verbose_json": (b"application/json", _verbose),
    "srt": (b"text/plain; charset=utf-8", _srt),
    "vtt": (b"text/vtt; charset=utf-8", _vtt),
}


def events_of(heard: Heard) -> bytes:
    """The events of a stream: a delta for each segment, and the whole."""
    segments: Sequence[Mapping[str, Any]] = heard["segments"]
    deltas = [{"type": "transcript.text.delta", "delta": one["text"]} for one in segments]
    done = {"type": "transcript.text.done", "text": heard["text"], "usage": usage_of(heard)}
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in (*deltas, done))
