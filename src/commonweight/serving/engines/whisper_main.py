"""
The program of a Whisper engine's process: one model that writes down speech, one recording after the other.

    python -P whisper_main.py --model FOLDER --threads 1

`POST /v1/audio/transcriptions` takes JSON: `audio` (a WAV, MP3, FLAC or Ogg Vorbis file in base64), `task` (transcribe,
translate), `most_seconds` and `most_tokens`, and where given `language`, `prompt`, `temperature`, `details`. It answers with
`text`, `language`, `seconds`, `segments` and `usage`. `/health` and `/slots` as other engines have them.

Why not transformers' own server: as of 5.23 it passes over `language`, `prompt`, `temperature` and `response_format`, and
leaves out in silence what comes after thirty seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.metadata
import json
import math
import os
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # started by its path, so that it stays light

from keyed_web import keyed_app, refused, serve  # type: ignore[import-not-found]
from llamacpp_main import KEY_VARIABLE, tie_to_parent  # type: ignore[import-not-found]

sys.path.pop(0)  # nothing else is to be found there: modules beside this one have names of libraries

from aiohttp import web

RATE = 16_000  # samples a second that Whisper was trained on
WINDOW_FRAMES = 3_000  # of a hundredth of a second: what it hears at once
WORK = 8  # times as many tokens as the answer may have are drawn at most: what was said badly is tried anew
TOKENS_PER_SECOND = 50  # positions that its encoder makes of a second of sound
#: Whisper's own ways out of a rut (Radford et al. 2022, section 4.5): it tries again, freer, what it said badly.
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
BADLY = {"compression_ratio_threshold": 2.4, "logprob_threshold": -1.0, "no_speech_threshold": 0.6}


class Unusable(Exception):
    """The sentence says what about the request cannot be done."""


class Left(Exception):
    """Nobody waits for the answer any more."""


class Bounded:
    """Looks at every token: stops for a client who left, and where the model does not come to an end."""

    def __init__(self, most_tokens: int) -> None:
        self.most = most_tokens
        self.left = threading.Event()
        self._drawn = 0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self._drawn += 1
        if self.left.is_set():
            raise Left
        self.check(self._drawn // WORK)
        return scores

    def check(self, tokens: int) -> None:
        """Raises Unusable for more than the answer may have."""
        if tokens > self.most:
            raise Unusable(f"The model does not come to an end with this sound within {self.most} tokens.")


class Ear:
    """The model with its processor. Called in one thread at a time."""

    def __init__(self, model: Any, processor: Any) -> None:
        self._model = model
        self._processor = processor

    def write_down(self, asked: dict[str, Any], bounded: Bounded) -> dict[str, Any]:
        """Raises Unusable, Left."""
        import torch
        from transformers import LogitsProcessorList

        samples = heard(base64.b64decode(asked["audio"]), float(asked["most_seconds"]))
        seconds = len(samples) / RATE
        inputs = self._processor(
            samples, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True, **_whole(seconds)
        ).to(self._model.device, self._model.dtype)
        language = self._language(asked, inputs)
        prompt = self._prompt(asked.get("prompt") or "")
        seeks: list[int] = []
        torch.manual_seed(0)  # the same sound has the same text
        try:
            said = self._model.generate(
                **inputs, **self._wishes(asked, language), prompt_ids=prompt, return_timestamps=True, return_segments=True,
                return_dict_in_generate=True, logits_processor=LogitsProcessorList([bounded]),
                monitor_progress=lambda at: seeks.append(int(at[0, 0])),
            )  # fmt: skip
        except ValueError as error:
            raise Unusable(str(error).splitlines()[0]) from None
        found = said["segments"][0]
        segments = [self._segment(one, seconds, asked, seeks, inputs["input_features"]) for one in found]
        read = math.ceil(seconds * TOKENS_PER_SECOND) + (0 if prompt is None else len(prompt))
        written = sum(len(one["tokens"]) for one in found)
        bounded.check(written)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        text = "".join(one["text"] for one in segments).strip()
        return {"text": text, "language": language, "seconds": seconds, "segments": segments, "usage": usage}

    def _wishes(self, asked: dict[str, Any], language: str) -> dict[str, Any]:
        given = float(asked.get("temperature") or 0)
        freely = {"temperature": given} if given else {"temperature": TEMPERATURES, **BADLY}
        several = self._model.generation_config.is_multilingual
        return {**freely, "language": language, "task": asked["task"]} if several else freely

    def _language(self, asked: dict[str, Any], inputs: Any) -> str:
        """Its code: as asked for, or as the model hears it. Raises Unusable for one that the model does not know."""
        configuration, wanted = self._model.generation_config, asked.get("language")
        if not getattr(configuration, "is_multilingual", False):
            if asked["task"] != "transcribe" or wanted not in (None, "en"):
                raise Unusable("This model knows English alone: it takes no other language and does not translate.")
            return "en"
        known = {token.strip("<|>"): number for token, number in configuration.lang_to_id.items()}
        if wanted is not None:
            if wanted not in known:
                raise Unusable(f"The language {wanted!r} is none of this model's: {', '.join(sorted(known))}.")
            return str(wanted)
        first = inputs["input_features"][..., :WINDOW_FRAMES]
        heard_as = int(self._model.detect_language(input_features=first)[0])
        return next((code for code, number in known.items() if number == heard_as), "en")

    def _prompt(self, text: str) -> Any:
        if not text:
            return None
        prompt = self._processor.get_prompt_ids(text, return_tensors="pt").to(self._model.device)
        most = self._model.config.max_target_positions // 2 - 1
        if len(prompt) > most:
            raise Unusable(f"The prompt has {len(prompt)} tokens; this model reads {most} at most.")
        return prompt

    def _segment(self, one: Any, seconds: float, asked: dict[str, Any], seeks: list[int], features: Any) -> dict[str, Any]:
        start, end = min(float(one["start"]), seconds), min(float(one["end"]), seconds)
        text = self._processor.decode(one["tokens"], skip_special_tokens=True)
        segment = {"start": round(start, 2), "end": round(end, 2), "text": text}
        if not asked.get("details"):
            return segment
        seek = max((at for at in seeks if at <= float(one["start"]) * 100 + 1), default=0)
        raw = text.encode()
        return segment | {
            "seek": seek,
            "tokens": [int(token) for token in one["tokens"]],
            "avg_logprob": _mean_logprob(one),
            "compression_ratio": len(raw) / len(zlib.compress(raw)) if raw else 0.0,
            "no_speech_prob": self._no_speech(features[..., seek : seek + WINDOW_FRAMES]),
            "temperature": float(asked.get("temperature") or 0),
        }

    def _no_speech(self, window: Any) -> float:
        """How likely it takes a window for silence: the token before the one that says that there are no times."""
        import torch

        window = torch.nn.functional.pad(window, (0, WINDOW_FRAMES - window.shape[-1]))
        begin = torch.tensor([[self._model.generation_config.decoder_start_token_id]], device=self._model.device)
        with torch.no_grad():
            logits = self._model(input_features=window, decoder_input_ids=begin).logits[0, 0].float()
        return float(logits.softmax(-1)[self._model.generation_config.no_timestamps_token_id - 1])


def heard(data: bytes, most_seconds: float) -> Any:
    """
    The samples of a file: one channel, `RATE` a second. Raises Unusable for what cannot be read, and for more than
    `most_seconds`: it is taken apart in pieces, so that a small file cannot become a large array.
    """
    import miniaudio
    import numpy as np

    pieces: list[Any] = []
    size = 0
    kind = miniaudio.SampleFormat.FLOAT32
    try:
        for piece in miniaudio.stream_memory(data, kind, nchannels=1, sample_rate=RATE, frames_to_read=RATE):
            pieces.append(np.frombuffer(piece, np.float32))
            size += len(pieces[-1])
            if size > most_seconds * RATE:
                raise Unusable(f"The recording is longer than the {most_seconds:.0f} seconds that can be read of it.")
    except miniaudio.MiniaudioError:
        raise Unusable("The recording cannot be read; expected a WAV, MP3, FLAC or Ogg Vorbis file.") from None
    if not size:
        raise Unusable("The recording holds no sound.")
    return np.concatenate(pieces)


def _whole(seconds: float) -> dict[str, Any]:
    """All of it, where it is longer than a window; one that is shorter is filled up with silence."""
    return {"truncation": False, "padding": "longest"} if seconds * 100 > WINDOW_FRAMES else {}


def _mean_logprob(one: Any) -> float:
    """Of the tokens of a segment, as they were drawn."""
    result = one["result"]
    sequence, scores = result["sequences"], result["scores"]
    before = len(sequence) - len(scores)
    drawn = [i for i in range(*one["idxs"]) if 0 <= i - before < len(scores)]
    found = [float(scores[i - before].float().log_softmax(-1)[int(sequence[i])]) for i in drawn]
    return sum(found) / len(found) if found else 0.0


class Speech:
    """The route."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._one_at_a_time = asyncio.Lock()
        self.active = 0

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        bounded = Bounded(int(asked["most_tokens"]))
        self.active += 1
        try:
            async with self._one_at_a_time:
                working = asyncio.create_task(asyncio.to_thread(self._ear.write_down, asked, bounded))
                try:
                    return web.json_response(await asyncio.shield(working))
                except asyncio.CancelledError:
                    bounded.left.set()  # the thread ends with the next token; until then nothing else is begun
                    await asyncio.wait({working})
                    working.exception()
                    raise
        except Unusable as error:
            answer: web.StreamResponse = refused(400, str(error))
            return answer
        finally:
            self.active -= 1


def _load(folder: str, threads: int) -> Ear:
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}  # what is not in the folder is not fetched
    import torch
    from transformers import AutoProcessor, WhisperForConditionalGeneration
    from transformers.utils import logging

    logging.set_verbosity_error()
    if threads:
        torch.set_num_threads(threads)
    graphics = torch.cuda.is_available()
    # Pickles and code of a repository never get here; nothing else is to be loaded either.
    safely: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    model = WhisperForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float16 if graphics else torch.float32, **safely
    )
    processor = AutoProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return Ear(model.to("cuda" if graphics else "cpu").eval(), processor)


def main() -> None:
    """Load the model, announce the address, stay."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(sys.argv[1:])
    tie_to_parent()
    key = os.environ.pop(KEY_VARIABLE)
    try:
        speech = Speech(_load(options.model, options.threads))
    except (OSError, ValueError, AttributeError, json.JSONDecodeError) as error:
        sys.exit(f"The model could not be loaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    app = keyed_app(key, lambda: speech.active)
    app.router.add_post("/v1/audio/transcriptions", speech.transcribe)
    asyncio.run(serve(app, f"transformers/{importlib.metadata.version('transformers')}"))


if __name__ == "__main__":
    main()
