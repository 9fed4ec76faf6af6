from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from commonweight.cli.rights import rights
from commonweight.rights.receipts import check_receipt, key_id_of, read_receipt
from tests.policy.world import World
from tests.web.reader import Reader


async def _verdict(world: World, visibility: str = "public") -> str:
    revision = await world.publish("tiny", {"license": "mit"}, visibility=visibility)
    return (await world.policy.standing_verdict(revision)).id


async def test_a_receipt_is_signed_with_the_key_that_is_published(ada: Reader, world: World) -> None:
    answer = await ada.get(f"/verdicts/{await _verdict(world)}/receipt.json")
    keys = json.loads((await ada.get("/.well-known/commonweight-keys.json")).text)
    checked = check_receipt(read_receipt(answer.text, "receipt"), [key_id_of(key) for key in keys["keys"]])
    assert (checked.is_intact, checked.is_trusted) == (True, True)
    assert keys["keys"][0]["kid"] == checked.key_id
    assert checked.content["question"]["use"]["date"] == checked.content["verdict"]["date"]


async def test_the_printable_page_carries_the_receipt_and_runs_nothing(ada: Reader, world: World, tmp_path: Path) -> None:
    page = await ada.get(f"/verdicts/{await _verdict(world)}/receipt.html")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    (tmp_path / "receipt.html").write_text(page.text)
    result = CliRunner().invoke(rights, ["verify", str(tmp_path / "receipt.html")])
    assert result.exit_code == 0
    assert "The records at hand answer alike" in result.output


async def test_what_a_card_says_cannot_end_the_data_in_the_page(ada: Reader, world: World) -> None:
    revision = await world.publish("evil", {"license": "</script><img src=x>"})
    verdict = await world.policy.standing_verdict(revision)
    page = await ada.get(f"/verdicts/{verdict.id}/receipt.html")
    assert page.text.count("</script>") == 1
    assert "<img" not in page.text
    assert check_receipt(read_receipt(page.text, "page")).is_intact


async def test_the_facts_of_the_use_are_for_accounts(reader: Reader, ada: Reader, world: World) -> None:
    """Who may read the verdict may have it signed, without what only accounts may know."""
    key = await _verdict(world)
    assert json.loads((await reader.get(f"/verdicts/{key}/receipt.json")).text)["receipt"]["question"] is None
    assert json.loads((await ada.get(f"/verdicts/{key}/receipt.json?facts=no")).text)["receipt"]["question"] is None
    assert "receipt.html?facts=no" in (await reader.get(f"/verdicts/{key}")).text


async def test_a_receipt_follows_the_rule_of_its_verdict(reader: Reader, ada: Reader, world: World) -> None:
    key = await _verdict(world, "private")
    assert (await ada.get(f"/verdicts/{key}/receipt.json")).status == 200
    assert (await reader.get(f"/verdicts/{key}/receipt.json")).status == 404
