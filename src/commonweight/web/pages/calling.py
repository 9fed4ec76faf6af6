"""By which names the models of a repository are called: one file of it, or what was tuned here."""

from __future__ import annotations

from commonweight.hub import CARD, EntryNotFound
from commonweight.serving import FileChoiceError, choose_file, choose_target
from commonweight.tuning import TunedModel
from commonweight.web.contexts import CallName
from commonweight.web.pages.heads import Seen
from commonweight.web.presenting.words import _
from commonweight.web.services import WebServices

MAX_FILES = 2_000  # looked through for models
STATE = ":ckpt-step-"


async def call_names(services: WebServices, seen: Seen) -> tuple[CallName, ...]:
    """The one that is meant first. Nothing where no engine loads what is there."""
    try:
        entries = await services.hub.tree(seen.revision, recursive=True, limit=MAX_FILES)
    except EntryNotFound:
        return ()
    paths = [entry.path for entry in entries if entry.is_file and entry.path != CARD]
    tuned = await services.names.in_repository(seen.repository.id)
    origins = await services.hub.origins(seen.repository)
    unchanged = {one.path for one in origins if one.path and one.child_id == seen.repository.id}
    called = [_tuned(one, paths) for one in sorted(tuned, key=lambda one: (STATE in one.name, -one.created_at.timestamp()))]
    adapters = {one.path for one in tuned if one.is_adapter}
    at = "" if seen.asked == "main" else f"@{seen.asked}"
    files = _files(f"{seen.repository.full_name}{at}", [path for path in paths if path not in adapters], unchanged)
    return (*[one for one in called if one is not None], *files)


def _tuned(model: TunedModel, paths: list[str]) -> CallName | None:
    if model.path not in paths:
        return None
    if STATE in model.name:
        return CallName(model.name, _("As it was after %(step)s steps"), (("step", model.name.rpartition(STATE)[2]),))
    return CallName(model.name, _("The adapter on its base") if model.is_adapter else _("The tuned model, whole"))


def _files(name: str, paths: list[str], unchanged: set[str]) -> list[CallName]:
    try:
        choose_target(paths)
    except FileChoiceError:
        ends = sorted((path for path in paths if _can_be_chosen(paths, path)), key=lambda path: (path in unchanged, path))
        return [CallName(f"{name}:{path}", _("The base itself, unchanged") if path in unchanged else "") for path in ends]
    return [CallName(name, "")]


def _can_be_chosen(paths: list[str], path: str) -> bool:
    try:
        return choose_file(paths, path) == path
    except FileChoiceError:
        return False
