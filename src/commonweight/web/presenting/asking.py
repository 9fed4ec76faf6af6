"""The guided form: questions of a verdict as fields, and a form as answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from commonweight.rights import ACTS, PURPOSES, Ask, Guided, RightsError, in_language, with_answers
from commonweight.web.contexts import AskField, Choice
from commonweight.web.presenting.words import ACT_NAMES, _
from commonweight.web.visits import Form

PREFIX: Final = "a."  # of the names of answers in the form
MAX_ANSWERS: Final = 60  # of one form; a chain of eight licences asks some ten
_WIDGETS: Final[Mapping[str, str]] = {
    "flag": "pick", "one": "pick", "modality": "pick", "many": "many", "figure": "figure", "country": "text",
    "countries": "text", "licence": "select",
}  # fmt: skip

Answers = dict[str, tuple[str, ...]]


def answers_in(form: Form) -> Answers:
    """The answers of a form by the key of their question, in its order."""
    named = [name for name in form.values if name.startswith(PREFIX)][:MAX_ANSWERS]
    return {name.removeprefix(PREFIX): form.many(name) for name in named if form.many(name)}


def without_bad_answers(form: Form) -> Form:
    """
    The form without the answers that are none. Where each is one and they cannot all be so, without any: which of them is
    wrong, only the asker knows.
    """
    answers = answers_in(form)
    bad = {PREFIX + key for key, values in answers.items() if not _is_answer(key, values)}
    dropped = bad or {PREFIX + key for key in answers}
    return replace(form, values={name: values for name, values in form.values.items() if name not in dropped})


def _is_answer(key: str, values: Sequence[str]) -> bool:
    try:
        with_answers({}, {key: values})
    except RightsError:
        return key.startswith("subject.")  # whether it names a model of the chain is not known here
    return True


def act_choices(picked: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(act, ACT_NAMES[act], ACTS[act], act in picked) for act in ACTS)


def purpose_choices(picked: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(word, text, "", word in picked) for word, text in PURPOSES.items())


def open_fields(state: Guided, language: str) -> tuple[AskField, ...]:
    return tuple(_field(ask, (), language) for ask in state.open)


def given_fields(state: Guided, answers: Answers, language: str) -> tuple[AskField, ...]:
    return tuple(_field(ask, answers.get(ask.key, ()), language) for ask in state.given)


def idle_fields(state: Guided, answers: Answers) -> tuple[tuple[str, str], ...]:
    return tuple((PREFIX + key, value) for key in state.idle for value in answers.get(key, ()))


def unreadable(state: Guided, language: str) -> tuple[str, ...]:
    speak = in_language(language)
    return tuple(dict.fromkeys(speak(question) for ask in state.unreadable for question in ask.questions))


def _field(ask: Ask, given: Sequence[str], language: str) -> AskField:
    speak = in_language(language)
    keys = {choice.key for choice in ask.choices}
    free = next((value for value in given if value not in keys), "")
    widget = _WIDGETS[ask.kind]
    choices = [Choice(choice.key, speak(choice.text), "", choice.key in given) for choice in ask.choices]
    if widget in ("pick", "figure", "select"):
        choices.insert(0, Choice("", _("not known"), "", not given))
    licences = dict.fromkeys(name.partition("#")[0] for name in ask.settles)
    return AskField(
        name=PREFIX + ask.key,
        questions=tuple(speak(question) for question in ask.questions),
        kind=widget,
        choices=() if widget == "text" else tuple(choices),
        value=", ".join(given) if widget == "text" else free,
        settles=", ".join(name for name in licences if name != "none"),
    )
