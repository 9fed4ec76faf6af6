"""The script that follows a sweep: numbers and bar move without the page, and its parts are fetched anew at the end."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect, sync_playwright

from commonweight.web.rendering import Renderer
from commonweight.web.static_files import StaticFiles
from tests.web.policy_samples import changes_page, quiet_changes_page
from tests.web.samples import FRAME

HOUSE = "http://house.test"
STATIC = Path(str(files("commonweight.web") / "static"))


def _progress(waiting: int) -> str:
    done = (2040 - waiting) / 2040
    return json.dumps({"waiting": waiting, "total": 2040, "done": done, "is_running": waiting > 0, "causes": []})


@pytest.mark.browser
def test_a_sweep_is_followed_without_reloading_the_page(chromium: str) -> None:
    renderer, asked = Renderer(StaticFiles.packaged()), list[str]()
    pages = [renderer.html(replace(page(FRAME), cause="")) for page in (changes_page, quiet_changes_page)]

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOUSE).partition("?")[0]
        asked.append(path)
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.rpartition("/")[2])
        elif path == "/cw/v1/changes/progress":
            route.fulfill(content_type="application/json", body=_progress(0 if asked.count(path) > 1 else 204))
        else:
            route.fulfill(content_type="text/html", body=pages[asked.count(path) > 1])

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto(f"{HOUSE}/rights/changes")
        page.evaluate("window.stays = true")
        expect(page.locator("[data-of=waiting]")).to_have_text("204")
        expect(page.locator("progress")).to_have_js_property("value", 90)
        expect(page.locator("#progress")).to_contain_text("Nothing waits to be decided again.")
        expect(page.locator("#feed")).to_contain_text("No verdict came out otherwise")
        assert page.evaluate("window.stays")
        browser.close()
    assert asked.count("/rights/changes") == 2
