"""A hub with a tiny Llama of safetensors, written with numpy alone, and the room that converts it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commonweight.batches import Line, Outcome
from commonweight.hub import AddFile, AddLarge, Change, Revision
from commonweight.identity import Caller
from commonweight.jobs import Jobs, Runner
from commonweight.tuning.conversions import Conversion, ConversionRuns, ConversionsRoom, NewConversion
from commonweight.tuning.converting import Converter, GgufMade, Quantisation
from commonweight.tuning.judging.general import general_set
from tests.policy.world import World
from tests.support.peft_adapter import safetensors_bytes
from tests.tuning.converting.models import byte_tokenizer

WIDTH, INNER, LAYERS, HEADS, TOKENS = 64, 128, 2, 4, 259
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": TOKENS,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "bos_token_id": 256,
    "eos_token_id": 258,
}
CARD = {"license": "apache-2.0", "language": "en", "pipeline_tag": "text-generation"}


def weights(seed: int = 1) -> bytes:
    random = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (TOKENS, WIDTH), "lm_head.weight": (TOKENS, WIDTH)}
    for layer in range(LAYERS):
        name = f"model.layers.{layer}"
        shapes |= {f"{name}.self_attn.{one}_proj.weight": (WIDTH, WIDTH) for one in "qkvo"}
        shapes |= {f"{name}.mlp.{one}_proj.weight": (INNER, WIDTH) for one in ("gate", "up")}
        shapes[f"{name}.mlp.down_proj.weight"] = (WIDTH, INNER)
    tensors = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    norms = [
        f"model.layers.{layer}.{one}" for layer in range(LAYERS) for one in ("input_layernorm", "post_attention_layernorm")
    ]
    return safetensors_bytes(tensors | {f"{name}.weight": np.ones(WIDTH, np.float32) for name in (*norms, "model.norm")})


async def publish_model(world: World, name: str = "base", card: dict[str, Any] | None = None, **texts: str) -> Revision:
    """A checkpoint as a model of ada's."""
    revision = await world.publish(name, card or CARD, **texts)
    folder = world.folder / f"{name}-files"
    byte_tokenizer(folder)
    (folder / "model.safetensors").write_bytes(weights())
    large = await world.storage.ingest(revision.repository.scope, folder / "model.safetensors")
    changes: list[Change] = [
        AddLarge("model.safetensors", large.sha256),
        AddFile("config.json", json.dumps(CONFIG).encode()),
    ]
    small = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    changes += [AddFile(path, (folder / path).read_bytes()) for path in small]
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Add the model")
    return await world.hub.resolve(revision.repository)


class Stand(Converter):
    """A converter for those who look at what is done with files: each holds a few bytes, and no process is started."""

    async def to_gguf(self, checkpoint: Path, out: Path, metadata: Mapping[str, Any], *more: Any, **told: Any) -> GgufMade:
        return _stand_in(out, "F16")

    async def quantise(self, gguf: Path, out: Path, kind: Quantisation, *more: Any, **how: Any) -> GgufMade:
        return _stand_in(out, kind.value)

    async def compare(self, whole: Path, smaller: Path) -> Mapping[str, Any]:
        return {"places": 63, "same": 60, "difference": 0.01}


def _stand_in(out: Path, kind: str) -> GgufMade:
    out.write_bytes(f"GGUF {kind}".encode())
    return GgufMade(out, kind, out.stat().st_size, hashlib.sha256(out.read_bytes()).hexdigest(), 1)


ANSWERS = {one.question: one.answers[0] for one in general_set()}


class House:
    """
    A `RunLine` in whose house every model answers rightly and finds texts as likely as it is told: by the end of the model's
    name the log-probability of a token (a string: the house refuses, and says this). Counts what it was asked.
    """

    def __init__(self, **likely: float | str | None) -> None:
        self.likely = likely
        self.asked: list[tuple[str, str]] = []
        self.callers: set[str] = set()
        self.stop_at = 0  # after so many answers it never answers again
        self.stopped = asyncio.Event()

    async def __call__(self, caller: Caller, line: Line) -> Outcome:
        model = line.body["model"]
        self.asked.append((model, line.url))
        self.callers.add(f"{caller.account.name if caller.account else ''} from {line.address}")
        if self.stop_at and len(self.asked) > self.stop_at:
            self.stopped.set()
            await asyncio.Event().wait()
        likely = next((value for name, value in self.likely.items() if f"-{name}." in model), -2.0)
        if isinstance(likely, str):
            return Outcome(400, "", {"error": {"message": likely}}, final=True)
        if line.url.endswith("/chat/completions"):
            message = {"content": f"It is {ANSWERS[line.body['messages'][-1]['content']]}."}
            return Outcome(200, "", {"choices": [{"message": message, "finish_reason": "stop"}]})
        tokens = line.body["prompt"].split()
        logprobs = [None, *[None if likely is None else likely - len(one) / 100 for one in tokens[1:]]]
        told = {"tokens": tokens, "token_logprobs": logprobs}
        return Outcome(200, "", {"choices": [{"text": "", "logprobs": told}]})


@dataclass
class ConversionWorld:
    """The room over a world, with what works on it at hand."""

    world: World
    room: ConversionsRoom
    home: Path

    @classmethod
    def over(cls, world: World) -> ConversionWorld:
        room = ConversionsRoom(world.database, world.hub, world.storage, world.identity, world.policy, world.clock)
        return cls(world, room, world.folder / "conversions")

    def runs(self, converter: Converter | None = None, house: House | None = None) -> ConversionRuns:
        return self.room.runs(converter or Converter(), self.home, house or House())

    async def ada(self) -> Caller:
        return await self.world.caller("ada")

    async def create(
        self, *formats: str, model: str = "ada/base", target: str = "ada/base-GGUF", scored: bool = False
    ) -> Conversion:
        new = NewConversion(model, target, formats or ("F16", "Q8_0"), address="10.0.0.7", is_scored=scored)
        return await self.room.conversions.create(await self.ada(), new)

    async def get(self, conversion: Conversion) -> Conversion:
        return await self.room.conversions.get(conversion.account_id, conversion.id)

    async def run(self, runs: ConversionRuns | None = None) -> None:
        """What is due, as the worker does it."""
        jobs = Jobs(self.world.database, self.world.clock, "worker")
        await Runner(jobs, (runs or self.runs()).handlers(), only_these=True).run_until_empty()
