"""
How an open model is sold, from the publisher's first click to the refusal after the end: pages in a real browser, a real
model, the official client. The model's licence asks groups as large as this installation's organisation for a permission;
the publisher is its licensor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.serving.world import starter_file
from tests.support.server import Server, running

pytestmark = pytest.mark.browser

MODEL = "maker/llama"
TOKENS = {"mia": "cw_publisher_of_the_story_0123456789", "carl": "cw_customer_of_the_story_0123456789"}
WORLD = f"""
users:
  - {{name: mia, tokens: [{{name: t, value: {TOKENS["mia"]}, role: write}}]}}
  - {{name: carl, tokens: [{{name: t, value: {TOKENS["carl"]}, role: write}}]}}
organisations:
  - {{name: maker, fullname: The Makers, members: [{{user: mia, role: write}}]}}
  - {{name: firm, fullname: The Firm, members: [{{user: carl, role: admin}}]}}
"""
MANY = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 710_000_000}]}
QUESTION: Any = [{"role": "user", "content": "Name three rivers."}]
SECONDS = 30_000  # milliseconds; jobs, and what processes remember for some seconds, on a machine that may be busy


@pytest.fixture(scope="module")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("story")
    with running(folder / "home", environment={"COMMONWEIGHT_DEVELOPMENT": "1"}) as server:
        (folder / "world.yaml").write_text(WORLD)
        server.command("seed", str(folder / "world.yaml"))
        _publish(server, folder)
        status, _, answer = server.request(
            "/cw/v1/organisation", method="PUT", token=server.admin_token, body={"facts": MANY}
        )
        assert status == 200, answer
        yield server


def _publish(server: Server, folder: Path) -> None:
    api = HfApi(server.address, token=TOKENS["mia"])
    api.create_repo(MODEL)
    (folder / "README.md").write_text("---\nlicense: llama2\npipeline_tag: text-generation\n---\n# Llama\n")
    api.upload_file(path_or_fileobj=folder / "README.md", path_in_repo="README.md", repo_id=MODEL)
    api.upload_file(path_or_fileobj=starter_file(), path_in_repo="model.gguf", repo_id=MODEL)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, server: Server, token: str) -> Iterator[Page]:
    context = browser.new_context(base_url=server.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SECONDS)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/login")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    yield page
    context.close()


def until(page: Page, address: str, words: str) -> None:
    """Look at a page again and again until it says something: a job turns verdicts, the ledger takes journals over."""
    for _ in range(20):
        page.goto(address)
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(1_500)
    raise AssertionError(f"{address} does not say {words!r}:\n{page.locator('main').inner_text()}")


def ask(server: Server, key: str) -> openai.types.chat.ChatCompletion:
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key=key, max_retries=0, timeout=120) as client:
        return client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=8, temperature=0)


def test_an_open_model_is_sold_used_paid_for_and_given_up(browser: Browser, server: Server) -> None:
    with signed_in(browser, server, server.admin_token) as page:
        find_licensor(page)
    with signed_in(browser, server, TOKENS["mia"]) as mia, signed_in(browser, server, TOKENS["carl"]) as carl:
        offer_plan(mia)
        subscription = ask_for_plan(carl)
        approve_and_take_payment(mia)
        until(carl, f"/{MODEL}/rights", "subscription-")
        expect(carl.locator(".answer h2")).to_have_text("Yes, with duties")
        key = make_key(carl)
        answer = ask(server, key)
        assert answer.usage is not None
        assert answer.usage.completion_tokens > 0
        check_statement(carl, server, answer.usage.total_tokens)
        carl.goto(subscription)
        carl.get_by_label("When").last.select_option("now")
        carl.get_by_role("button", name="Cancel").click()
        expect(carl.get_by_role("heading", level=1)).to_contain_text("cancelled")
        until(carl, f"/{MODEL}/rights", "Ask first")
        with pytest.raises(openai.PermissionDeniedError) as refused:
            ask(server, key)
        assert "asks for the licensor's permission first" in str(refused.value)


def find_licensor(page: Page) -> None:
    page.goto("/admin/selling")
    page.get_by_label("Account or organisation").fill("maker")
    page.get_by_label("Licensor of").select_option("llama-2")
    page.get_by_label("What shows that this is so?").fill("They wrote it.")
    page.get_by_role("button", name="Record it").click()
    expect(page.locator(".standings")).to_contain_text("maker licensor of llama-2")


def offer_plan(page: Page) -> None:
    page.goto("/settings/selling")
    page.get_by_role("link", name="Offer a plan").click()
    page.get_by_label("Publisher").select_option("maker")
    page.get_by_label("How one comes to it").select_option("approval")
    typed = {"Name in addresses": "pro", "Title": "For firms", "Models": "maker/*", "Monthly fee": "20"}
    priced = {"Included tokens a month": "10", "A million tokens of prompts": "100", "A million tokens of answers": "200"}
    for label, text in {**typed, **priced}.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Begins when the first month is paid.").check()
    page.get_by_label("Licence").select_option("llama-2")
    page.get_by_role("button", name="Show its clauses").click()
    page.locator("input[name=clause][value=mau700]").check()
    page.get_by_label("The permission in words").fill("For groups above 700 million users.")
    page.get_by_role("button", name="Offer a plan").click()
    expect(page.locator(".plan")).to_contain_text("Permits, as the licensor")


def ask_for_plan(page: Page) -> str:
    """The customer comes by the verdict, and asks for the plan that it leads to."""
    page.goto(f"/{MODEL}/rights")
    expect(page.locator(".answer h2")).to_have_text("Ask first")
    page.locator(".granting").get_by_role("link", name="Ask for it").click()
    page.locator("select[name=subscriber]").select_option("firm")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("asked for")
    return page.url


def approve_and_take_payment(page: Page) -> None:
    page.goto("/settings/selling?publisher=maker")
    page.get_by_role("button", name="Approve").click()
    page.goto("/settings/selling?publisher=maker")
    awaited = page.locator(".subscribers").inner_text()
    assert "to be paid first" in awaited
    amount = re.search(r"to be paid first\s+([\d.]+) EUR", awaited)
    assert amount, awaited
    page.get_by_label("Amount").fill(amount[1])
    page.get_by_label("Reference").fill("transfer 1")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("status")).to_contain_text("the subscription has begun")


def make_key(page: Page) -> str:
    page.goto("/settings/keys")
    page.get_by_label("Name", exact=True).fill("the shop")
    page.get_by_label("Billed to").select_option("firm")
    page.get_by_label("Plan", exact=True).select_option(label="maker/pro")
    page.get_by_role("button", name="Make the key").click()
    return page.get_by_role("status").locator("code").first.inner_text()


def check_statement(page: Page, server: Server, tokens: int) -> None:
    """The page's total is the fee, and what the ledger has, to the last micro-unit."""
    until(page, "/settings/statements?account=firm", MODEL)
    total = page.locator(".sum .total dd").first.inner_text()
    query = "by=model&model=maker/llama"
    rows = json.loads(server.request(f"/cw/v1/usage?{query}", token=server.admin_token)[2])["rows"]
    assert rows[0]["prompt_tokens"] + rows[0]["completion_tokens"] == tokens
    answer = server.request(f"/cw/v1/statements/{_month(page)}?account=firm", token=TOKENS["carl"])[2]
    fee = sum(line["amount"] for line in json.loads(answer)["money"] if line["kind"] == "fee")
    assert rows[0]["cost"] > 0
    assert Decimal(total.removesuffix(" EUR")) * 1_000_000 == fee + rows[0]["cost"]


def _month(page: Page) -> str:
    return page.locator("#month").input_value()
