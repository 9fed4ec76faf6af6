"""How a tuning stands, what it is at, and how it compares with its base, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.tuning import Level, Stage, Status, Tuning, Wanted
from commonweight.tuning.judging import Verdict
from commonweight.web.contexts import Word
from commonweight.web.presenting.words import _

TUNING: Final = "/tuning"

STATUS_WORDS: Final[Mapping[Status, Word]] = {
    Status.VALIDATING: Word("validating_files", _("checking"), "ask", "clock", _("Its examples are looked at.")),
    Status.QUEUED: Word("queued", _("waiting"), "ask", "clock", _("It begins when a worker has room.")),
    Status.RUNNING: Word("running", _("running"), "accent", "arrow", _("A worker is at it.")),
    Status.SUCCEEDED: Word("succeeded", _("done"), "good", "check", _("It can be called.")),
    Status.FAILED: Word("failed", _("failed"), "stop", "stop", _("It ended with an error.")),
    Status.CANCELLED: Word("cancelled", _("given up"), "plain", "close", _("Somebody gave it up.")),
}
PAUSED: Final = Word(
    "paused", _("halted"), "duty", "halt", _("It keeps what it has learnt, and goes on when somebody says so.")
)
ENDING: Final = Word("cancelling", _("being given up"), "plain", "clock", _("What is under way is ended."))

STAGE_NAMES: Final[Mapping[Stage, str]] = {
    Stage.PREPARING: _("Prepare the base"),
    Stage.TRAINING: _("Train"),
    Stage.CONVERTING: _("Convert"),
    Stage.PUBLISHING: _("Draft"),
    Stage.JUDGING: _("Compare"),
    Stage.FINISHING: _("Finish"),
}

LEVEL_WORDS: Final[Mapping[Level, Word]] = {
    Level.INFO: Word("info", _("note"), "plain", "dot", _("For whoever wants to know.")),
    Level.WARN: Word("warn", _("warning"), "ask", "flag", _("Somebody should look at it.")),
    Level.ERROR: Word("error", _("error"), "stop", "stop", _("It went wrong.")),
}

BETTER_WORDS: Final[Mapping[Verdict, Word]] = {
    Verdict.BETTER: Word("better", _("Better than its base"), "good", "check", _("The difference is larger than chance.")),
    Verdict.WORSE: Word("worse", _("Worse than its base"), "stop", "down", _("The difference is larger than chance.")),
    Verdict.SAME: Word("same", _("As good as its base"), "duty", "half", _("Whatever difference there is does not matter.")),
    Verdict.CANNOT_TELL: Word(
        "cannot_tell", _("Cannot be told"), "unknown", "question", _("Too few examples are held out to tell.")
    ),
    Verdict.CONSTANT: Word(
        "constant", _("Says the same to everything"), "stop", "stop", _("It has learnt one answer, not the task.")
    ),
    Verdict.NEVER_STOPS: Word(
        "never_stops", _("Does not stop"), "stop", "stop", _("Its answers end only because they are cut.")
    ),
}


def state_word(tuning: Tuning) -> Word:
    """What its owner asked for counts before what its worker has got to."""
    if tuning.status.over:
        return STATUS_WORDS[tuning.status]
    if tuning.wanted is Wanted.CANCEL:
        return ENDING
    return PAUSED if tuning.wanted is Wanted.PAUSE else STATUS_WORDS[tuning.status]


def may_pause(tuning: Tuning) -> bool:
    return not tuning.status.over and tuning.wanted is Wanted.RUN


def may_resume(tuning: Tuning) -> bool:
    return not tuning.status.over and tuning.wanted is Wanted.PAUSE


def may_cancel(tuning: Tuning) -> bool:
    return not tuning.status.over and tuning.wanted is not Wanted.CANCEL


def short_name(tuning: Tuning) -> str:
    """What its owner called it; else the base by the last part of its name."""
    return tuning.suffix or tuning.model.rpartition("/")[2]


def tuning_address(id: str) -> str:
    return f"{TUNING}/{id}"
