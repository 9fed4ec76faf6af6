"""The pages in a real browser, over a real server: scripts, keyboard, narrow screens, the content security policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from huggingface_hub import CommitOperationAdd, HfApi
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.support.server import Server, running

pytestmark = pytest.mark.browser

MODEL = "/operator/tiny"
PAGES = ("/", MODEL, f"{MODEL}/tree/main", f"{MODEL}/rights", f"{MODEL}/chat", "/models/meta-llama/llama-2",
         "/rights/organisation", "/rights/uses", "/rights/decisions",
         "/rights/decisions/new/exception?finding=llama-2%23mau700",
         "/rights/uses/1", "/rights/uses/new?template=product",
         "/docs/licences", "/docs/licences/llama-3.2", f"{MODEL}/rights/ask",
         "/models/plans", "/models/plans/new?licence=llama-2", "/settings", "/settings/keys", "/settings/subscriptions",
         "/settings/usage", "/settings/privacy", "/tuning", "/tuning/new", "/tuning/conversions",
         "/settings/statements", "/settings/selling", "/admin/selling", "/admin/engines",
         "/rights/policy", "/rights/changes", "/new", f"{MODEL}/openness", f"{MODEL}/lineage", f"{MODEL}/plans",
         f"{MODEL}/discussions", f"{MODEL}/discussions/new", f"{MODEL}/discussions/1", f"{MODEL}/discussions/1/files",
         f"{MODEL}/discussions/1/files?view=side", f"{MODEL}/discussions/2",
         "/nowhere/nothing")  # fmt: skip
RECEIPT = {"x-commonweight-model": "operator/tiny@0123", "x-commonweight-terms": "mit", "x-commonweight-verdict": "abc"}


@pytest.fixture(scope="module")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("browser") / "home") as server:
        api = HfApi(server.address, token=server.admin_token)
        api.create_repo("operator/tiny")
        card = b"---\nlicense: mit\n---\n# Tiny\n\n<script>document.title = 'owned'</script>\n"
        api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id="operator/tiny")
        api.upload_file(path_or_fileobj=b"GGUF" * 100, path_in_repo="tiny.gguf", repo_id="operator/tiny")
        change = [CommitOperationAdd("README.md", card + b"More.\n"), CommitOperationAdd("more.gguf", b"GGUF" * 200)]
        api.create_commit("operator/tiny", change, commit_message="More", create_pr=True)
        api.create_discussion("operator/tiny", "A question", description="| a | b |\n| - | - |\n| 1 | 2 |\n\n`code`")
        yield server


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Signed in as the operator; the test fails on any script error or breach of the content security policy."""
    context = browser.new_context(base_url=server.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto("/login")
    page.get_by_label("Token").fill(server.admin_token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    yield page
    assert complaints == []
    context.close()


def test_the_guided_form_follows_each_answer(page: Page) -> None:
    page.goto("/models/meta-llama/llama-3.2-vision/ask")
    page.get_by_label("at most 700,000,000").check()
    expect(page.get_by_role("heading", name="1 question is open")).to_be_visible()
    assert page.evaluate("document.activeElement.value") == "<=700000000"
    page.get_by_label("principal place of business").fill("DE")
    expect(page.locator("#asked").get_by_text("No more questions.")).to_be_visible()
    expect(page.locator(".answer h2")).to_have_text("No")
    page.get_by_label("principal place of business").fill("US")
    expect(page.locator(".answer h2")).to_have_text("Yes, with duties")


def test_no_page_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PAGES:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_that_a_checker_of_accessibility_finds(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = []
    for path in PAGES:
        page.goto(path)
        found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in Axe().run(page).response["violations"]]
    assert found == []


def test_a_script_in_a_card_does_not_run(page: Page) -> None:
    page.goto(MODEL)
    assert "owned" not in page.title()


def test_search_narrows_while_one_types(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("llama-2")
    expect(page.locator("#results [role=status]")).to_have_text("1 model")
    assert "q=llama-2" in page.url
    page.locator("a.picked").click()
    expect(page.locator("table.models tbody tr")).not_to_have_count(1)


def test_filters_work_without_scripts(browser: Browser, server: Server) -> None:
    context = browser.new_context(base_url=server.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("input[name=hosted][value=yes]").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.models tbody tr")).to_have_count(1)
    context.close()


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def _stream(*pieces: object) -> str:
    return ": loading\n\n" + "".join(f"data: {p if isinstance(p, str) else json.dumps(p)}\n\n" for p in pieces)


def _delta(text: str) -> dict[str, object]:
    return {"choices": [{"delta": {"content": text}, "finish_reason": None}]}


def _answer_with(page: Page, body: str, status: int = 200) -> list[dict[str, object]]:
    """The model's answers, said by the test; what was asked is kept."""
    asked: list[dict[str, object]] = []

    def answer(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}"))
        kind = "text/event-stream" if status == 200 else "application/json"
        route.fulfill(status=status, headers={**RECEIPT, "content-type": kind}, body=body)

    page.route("**/v1/chat/completions", answer)
    return asked


def test_an_answer_streams_in_with_its_receipt(page: Page) -> None:
    usage = {"choices": [], "usage": {"completion_tokens": 7}}
    asked = _answer_with(page, _stream(_delta("Rhine, "), _delta("<b>Nile</b>"), usage, "[DONE]"))
    page.goto(f"{MODEL}/chat")
    page.get_by_label("Message").fill("Name two rivers.")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.model .said")).to_have_text("Rhine, <b>Nile</b>")
    expect(page.locator(".turn.model .figures")).to_contain_text("7 tokens")
    expect(page.locator("[data-receipt=terms]")).to_have_text("mit")
    assert asked[0]["model"] == "operator/tiny"
    assert asked[0]["messages"] == [{"role": "user", "content": "Name two rivers."}]


def test_starting_over_brings_the_first_suggestions_back(page: Page) -> None:
    _answer_with(page, _stream(_delta("Rhine."), "[DONE]"))
    page.goto(f"{MODEL}/chat")
    page.get_by_role("button", name="Name three rivers.").click()
    expect(page.locator(".turn.model .said")).to_have_text("Rhine.")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.get_by_role("button", name="Name three rivers.").click()
    expect(page.locator(".turn.model .said")).to_have_text("Rhine.")


def test_a_refusal_is_shown_in_the_words_of_the_server(page: Page) -> None:
    _answer_with(page, json.dumps({"error": {"message": "Clause 2 withholds this use."}}), 403)
    page.goto(f"{MODEL}/chat")
    page.get_by_label("Message").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Clause 2 withholds this use.")


def test_an_answer_cut_off_is_not_taken_for_a_whole_one(page: Page) -> None:
    _answer_with(page, _stream(_delta("Once upon")))
    page.goto(f"{MODEL}/chat")
    page.get_by_label("Message").fill("A story")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("connection was lost")


def test_the_use_is_edited_and_the_market_follows(page: Page) -> None:
    page.goto("/settings/use")
    page.wait_for_url("**/rights/uses/*")
    page.get_by_label("Name of this use").fill("Internal evaluation by a small company")
    page.get_by_role("button", name="Save and decide again").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.goto("/")
    expect(page.locator(".use-card")).to_contain_text("small company")


def test_what_saving_would_change_follows_what_is_typed(page: Page) -> None:
    page.goto("/rights/organisation")
    page.get_by_role("textbox", name="In which country is your principal place of business?").fill("DE")
    expect(page.locator("#preview")).to_contain_text("meta-llama/llama-4")
    page.get_by_role("textbox", name="In which country is your principal place of business?").fill("Germany")
    expect(page.locator("#preview")).to_contain_text("expected a country code")


def test_another_figure_gets_a_row_of_its_own(page: Page) -> None:
    page.goto("/rights/organisation")
    question = "How many people use your products in a month?"
    page.get_by_role("textbox", name=question).first.fill("1000")
    page.get_by_role("group", name=question).get_by_role("button", name="Another figure").click()
    assert page.evaluate("document.activeElement.name") == "organisation.mau.period"
    page.keyboard.type("2026-05")
    page.get_by_role("textbox", name=question).nth(1).fill("2,000")
    page.get_by_role("button", name="Save and decide again").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert [one.input_value() for one in page.get_by_role("textbox", name=question).all()] == ["1,000", "2,000", ""]


def _ticket(number: int, role: str = "assistant") -> str:
    said = [{"role": "user", "content": f"Ticket {number}"}, {"role": role, "content": ("billing", "sales")[number % 2]}]
    return json.dumps({"messages": said})


def test_examples_are_checked_repaired_and_kept_from_a_file(page: Page) -> None:
    lines = [*map(_ticket, range(40)), _ticket(40, "bot"), "no json"]
    page.goto("/tuning/new")
    file = {"name": "tickets.jsonl", "mimeType": "application/jsonl", "buffer": "\n".join(lines).encode()}
    page.get_by_label("A file from your computer").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("What it is called").fill("mine")
    page.get_by_role("button", name="Check them").click()
    expect(page.locator("#checked h3")).to_contain_text("not fit to learn from yet")
    expect(page.locator(".findings")).to_contain_text("41")
    page.get_by_role("button", name="Take the repaired copy").click()
    expect(page.locator("#checked h3")).to_contain_text("tickets.repaired.jsonl: fit to learn from")
    expect(page.locator("#preview")).to_contain_text("Ticket 0")
    expect(page.get_by_label("What it is called")).to_have_value("mine")
    expect(page.get_by_label("A file that you uploaded before").locator("option:checked")).to_contain_text("repaired")


def test_a_live_page_says_how_young_it_is(page: Page) -> None:
    page.goto("/admin/engines")
    expect(page.locator("#young")).to_be_hidden()
    with page.expect_response("**/admin/engines"):
        pass
    expect(page.locator("#young")).to_contain_text("Looked at")


def test_a_statement_is_a_document_on_paper(page: Page) -> None:
    page.goto("/settings/statements")
    expect(page.locator(".letterhead")).to_be_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 without its margins
    expect(page.locator(".letterhead")).to_be_visible()
    for around in (page.locator("header.top"), page.locator("nav.account"), page.locator("form.pick")):
        expect(around).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_pull_request_is_talked_about_looked_at_and_merged(page: Page) -> None:
    page.goto(f"{MODEL}/discussions")
    page.get_by_role("link", name="New discussion").click()
    page.get_by_label("Title").fill("Is it fast?")
    page.get_by_label("What is it about?").fill("I **wonder**.")
    page.get_by_role("button", name="Open it").click()
    expect(page.locator(".prose strong")).to_have_text("wonder")
    page.get_by_role("textbox", name="Comment", exact=True).fill("It is.")
    page.get_by_role("button", name="Close it").click()
    expect(page.locator(".talk-head .chip")).to_have_text("closed")
    page.goto(f"{MODEL}/discussions/1/files")
    expect(page.locator("tr.came .l").first).to_have_text("+More.")
    page.get_by_role("link", name="Conversation").click()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".talk-head .chip")).to_have_text("open")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".talk-head .chip")).to_have_text("merged")
    page.goto(MODEL)
    expect(page.locator(".prose")).to_contain_text("More.")
