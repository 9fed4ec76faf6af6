"""
How somebody makes a model of their own on the pages, in a real browser: a file with faults, its repaired copy, what it will
take, the live drawings, a pause, the comparison, the draft accepted, the model talked to; and what goes wrong on the way.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from tests.support.server import running
from tests.tuning.journey import BASE, ENVIRONMENT, EXAMPLES, KEY, UNSEEN, World, as_lines, publish_base
from tests.tuning.tiny import TEAMS
from tests.tuning.training_world import need_training

pytestmark = [pytest.mark.browser, pytest.mark.long]  # minutes: three trainings, looked at from a browser

SECONDS = 120_000  # milliseconds that a page may take, on a machine that may be very busy
MINUTES = 600_000  # that a tuning may take there
CLOSED = "acme/closed"  # a base that commercial use may not build on
FACTS = {"acts": ["offer_product"], "purposes": ["customer_support"], "production": True, "commercial": True, "paid": True}
SELLING = {"name": "Selling", "facts": FACTS}


@pytest.fixture(scope="module")
def world(chromium: str, tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Iterator[World]:
    need_training()
    folder = tmp_path_factory.mktemp("story")
    with running(folder / "home", environment=ENVIRONMENT) as server:
        asyncio.run(publish_base(server, tiny_base, folder))
        api = HfApi(server.address, token=KEY)
        api.create_repo(CLOSED)
        api.upload_file(repo_id=CLOSED, path_or_fileobj=folder / "tiny-F16.gguf", path_in_repo="tiny-F16.gguf")
        card = b"---\nlicense: cc-by-nc-4.0\n---\nNot for business.\n"
        api.upload_file(repo_id=CLOSED, path_or_fileobj=card, path_in_repo="README.md")
        status, _, answer = server.request("/cw/v1/uses", method="POST", token=server.admin_token, body=SELLING)
        assert status in (200, 201), answer
        yield World(server, openai.OpenAI(base_url=f"{server.address}/v1", api_key=KEY, max_retries=2))


@pytest.fixture(scope="module")
def browser(chromium: str, world: World) -> Iterator[Browser]:
    """After the world: its making runs a loop of its own, which may not be where playwright's is."""
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """Signed in; the test fails on any error of a script."""
    with signed_in(browser, world) as page:
        yield page


@contextmanager
def signed_in(browser: Browser, world: World, **how: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=world.server.address, viewport={"width": 1280, "height": 900}, **how)
    context.set_default_timeout(SECONDS)
    page, complaints = context.new_page(), []
    page.on("dialog", lambda dialog: dialog.accept())
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login")
    page.locator("#token").fill(KEY)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    yield page
    assert complaints == []
    context.close()


