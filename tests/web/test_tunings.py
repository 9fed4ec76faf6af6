"""The list of tunings, and the page of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commonweight.hub import AddFile, RepositoryNotFound
from commonweight.tuning import Level, Status, Tuning, Wanted
from tests.policy.world import World
from tests.web.reader import Reader
from tests.web.tuning_samples import report
from tests.web.tuning_world import TuningWorld

PAGE = "/tuning"


async def test_the_pages_need_an_account(reader: Reader) -> None:
    answer = await reader.get(PAGE)
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/login")


async def test_who_has_tuned_nothing_is_told_what_it_is_for(ada: Reader) -> None:
    page = await ada.get(PAGE)
    assert page.status == 200
    assert "200 tickets, minutes, no GPU, 5 MB" in page.words
    assert 'href="/tuning/new"' in page.text


async def test_a_running_one_is_listed_with_how_far_it_is(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    progress = {"step": 30, "total_steps": 60, "seconds_left": 75}
    await tuned.becomes(tuning, status="running", stage="training", progress=progress)
    page = await ada.get(PAGE)
    for words in ("tickets", "on ada/tiny", "running", "Train", "1 min 15 s left"):
        assert words in page.words
    assert 'aria-label="Done: 45.0 %"' in page.text


async def test_nobody_elses_are_listed_or_shown(new_reader: Callable[[], Reader], world: World, tuned: TuningWorld) -> None:
    tuning = await tuned.start(suffix="secret")
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    assert "secret" not in (await bob.get(PAGE)).words
    assert (await bob.get(f"{PAGE}/{tuning.id}")).status == 404


async def test_a_finished_one_is_listed_with_its_scores_and_verdict(ada: Reader, tuned: TuningWorld) -> None:
    await tuned.becomes(await tuned.start(), status="succeeded", report=report().to_json())
    page = await ada.get(PAGE)
    assert "0 % → 96.7 %" in page.words
    assert "Better than its base" in page.words


async def test_halting_resuming_and_giving_up_go_by_their_buttons(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    address = f"{PAGE}/{tuning.id}"
    fields = {"csrf": (await ada.get(address)).csrf}
    assert (await ada.post(f"{address}/pause", fields)).headers["location"] == address
    page = await ada.get(address)
    assert "halted" in page.words
    assert f'action="{address}/resume"' in page.text
    assert f'action="{address}/pause"' not in page.text
    await ada.post(f"{address}/resume", fields)
    assert (await tuned.tunings.get(tuning.account_id, tuning.id)).wanted is Wanted.RUN
    await ada.post(f"{address}/cancel", fields)
    assert (await tuned.tunings.get(tuning.account_id, tuning.id)).wanted is Wanted.CANCEL


async def test_what_cannot_be_done_any_more_is_told_on_its_page(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    address = f"{PAGE}/{tuning.id}"
    fields = {"csrf": (await ada.get(address)).csrf}
    await tuned.becomes(tuning, status=Status.SUCCEEDED.value)
    refused = await ada.post(f"{address}/pause", fields)
    assert refused.status == 409
    assert f"Cannot pause {tuning.id}: it is succeeded." in refused.words


async def test_a_deed_without_the_token_of_its_session_is_not_done(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    refused = await ada.post(f"{PAGE}/{tuning.id}/cancel", {"csrf": "0" * 64})
    assert refused.status == 403
    assert (await tuned.tunings.get(tuning.account_id, tuning.id)).wanted is Wanted.RUN


async def test_its_page_tells_how_far_it_is_what_happened_and_what_was_asked(ada: Reader, tuned: TuningWorld) -> None:
    hyperparameters = {"hyperparameters": {"n_epochs": 3, "batch_size": "auto"}}
    tuning = await tuned.start(method={"type": "supervised", "supervised": hyperparameters})
    for step in (1, 2, 3):
        data = {"step": step, "total_steps": 60, "train_loss": 3.0 / step, "tokens_per_second": 200.0}
        await tuned.happens(tuning, f"Step {step}", data=data)
    await tuned.happens(tuning, "Three examples are cut.", level=Level.WARN)
    progress = {"step": 3, "total_steps": 60, "train_loss": 1.0, "tokens_per_second": 200.0, "seconds_left": 57}
    await tuned.becomes(tuning, status="running", stage="training", progress=progress)
    page = await ada.get(f"{PAGE}/{tuning.id}")
    for words in ("Step 3 / 60", "57 s", "Three examples are cut.", "Examples tickets.jsonl", "Epochs 3", "Train : now"):
        assert words in page.words
    assert "Examples at once" not in page.words
    assert 'data-refresh="2000"' in page.text
    assert "step 60" in page.words


async def test_the_comparison_is_told_in_words_with_its_interval(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    await tuned.becomes(tuning, status="succeeded", report=report().to_json(), fine_tuned_model="ft:tiny:ada:tickets:1")
    page = await ada.get(f"{PAGE}/{tuning.id}")
    for words in (
        "Better than its base",
        "96.7 % instead of 0 % on 60 examples that it had not seen: +96.7 (+88.6 … +99.1).",
        "Won 58",
        "My invoice shows the wrong VAT.",
        "by quantising −5.0",
    ):
        assert words in page.words
    assert "ft:tiny:ada:tickets:1" in page.text
    assert "data-refresh" not in page.text


async def test_why_it_failed_and_what_helps_is_told(ada: Reader, tuned: TuningWorld) -> None:
    tuning = await tuned.start()
    error = {"code": "diverged", "message": "The loss became infinite at step 12.", "param": None}
    await tuned.becomes(tuning, status="failed", stage="training", error=error)
    page = await ada.get(f"{PAGE}/{tuning.id}")
    assert "The loss became infinite at step 12." in page.words
    assert "Make the learning rate smaller" in page.words
    assert f'href="/tuning/new?like={tuning.id}"' in page.text


async def test_what_was_published_is_shown_with_its_verdict(ada: Reader, tuned: TuningWorld, world: World) -> None:
    card = {"license": "mit", "base_model": "ada/tiny"}
    revision = await world.publish("tiny-tickets", card)
    added = AddFile("gguf/adapter.gguf", b"x" * 4_900)
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", [added], title="Add the adapter")
    tuning = await tuned.start()
    await tuned.becomes(tuning, status="succeeded", repository_id=revision.repository.id, fine_tuned_model="ft:x:ada::1")
    page = await ada.get(f"{PAGE}/{tuning.id}")
    assert 'href="/ada/tiny-tickets"' in page.text
    assert 'href="/ada/tiny-tickets/rights"' in page.text
    assert "adapter: 4.9 kB" in page.words


async def _draft(world: World, tuned: TuningWorld) -> Tuning:
    """A finished tuning with a draft of Ada's."""
    ada = await world.caller("ada")
    repository = await world.hub.create(ada, "model", "ada", "tiny-tickets", draft=True)
    await world.change(repository, {"license": "mit"})
    tuning = await tuned.start()
    values = {"status": "succeeded", "repository_id": repository.id, "report": report().to_json()}
    await tuned.becomes(tuning, **values, fine_tuned_model="ft:tiny:ada:tickets:1")
    return tuning


