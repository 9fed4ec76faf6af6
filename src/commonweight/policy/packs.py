"""What an act with a model owes, as files (docs/pack.md): for the facts of the standing use, with the texts kept here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.errors import Conflict
from commonweight.hub import AddFile, Commit, EntryNotFound, Hub, KnownModel, Revision, Step
from commonweight.identity import Caller, Right
from commonweight.licence_texts import texts_on_this_machine
from commonweight.policy.declared import stated_node
from commonweight.policy.errors import InvalidUse
from commonweight.policy.policy import Policy
from commonweight.policy.texts_at_hand import TextsAtHand, read_text
from commonweight.policy.values import Subject
from commonweight.rights import ENGLISH, Question, RightsError, Verdict, decide
from commonweight.rights.pack import DIFFERS, SAME, Addition, Pack, TextAtHand, additions_to, make_pack

PUBLISH: Final = "publish_derivative"
PASS_ON: Final = "redistribute"
#: Steps that make a model out of another; what was made so is published as a derivative, anything else passed on.
_MAKING: Final = frozenset({
    "finetune", "merge", "quantise", "convert", "adapter", "prune", "distil_logits", "trained_on_outputs",
})  # fmt: skip
#: In place of a file that is too large to be read: it is no text, so nothing is put to it.
_UNREAD: Final = b"\xff"
TITLE: Final = "Add what is owed"


@dataclass(frozen=True)
class Wanted:
    """What somebody wants a pack for. An empty `act` is the one that fits the model; `name` is the name that is planned."""

    act: str = ""
    name: str = ""
    language: str = ENGLISH


@dataclass(frozen=True)
class MadePack:
    """A pack, the act that it is for, and whether the model counts as the caller's own."""

    pack: Pack
    act: str
    is_own: bool


@dataclass(frozen=True)
class Parent:
    """What something is made from: `relation` as in a question (finetune, trained_on_data, …)."""

    revision: Revision
    relation: str


class ReplacesUnasked(Conflict):
    code = "replaces_unasked"


