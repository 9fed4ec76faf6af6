"""
What happened in a tuning, in the reader's language. Events are written once, in English, as OpenAI's clients read them; here
their sentences are known again by their words, with what stands in their places. One that is not known is shown as it is.
A test holds these against all that the stages say.
"""

from __future__ import annotations

import re
from typing import Final

from commonweight.web.contexts import Told
from commonweight.web.presenting.words import _

#: How the contestants of a comparison are called.
LABELS: Final = (_("base"), _("merged F16"), _("adapter on %(file)s"))
EVENT_SENTENCES: Final = (
    _("Created fine-tuning job: %(id)s"),
    _("%(name)s runs elsewhere: the examples that are held out are sent there to be judged."),
    _("Files validated, moving job to queued state"),
    _("Fine-tuning job started"),
    _("%(lines)s examples to learn from, %(kept)s held out"),
    _("%(lines)s examples to learn from, %(kept)s to validate with"),
    _("%(lines)s lines of the validation file ask what the training file asks: scores will flatter."),
    _("Reading %(file)s as floats, so that it can be trained"),
    _("Training has begun: %(steps)s steps, about %(seconds)s s"),
    _("Training has begun: %(steps)s steps"),
    _("Training runs on the node %(node)s"),
    _("Training runs as %(workers)s workers, on %(nodes)s"),
    _("A worker was lost: all go on from step %(step)s"),
    _("The node was lost: another one goes on from step %(step)s"),
    _(
        "Waiting for room on the Ray cluster: %(asked)s are asked of one node; its nodes (%(nodes)s) have %(free)s free of "
        "%(total)s"
    ),
    _("Waiting for a larger node of the Ray cluster: %(asked)s are asked of one, the most that nodes have is %(largest)s"),
    _("Waiting for the Ray cluster: nothing answers at %(address)s"),
    _("Waiting for the Ray cluster at %(address)s: %(reason)s"),
    _("The loss went from %(first)s to %(last)s: a higher learning rate or more epochs may help."),
    _("The loss rose from %(lowest)s to %(last)s in the end: a lower learning rate may help."),
    _("Checkpoint created at step %(step)s"),
    _("Training is paused at step %(step)s"),
    _("Training was stopped at step %(step)s"),
    _("Training is done: %(steps)s steps, %(seconds)s s"),
    _("Converting the trained weights"),
    _("Published as a draft: %(repository)s"),
    _("%(name)s is what it had learned until then"),
    _("It must not be opened to everybody: %(reason)s"),
    _("Asking base and tuned %(items)s held-out questions"),
    _("Not judged: %(reason)s"),
    _("Better than the base: %(difference)s by %(measure)s (95 %% interval %(interval)s) on %(items)s items."),
    _("Worse than the base: %(difference)s by %(measure)s (95 %% interval %(interval)s) on %(items)s items."),
    _("As good as the base: %(difference)s by %(measure)s (95 %% interval %(interval)s) on %(items)s items."),
    _(
        "%(items)s items are too few to tell it from the base: %(difference)s by %(measure)s (95 %% interval %(interval)s) "
        "on %(all)s items. About %(needed)s items would tell."
    ),
    _(
        "%(items)s items are too few to tell it from the base: %(difference)s by %(measure)s (95 %% interval %(interval)s) "
        "on %(all)s items."
    ),
    _("New fine-tuned model created: %(name)s"),
    _("The job has successfully completed."),
    _("The job was cancelled."),
    _("The job was cancelled before it ran to its end."),
    _("What it had learned could not be kept: %(reason)s"),
    _("%(reason)s The merged model is served instead."),
    _("Its tokens could not be counted: %(reason)s"),
    _("Its work so far lies on another machine, which does not run it any more: training begins anew on this one."),
    _("Cancellation was asked for."),
    _("Paused: it goes on when it is resumed."),
    _("Resumed."),
    _("The server failed at this job again and again and has given it up. Its log says why."),
)
_PLACE: Final = re.compile(r"%\((\w+)\)s")


def told_again(message: str) -> Told:
    """A message with its places; one that is not known stands for itself."""
    for text, pattern in _PATTERNS:
        if found := pattern.fullmatch(message):
            return Told(text, tuple(found.groupdict().items()))
    return Told("%(message)s", (("message", message),))


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)  # text, name, text, name, …, text
    written = [re.escape(part.replace("%%", "%")) if at % 2 == 0 else f"(?P<{part}>.+?)" for at, part in enumerate(parts)]
    return re.compile("".join(written), re.DOTALL)


_PATTERNS: Final = tuple((text, _pattern(text)) for text in (*EVENT_SENTENCES, *LABELS))