def file_of(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/jsonl", "buffer": data}


def with_faults() -> bytes:
    """The examples, with a role of another house, a blank line, nonsense, a question alone, and a field nobody reads."""
    lines = [json.dumps(line) for line in EXAMPLES]
    lines[2] = lines[2].replace('"assistant"', '"bot"')
    lines[5] = ""
    lines[8] = "nonsense"
    lines[11] = json.dumps({"messages": EXAMPLES[11]["messages"][:1]})
    lines[14] = f'{lines[14][:-1]}, "id": 7}}'
    return "\n".join(lines).encode()


def bring(page: Page, name: str, data: bytes, base: str = BASE, **settings: str) -> None:
    """The form of a new tuning, filled in and checked; `settings` are those that are folded away."""
    page.goto("/tuning/new")
    page.locator(f'input[name=base][value="{base}"]').check()
    page.locator("#upload").set_input_files(file_of(name, data))
    if settings:
        page.locator("#more summary").click()
    for field, value in settings.items():
        page.locator(f"#{field}").fill(value)
    page.get_by_role("button", name="Check them").click()
    expect(page.locator("#checked")).to_be_visible()


def start(page: Page, suffix: str) -> None:
    page.get_by_label("What it is called").fill(suffix)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/tuning/ftjob-*")
    page.evaluate("window.notLoadedAgain = true")


def until_drawn(page: Page, points: int) -> None:
    """The drawing of the loss has so many points; the page draws it by itself."""
    drawn = "document.querySelector('.plot path.line.first')?.getAttribute('d') ?? ''"
    page.wait_for_function(f"least => ({drawn}).split(/[ML]/).length > least", arg=points, timeout=MINUTES)


def test_a_model_of_ones_own_is_made_on_the_pages(page: Page, world: World) -> None:
    page.goto("/")
    page.get_by_role("link", name="Tuning", exact=True).click()
    page.get_by_role("link", name="Tune a model").click()
    take_the_repaired_file(page)
    look_at_what_it_takes(page)
    start(page, "story")
    watch_halt_and_go_on(page)
    read_the_comparison(page)
    name = accept(page)
    call(world, name)
    look_at_card_lineage_and_terms(page)
    talk(page)


def take_the_repaired_file(page: Page) -> None:
    bring(page, "tickets.jsonl", with_faults(), epochs="8")
    found = page.locator("#checked")
    expect(found.get_by_role("heading")).to_contain_text("tickets.jsonl: not fit to learn from yet")
    for title, line in (
        ("A message has no role, or one that is not known.", 3),
        ("A line is blank.", 6),
        ("A line is no JSON object.", 9),
        ("A conversation does not end as it should: with the answer to learn.", 12),
        ("A line has a field that nobody reads.", 15),
    ):
        one = found.locator(".findings li", has_text=title)
        expect(one).to_contain_text(f"1 line: {line}")
        expect(one).to_contain_text(f"Line {line}: ")
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    expect(found.locator(".repair")).to_contain_text("'bot' became 'assistant'")
    page.get_by_role("button", name="Take the repaired copy").click()
    expect(page.locator("#checked").get_by_role("heading", name="tickets.repaired.jsonl: fit to learn from")).to_be_visible()
    expect(page.locator("#checked")).to_contain_text("Learns from 177 examples, and 20 are kept back to compare by.")
    expect(page.locator("#epochs")).to_have_value("8")


def look_at_what_it_takes(page: Page) -> None:
    told = page.locator("#start")
    expect(told.locator(".toned-line")).to_contain_text("Allowed: changing tiny.")
    for name in ("Time", "Memory", "Disk", "Parameters", "of them trained"):
        expect(told.locator("dl")).to_contain_text(name)


def watch_halt_and_go_on(page: Page) -> None:
    until_drawn(page, 1)
    until_drawn(page, 3)
    assert page.evaluate("window.notLoadedAgain"), "the drawing came by itself"
    page.get_by_role("button", name="Halt").click()
    expect(page.locator(".tuning-head .chip")).to_have_text("halted")
    expect(page.locator(".events")).to_contain_text("Training is paused at step", timeout=MINUTES)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".tuning-head .chip")).to_have_text("running", timeout=MINUTES)
    expect(page.locator(".tuning-head .chip")).to_have_text("done", timeout=MINUTES)


def read_the_comparison(page: Page) -> None:
    expect(page.locator(".answer h2")).to_have_text("Better than its base")
    expect(page.locator(".answer")).to_contain_text("instead of 0 % on 20 examples that it had not seen")
    bars = page.locator(".artefacts > li")
    expect(bars.first).to_contain_text("what it is compared with")
    expect(bars.nth(1)).to_contain_text("adapter on tiny-F16")
    won = page.locator(".pairs li").first
    for side in ("Wanted", "Base", "Tuned"):
        expect(won.locator("dl")).to_contain_text(side)
    wanted, base, tuned = won.locator("dd").all_inner_texts()
    assert wanted == tuned != base


def accept(page: Page) -> str:
    expect(page.locator(".result-name")).to_contain_text("draft")
    page.get_by_role("button", name="Accept it", exact=True).click()
    expect(page.locator(".result-name .chip")).to_have_count(0)
    code = page.locator(".howto code").first.inner_text()
    return code.partition('model="')[2].partition('"')[0]


def call(world: World, name: str) -> None:
    assert name.startswith("ft:tiny:acme:story:")
    assert world.right(name, 20) >= 0.95
    assert name in [model.id for model in world.client.models.list()]


def look_at_card_lineage_and_terms(page: Page) -> None:
    page.get_by_role("link", name="Its card").click()
    expect(page.locator("main")).to_contain_text("Better than the base")
    page.get_by_role("link", name="Lineage", exact=True).click()
    expect(page.locator("main")).to_contain_text("acme/tiny")
    page.get_by_role("link", name="Rights", exact=True).click()
    expect(page.locator("main")).to_contain_text("apache-2.0")


