"""Speech written down by a tiny Whisper made on the spot. Needs torch and miniaudio: `make test-all` installs them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonweight.serving import Conformance, LoadFailed, Mode, Result
from commonweight.serving.engines import Address, EngineSpec, ProcessEngine, Whisper
from tests.support.tiny_whisper import make_whisper, tone, tone_as_flac

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own, while the model is made


@asynccontextmanager
async def ear(tmp_path: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, ProcessEngine, Address]]:
    spec = EngineSpec(make_whisper(tmp_path / "whisper"), "ada/ear@abc", 0, Mode.TRANSCRIPTION)
    async with aiohttp.ClientSession() as session:
        engine = Whisper(tmp_path / "logs", session, threads=1).engine(spec)
        try:
            yield session, engine, await engine.start(lambda text: None)
        finally:
            await engine.stop()


def asking(session: aiohttp.ClientSession, address: Address) -> Any:
    async def ask(sound: bytes, key: str = address.api_key, **more: Any) -> tuple[int, Any]:
        body = {"audio": base64.b64encode(sound).decode(), "task": "transcribe", "most_seconds": 120, "most_tokens": 2000}
        url, headers = f"{address.base_url}/v1/audio/transcriptions", {"authorization": f"Bearer {key}"}
        async with session.post(url, json=body | more, headers=headers) as response:
            return response.status, await response.json()

    return ask


async def test_it_writes_down_all_of_a_recording_and_says_when_what_was_heard(tmp_path: Path) -> None:
    async with ear(tmp_path) as (session, engine, address):
        ask = asking(session, address)
        status, said = await ask(tone(440, 35, rate=44_100, channels=2), details=True)
        assert status == 200, said
        assert said["seconds"] == pytest.approx(35, abs=0.01)
        assert said["text"]
        starts = [one["start"] for one in said["segments"]]
        assert starts == sorted(starts)
        assert max(starts) > 30, "what comes after the first thirty seconds is heard too"
        assert all(one["start"] <= one["end"] <= 35.01 and one["avg_logprob"] <= 0 for one in said["segments"])
        assert all(0 <= one["no_speech_prob"] <= 1 for one in said["segments"])
        assert said["usage"]["prompt_tokens"] == 1750
        assert said["usage"]["completion_tokens"] == sum(len(one["tokens"]) for one in said["segments"])
        assert (await ask(tone(440, 35, rate=44_100, channels=2), details=True))[1] == said, "the same sound, the same text"
        assert (await Conformance(session).run(address))["transcription"] == Result(True)
        assert (await ask(tone(440), key="guess"))[0] == 401
        assert engine.memory_bytes() > 100 << 20


async def test_language_task_and_prompt_change_what_is_written(tmp_path: Path) -> None:
    async with ear(tmp_path) as (session, _, address):
        ask = asking(session, address)
        texts = [
            (await ask(tone(440), temperature=0.01, **more))[1]["text"]
            for more in ({"language": "en"}, {"language": "es"}, {"language": "en", "task": "translate"})
        ]
        assert len(set(texts)) == 3
        prompted = (await ask(tone(440), temperature=0.01, language="en", prompt="about boats"))[1]
        assert prompted["text"] != texts[0]
        assert prompted["usage"]["prompt_tokens"] > 100
        for more, said in (
            ({"language": "xx"}, "de, en, es"),
            ({"prompt": "x" * 300}, "reads 223 at most"),
            ({"most_seconds": 1}, "longer than the 1 seconds"),
            ({"most_tokens": 1}, "does not come to an end"),
        ):
            status, answer = await ask(tone(440), **more)
            assert (status, said in answer["error"]["message"]) == (400, True), answer
        for sound in (b"no sound", tone(440)[:30], b"ID3" + bytes(2000)):
            assert (await ask(sound))[0] == 400


async def test_the_same_sound_in_another_format_has_the_same_text(tmp_path: Path) -> None:
    async with ear(tmp_path) as (session, _, address):
        ask = asking(session, address)
        (_, as_wav), (status, as_flac) = await ask(tone(440)), await ask(tone_as_flac(440))
        assert status == 200, as_flac
        assert as_flac == as_wav


async def test_a_client_who_leaves_stops_it(tmp_path: Path) -> None:
    async with ear(tmp_path) as (session, engine, address):
        ask = asking(session, address)
        working = asyncio.create_task(ask(tone(440, 110)))
        async with asyncio.timeout(30):
            while not await engine.active_requests():
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        working.cancel()
        async with asyncio.timeout(10):
            while await engine.active_requests():
                await asyncio.sleep(0.02)
        assert (await ask(tone(440, 1)))[0] == 200


async def test_what_is_no_model_of_speech_is_refused(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(LoadFailed, match="makes no chat"):
            Whisper(tmp_path, session).engine(EngineSpec(tmp_path, "x", 0))
        with pytest.raises(LoadFailed, match=r"config\.json"):
            Whisper(tmp_path, session).engine(EngineSpec(tmp_path, "x", 0, Mode.TRANSCRIPTION))
