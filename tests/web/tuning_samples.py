"""Examples of the pages of tuning, drawn from what the room knows of a tuning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from commonweight.tuning import Event, Level, Stage, Status, Tuning, Wanted
from commonweight.tuning.judging import Base, Behaviour, Difference, Example, Measure, Report, Result, Score, Verdict
from commonweight.web.contexts import (
    BaseChoice,
    ChangedLines,
    CheckpointRow,
    CheckView,
    Choice,
    ConversionForm,
    ConversionPage,
    ConversionRow,
    ConversionsPage,
    EstimateView,
    ExampleView,
    FindingGroup,
    Frame,
    NewTuningPage,
    RepairView,
    ResultView,
    Snippet,
    Told,
    TuningForm,
    TuningPage,
    TuningsPage,
    TurnView,
    Word,
)
from commonweight.web.presenting.ladder import ladder_rows, ladder_view
from commonweight.web.presenting.tuning_progress import (
    curve_views,
    event_views,
    failure_view,
    last_step,
    stage_views,
    training_view,
    warnings_of,
)
from commonweight.web.presenting.tuning_report import report_view
from commonweight.web.presenting.tuning_words import (
    LEVEL_WORDS,
    STATUS_WORDS,
    may_cancel,
    may_pause,
    may_resume,
    short_name,
    state_word,
)
from commonweight.web.presenting.tunings import tuning_row
from commonweight.web.presenting.words import VERDICT_WORDS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = "commonweight/SmolLM2-135M-Instruct-GGUF"
TUNING = Tuning(
    number=7,
    id="ftjob-0f1e2d3c4b5a69788796a5b4",
    account_id=1,
    token_id=1,
    address="127.0.0.1",
    model=BASE,
    base={"repository": BASE, "commit": "3f9c1e0d"},
    training_file_id="file-tickets",
    validation_file_id=None,
    dataset=None,
    method={"type": "supervised"},
    hyperparameters={"n_epochs": 3, "batch_size": 8},
    suffix="tickets",
    seed=7,
    integrations=None,
    metadata=None,
    options={},
    status=Status.RUNNING,
    stage=Stage.TRAINING,
    wanted=Wanted.RUN,
    progress={"step": 41, "total_steps": 75, "train_loss": 0.2134, "valid_loss": 0.31, "tokens_per_second": 209.4,
              "seconds_left": 52},
    estimate=None,
    report=None,
    error=None,
    fine_tuned_model=None,
    repository_id=None,
    trained_tokens=None,
    result_files=(),
    created_at=NOW,
    started_at=NOW,
    finished_at=None,
)  # fmt: skip


def metrics(steps: int) -> list[Event]:
    """What the training tells, step by step: the loss falls, every fifth step the held-out one is looked at."""
    found = []
    for step in range(1, steps + 1):
        data: dict[str, Any] = {
            "step": step,
            "train_loss": 3.15 / (1 + 0.25 * step),
            "tokens_per_second": 190 + step % 7 * 6,
        }
        if step % 5 == 0:
            data["valid_loss"] = 3.1 / (1 + 0.18 * step) + 0.04
        found.append(Event(step, f"ftevent-{step}", Level.INFO, "metrics", f"Step {step}", NOW, data))
    return found


def events(steps: int) -> list[Event]:
    said = [
        (Level.INFO, "Created fine-tuning job"),
        (Level.INFO, "The base was read and its tokenizer checked"),
        (Level.WARN, "3 examples are the same as others; they count once in the comparison."),
        (Level.INFO, "Training began: 75 steps, about 2 minutes"),
    ]
    told = [
        Event(1000 + at, f"ftevent-m{at}", level, "message", text, NOW + timedelta(seconds=at))
        for at, (level, text) in enumerate(said)
    ]
    return [*told, *metrics(steps)]


def _behaviour(stops: float, different: float, commonest: float, length: float = 19) -> Behaviour:
    return Behaviour(stops, length, different, commonest)


def _score(value: float, low: float, high: float) -> dict[str, Score]:
    return {"exact": Score(value, low, high, 60), "parses": Score(min(1.0, value + 0.03), low, 1.0, 60)}


WON = Example(
    4, "My invoice shows the wrong VAT.", '{"team": "billing"}', "Sure! I can help with VAT.", '{"team": "billing"}'
)
LOST = Example(9, "Where is my parcel?", '{"team": "shipping"}', '{"team": "shipping"}', '{"team": "billing"}')


def result(verdict: Verdict, label: str, value: float, low: float, high: float, needed: int | None = None) -> Result:
    return Result(
        label=label,
        model="ft:x",
        verdict=verdict,
        sentence="",
        scores=_score(value, low, high),
        differences={"exact": Difference(value, low, high, 60, 58, 1, 0.0001, needed)},
        behaviour=_behaviour(1.0, 0.1, 0.25),
        forgetting=Difference(-0.01, -0.05, 0.03, 40, 1, 2),
        won=(WON,),
        lost=(LOST,),
        about={"bytes": 4_900_000},
    )


def report(verdict: Verdict = Verdict.BETTER, needed: int | None = None) -> Report:
    return Report(
        targets="json",
        primary="exact",
        measures=(Measure("exact", "is the answer that was expected", True), Measure("parses", "is valid JSON", True)),
        items=60,
        items_hash="ab12",
        base=Base("base (Q4_1)", BASE, _score(0.0, 0.0, 0.06), _behaviour(0.4, 0.9, 0.05, 160)),
        results=(
            result(verdict, "adapter on Q4_1", 0.967, 0.886, 0.991, needed),
            result(Verdict.BETTER, "merged Q8_0", 0.95, 0.863, 0.983),
            replace(
                result(Verdict.CANNOT_TELL, "merged Q4_K", 0.917, 0.819, 0.964, 220),
                quantising=Difference(-0.05, -0.11, 0.0, 60, 0, 3),
                too_far=True,
            ),
        ),
        settings={"temperature": 0, "engine": "llama.cpp/2026.10", "items": {"sha256": "ab12"}},
    )


def tuning_view(frame: Frame, tuning: Tuning, happened: list[Event], **more: Any) -> TuningPage:
    facts = (("Examples", "tickets.jsonl"), ("Method", "supervised"), ("Seed", "7"))
    filled: dict[str, Any] = {"report": None, "result": None, "checkpoints": (), "used": ()}
    return TuningPage(
        frame=replace(frame, path=f"/tuning/{tuning.id}"),
        id=tuning.id,
        name=short_name(tuning),
        base=tuning.model,
        base_href=f"/{tuning.model}",
        state=state_word(tuning),
        is_over=tuning.status.over,
        stages=stage_views(tuning),
        progress=training_view(tuning),
        curves=curve_views(happened, last_step(tuning)),
        warnings=warnings_of(happened),
        events=event_views(happened),
        failure=failure_view(tuning),
        facts=facts,
        again="/tuning/new?like=ftjob-0f",
        may_pause=may_pause(tuning),
        may_resume=may_resume(tuning),
        may_cancel=may_cancel(tuning),
        **filled | more,
    )


def running_page(frame: Frame) -> TuningPage:
    return tuning_view(frame, TUNING, events(41))


def done_page(frame: Frame) -> TuningPage:
    done = replace(TUNING, status=Status.SUCCEEDED, stage=Stage.NONE, progress={**TUNING.progress, "step": 75})
    name = "ft:SmolLM2-135M-Instruct-GGUF:ada:tickets:0f1e2d3c"
    made = ResultView(
        name=name,
        repository="ada/SmolLM2-135M-Instruct-tickets",
        href="/ada/SmolLM2-135M-Instruct-tickets",
        is_draft=True,
        public_refused="Its terms ask for a name that begins with Llama.",
        size="4.9 MB",
        verdict=VERDICT_WORDS["allowed_with_duties"],
        headline="Allowed, with duties: publishing a derivative of SmolLM2-135M-Instruct.",
        duties=("Give a copy of the terms along", "Say what was changed"),
        snippets=(
            Snippet("OpenAI client", f'client.chat.completions.create(model="{name}", messages=[…])'),
            Snippet("curl", f'curl http://127.0.0.1:8484/v1/chat/completions -d \'{{"model": "{name}"}}\''),
        ),
    )
    return tuning_view(
        frame,
        done,
        events(75),
        report=report_view(report()),
        result=made,
        checkpoints=(CheckpointRow(75, f"{name}:ckpt-step-75", "0.061", "2026-03-01 12:02 UTC"),),
        used=(("Epochs", "3"), ("Examples at once", "8"), ("Learning rate", "0.0005"), ("Threads", "2")),
    )


def failed_page(frame: Frame) -> TuningPage:
    error = {"code": "diverged", "message": "The loss became infinite at step 12.", "param": None}
    return tuning_view(frame, replace(TUNING, status=Status.FAILED, error=error), events(12), error="It is over.")


def tunings_page(frame: Frame) -> TuningsPage:
    done = replace(TUNING, status=Status.SUCCEEDED, stage=Stage.NONE, report=report().to_json())
    others = (
        replace(done, id="ftjob-2", suffix=None),
        replace(TUNING, id="ftjob-3", wanted=Wanted.PAUSE),
        replace(TUNING, id="ftjob-4", status=Status.QUEUED, stage=Stage.NONE, progress={}),
        replace(TUNING, id="ftjob-5", status=Status.FAILED),
    )
    rows = tuple(map(tuning_row, (TUNING, *others)))
    return TuningsPage(replace(frame, path="/tuning"), rows, "/tuning?after=ftjob-5", "It is over already.")


def _bases() -> tuple[BaseChoice, ...]:
    fits = BaseChoice(
        BASE, f"/{BASE}", VERDICT_WORDS["allowed_with_duties"], "Allowed, with duties: making a derivative.",
        f"/{BASE}/rights", "135M · 98.4 MB", "Small enough to be tuned in minutes without a GPU.", "", True,
    )  # fmt: skip
    stopped = BaseChoice(
        "acme/Closed-7B", "/acme/Closed-7B", VERDICT_WORDS["prohibited"], "Derivatives are withheld by clause 2.",
        "/acme/Closed-7B/rights", "7B · 14.5 GB", "",
        "Its terms do not let a derivative be made (acme-1.0 §2). Choose another base, or ask its licensor.", False,
    )  # fmt: skip
    return fits, stopped


def _check() -> CheckView:
    said = (TurnView("user", "My invoice shows the wrong VAT.", False), TurnView("assistant", '{"team": "billing"}', True))
    return CheckView(
        source="tickets.jsonl",
        facts=(("Lines", "200"), ("Answers", "JSON"), ("Longest", "84 tokens"), ("Learnt from", "1,840 tokens")),
        groups=(
            FindingGroup(
                LEVEL_WORDS[Level.ERROR], "The last message is not the assistant's.", "End it with the answer.", "12", 1
            ),
            FindingGroup(LEVEL_WORDS[Level.WARN], "Says what looks like an e-mail address.", "", "3, 8, 40, 41, 77 …", 12),
            FindingGroup(LEVEL_WORDS[Level.WARN], "The file has fewer than 100 examples.", "", "", 1),
        ),
        is_fit=False,
        repair=RepairView(
            (
                ChangedLines("The line was left out.", "12", 1),
                ChangedLines("The role was spelt as it is asked for.", "3, 4 …", 40),
            ),
            195,
        ),
        examples=(ExampleView(1, said), ExampleView(2, (TurnView("system", "Answer with JSON.", False), *said))),
        train=180,
        held_out=20,
        download="/v1/files/file-tickets/content",
    )


def new_tuning_page(frame: Frame) -> NewTuningPage:
    return NewTuningPage(
        frame=replace(frame, path="/tuning/new"),
        bases=_bases(),
        files=(Choice("file-tickets", "tickets.jsonl · 200 lines", "", True),),
        uses=(("1", "Internal evaluation"), ("2", "Our product")),
        kinds=(("Q8_0", "Nearly as good as it was."), ("Q4_K", "Small, and a little worse.")),
        form=TuningForm(
            base=BASE, file="file-tickets", paste='{"messages": []}', suffix="tickets", kinds=("Q8_0",)
        ),
        check=_check(),
        estimate=EstimateView(
            verdict=VERDICT_WORDS["allowed_with_duties"],
            headline="Allowed, with duties: making a derivative of SmolLM2-135M-Instruct-GGUF.",
            clause="apache-2.0 §4",
            rights=f"/{BASE}/rights",
            figures=(("Time", "2 min"), ("Memory", "2.55 GB"), ("Disk", "1.1 GB")),
            refusal="It needs 2.55 GB of memory; 1.2 GB are free.",
            hint="Unload a model, or take a smaller base.",
            warnings=(Told("Two examples are longer than the base reads."),),
        ),
        opened=True,
        error="Line 12 has no answer.",
        hint="Mend it, or take the repaired copy.",
    )  # fmt: skip


def ready_page(frame: Frame) -> NewTuningPage:
    page = new_tuning_page(frame)
    assert page.check
    assert page.estimate
    check = replace(page.check, is_fit=True, repair=None, groups=page.check.groups[1:])
    return replace(page, check=check, estimate=replace(page.estimate, refusal="", hint=""), opened=False, error="", hint="")


def conversions_page(frame: Frame) -> ConversionsPage:
    running = ConversionRow(
        "conv-1", "ada/tiny", "/ada/tiny", "ada/tiny-GGUF", "", STATUS_WORDS[Status.RUNNING], "Q4_K", 40.0, (), "", True
    )
    failed = Word("failed", "failed", "stop", "stop", "It ended with an error.")
    return ConversionsPage(
        replace(frame, path="/tuning/conversions"),
        (
            running,
            replace(
                running, id="conv-2", state=STATUS_WORDS[Status.SUCCEEDED], now="", target_href="/ada/tiny-GGUF",
                files=(("tiny-F16.gguf", "270 MB", ""), ("tiny-Q8_0.gguf", "144 MB", "62/63")), may_cancel=False,
                is_draft=True,
            ),
            replace(running, id="conv-4", state=STATUS_WORDS[Status.SUCCEEDED], now="", may_cancel=False, is_draft=True,
                    is_broken=True),
            replace(running, id="conv-5", now="", answers="35/240"),
            replace(running, id="conv-3", state=failed, now="", problem="Its tokenizer is not known.", may_cancel=False),
        ),
        ("ada/tiny",),
        (("F16", "As it is, in 16 bits."), ("Q8_0", "Nearly as good as it was.")),
        ConversionForm("ada/tiny", "", ("Q8_0",)),
        "There is no such model.",
    )  # fmt: skip


def _cost(state: str, perplexity: float, rise: tuple[float, float, float] | None = None) -> dict[str, Any]:
    span = {"value": perplexity, "low": 0.9 * perplexity, "high": 1.1 * perplexity}
    right = {"value": 0.525, "low": 0.38, "high": 0.67, "items": 40}
    risen = dict(zip(("value", "low", "high"), rise, strict=True)) if rise else None
    sentence = f"{state}, as its sentence says."
    return {
        "state": state, "sentence": sentence, "perplexity": span, "rise": risen, "knows": right,
        "agrees": right if rise else None,
    }  # fmt: skip


LADDER: tuple[dict[str, Any], ...] = tuple(
    {"path": f"tiny-{kind}.gguf", "kind": kind, "size": size, "warnings": [], "likeness": near, "score": score}
    for kind, size, near, score in (
        ("F16", 270_900_000, None, _cost("reference", 12.3)),
        ("Q8_0", 144_800_000, {"same": 62, "places": 63}, _cost("as_good", 12.32, (0.002, -0.003, 0.007))),
        ("Q5_K", 112_000_000, {"same": 60, "places": 63}, _cost("cannot_tell", 12.7, (0.03, -0.01, 0.07))),
        ("Q4_K", 105_000_000, {"same": 57, "places": 63}, _cost("loses", 13.8, (0.122, 0.081, 0.166))),
        ("Q4_0", 91_700_000, {"same": 3, "places": 63}, _cost("broken", 9000.0, (730.0, 600.0, 900.0))),
    )
)


def conversion_pages(frame: Frame) -> tuple[ConversionPage, ...]:
    row = ConversionRow(
        "conv-1", "ada/tiny", "/ada/tiny", "ada/tiny-GGUF", "/ada/tiny-GGUF", STATUS_WORDS[Status.SUCCEEDED], "", 100.0, (),
        "", False, True, "/tuning/conversions/conv-1", "", True,
    )  # fmt: skip
    done = ConversionPage(
        replace(frame, path="/tuning/conversions/conv-1"), row, "tiny-F32.gguf",
        "Made from Q8_0, not from floats: what that lost stays lost, and this loses more on top.",
        ladder_rows(LADDER), ladder_view(LADDER), "", "F16", 40, ("tiny-Q4_K.gguf: 12 rows are kept otherwise.",),
        "Not all of it is any good.",
    )  # fmt: skip
    running = replace(
        row,
        state=STATUS_WORDS[Status.RUNNING],
        percent=62.0,
        may_cancel=True,
        is_draft=False,
        answers="35/240",
        is_broken=False,
    )
    rows = tuple(replace(one, state=None, perplexity="", rise="", agrees="", knows="", reason="") for one in done.rows)
    scoring = replace(done, row=running, rows=rows, drawing=None, original="", items=0, error="")
    return (done, scoring, replace(scoring, row=replace(row, is_broken=False), not_scored="No engine here loads GGUF."))


def tuning_pages(frame: Frame) -> tuple[Any, ...]:
    """One of each kind, and the states in which they look otherwise."""
    return (
        tunings_page(frame),
        TuningsPage(replace(frame, path="/tuning"), (), ""),
        new_tuning_page(frame),
        ready_page(frame),
        running_page(frame),
        done_page(frame),
        failed_page(frame),
        conversions_page(frame),
        *conversion_pages(frame),
    )
