"""
The program of a diffusers engine's process: one pipeline, one picture after the other.

    python -P diffusers_main.py --model FOLDER --threads 1

`POST /v1/images/generations` takes `prompt`, `n`, `width`, `height` and, where the pipeline has them, `steps`, `guidance`
and `seed`; it answers with PNG files in base64. `/health` and `/slots` as other engines have them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.metadata
import inspect
import io
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # started by its path, so that it stays light

from keyed_web import keyed_app, refused, serve  # type: ignore[import-not-found]
from llamacpp_main import KEY_VARIABLE, tie_to_parent  # type: ignore[import-not-found]

sys.path.pop(0)  # nothing else is to be found there: modules beside this one have names of libraries

from aiohttp import web


class Pictures:
    """The route. `pipeline` is what diffusers made of the folder."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._one_at_a_time = asyncio.Lock()
        self.active = 0

    async def generate(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.active += 1
        try:
            async with self._one_at_a_time:
                # A client that leaves does not stop a thread: nothing is begun for one that left while it waited.
                pictures = await asyncio.shield(asyncio.to_thread(self._draw, asked))
        except (ValueError, RuntimeError) as error:  # a size that the pipeline does not make, memory that is not there
            answer: web.StreamResponse = refused(400, f"The pipeline refuses it: {error}")
            return answer
        finally:
            self.active -= 1
        return web.json_response({"created": int(time.time()), "data": [{"b64_json": picture} for picture in pictures]})

    def _draw(self, asked: dict[str, Any]) -> list[str]:
        import torch

        seed = asked.get("seed")
        generator = torch.Generator("cpu").manual_seed(secrets.randbits(63) if seed is None else int(seed))
        wanted: dict[str, Any] = {"num_images_per_prompt": asked.get("n", 1), "generator": generator}
        wanted |= {"num_inference_steps": asked.get("steps"), "guidance_scale": asked.get("guidance")}
        wanted |= {"width": asked.get("width"), "height": asked.get("height")}
        taken = {name: value for name, value in wanted.items() if value is not None and name in self._takes}
        images = self._pipeline(prompt=asked["prompt"], **taken).images
        return [_png(image) for image in images]


def _png(image: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _load(folder: str, threads: int) -> Any:
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}  # what is not in the folder is not fetched
    import diffusers
    import torch

    if threads:
        torch.set_num_threads(threads)
    graphics = torch.cuda.is_available()
    kind = torch.float16 if graphics else torch.float32
    # Pickles and code of a repository never get here; nothing else is to be loaded either.
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        folder, torch_dtype=kind, use_safetensors=True, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda" if graphics else "cpu")


def main() -> None:
    """Load the pipeline, announce the address, stay."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(sys.argv[1:])
    tie_to_parent()
    key = os.environ.pop(KEY_VARIABLE)
    try:
        pictures = Pictures(_load(options.model, options.threads))
    except (OSError, ValueError, AttributeError, json.JSONDecodeError) as error:
        sys.exit(
            f"diffusers could not load the pipeline: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        )
    app = keyed_app(key, lambda: pictures.active)
    app.router.add_post("/v1/images/generations", pictures.generate)
    asyncio.run(serve(app, f"diffusers/{importlib.metadata.version('diffusers')}"))


if __name__ == "__main__":
    main()