def talk(page: Page) -> None:
    page.get_by_role("link", name="Chat", exact=True).click()
    page.locator("#temperature").fill("0")
    asked, wanted = UNSEEN[0]["messages"]
    page.locator("#message").fill(asked["content"])
    page.keyboard.press("Enter")
    expect(page.locator("#turns")).to_contain_text(wanted["content"], timeout=MINUTES)
    expect(page.locator("[data-receipt=terms]")).to_contain_text("apache-2.0")


def test_a_base_that_may_not_be_tuned_says_the_clause_and_cannot_be_chosen(page: Page) -> None:
    page.goto("/tuning/new")
    page.locator("#use").select_option(label="Selling")
    page.locator("#upload").set_input_files(file_of("tickets.jsonl", as_lines(EXAMPLES)))
    page.locator(f'input[name=base][value="{CLOSED}"]').check()
    page.get_by_role("button", name="Check them").click()
    closed = page.locator(".base", has_text=CLOSED)
    expect(closed).to_contain_text("cc-by-nc-4.0")
    expect(closed.locator("input")).to_be_disabled()
    expect(page.locator("#start")).to_contain_text("must not be")
    expect(page.get_by_role("button", name="Start")).to_have_count(0)


def test_what_is_no_file_of_examples_is_told_kindly(page: Page) -> None:
    bring(page, "letter.txt", b"Dear all,\nthis is a letter and no file of examples.\n")
    found = page.locator("#checked")
    expect(found).to_contain_text("letter.txt: not fit to learn from yet")
    expect(found.locator(".findings li").first).to_contain_text("A line is no JSON object.")
    expect(found.locator(".findings li").first).to_contain_text("2 lines: 1, 2")
    expect(found).to_contain_text("Each line has to be a JSON object of its own.")
    expect(found).not_to_contain_text("Answers")
    expect(page.get_by_role("button", name="Take the repaired copy")).to_have_count(0)


def test_a_tuning_that_learnt_nothing_says_so(page: Page) -> None:
    """Answers that do not hang on what is asked, and a rate so small that nothing moves."""
    draw = random.Random(3)
    bring(page, "tickets.jsonl", as_lines(shuffled(draw)), epochs="1", batch="16", rate="0.000001")
    start(page, "nothing")
    expect(page.locator(".tuning-head .chip")).to_have_text("done", timeout=MINUTES)
    expect(page.locator(".answer h2")).to_have_text("Cannot be told")
    expect(page.locator(".answer")).to_contain_text("which may be chance.")
    expect(page.locator(".answer")).to_contain_text("examples held out would tell.")
    expect(page.locator(".note.tone-ask")).to_contain_text("a higher learning rate or more epochs may help.")


def shuffled(draw: random.Random) -> list[dict[str, Any]]:
    answers = [f'{{"team": "{draw.choice(list(TEAMS))}"}}' for _ in EXAMPLES]
    asked = [line["messages"][0] for line in EXAMPLES]
    return [
        {"messages": [one, {"role": "assistant", "content": answer}]} for one, answer in zip(asked, answers, strict=True)
    ]


def test_one_that_is_given_up_keeps_what_it_had_learnt(page: Page) -> None:
    bring(page, "tickets.jsonl", as_lines(EXAMPLES), epochs="50")
    start(page, "given up")
    until_drawn(page, 3)
    page.get_by_role("button", name="Give up").click()
    expect(page.locator(".tuning-head .chip")).to_have_text("given up", timeout=MINUTES)
    expect(page.locator(".events")).to_contain_text("The job was cancelled.")
    expect(page.locator("#checkpoints")).to_be_visible()
    page.goto("/tuning")
    expect(page.locator(".tuning", has_text="given up").first).to_be_visible()


def test_in_spanish_findings_and_what_happened_are_in_spanish(browser: Browser, world: World) -> None:
    with signed_in(browser, world, locale="es-ES") as page:
        page.goto("/tuning/new")
        page.locator("#upload").set_input_files(file_of("tickets.jsonl", with_faults()))
        page.get_by_role("button", name="Comprobarlos").click()
        expect(page.locator("#checked")).to_contain_text("Una línea está en blanco.")
        page.goto("/tuning")
        page.locator(".tuning-name a").first.click()
        expect(page.locator(".events")).to_contain_text("El trabajo de ajuste empezó")
        expect(page.locator(".events")).not_to_contain_text("Fine-tuning job started")
