"""The own API: shapes, rights and errors, through the application itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.types import ASGIApp, Message

from commonweight.choosing import Aliases, Market, NamedOffers, Offers
from commonweight.files import Blobs, Checks, Files, Purpose
from commonweight.guarding import Guardrails
from commonweight.identity import Keys, Organisations, OwnTokens, Signer
from commonweight.plans import Keys as ApiKeys
from commonweight.plans import Limits, Selling, TermsOfKeys, Usage, providers_of
from commonweight.policy import Bills, Packs
from commonweight.retention import Decisions
from commonweight.serving import Operating, ReceiptBook, Replicas
from commonweight.serving.receipts import PURPOSE as INFERENCE_RECEIPTS
from commonweight.tuning.conversions import Conversions, ConversionsRoom
from commonweight.tuning.data import TuningLines
from commonweight.wire.cw import CwServices, cw_app
from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import SELLING, World

CHECKS = Checks({Purpose.FINE_TUNE: TuningLines})
PAYMENTS = "acme=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the scheme's specification


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks ASGI to the application."""

    def __init__(self, app: ASGIApp, world: World) -> None:  # noqa: F811
        self._app = app
        self._world = world

    async def __call__(
        self, method: str, path: str, body: Any = None, *, by: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        if by:
            sent["authorization"] = f"Bearer {self._world.tokens[by]}"
        target, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": unquote(f"/cw/v1{target}"), "raw_path": f"/cw/v1{target}".encode(),
            "query_string": query.encode(), "root_path": "", "scheme": "http", "http_version": "1.1",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "server": ("test", 80), "client": ("test", 1), "state": {},
        }  # fmt: skip
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        found = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
        return Answer(messages[0]["status"], found, b"".join(message.get("body", b"") for message in messages[1:]))


def conversions_of(world: World) -> Conversions:  # noqa: F811
    room = ConversionsRoom(world.database, world.hub, world.storage, world.identity, world.policy, world.clock)
    return room.conversions


@pytest.fixture
async def client(world: World) -> Client:  # noqa: F811
    offers = NamedOffers(Offers(world.hub, world.policy), Aliases(world.database, world.clock))
    services = CwServices(
        identity=world.identity,
        organisations=Organisations(world.database, world.identity, world.clock),
        own_tokens=OwnTokens(world.database, world.identity, world.clock),
        granting=world.hub.granting,
        policy=world.policy,
        market=Market(world.hub, world.known, world.policy),
        packs=Packs(world.hub, world.policy, world.clock),
        bills=Bills(world.hub, world.policy),
        suspects=world.suspects,
        offers=offers,
        operating=Operating(Replicas(world.database, world.clock), offers),
        decisions=Decisions(world.database, world.clock),
        guardrails=Guardrails(world.database, world.identity, world.clock),
        receipts=ReceiptBook(world.database, Signer(Keys(b"house"), INFERENCE_RECEIPTS), world.clock, "https://hub.example"),
        keys=ApiKeys(world.database, world.clock, TermsOfKeys(world.database), world.policy.uses.get),
        usage=Usage(world.database),
        selling=Selling(world.database, world.identity, world.policy, world.clock, Limits(), providers_of(PAYMENTS)),
        conversions=conversions_of(world),
        files=Files(world.database, Blobs(world.database, world.storage, world.clock), CHECKS, world.clock),
    )
    return Client(cw_app(services), world)


def is_problem(answer: Answer, status: int, code: str) -> bool:
    expected = (status, "application/problem+json", f"urn:commonweight:error:{code}")
    return (answer.status, answer.headers["content-type"], answer.json["type"]) == expected and bool(answer.json["detail"])


async def test_a_verdict_for_the_standing_use_can_be_read_back(client: Client) -> None:
    decided = await client("POST", "/verdicts", {"model": "xai/grok-1"})
    assert decided.status == 200
    assert decided.json["value"] == "allowed"
    assert decided.json["verdict"]["format"] == "commonweight.verdict/1"
    assert decided.json["verdict"]["disclaimer"]
    read = await client("GET", f"/verdicts/{decided.json['id']}")
    assert read.json == decided.json