class Packs:
    """Packs of models that are kept here or known."""

    def __init__(self, hub: Hub, policy: Policy, clock: Clock) -> None:
        self._hub = hub
        self._policy = policy
        self._clock = clock
        self._texts = TextsAtHand(hub)

    async def make(self, caller: Caller, model: Revision | KnownModel, wanted: Wanted, base_url: str = "") -> MadePack:
        """
        The pack for an act. Whoever may write to a model that was made from others publishes it as their own; others make
        something of it. `base_url` is this server's address, for links. Raises InvalidUse, UnknownLanguage.
        """
        subject = await self._policy.subject_for(model)
        act = wanted.act or fitting_act(subject)
        is_own = act == PUBLISH and isinstance(model, Revision) and caller.may_with(Right.WRITE, model.repository)
        document = await self._question(subject, act, wanted.name, is_own=is_own)
        return MadePack(await self._pack(caller, subject, document, wanted.language, base_url), act, is_own)

    async def planned(
        self, caller: Caller, name: str, parents: Sequence[Parent], base_url: str = "", stated: Sequence[Step] = ()
    ) -> Pack:
        """
        The pack for publishing what is to be made from these parents under this name, before it is there. `stated`: further
        ones that lie nowhere, by their licences. Raises InvalidUse.
        """
        found = [(await self._policy.subject_for(one.revision), one.relation) for one in parents]
        subject = _made_from(name, [*found, *map(self._stated, stated)])
        document = await self._question(subject, PUBLISH, name, is_own=True)
        return await self._pack(caller, subject, document, ENGLISH, base_url)

    def _stated(self, step: Step) -> tuple[Subject, str]:
        node = stated_node(step, f"datasets/{step.name}", self._policy.records)
        document = {"root": node["id"], "nodes": [node], "edges": []}
        return Subject(f"planned/{node['id']}", step.name, document), step.relation

    async def _pack(
        self, caller: Caller, subject: Subject, document: Mapping[str, Any], language: str, base_url: str
    ) -> Pack:
        question, verdict = self._decided(document)
        texts = [*await self._texts.of(caller, subject), *self._elsewhere(verdict)]
        links = _links(subject, base_url) if base_url else {}
        return make_pack(question, verdict, self._policy.records, texts, language=language, links=links)

    def _decided(self, document: Mapping[str, Any]) -> tuple[Question, Verdict]:
        """Raises InvalidUse."""
        try:
            question = Question.from_document(document, today=self._clock.now().date(), name="pack")
            return question, decide(question, self._policy.records)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None

    def _elsewhere(self, verdict: Verdict) -> tuple[TextAtHand, ...]:
        owed = (self._policy.records.get(key) for key in sorted({duty.licence for duty in verdict.duties}))
        return texts_on_this_machine(terms for terms in owed if terms is not None)

    async def _question(self, subject: Subject, act: str, name: str, *, is_own: bool) -> dict[str, Any]:
        facts = dict((await self._policy.standing_use()).facts)
        use = {key: value for key, value in facts.get("use", {}).items() if key not in ("name", "planned_name", "artefacts")}
        document = dict(subject.document)
        root = document["root"]
        if is_own:
            document["nodes"] = [{**node, "made_by": "asker"} if node["id"] == root else node for node in document["nodes"]]
            name = name or next(str(node["name"]) for node in document["nodes"] if node["id"] == root)
        return {**facts, "use": {**use, "acts": [act], **({"planned_name": name} if name else {})}, "subject": document}

    async def additions(self, revision: Revision, pack: Pack) -> tuple[Addition, ...]:
        """Each file of a pack beside what lies in the repository."""
        facts = await self._hub.facts(revision)
        paths = {*(file.path for file in pack.files), "README.md", *(file.path for file in facts.licence_files)}
        entries = [entry for entry in await self._hub.entries(revision, sorted(paths)) if entry.is_file]
        there = {entry.path: await read_text(self._hub, revision, entry.path) for entry in entries}
        return additions_to(pack, {path: _UNREAD if content is None else content for path, content in there.items()})

    async def add(
        self, caller: Caller, revision: Revision, additions: Collection[Addition], chosen: Collection[str],
        replace: Collection[str] = (),
    ) -> Commit:  # fmt: skip
        """
        Put the chosen files into the repository, in one commit on `main`. One that would take the place of another file has
        to be named in `replace` too.

        Raises ReplacesUnasked, EntryNotFound (a path that the pack does not have), MayNotWrite, StaleParent.
        """
        by_path = {one.path: one for one in additions}
        unknown = sorted(set(chosen) - set(by_path))
        if unknown:
            raise EntryNotFound(f"The pack has no file {unknown[0]!r}.", commit=revision.commit)
        wanted = [by_path[path] for path in sorted(set(chosen)) if by_path[path].state != SAME]
        unasked = [one.path for one in wanted if one.state == DIFFERS and one.path not in replace]
        if unasked:
            raise ReplacesUnasked(
                f"Another file lies at {', '.join(unasked)}, and would be replaced.",
                hint="Say that it may be replaced, or leave it out.",
            )
        changes = [AddFile(one.path, one.content) for one in wanted]
        return await self._hub.commit(caller, revision.repository, "main", changes, TITLE, parent=revision.commit)


def fitting_act(subject: Subject) -> str:
    """Publishing a derivative for what was made from something else, passing on for anything else."""
    root = subject.document["root"]
    made = any(edge["child"] == root and edge["relation"] in _MAKING for edge in subject.document["edges"])
    return PUBLISH if made else PASS_ON


def _made_from(name: str, parents: Sequence[tuple[Subject, str]]) -> Subject:
    """A subject that is not there yet, above those that it is made from. Its id has no slash, as no repository's has."""
    nodes: dict[str, Any] = {name: {"id": name, "kind": "model", "name": name}}
    edges: list[Any] = []
    for subject, relation in parents:
        document = subject.document
        nodes |= {node["id"]: node for node in document["nodes"]}
        edges += [edge for edge in document["edges"] if edge not in edges]
        edges.append({"child": name, "parent": document["root"], "relation": relation, "evidence": "declared"})
    private = any(subject.private for subject, _ in parents)
    return Subject(f"planned/{name}", name, {"root": name, "nodes": list(nodes.values()), "edges": edges}, private=private)


def _links(subject: Subject, base_url: str) -> dict[str, str]:
    """Addresses of the nodes that are kept here."""
    return {node["id"]: f"{base_url}/{node['id']}" for node in subject.document["nodes"] if "revision" in node}
