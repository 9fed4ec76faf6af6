"""A new tuning, put together on its page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from commonweight.hub import AddFile
from commonweight.tuning import TunedModel, TunedNames
from tests.policy.world import World
from tests.web.reader import Answer, Reader
from tests.web.tuning_world import TuningWorld

PAGE = "/tuning/new"


def line(number: int, answer: str | None = '{"team": "billing"}') -> str:
    messages = [{"role": "user", "content": f"Message {number} on an invoice"}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer.replace("billing", ("billing", "sales")[number % 2])})
    return json.dumps({"messages": messages})


def lines(count: int) -> str:
    return "\n".join(line(number) for number in range(count)) + "\n"


async def send(reader: Reader, *, upload: tuple[str, str] | None = None, **fields: str | list[str]) -> Answer:
    given = {"csrf": (await reader.get(PAGE)).csrf, "do": "check", **fields}
    name, text = upload or ("", "")
    return await reader.post_file(PAGE, given, "upload", name, text.encode())


async def test_models_here_are_offered_with_the_verdict_on_a_derivative(ada: Reader, world: World) -> None:
    revision = await world.publish("small-135M", {"license": "apache-2.0"})
    await world.add_gguf(revision.repository)
    page = await ada.get(PAGE)
    assert 'name="base" value="ada/small-135M"' in page.text
    assert "Small enough to be tuned in minutes" in page.words
    assert "Choose a base and check the examples" in page.words


async def test_examples_that_are_fit_are_shown_split_and_kept_as_a_file(ada: Reader, tuned: TuningWorld) -> None:
    page = await send(ada, upload=("tickets.jsonl", lines(60)), base="ada/tiny")
    assert page.status == 200
    for words in ("tickets.jsonl: fit to learn from", "Lines 60", "Learns from 48 examples, and 12 are kept back", "learnt",
                  "Message 0 on an invoice", "≈ 2 min", "2.55 GB"):  # fmt: skip
        assert words in page.words
    [file] = (await tuned.files.list(1, purpose="fine-tune")).files
    assert f'<option value="{file.id}" selected>' in page.text
    assert 'value="start"' in page.text


async def test_what_is_wrong_is_told_by_kind_with_its_lines(ada: Reader, tuned: TuningWorld) -> None:
    broken = "\n".join([*(line(number) for number in range(20)), line(20, None), "nonsense", line(21, None)])
    page = await send(ada, upload=("tickets.jsonl", broken), base="ada/tiny")
    assert "not fit to learn from yet" in page.words
    assert "2 lines: 21, 23" in page.words
    assert "1 line: 22" in page.words
    assert 'value="start"' not in page.text
    assert (await tuned.files.list(1, purpose="fine-tune")).files == []


async def test_a_repaired_copy_is_on_offer_and_taken_with_a_button(ada: Reader, tuned: TuningWorld) -> None:
    broken = "\n".join([*(line(number) for number in range(20)), "", line(20, None), line(21).replace("assistant", "bot")])
    page = await send(ada, upload=("tickets.jsonl", broken), base="ada/tiny", suffix="mine")
    assert "A repaired copy can be made." in page.words
    raw = re.search(r'name="raw" value="(file-\w+)"', page.text)
    assert raw
    taken = await send(ada, do="repair", raw=raw[1], base="ada/tiny", suffix="mine")
    assert taken.status == 200
    assert "tickets.repaired.jsonl: fit to learn from" in taken.words
    assert 'name="suffix" value="mine"' in taken.text
    [file] = (await tuned.files.list(1, purpose="fine-tune")).files
    assert f"/v1/files/{file.id}/content" in taken.text
    assert file.facts["lines"] >= 20


async def test_pasted_examples_are_taken_as_a_file_is_and_come_back_where_they_are_not_fit(ada: Reader) -> None:
    page = await send(ada, paste=lines(30), base="ada/tiny", suffix="mine")
    assert "pasted.jsonl: fit to learn from" in page.words
    assert 'name="suffix" value="mine"' in page.text
    refused = await send(ada, paste='{"messages": "no"}', base="ada/tiny", suffix="mine")
    assert "{&#34;messages&#34;: &#34;no&#34;}" in refused.text
    assert 'name="suffix" value="mine"' in refused.text


async def test_pressing_start_starts_it_as_it_was_set(ada: Reader, tuned: TuningWorld) -> None:
    fields = {"base": "ada/tiny", "suffix": "tickets", "epochs": "4", "rate": "0,5", "form": "full", "licence": "cc-by-4.0"}
    started = await send(ada, upload=("tickets.jsonl", lines(60)), do="start", kind=["Q8_0", "Q4_K"], **fields)
    assert started.status == 303
    [tuning] = (await tuned.tunings.list(1)).items
    assert started.headers["location"] == f"/tuning/{tuning.id}"
    assert tuning.method["supervised"]["hyperparameters"] == {"n_epochs": 4, "learning_rate_multiplier": 0.5}
    assert tuning.options == {"form": "full", "licence": "cc-by-4.0", "quantisations": ["Q8_0", "Q4_K"]}
    like = await ada.get(f"{PAGE}?like={tuning.id}")
    assert 'name="epochs" value="4"' in like.text
    assert 'name="licence" value="cc-by-4.0"' in like.text
    assert "tickets.jsonl: fit to learn from" in like.words


async def test_nothing_is_started_without_examples_or_a_base(ada: Reader, tuned: TuningWorld) -> None:
    page = await send(ada, do="start", base="ada/tiny")
    assert (page.status, "There are no examples yet." in page.words) == (400, True)
    page = await send(ada, do="start", upload=("a.jsonl", lines(20)))
    assert (page.status, "No base is chosen yet." in page.words) == (400, True)
    page = await send(ada, do="start", base="ada/tiny", paste="nonsense")
    assert (page.status, "not fit to learn from yet" in page.words) == (400, True)
    assert (await tuned.tunings.list(1)).items == []


async def test_a_setting_out_of_range_is_refused_and_unfolded(ada: Reader) -> None:
    page = await send(ada, base="ada/tiny", epochs="500", paste=lines(20))
    assert page.status == 400
    assert "expected a whole number from 1 to 50, or nothing." in page.words
    assert "pasted.jsonl: fit to learn from" in page.words
    assert '<details class="section-tight" id="more" open>' in page.text


async def test_a_file_of_another_kind_is_refused_with_what_is_taken(ada: Reader) -> None:
    page = await send(ada, upload=("tickets.docx", "PK"), base="ada/tiny")
    assert page.status == 400
    assert "is no file of examples" in page.words


async def test_a_table_becomes_lines_by_its_columns(ada: Reader, tuned: TuningWorld) -> None:
    table = "ticket;team\n" + "".join(f"Message {number};team {number % 3}\n" for number in range(30))
    fields = {"base": "ada/tiny", "question": "ticket", "answer": "team"}
    page = await send(ada, upload=("tickets.csv", table), **fields)
    assert "tickets.jsonl: fit to learn from" in page.words
    assert "user Message 0" in page.words
    [file] = (await tuned.files.list(1, purpose="fine-tune")).files
    assert (file.filename, file.facts["lines"]) == ("tickets.jsonl", 30)
    wrong = await send(ada, upload=("tickets.csv", table), base="ada/tiny", question="nothing", answer="team")
    assert (wrong.status, "There is no column" in wrong.words) == (400, True)
    assert 'name="question" value="nothing"' in wrong.text


async def test_a_data_set_of_the_hub_is_read_as_the_tuning_will_read_it(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    owner = await world.caller("ada")
    data = await world.hub.create(owner, "dataset", "ada", "tickets", "private")
    files = [AddFile("train.jsonl", lines(40).encode()), AddFile("README.md", b"---\nlicense: cc-by-4.0\n---\n")]
    await world.hub.commit(owner, data, "main", files, title="Add tickets")
    page = await send(ada, dataset="ada/tickets", base="ada/tiny")
    for words in ("ada/tickets @", "fit to learn from", "Lines 40", "Licence cc-by-4.0", "Message 0 on an invoice"):
        assert words in page.words
    started = await send(ada, dataset="ada/tickets", base="ada/tiny", do="start")
    assert started.status == 303
    [tuning] = (await tuned.tunings.list(1)).items
    assert tuning.dataset == {"repository": "ada/tickets"}
    missing = await send(ada, dataset="ada/nothing", base="ada/tiny")
    assert missing.status == 404
    assert 'name="dataset" value="ada/nothing"' in missing.text


async def test_a_pasted_table_is_taken_by_the_names_of_its_columns(ada: Reader) -> None:
    table = "question,answer\n" + "".join(f"Message {number},team {number % 3}\n" for number in range(30))
    assert "pasted.jsonl: fit to learn from" in (await send(ada, paste=table, base="ada/tiny")).words


async def test_a_file_of_somebody_else_looks_missing(
    ada: Reader, new_reader: Callable[[], Reader], world: World, tuned: TuningWorld
) -> None:
    file = await tuned.upload("secret.jsonl", lines(20).encode())
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    page = await send(bob, file=file.id, base="ada/tiny")
    assert page.status == 404
    assert "secret.jsonl" not in page.text


async def test_what_was_pasted_is_not_lost_with_the_session(ada: Reader, reader: Reader) -> None:
    kept = await reader.post_file(PAGE, {"paste": lines(3), "suffix": "mine", "do": "check"}, "upload", "", b"")
    assert kept.status == 401
    assert "nothing that you typed is lost" in kept.words
    assert 'enctype="multipart/form-data"' in kept.text
    assert "Message 2 on an invoice" in kept.text


async def test_a_form_of_another_session_changes_nothing_and_comes_back(ada: Reader, tuned: TuningWorld) -> None:
    page = await send(ada, csrf="0" * 64, paste=lines(20), base="ada/tiny", do="start")
    assert page.status == 403
    assert "Message 2 on an invoice" in page.text
    assert (await tuned.files.list(1)).files == []


async def test_what_was_tuned_here_is_offered_by_its_own_name_and_goes_on_by_it(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    revision = await world.publish("tiny-tickets", {"license": "apache-2.0"})
    await world.add_gguf(revision.repository)
    names, name = TunedNames(world.database, world.clock), "ft:tiny:ada:tickets:9a1b22c4"
    made = TunedModel(name, 1, None, revision.repository.id, revision.commit, "gguf/a.gguf", True, None, world.clock.now())
    await names.put(made)
    await names.put(replace(made, name=f"{name}:ckpt-step-25"))
    assert f'name="base" value="{name}"' in (await ada.get(PAGE)).text
    page = await send(ada, upload=("tickets.jsonl", lines(60)), base=name)
    assert re.search(f'value="{name}"[^>]* checked', page.text)
    assert "/ada/tiny-tickets/rights" in page.text
    assert "No verdict" not in page.words