OWN_FACTS: list[dict[str, Any]] = [
    {"use": {"acts": ["evaluate"], "purposes": ["coding"]}},
    {"use": {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"]}}},
    {"format": "commonweight.question/1", "organisation": {"kind": "company"}, "use": {"acts": ["evaluate"]}},
]


async def test_own_facts_are_taken_as_a_use_and_as_a_question(client: Client) -> None:
    for facts in OWN_FACTS:
        answer = await client("POST", "/verdicts", {"model": "xai/grok-1", **facts}, by="ada")
        assert (answer.status, answer.json["value"]) == (200, "allowed")
        assert (await client("GET", f"/verdicts/{answer.json['id']}", by="ada")).status == 200
        assert is_problem(await client("GET", f"/verdicts/{answer.json['id']}", by="bob"), 404, "verdict_not_found")


async def test_own_facts_need_an_account(client: Client) -> None:
    answer = await client("POST", "/verdicts", {"model": "xai/grok-1", "use": {"acts": ["evaluate"]}})
    assert is_problem(answer, 401, "not_authenticated")


async def test_a_private_model_looks_missing(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("secret", {"license": "mit"}, visibility="private")
    mine = await client("POST", "/verdicts", {"model": "ada/secret"}, by="ada")
    assert mine.status == 200
    for by in ("", "bob"):
        assert is_problem(await client("POST", "/verdicts", {"model": "ada/secret"}, by=by), 404, "model_unknown")
        assert is_problem(await client("GET", f"/verdicts/{mine.json['id']}", by=by), 404, "verdict_not_found")
        assert is_problem(await client("GET", "/models/ada/secret/rights", by=by), 404, "model_unknown")
        assert "secret" not in (await client("GET", "/market", by=by)).body.decode()


async def test_the_rights_of_a_model_come_with_lineage_and_openness(client: Client, world: World) -> None:  # noqa: F811
    starter = await world.publish_starter()
    answer = await client("GET", f"/models/ada/{starter.repository.name}/rights?revision={starter.commit}")
    assert answer.json["verdict"]["terms"] == ["apache-2.0", "llama-3.1"]
    assert len(answer.json["verdict"]["lineage"]["edges"]) == 4
    assert answer.json["row"]["openness"]["label"] == "open_weights_permissive"
    missing = await client("GET", f"/models/ada/{starter.repository.name}/rights?revision=mian")
    assert is_problem(missing, 404, "revision_not_found")


async def test_the_standing_use_is_read_by_accounts_and_changed_by_administrators(client: Client) -> None:
    assert is_problem(await client("GET", "/uses/standing"), 401, "not_authenticated")
    assert (await client("GET", "/uses/standing", by="bob")).json["facts"]["use"]["acts"] == ["evaluate"]
    assert is_problem(await client("PUT", "/uses/standing", {"facts": SELLING}, by="bob"), 403, "not_allowed")
    changed = await client("PUT", "/uses/standing", {"facts": SELLING, "name": "Selling pictures"}, by="root")
    assert changed.json["use"]["name"] == "Selling pictures"
    assert (await client("GET", "/uses/standing", by="bob")).json["name"] == "Selling pictures"


async def test_a_preview_says_what_would_change(client: Client) -> None:
    await client("GET", "/market")
    assert is_problem(await client("POST", "/uses/standing/preview", {"facts": SELLING}, by="ada"), 403, "not_allowed")
    answer = await client("POST", "/uses/standing/preview", {"facts": SELLING}, by="root")
    changed = {one["title"]: one["after"] for one in answer.json}
    assert changed["stabilityai/sdxl-turbo"] == "prohibited"
    assert (await client("GET", "/uses/standing", by="root")).json["facts"]["use"]["acts"] == ["evaluate"]


async def test_a_refusal_is_told_with_its_clause(client: Client) -> None:
    await client("PUT", "/uses/standing", {"facts": SELLING}, by="root")
    refusal = (await client("POST", "/verdicts", {"model": "stabilityai/sdxl-turbo"})).json["refusal"]
    assert refusal["value"] == "prohibited"
    assert refusal["clause"]


async def test_the_market_is_filtered_by_its_query(client: Client) -> None:
    answer = await client("GET", "/market?search=llama&label=open_weights_restricted&sort=name")
    names = [row["name"] for row in answer.json["rows"]]
    assert "Llama 2" in names
    assert names == sorted(names, key=str.lower)
    assert answer.json["use"] == "Internal evaluation by a company"
    assert is_problem(await client("GET", "/market?verdict=maybe"), 400, "invalid_input")


ERRORS: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/nothing", None, 404, "not_found"),
    ("DELETE", "/market", None, 405, "method_not_allowed"),
    ("POST", "/verdicts", b"{", 400, "invalid_input"),
    ("POST", "/verdicts", {}, 400, "invalid_input"),
    ("POST", "/verdicts", {"model": 7}, 400, "invalid_input"),
    ("POST", "/verdicts", {"model": "xai/grok-1", "usage": {}}, 400, "invalid_input"),
    ("POST", "/verdicts", {"model": "x" * 500}, 400, "invalid_input"),
    ("POST", "/verdicts", {"model": "xai/grok-1", "use": {"acts": ["fly"]}}, 400, "invalid_use"),
    ("POST", "/verdicts", {"model": "no/thing"}, 404, "model_unknown"),
    ("POST", "/verdicts", b" " * (5 << 20), 413, "too_large"),
    ("GET", "/verdicts/0123", None, 404, "verdict_not_found"),
    ("GET", "/market?hosted=perhaps", None, 400, "invalid_input"),
    ("GET", "/verdicts/%ff", None, 400, "invalid_input"),
    ("GET", "/models/ada/%2e%2e/rights", None, 400, "invalid_input"),
    ("GET", "/verdicts/%00", None, 400, "invalid_input"),
]


async def test_every_error_is_a_problem_document(client: Client) -> None:
    for method, path, body, status, code in ERRORS:
        assert is_problem(await client(method, path, body, by="ada"), status, code), (method, path)


async def test_a_bad_token_is_refused(client: Client) -> None:
    answer = await client("GET", "/market", headers={"authorization": "Bearer cw_wrong"})
    assert is_problem(answer, 401, "invalid_credentials")


async def test_a_deed_by_cookie_needs_the_csrf_token(client: Client, world: World) -> None:  # noqa: F811
    signed_in = await world.identity.sign_in(world.tokens["root"])
    cookie = {"cookie": f"cw_session={signed_in.cookie}"}
    assert (await client("GET", "/uses/standing", headers=cookie)).status == 200
    assert is_problem(await client("PUT", "/uses/standing", {"facts": SELLING}, headers=cookie), 403, "csrf_mismatch")
    with_token = {**cookie, "x-csrf-token": world.identity.csrf_token(signed_in.cookie)}
    assert (await client("PUT", "/uses/standing", {"facts": SELLING}, headers=with_token)).status == 200


async def test_it_is_described_by_openapi_and_has_no_other_pages(client: Client) -> None:
    described = (await client("GET", "/openapi.json")).json
    assert "/cw/v1/verdicts" in described["paths"]
    for path in ("/docs", "/redoc"):
        assert (await client("GET", path)).status == 404


async def test_the_library_of_terms_is_listed_by_its_words(client: Client) -> None:
    rows = (await client("GET", "/licences?family=llama&openness=size_or_fee_restricted&search=community")).json
    assert "llama-3.2" in [row["key"] for row in rows]
    assert {row["family"] for row in rows} == {"llama"}


async def test_a_record_is_told_in_the_language_asked_for(client: Client) -> None:
    english = (await client("GET", "/licences/llama-3.2")).json
    spanish = (await client("GET", "/licences/llama-3.2", headers={"accept-language": "es-MX,en;q=0.5"})).json
    assert english["licence"]["format"] == "commonweight.licence/1"
    assert english["against"] == "llama-3.1"
    assert english["licence"]["rights"][0]["name"] == "use it"
    assert spanish["licence"]["rights"][0]["name"] == "usarlo"
    assert is_problem(await client("GET", "/licences/mit?lang=tlh"), 400, "unknown_language")


async def test_a_record_that_is_not_there_is_missing_with_the_names_there_are(client: Client) -> None:
    answer = await client("GET", "/licences/gemma")
    assert is_problem(answer, 404, "not_found")
    assert "gemma-tou-2024-04-01" in answer.json["next_step"]


async def test_the_openness_of_a_model_is_told_part_by_part(client: Client, world: World) -> None:  # noqa: F811
    revision = await world.publish("tiny", {"license": "mit"})
    told = (await client("GET", "/models/ada/tiny/openness")).json
    assert (told["model"], told["commit"]) == ("ada/tiny", revision.commit)
    assert len(told["openness"]["components"]) == 17
    assert {one["element"] for one in told["openness"]["osaid"]["elements"]} == {"data_information", "code", "parameters"}
    assert {one["paragraphs"] for one in told["exemption"]["conditions"]} >= {"79", "83", "84", "87"}
    known = (await client("GET", "/models/meta-llama/llama-3.1/openness?lang=es")).json
    assert (known["commit"], known["exemption"]["answer"]) == ("", "not_eligible")
    assert known["openness"]["label_text"].startswith("pesos abiertos")


async def test_the_openness_of_a_private_model_is_for_its_readers(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("secret", {"license": "mit"}, visibility="private")
    assert (await client("GET", "/models/ada/secret/openness", by="ada")).status == 200
    for by in ("", "bob"):
        assert is_problem(await client("GET", "/models/ada/secret/openness", by=by), 404, "model_unknown")


async def test_whether_a_tune_makes_a_provider_can_be_asked(client: Client) -> None:
    small = await client("GET", "/ai-act/provider?share=0.05")
    assert (small.status, small.json["answer"], small.json["paragraphs"]) == (200, "not_provider", ["63"])
    assert (await client("GET", "/ai-act/provider?flop=4e22")).json["missing"]
    assert is_problem(await client("GET", "/ai-act/provider?flop=-1"), 400, "invalid_input")


async def test_the_lineage_is_answered_both_ways(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("base", {"license": "mit"})
    tune = await world.publish("tune", {"base_model": "ada/base"})
    await world.hub.on_read_revision({"repository_id": tune.repository.id, "commit": tune.commit})
    base = (await client("GET", "/models/ada/base/lineage")).json
    assert [node["id"] for node in base["descendants"]] == ["ada/tune"]
    assert [(step["child"], step["parent"], step["relation"]) for step in base["steps"]] == [
        ("ada/tune", "ada/base", "finetune")
    ]
    above = (await client("GET", "/models/ada/tune/lineage")).json
    assert [edge["parent"] for edge in above["ancestors"]["edges"]] == ["ada/base"]
    assert (await client("GET", "/datasets/ada/base/lineage")).status == 404


async def test_two_models_are_compared_with_what_differs(client: Client, world: World) -> None:  # noqa: F811
    await world.publish("free", {"license": "mit"})
    found = (await client("GET", "/compare?a=ada/free&b=meta-llama/llama-2")).json
    assert (found["first"]["model"], found["second"]["model"]) == ("ada/free", "meta-llama/llama-2")
    assert "clauses" in found["differs"]
    for other in ("act_b=host", "use_b=Selling"):
        assert is_problem(await client("GET", f"/compare?a=ada/free&b=ada/free&{other}"), 401, "not_authenticated")


async def test_a_verdict_is_told_in_the_language_asked_for(client: Client) -> None:
    english = (await client("POST", "/verdicts", {"model": "meta-llama/llama-2"})).json
    spanish = (await client("POST", "/verdicts?lang=es", {"model": "meta-llama/llama-2"})).json
    assert english["id"] == spanish["id"]
    assert english["verdict"]["headline"] != spanish["verdict"]["headline"]
    assert spanish["verdict"]["disclaimer"].startswith("Una lectura")


async def test_a_signed_receipt_is_read_by_the_account_that_asked_for_it_alone(client: Client, world: World) -> None:  # noqa: F811
    receipts = ReceiptBook(world.database, Signer(Keys(b"house"), INFERENCE_RECEIPTS), world.clock, "")
    ada = (await world.caller("ada")).account
    assert ada is not None
    await receipts.write("cwr_1", ada.id, {"answer": {"outputs": []}})
    assert (await client("GET", "/receipts/cwr_1", by="ada")).json["receipt"]["id"] == "cwr_1"
    for by in ("bob", "root"):
        assert is_problem(await client("GET", "/receipts/cwr_1", by=by), 404, "receipt_not_found"), by
    assert is_problem(await client("GET", "/receipts/cwr_1"), 401, "not_authenticated")
