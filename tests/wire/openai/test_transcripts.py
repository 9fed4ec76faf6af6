"""Shapes of what was heard, and how long a recording can be by its first bytes."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.recordings import MAX_SECONDS, seconds_at_most
from commonweight.wire.openai.transcripts import SHAPES
from tests.support.tiny_whisper import tone_as_flac

HEARD: dict[str, Any] = {
    "text": "Good day. Left --> right.",
    "segments": [
        {"start": 0.0, "end": 1.5, "text": " Good day."},
        {"start": 3599.999, "end": 3661.05, "text": " Left\n--> right."},
    ],
}


def test_subtitles_have_hours_minutes_seconds_and_milliseconds() -> None:
    assert SHAPES["srt"][1](HEARD).decode() == (
        "1\n00:00:00,000 --> 00:00:01,500\nGood day.\n\n2\n00:59:59,999 --> 01:01:01,050\nLeft --> right.\n"
    )


def test_no_text_begins_a_cue_of_its_own() -> None:
    assert SHAPES["vtt"][1](HEARD).decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nGood day.\n\n00:59:59.999 --> 01:01:01.050\nLeft -> right.\n"
    )


def wav(seconds: int, rate: int = 8_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((2, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(4 * rate * seconds))
    return out.getvalue()


def flac(samples: int, rate: int = 44_100) -> bytes:
    """Its head alone: a STREAMINFO with two channels of 16 bits."""
    packed = rate << 44 | 1 << 41 | 15 << 36 | samples
    return b"fLaC" + b"\x80\0\0\x22" + bytes(10) + packed.to_bytes(8) + bytes(16)


@pytest.mark.parametrize(
    ("data", "least", "most"),
    [
        (wav(10), 10, 12),
        (flac(441_000), 10, 12),
        (tone_as_flac(440, 10), 10, 12),
        (flac(0), MAX_SECONDS - 1, MAX_SECONDS),
        (b"ID3" + bytes(16_000 * 10), 10, 162),
        (b"\xff\xfb" + bytes(60_000), 30, 62),
        (b"OggS" + bytes(24) + b"\x01vorbis" + bytes(20_000), 1, 22),
    ],
)
def test_no_recording_is_longer_than_its_first_bytes_say(data: bytes, least: int, most: int) -> None:
    assert least <= seconds_at_most(data) <= most


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"RIFF\0\0\0\0WAVE", b"fLaC", flac(44_100 * 8_000), b"OggS" + bytes(24) + b"OpusHead", b"\xff\xf1" * 9],
)
def test_what_is_none_or_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        seconds_at_most(data)
    assert caught.value.param == "file"
