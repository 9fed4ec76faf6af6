"""What the words of a record mean, one sentence each, for pages and the command."""

from __future__ import annotations

from typing import Final

from commonweight.rights.said import mark

RIGHTS: Final[dict[str, str]] = {
    "use": mark("use it"),
    "modify": mark("modify it"),
    "distribute": mark("pass it on"),
    "host": mark("give others access over a network"),
    "commercial": mark("do so commercially"),
    "outputs": mark("use what it answers"),
    "sublicense": mark("grant sublicences"),
    "patent": mark("use the licensor's patents"),
}
GRANTED: Final[dict[str, str]] = {
    "yes": mark("The text grants it."),
    "no": mark("The text withholds it."),
    "silent": mark("The text does not speak of it."),
    "unread": mark("Nobody has read what the text says of it."),
}
BINDINGS: Final[dict[str, str]] = {
    "licence": mark("It binds whoever has the thing."),
    "contract": mark("It binds whoever accepted it to get the service, and nobody else."),
}
OPENNESS: Final[dict[str, str]] = {
    "open": mark("Open: anyone may use, change and pass it on, for any purpose."),
    "open_but_unsuited": mark("Open, though not written for models or with conditions that are unusual for them."),
    "use_restricted": mark("Open to all, but some purposes are forbidden."),
    "size_or_fee_restricted": mark("Free up to a size or a sum; above that the licensor decides."),
    "non_commercial": mark("Not for commercial use."),
    "none_or_unknown": mark("No grant is known."),
}
REVIEWED: Final[dict[str, str]] = {
    "draft": mark("A draft: written from the text, not yet checked by a second reading. It warns and refuses nothing."),
    "checked": mark("Checked against the text by a second reading."),
    "lawyer": mark("Reviewed by a lawyer."),
}
EVIDENCE: Final[dict[str, str]] = {
    "text": mark("read in the full licence text"),
    "quoted": mark("seen quoted elsewhere; the whole licence was not read"),
    "secondary": mark("told by others only: what it allows or stops is not sure"),
    "unverified": mark("recalled or inferred; nobody read it, so nothing rests on it"),
}
EFFECTS: Final[dict[str, str]] = {
    "needs_permission": mark("Then the licensor has to be asked first."),
    "prohibited": mark("Then the text withholds it."),
    "unclear": mark("Then the text leaves it open."),
}
CLOCKS: Final[dict[str, str]] = {
    "frozen": mark("Counted once, at the moment that the text names; later growth does not matter."),
    "continuous": mark("Counted for as long as you use it; it can come to hold later."),
    "none": "",
}
STRENGTHS: Final[dict[str, str]] = {
    "absolute": mark("Forbidden in every case."),
    "qualified": mark("Forbidden unless the condition holds."),
}
STEPS: Final[dict[str, str]] = {
    "finetune": mark("a fine-tuned model"),
    "merge": mark("a merge with other models"),
    "quantise": mark("a quantised copy"),
    "convert": mark("a copy in another format"),
    "adapter": mark("an adapter for it"),
    "prune": mark("a pruned copy"),
    "distil_logits": mark("a student of its activations"),
    "trained_on_outputs": mark("a model trained on its answers"),
    "trained_on_data": mark("a model trained on it as data"),
    "includes_code": mark("a program that contains its code"),
    "output_of": mark("what it answers"),
}
REACHES: Final[dict[str, str]] = {
    "full": mark("stays under these terms"),
    "duty_only": mark("bears only what the text asks of such models"),
    "none": mark("is free of these terms"),
    "banned": mark("may not be made"),
}
NOT_SAID: Final[dict[str, str]] = {
    "silent": mark("the text does not say; here it is taken that it {reach}"),
    "unread": mark("nobody has read what the text says; here it is taken that it {reach}"),
}
UNLESS: Final = mark("{says}, unless {condition}")
PROPAGATES: Final[dict[str, str]] = {
    "notices_only": mark(
        "Who passes on something made from it keeps the notices and may choose other terms for their part."
    ),
    "terms_remain": mark("These terms stay on what is made from it, beside those that its maker adds."),
    "use_restrictions": mark("Who passes on something made from it passes the forbidden uses on as terms of their own."),
    "same_licence": mark("What is made from it may only be passed on under this same licence."),
}
OWNERS: Final[dict[str, str]] = {
    "licensee": mark("What the model answers belongs to whoever asks, as far as the licensor is concerned."),
    "licensor": mark("The licensor claims what the model answers."),
    "silent": mark("The text does not say to whom the answers belong."),
}
TRAINING: Final[dict[str, str]] = {
    "allowed": mark("Other models may be trained with its answers."),
    "duty": mark("Other models may be trained with its answers, with a duty."),
    "banned": mark("Other models may not be trained with its answers, as far as the text says."),
    "silent": mark("The text does not say whether other models may be trained with its answers."),
}
ENDINGS: Final[dict[str, str]] = {
    "breach": mark("a breach of the terms"),
    "litigation": mark("a lawsuit over it"),
    "patent_litigation": mark("a patent lawsuit over it"),
    "patent_or_copyright_litigation": mark("a patent or copyright lawsuit over it"),
    "size": mark("growing beyond a size"),
    "any_time": mark("whenever the licensor wants"),
    "change": mark("the licensor changes the text"),
}
AUTOMATIC: Final = mark("By itself, without notice.")
BY_NOTICE: Final = mark("The licensor has to act.")
STANDING: Final[dict[str, str]] = {
    "materials": mark("the licensed material itself"),
    "derivative": mark("something derived from it"),
    "output_model": mark("a model made with its answers"),
    "outputs": mark("its answers"),
}