async def test_a_draft_is_accepted_on_its_page(ada: Reader, tuned: TuningWorld, world: World) -> None:
    address = f"{PAGE}/{(await _draft(world, tuned)).id}"
    page = await ada.get(address)
    assert "draft" in page.words
    assert "Accept it" in page.words
    assert (await ada.post(f"{address}/accept", {"csrf": page.csrf, "visibility": "private"})).status == 303
    repository = await world.hub.find(await world.caller("ada"), "model", "ada", "tiny-tickets")
    assert repository.visibility == "private"
    assert "Accept it" not in (await ada.get(address)).words


async def test_what_must_not_be_opened_to_everybody_is_told(ada: Reader, tuned: TuningWorld, world: World) -> None:
    """This draft does not say what it was made from."""
    address = f"{PAGE}/{(await _draft(world, tuned)).id}"
    page = await ada.get(address)
    assert "It must not be opened to everybody:" in page.words
    assert 'name="visibility" value="public"' not in page.text
    refused = await ada.post(f"{address}/accept", {"csrf": page.csrf, "visibility": "public"})
    assert (refused.status, "must not be opened" in refused.words) == (422, True)


async def test_a_draft_is_deleted_on_its_page(ada: Reader, tuned: TuningWorld, world: World) -> None:
    address = f"{PAGE}/{(await _draft(world, tuned)).id}"
    csrf = (await ada.get(address)).csrf
    assert (await ada.post(f"{address}/discard", {"csrf": csrf})).status == 303
    with pytest.raises(RepositoryNotFound):
        await world.hub.find(await world.caller("ada"), "model", "ada", "tiny-tickets")
    assert (await ada.get(address)).status == 200
