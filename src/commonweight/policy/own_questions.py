"""Questions on facts of somebody's own: a verdict kept for them alone, and the form that asks only what matters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from commonweight.clock import Clock
from commonweight.errors import NotAuthenticated
from commonweight.hub import KnownModel, Revision
from commonweight.identity import Caller
from commonweight.policy.deciding import Decider
from commonweight.policy.default_use import DefaultUse
from commonweight.policy.errors import InvalidUse
from commonweight.policy.facts import checked_facts, varied
from commonweight.policy.finding import Finder
from commonweight.policy.holders import Holders
from commonweight.policy.library import Library
from commonweight.policy.store import Verdicts
from commonweight.policy.subjects import Subjects
from commonweight.policy.uses import Uses
from commonweight.policy.values import StoredVerdict
from commonweight.rights import Answers, Asking, Engine, Guided, RightsError


class OwnQuestions:
    def __init__(
        self,
        library: Library,
        clock: Clock,
        finder: Finder,
        subjects: Subjects,
        decider: Decider,
        store: Verdicts,
        uses: Uses,
        default: DefaultUse,
        holders: Holders,
    ) -> None:
        self._library = library
        self._clock = clock
        self._finder = finder
        self._subjects = subjects
        self._decider = decider
        self._store = store
        self._uses = uses
        self._default = default
        self._holders = holders

    async def decide(
        self, caller: Caller, model: str | Revision | KnownModel, facts: Mapping[str, Any] | None = None
    ) -> StoredVerdict:
        """
        A verdict for facts of the caller's own (kept for them alone). Where none are given, the standing one, with what
        the caller and their organisations hold from licensors for themselves.

        Raises ModelUnknown, InvalidUse, NotAuthenticated (own facts need an account).
        """
        found = await self._finder.find(caller, model) if isinstance(model, str) else model
        if facts is None:
            return await self._holders.verdict(caller, found)
        if caller.account is None:
            raise NotAuthenticated(
                "A verdict for your own facts needs an account.", hint="Send a token, or leave `use` out."
            )
        checked = checked_facts(facts, self._clock)
        name = str(checked["use"].get("name") or "own facts")
        try:
            subject = await self._subjects.of(found)
            verdict = self._decider.decide_own(name[:96], checked, subject, caller.account.id)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None
        await self._store.keep(verdict, checked)
        return verdict

    async def guided(
        self,
        caller: Caller,
        model: Revision | KnownModel,
        use: Mapping[str, Any],
        answers: Answers,
        *,
        of: int | str | None = None,
    ) -> Guided:
        """
        What is still to be asked about a model, from a use (`of`, None: the default) with `use` (acts, purposes) in place of
        its own, after these answers. Nothing is kept. Raises NotAuthenticated, InvalidUse, UseNotFound.
        """
        if caller.account is None:
            raise NotAuthenticated("Questions about your own case need an account.", hint="Sign in, or send a token.")
        standing = await self._default.get() if of is None else await self._uses.get(of)
        subject = await self._subjects.of(model)
        facts = await self._uses.facts_about(standing, str(subject.document["root"]))
        checked = checked_facts(varied(facts, use), self._clock)
        asking = Asking(Engine(self._library.records), self._clock.now().date())
        try:
            return await asyncio.to_thread(asking.guided, {**checked, "subject": dict(subject.document)}, answers)
        except RightsError as error:
            raise InvalidUse(error.detail, hint=error.hint) from None
