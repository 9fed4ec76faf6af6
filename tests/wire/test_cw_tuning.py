"""Checking and repairing files of examples, through the application itself."""

from __future__ import annotations

from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.tuning.data.said import chat, jsonl, many, user
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

BOT = {"messages": [user("Hi"), {"role": "bot", "content": "Hello."}]}


def form(data: bytes, **fields: str) -> tuple[bytes, dict[str, str]]:
    """A body of multipart/form-data, and its headers."""
    parts = [f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    head = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
    return "".join([*parts, head]).encode() + data + b"\r\n--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}


async def test_a_file_is_checked_wholly_and_kept_by_nobody(client: Client) -> None:  # noqa: F811
    body, headers = form(jsonl([*many(5), *[BOT] * 30]))
    found = await client("POST", "/tuning/check", body, by="ada", headers=headers)
    assert found.status == 200
    assert [(group["code"], group["count"], group["lines"][0]) for group in found.json["errors"]] == [
        ("invalid_role", 30, 6)
    ]
    assert found.json["errors"][0]["first"][0]["param"] == "messages[1].role"
    assert not found.json["accepted"]


async def test_more_than_other_routes_take_is_read_piece_by_piece(client: Client) -> None:  # noqa: F811
    body, headers = form(jsonl([chat(f"q{i}", "word " * 1000) for i in range(1200)]))
    assert len(body) > 5_000_000
    found = await client("POST", "/tuning/check", body, by="ada", headers=headers)
    assert (found.status, found.json["facts"]["lines"]) == (200, 1200)


async def test_a_repaired_copy_is_a_file_of_the_callers(client: Client) -> None:  # noqa: F811
    body, headers = form(jsonl([*many(12), BOT, {"text": "a"}]), leave_out="true")
    done = (await client("POST", "/tuning/repair", body, by="ada", headers=headers)).json
    assert (done["read"], done["written"], done["changed"]) == (14, 13, 2)
    found = await client("POST", "/tuning/check", {"file": done["file"]}, by="ada")
    assert found.json["accepted"]
    assert is_problem(await client("POST", "/tuning/check", {"file": done["file"]}, by="bob"), 404, "file_not_found")


async def test_what_cannot_be_mended_is_not_kept(client: Client) -> None:  # noqa: F811
    body, headers = form(jsonl([*many(12), {"text": "a"}]))
    done = (await client("POST", "/tuning/repair", body, by="ada", headers=headers)).json
    assert done["file"] is None
    assert [group["code"] for group in done["found"]["errors"]] == ["unknown_form"]


async def test_nobody_and_nonsense_are_refused(client: Client) -> None:  # noqa: F811
    assert is_problem(await client("POST", "/tuning/check", {"file": "x"}), 401, "not_authenticated")
    assert is_problem(await client("POST", "/tuning/check", b"x", by="ada"), 400, "invalid_input")
    assert is_problem(await client("POST", "/tuning/check", {"files": "x"}, by="ada"), 400, "invalid_input")
    assert is_problem(await client("POST", "/tuning/check", b" " * 70_000, by="ada"), 400, "invalid_input")
    empty = {"content-type": "multipart/form-data; boundary=x"}
    assert is_problem(await client("POST", "/tuning/check", b"--x--\r\n", by="ada", headers=empty), 400, "invalid_input")


async def test_fields_are_mapped(client: Client) -> None:  # noqa: F811
    body, headers = form(jsonl([{"q": f"q{i}", "a": "x"} for i in range(10)]), mapping="prompt=q,completion=a")
    assert (await client("POST", "/tuning/check", body, by="ada", headers=headers)).json["facts"]["form"] == "completion"
    body, headers = form(b"", mapping="prompt")
    assert is_problem(await client("POST", "/tuning/check", body, by="ada", headers=headers), 400, "invalid_mapping")
