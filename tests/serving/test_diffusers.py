"""Pictures: a tiny pipeline made on the spot draws a real PNG. Needs diffusers and torch: `make test-all` installs them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonweight.serving import LoadFailed
from commonweight.serving.engines import Diffusers, EngineSpec
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.images import images_request
from tests.support.tools import library

PNG = b"\x89PNG\r\n\x1a\n"


def make_pipeline(folder: Path) -> Path:
    """A Stable Diffusion of some ten thousand random weights: its pictures are noise."""
    torch, diffusers = library("torch"), library("diffusers")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizerFast

    torch.manual_seed(0)
    characters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {text: n for n, text in enumerate([*characters, *(c + "</w>" for c in characters)])}
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[special] = len(vocabulary)
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[], end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = CLIPTokenizerFast(tokenizer_object=plain, model_max_length=77)
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary), hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
            max_position_embeddings=77, bos_token_id=vocabulary["<|startoftext|>"], eos_token_id=vocabulary["<|endoftext|>"],
        )
    )  # fmt: skip
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(4, 8), layers_per_block=1, sample_size=8, norm_num_groups=2, cross_attention_dim=32,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
    )  # fmt: skip
    vae = diffusers.AutoencoderKL(
        block_out_channels=[4, 8], norm_num_groups=2, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
    )  # fmt: skip
    scheduler = diffusers.DDIMScheduler(steps_offset=1, clip_sample=False)
    pipeline = diffusers.StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.mark.filterwarnings("ignore")  # the library's own, about its own configurations
async def test_a_pipeline_draws_a_picture_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    spec = EngineSpec(make_pipeline(tmp_path / "pipeline"), "ada/pictures@abc", 0)
    async with aiohttp.ClientSession() as session:
        engine = Diffusers(tmp_path / "logs", session, threads=1).engine(spec)
        address = await engine.start(lambda text: None)
        try:
            assert address.engine.startswith("diffusers/")

            async def draw(key: str = address.api_key, **body: Any) -> tuple[int, Any]:
                url, headers = f"{address.base_url}/v1/images/generations", {"authorization": f"Bearer {key}"}
                async with session.post(url, json={"prompt": "a cat", "steps": 2, **body}, headers=headers) as response:
                    return response.status, await response.json()

            status, answer = await draw(n=2, width=32, height=16, seed=1)
            assert status == 200, answer
            pictures = [base64.b64decode(one["b64_json"]) for one in answer["data"]]
            assert len(pictures) == 2
            for picture in pictures:
                assert picture.startswith(PNG)
                assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (32, 16)
            assert (await draw(n=2, width=32, height=16, seed=1))[1]["data"] == answer["data"]
            assert (await draw(key="guess"))[0] == 401
            assert (await draw(width=33, height=16))[0] == 400
        finally:
            await engine.stop()


async def test_a_folder_that_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(LoadFailed, match="model_index"):
            Diffusers(tmp_path, session).engine(EngineSpec(tmp_path, "x", 0))


def test_what_is_asked_for_reaches_the_engine_in_its_words() -> None:
    asked = images_request({"model": "m", "prompt": "a cat", "size": "64x32", "n": 2, "seed": 7, "user": "x"})
    assert asked.upstream == {"prompt": "a cat", "width": 64, "height": 32, "n": 2, "seed": 7}
    assert images_request({"model": "m", "prompt": "a cat", "size": "auto"}).upstream == {"prompt": "a cat"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prompt": None}, "prompt"),
    ({"n": 11}, "n"),
    ({"size": "33x32"}, "size"),
    ({"size": "99999x8"}, "size"),
    ({"size": "large"}, "size"),
    ({"response_format": "url"}, "response_format"),
    ({"output_format": "webp"}, "output_format"),
    ({"background": "transparent"}, "background"),
    ({"stream": True}, "stream"),
    ({"prompt": "x" * 33_000}, "prompt"),
]


@pytest.mark.parametrize(("change", "param"), WRONG)
def test_what_no_engine_honours_is_refused_by_name(change: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        images_request({"model": "m", "prompt": "a cat", **change})
    assert caught.value.param == param
