"""A Whisper of one layer with random weights over single bytes, and sounds for it. Needs torch."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.support.tools import library

RATE: Final = 16_000
LANGUAGES: Final = ("<|en|>", "<|es|>", "<|de|>")
SPECIAL: Final = (
    "<|endoftext|>", "<|startoftranscript|>", *LANGUAGES, "<|translate|>", "<|transcribe|>", "<|startoflm|>",
    "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip
BLOCK: Final = 4_096
WRITES: Final = 40  # tokens at once: what it says means nothing, and it is to say little


def make_whisper(folder: Path) -> Path:
    """As publishers do: weights, configuration of the model and of its generation, tokenizer, features of sound."""
    torch, transformers = library("torch"), library("transformers")
    library("miniaudio")
    torch.manual_seed(0)
    tokenizer = _tokenizer(transformers)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL}
    end, begin = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    tasks = {name: ids[f"<|{name}|>"] for name in ("transcribe", "translate")}
    sizes: dict[str, Any] = {"vocab_size": len(tokenizer), "d_model": 32, "num_mel_bins": 80, "init_std": 0.3}
    for side in ("encoder", "decoder"):
        sizes |= {f"{side}_layers": 1, f"{side}_attention_heads": 2, f"{side}_ffn_dim": 64}
    ends = {"pad_token_id": end, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": begin}
    model = transformers.WhisperForConditionalGeneration(transformers.WhisperConfig(**sizes, **ends))
    model.generation_config = transformers.GenerationConfig(
        **ends, max_length=WRITES, is_multilingual=True, lang_to_id={name: ids[name] for name in LANGUAGES},
        task_to_id=tasks, prev_sot_token_id=ids["<|startofprev|>"],
        no_timestamps_token_id=ids["<|notimestamps|>"], max_initial_timestamp_index=50, suppress_tokens=_unsaid(tokenizer),
        begin_suppress_tokens=[end], return_timestamps=False,
    )  # fmt: skip
    model.save_pretrained(folder)
    features = transformers.WhisperFeatureExtractor(feature_size=80)
    transformers.WhisperProcessor(features, tokenizer).save_pretrained(folder)
    return folder


def _tokenizer(transformers: Any) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    names = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *SPECIAL]
    plain = Tokenizer(models.BPE(vocab={name: number for number, name in enumerate(names)}, merges=[]))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token"), SPECIAL[0])
    tokenizer = transformers.WhisperTokenizerFast(
        tokenizer_object=plain, **ends, additional_special_tokens=list(SPECIAL[1:])
    )
    tokenizer.add_tokens([AddedToken(f"<|{i * 0.02:.2f}|>", special=False, normalized=False) for i in range(1501)])
    return tokenizer


def _unsaid(tokenizer: Any) -> list[int]:
    """All bytes but small letters and spaces: what it says can be read."""
    said = {tokenizer.convert_tokens_to_ids(name) for name in "\u0120abcdefghijklmnopqrstuvwxyz"}
    return [number for number in range(256) if number not in said]


def tone(pitch: float, seconds: float = 2.0, rate: int = RATE, channels: int = 1) -> bytes:
    """A WAV file (16 bits) with a tone of so many hertz."""
    samples = _samples(pitch, seconds, rate)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(samples, channels).tobytes())
    return out.getvalue()


def tone_as_flac(pitch: float, seconds: float = 2.0) -> bytes:
    """The same tone as FLAC (RFC 9639): one channel, frames of 4,096 samples as they are."""
    samples = _samples(pitch, seconds, RATE)
    packed = RATE << 44 | 15 << 36 | len(samples)
    head = BLOCK.to_bytes(2) * 2 + bytes(6) + packed.to_bytes(8) + bytes(16)
    frames = [_frame(number, samples[at : at + BLOCK]) for number, at in enumerate(range(0, len(samples), BLOCK))]
    return b"fLaC" + b"\x80" + len(head).to_bytes(3) + head + b"".join(frames)


def _frame(number: int, samples: Any) -> bytes:
    """Block size in 16 bits, rate as at the beginning, mono, 16 bits; a verbatim subframe."""
    head = b"\xff\xf8\x70\x08" + chr(number).encode() + (len(samples) - 1).to_bytes(2)
    frame = head + _crc(head, 0x07, 8) + b"\x02" + samples.astype(">i2").tobytes()
    return frame + _crc(frame, 0x8005, 16)


def _crc(data: bytes, polynomial: int, bits: int) -> bytes:
    crc = 0
    for byte in data:
        crc ^= byte << (bits - 8)
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc >> (bits - 1) else crc << 1) & ((1 << bits) - 1)
    return crc.to_bytes(bits // 8)


def _samples(pitch: float, seconds: float, rate: int) -> Any:
    return (np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate) * 10_000).astype("<i2")
