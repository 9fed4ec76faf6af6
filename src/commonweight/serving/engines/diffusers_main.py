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
import hmac
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

from llamacpp_main import HOST_VARIABLE, KEY_VARIABLE, announce, tie_to_parent, url_of  # type: ignore[import-not-found]

sys.path.pop(0)  # nothing else is to be found there: modules beside this one have names of libraries

from aiohttp import web


class Pictures:
    """The routes. `pipeline` is what diffusers made of the folder."""

    def __init__(self, pipeline: Any, key: str) -> None:
        self._pipeline = pipeline
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._key = f"Bearer {key}"
        self._one_at_a_time = asyncio.Lock()
        self._active = 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/health", self.health)
        app.router.add_get("/slots", self.slots)
        app.router.add_post("/v1/images/generations", self.generate)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._key.encode()):
            return _refused(401, "Invalid API Key", "authentication_error")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def slots(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": number, "is_processing": True} for number in range(self._active)])

    async def generate(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self._active += 1
        try:
            async with self._one_at_a_time:
                # A client that leaves does not stop a thread: nothing is begun for one that left while it waited.
                pictures = await asyncio.shield(asyncio.to_thread(self._draw, asked))
        except (ValueError, RuntimeError) as error:  # a size that the pipeline does not make, memory that is not there
            return _refused(400, f"The pipeline refuses it: {error}", "invalid_request_error")
        finally:
            self._active -= 1
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


def _refused(status: int, message: str, kind: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message, "type": kind}}, status=status)


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


async def _serve(pipeline: Any, key: str) -> None:
    host = os.environ.get(HOST_VARIABLE) or "127.0.0.1"
    runner = web.AppRunner(Pictures(pipeline, key).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    engine = f"diffusers/{importlib.metadata.version('diffusers')}"
    announce(base_url=url_of(host, runner.addresses[0][1]), engine=engine)
    await asyncio.Event().wait()


def main() -> None:
    """Load the pipeline, announce the address, stay."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(sys.argv[1:])
    tie_to_parent()
    key = os.environ.pop(KEY_VARIABLE)
    try:
        pipeline = _load(options.model, options.threads)
    except (OSError, ValueError, AttributeError, json.JSONDecodeError) as error:
        sys.exit(
            f"diffusers could not load the pipeline: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        )
    asyncio.run(_serve(pipeline, key))


if __name__ == "__main__":
    main()
