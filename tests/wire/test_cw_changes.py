"""The feeds of changes: valid Atom (RFC 4287), page after page, for those who may see what it tells of."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from commonweight.policy import Cause, Change
from commonweight.wire.cw import changes as wire
from commonweight.wire.cw.atom import atom_feed
from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.test_feed import selling
from tests.policy.world import World
from tests.wire.test_cw import Client, client, is_problem  # noqa: F401 - fixtures

A = "{http://www.w3.org/2005/Atom}"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def checked(document: bytes) -> ElementTree.Element:
    """The feed, if it holds what RFC 4287 asks for (sections 4.1 and 4.2)."""
    feed = ElementTree.fromstring(document)
    assert feed.tag == f"{A}feed"
    assert feed.find(f"{A}author/{A}name") is not None
    for element in (feed, *feed.findall(f"{A}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{A}{name}")) == 1, name
        moment = element.findtext(f"{A}updated") or ""
        assert datetime.fromisoformat(moment).tzinfo is not None
        assert urlsplit(element.findtext(f"{A}id") or "").scheme == "tag"
        alternate = [link for link in element.findall(f"{A}link") if link.get("rel") == "alternate"]
        assert len(alternate) == 1
        assert all(urlsplit(link.get("href") or "").netloc for link in element.findall(f"{A}link"))
    ids = [entry.findtext(f"{A}id") for entry in feed.findall(f"{A}entry")]
    assert len(ids) == len(set(ids))
    assert [link.get("rel") for link in feed.findall(f"{A}link")].count("self") == 1
    return feed


def _basic(token: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"any:{token}".encode()).decode()}


async def test_the_feed_is_atom_and_readers_sign_in_by_basic(client: Client, world: World) -> None:  # noqa: F811
    await selling(world, "pictures")
    answer = await client("GET", "/changes/feed.atom", headers=_basic(world.tokens["ada"]))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/atom+xml")
    feed = checked(answer.body)
    (entry,) = feed.findall(f"{A}entry")
    assert "ada/pictures: " in (entry.findtext(f"{A}title") or "")
    assert "→ prohibited" in (entry.findtext(f"{A}title") or "")
    told = (await client("GET", "/changes", by="ada")).json["changes"][0]
    assert told["headline"] in (entry.findtext(f"{A}summary") or "")
    assert told["direction"] == "worse"
    links = {link.get("rel"): link.get("href") for link in entry.findall(f"{A}link")}
    assert links["alternate"] == f"http://test:80/verdicts/{told['verdict_after']}".replace(":80", "")
    assert (links["related"] or "").endswith(told["verdict_before"])


async def test_the_feed_tells_of_nothing_that_its_reader_may_not_see(client: Client, world: World) -> None:  # noqa: F811
    await selling(world, "secret", visibility="private")
    seen = {}
    for name in ("ada", "bob"):
        feed = checked((await client("GET", "/changes/feed.atom", headers=_basic(world.tokens[name]))).body)
        seen[name] = len(feed.findall(f"{A}entry"))
    assert seen == {"ada": 1, "bob": 0}


async def test_nobody_is_asked_to_sign_in(client: Client) -> None:  # noqa: F811
    for path in ("/changes/feed.atom", "/changes/feed.json"):
        answer = await client("GET", path)
        assert is_problem(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert is_problem(await client("GET", "/changes/progress"), 401, "not_authenticated")


async def test_pages_follow_each_other_and_filters_go_along(
    client: Client,  # noqa: F811
    world: World,  # noqa: F811
) -> None:
    await selling(world, *(f"m{number}" for number in range(wire.FEED_PAGE + 1)))
    answer = await client("GET", "/changes/feed.atom?direction=worse", by="ada")
    feed = checked(answer.body)
    assert len(feed.findall(f"{A}entry")) == wire.FEED_PAGE
    (following,) = [link.get("href") or "" for link in feed.findall(f"{A}link") if link.get("rel") == "next"]
    path = following.partition("/cw/v1")[2]
    assert path.startswith("/changes/feed.atom?direction=worse&before_id=")
    last = checked((await client("GET", path, by="ada")).body)
    assert len(last.findall(f"{A}entry")) == 1
    assert last.findtext(f"{A}id") == feed.findtext(f"{A}id")
    assert not [link for link in last.findall(f"{A}link") if link.get("rel") == "next"]


async def test_progress_is_told_to_accounts(client: Client) -> None:  # noqa: F811
    found = (await client("GET", "/changes/progress", by="ada")).json
    assert found == {"waiting": 0, "total": 0, "done": 1.0, "is_running": False, "causes": []}


def test_a_feed_without_changes_and_one_with_odd_names_are_well_formed() -> None:
    checked(atom_feed([], "", "https://house.test", "/feed", "", NOW))
    cause = Cause(1, "use", {}, NOW, "")
    odd = 'a<b>&"\x00\x1b\ud800 ]]> é'
    change = Change(7, NOW, f"models/{odd}", odd, odd, "allowed", "unknown", "a" * 48, "b" * 48, cause, odd)
    feed = checked(atom_feed([change], "use=x&y=%3C", "https://house.test", "/feed?use=x&y=%3C", "", NOW))
    assert feed.findtext(f"{A}entry/{A}title") == 'a<b>&"��� ]]> é: allowed → unknown (a<b>&"��� ]]> é)'


async def test_the_json_feed_says_the_headline(client: Client, world: World) -> None:  # noqa: F811
    await selling(world, "pictures")
    item = json.loads((await client("GET", "/changes/feed.json", by="ada")).body)["items"][0]
    assert "Prohibited" in item["content_text"]
