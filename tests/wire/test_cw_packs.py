"""Packs over the own API."""

from __future__ import annotations

import io
import zipfile

from tests.policy.world import World
from tests.wire.test_cw import Client, catalogues, client, is_problem, records, world  # noqa: F401 - fixtures

TUNED = {"license": "mit", "base_model": "meta-llama/Llama-3.2-1B", "base_model_relation": "finetune"}


async def test_a_pack_comes_with_its_files(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("reader", TUNED)
    answer = (await client("GET", "/models/ada/reader/pack", by="ada")).json
    assert (answer["act"], answer["is_own"], answer["is_complete"]) == ("publish_derivative", True, False)
    assert answer["naming"]["proposal"] == "Llama-reader"
    assert "llama-3.2" in answer["missing"]
    files = {file["path"]: file["content"] for file in answer["files"]}
    assert "Llama 3.2 is licensed under" in files["NOTICE"]


async def test_a_pack_comes_as_an_archive_of_the_same_bytes_each_time(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("reader", TUNED)
    first, second = [await client("GET", "/models/ada/reader/pack?format=zip") for _ in range(2)]
    assert first.body == second.body
    assert first.headers["content-disposition"] == 'attachment; filename="reader-pack.zip"'
    assert "NOTICE" in zipfile.ZipFile(io.BytesIO(first.body)).namelist()


async def test_a_known_model_has_a_pack_too(client: Client) -> None:  # noqa: F811
    answer = (await client("GET", "/models/meta-llama/llama-2/pack?act=publish_derivative&planned_name=mine&lang=es")).json
    assert any("Avisos" in file["content"] for file in answer["files"] if file["path"] == "NOTICE")


async def test_an_act_that_there_is_not_is_refused_and_a_private_model_missing(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("secret", TUNED, visibility="private")
    assert is_problem(await client("GET", "/models/ada/secret/pack?act=fly", by="ada"), 400, "invalid_use")
    assert is_problem(await client("GET", "/models/ada/secret/pack", by="bob"), 404, "model_unknown")
