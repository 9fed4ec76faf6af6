"""A newcomer's way through the whole house, with the real starter model and the real clients."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect, sync_playwright

from tests.support.server import Server, running

STARTER = "commonweight/SmolLM2-135M-Instruct-GGUF"
QUESTION = [{"role": "user", "content": "Name three rivers."}]
COMMERCIAL = {
    "organisation": {"kind": "company"},
    "use": {"acts": ["offer_product"], "production": True, "paid": True, "commercial": True, "audience": "customers"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("journey") / "home", starter=True, environment=own_database) as server:
        yield server


@pytest.fixture
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, max_retries=0)


def test_the_greeting_names_the_address_how_to_sign_in_and_three_things_to_try(server: Server) -> None:
    assert f"Sign in   {server.address}/login?code=" in server.output
    assert all(f"  {number}. " in server.output for number in (1, 2, 3))


def test_the_starter_is_an_ordinary_repository_with_card_licence_and_lineage(server: Server) -> None:
    api = HfApi(server.address, token=server.admin_token)
    info = api.model_info(STARTER)
    assert info.card_data is not None
    assert info.card_data["base_model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert {"README.md", "LICENSE"} <= {sibling.rfilename for sibling in info.siblings or []}
    assert "quantised to 4 bits" in Path(api.hf_hub_download(STARTER, "README.md", local_dir=server.home.parent)).read_text()


def test_an_openai_application_talks_to_it_by_changing_the_address(client: openai.OpenAI, server: Server) -> None:
    answer = client.chat.completions.with_raw_response.create(model=STARTER, messages=QUESTION, max_tokens=16)
    completion = answer.parse()
    assert completion.choices[0].message.content
    assert completion.usage is not None
    assert 0 < completion.usage.completion_tokens <= 16
    assert answer.headers["x-commonweight-model"].startswith(f"{STARTER}@")
    assert answer.headers["x-commonweight-terms"] == "apache-2.0,llama-3.1"
    status, _, body = server.request(f"/cw/v1/verdicts/{answer.headers['x-commonweight-verdict']}")
    assert status == 200
    assert json.loads(body)["verdict"]["value"] == "allowed"


def test_an_application_that_asks_for_another_name_is_answered_through_an_alias(
    server: Server, client: openai.OpenAI
) -> None:
    assert server.command("alias", "set", "gpt-4o", STARTER) == f"gpt-4o\t{STARTER}"
    completion = client.chat.completions.create(model="gpt-4o", messages=QUESTION, max_tokens=4)
    assert completion.model.startswith(f"{STARTER}@")
    assert "gpt-4o" in [model.id for model in client.models.list()]
    assert server.command("alias", "list") == f"gpt-4o\t{STARTER}"
    server.command("alias", "remove", "gpt-4o")


def test_a_model_is_served_under_a_name_by_one_command_that_says_how_to_call_it(
    server: Server, client: openai.OpenAI
) -> None:
    said = server.command("serve", STARTER, "--as", "house-model", "--pin")
    assert "it is kept loaded" in said
    assert f"curl {server.address}/v1/chat/completions" in said
    [body] = re.findall(r"-d '(.*)'", said)
    completion = client.chat.completions.create(**json.loads(body), max_tokens=2)
    assert completion.model.startswith(f"{STARTER}@")


def test_a_signed_receipt_of_a_real_answer_holds_offline(server: Server, client: openai.OpenAI, tmp_path: Path) -> None:
    asked = {"model": STARTER, "messages": QUESTION, "max_tokens": 4}
    raw = client.chat.completions.with_raw_response.create(**asked, extra_headers={"x-commonweight-receipt": "signed"})
    path = f"/cw/v1/receipts/{raw.headers['x-commonweight-receipt']}"
    status, _, receipt = server.request(path, token=server.admin_token)
    assert (status, server.request(path)[0]) == (200, 401)
    files = {"receipt": receipt, "keys": server.request("/.well-known/commonweight-keys.json")[2]}
    files |= {"asked": json.dumps(asked).encode(), "said": (raw.parse().choices[0].message.content or "").encode()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    given = {
        f"--{option}": str(tmp_path / name) for option, name in (("key", "keys"), ("prompt", "asked"), ("output", "said"))
    }
    arguments = [part for pair in given.items() for part in pair]
    run = [sys.executable, "-m", "commonweight.cli", "receipt", "verify", str(tmp_path / "receipt"), *arguments]
    checked = subprocess.run(run, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "sha256:" in checked.stdout


def test_nothing_is_renewed_outside_of_development(server: Server) -> None:
    assert server.request("/cw/v1/development/reseed", method="POST", token=server.admin_token)[0] == 404


def test_its_verdict_shows_the_name_that_llama_asks_for_and_why_it_does_not_stop_us(server: Server) -> None:
    status, _, body = server.request("/cw/v1/verdicts", method="POST", token=server.admin_token, body={"model": STARTER})
    verdict = json.loads(body)["verdict"]
    assert (status, verdict["value"]) == (200, "allowed")
    [conflict] = verdict["label_conflicts"]
    assert conflict["licence"] == "llama-3.1"
    assert conflict["clause"] == "1.b.i"
    assert conflict["lineage_evidence"] == "secondary"
    assert not conflict["stops"]


def test_a_model_that_the_standing_use_forbids_is_refused_with_the_clause(server: Server, client: openai.OpenAI) -> None:
    api = HfApi(server.address, token=server.admin_token)
    gguf = api.hf_hub_download(STARTER, "SmolLM2-135M-Instruct.Q4_1.gguf", local_dir=server.home.parent)
    card = b"---\nlicense: other\nlicense_name: sai-nc-community\n---\n# Research only\n"
    api.create_repo("operator/research-only")
    api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id="operator/research-only")
    api.upload_file(path_or_fileobj=gguf, path_in_repo="model.gguf", repo_id="operator/research-only")
    _, _, before = server.request("/cw/v1/uses/standing", token=server.admin_token)
    _set_use(server, {"name": "Product", "facts": COMMERCIAL})
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(model="operator/research-only", messages=QUESTION)
    assert caught.value.code == "licence_denied"
    assert "1.a" in caught.value.message
    assert caught.value.response.headers["x-commonweight-verdict"]
    standing = json.loads(before)
    _set_use(server, {"name": standing["name"], "facts": standing["facts"]})


def _set_use(server: Server, body: object) -> None:
    status, _, answer = server.request("/cw/v1/uses/standing", method="PUT", token=server.admin_token, body=body)
    assert status == 200, answer


@pytest.mark.browser
def test_a_newcomer_follows_the_printed_link_and_talks_to_the_model(server: Server, chromium: str) -> None:
    link = re.search(r"http\S+/login\?code=\S+", server.output)
    assert link
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(link[0])
        page.get_by_role("link", name="Try").first.click()
        page.get_by_role("textbox", name="Message").fill("Name three rivers.")
        page.keyboard.press("Enter")
        expect(page.locator("[data-receipt=verdict]")).not_to_have_text("–", timeout=60_000)
        expect(page.locator("[data-receipt=terms]")).to_contain_text("apache-2.0")
        browser.close()
