"""Checks of engines that see and hear."""

from __future__ import annotations

import base64
import io
import wave
from typing import Final

from commonweight.serving.trying import ASK, CHAT, WORDS, AskedEngine, Fails

#: A red square of 16 pixels.
PICTURE: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4z8BAEmIY1TCqYfhqAACQ+f8B8u7o"
    "VwAAAABJRU5ErkJggg=="
)
LOOK: Final = [
    {
        "role": "user",
        "content": [{"type": "text", "text": ASK[0]["content"]}, {"type": "image_url", "image_url": {"url": PICTURE}}],
    }
]
RATE: Final = 16_000  # samples a second
SECOND: Final = 1
SPOKEN: Final = 448  # tokens that Whisper writes at once


async def check_vision(engine: AskedEngine) -> None:
    looked = (await engine.ask(CHAT, messages=LOOK, max_tokens=WORDS))["usage"]
    said = (await engine.ask(CHAT, messages=ASK, max_tokens=1))["usage"]
    if looked["prompt_tokens"] <= said["prompt_tokens"]:
        raise Fails("A picture beside its prompt adds nothing to it.")


async def check_transcription(engine: AskedEngine) -> None:
    audio = base64.b64encode(silence()).decode()
    written = await engine.ask(
        "/v1/audio/transcriptions", audio=audio, task="transcribe", most_seconds=SECOND, most_tokens=SPOKEN
    )
    if not isinstance(written["text"], str) or abs(written["seconds"] - SECOND) > 0.1:
        raise Fails("It gives no text, or another length than the sound has.")


def silence() -> bytes:
    """A second of it, as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(2 * RATE * SECOND))
    return out.getvalue()
