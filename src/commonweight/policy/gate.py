"""What the standing policy lets through: a revision to be run, bytes to be downloaded. The hot path asks memory."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from typing import Final

from commonweight.errors import NotFound
from commonweight.hub import Hub, Revision
from commonweight.identity import ANONYMOUS, Caller, Right
from commonweight.policy.errors import DownloadRefused
from commonweight.policy.holders import Holders
from commonweight.policy.standing_policy import StandingPolicy
from commonweight.policy.values import Admission

ADMISSION_SECONDS: Final = 5.0  # a changed use or record reaches the hot path of another process after at most this
ADMISSIONS: Final = 4096  # revisions being served at once by one process; one costs about a kilobyte
#: Cards, licences, notices and use policies: where the terms stand, which whoever is refused wants to read.
_ALWAYS_OUT: Final = re.compile(r"(README(\.md)?|(licen[cs]e|copying|notice|use[_-]policy).*)\Z", re.IGNORECASE)


class Gate:
    def __init__(self, hub: Hub, standing: StandingPolicy, holders: Holders) -> None:
        self._hub = hub
        self._standing = standing
        self._holders = holders
        self._admissions: OrderedDict[tuple[object, ...], tuple[float, Admission]] = OrderedDict()

    async def admit(self, revision: Revision, use: int | None = None, caller: Caller = ANONYMOUS) -> Admission:
        """
        Whether a revision may run for a use (None: the default) of this caller, with what a receipt names. From memory where
        asked within `ADMISSION_SECONDS`. Callers who hold nothing for themselves share the answer.
        """
        held = tuple(one.id for one in await self._holders.held(caller))
        who = caller.account.id if caller.account and held else None
        key = (revision.repository.id, revision.commit, revision.repository.is_private, use, who, held)
        kept = self._admissions.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        admission = await self._admission(caller, revision, use)
        self._admissions[key] = (time.monotonic() + ADMISSION_SECONDS, admission)
        self._admissions.move_to_end(key)
        if len(self._admissions) > ADMISSIONS:
            self._admissions.popitem(last=False)
        return admission

    async def _admission(self, caller: Caller, revision: Revision, use: int | None) -> Admission:
        """Of what somebody has only proposed no more than of `main`: anybody can propose a card that says anything."""
        verdict = await self._holders.verdict(caller, revision, use)
        own = Admission(verdict.id, verdict.value, verdict.terms, verdict.refusal, verdict.download_refusal)
        if not await self._hub.is_proposed(revision):
            return own
        main = await self.admit(await self._hub.resolve(revision.repository), use, caller)
        stricter = (main.refusal and not own.refusal) or (main.download and not own.download)
        return main if stricter else own

    async def check_download(self, caller: Caller, revision: Revision, path: str = "") -> None:
        """
        Whether the policy lets bytes of a revision out to this caller. Cards and licence texts always go out, and everything
        to those who may write there, so that an owner can mend or delete. Raises DownloadRefused.
        """
        repository = revision.repository
        if not (await self._standing.held()).rules.touches_downloads or caller.may_with(Right.WRITE, repository):
            return
        if repository.kind not in ("model", "dataset") or _ALWAYS_OUT.match(path.rpartition("/")[2]):
            return
        for one in [revision, *await self.unchanged(revision, path)]:
            refusal = (await self.admit(one, caller=caller)).download
            if refusal is not None:
                raise DownloadRefused(refusal.message, refusal.verdict_id)

    async def unchanged(self, revision: Revision, path: str = "") -> list[Revision]:
        """Those whose weights a file of a revision is, unchanged; without a path: any file. Their terms hold for it too."""
        own = [one for one in await self._hub.origins(revision.repository) if one.child_id == revision.repository.id]
        found = [(one.repository, one) for one in own if one.path and path in ("", one.path)]
        return [Revision(repository, one.commit) for repository, one in found if repository is not None]

    async def may_download(self, caller: Caller, scope: int, revision: str = "") -> bool:
        """As `check_download`, of what a token of the content store was given for: the network, and perhaps a revision."""
        if not (await self._standing.held()).rules.touches_downloads:
            return True
        repository = await self._hub.by_id(scope)
        if repository is None:
            return True  # whoever may read the network is asked elsewhere
        try:
            await self.check_download(caller, await self._hub.resolve(repository))
            if revision not in ("", "None"):
                await self.check_download(caller, await self._hub.resolve(repository, revision))
        except (DownloadRefused, NotFound):
            return False
        return True

    def forget(self) -> None:
        self._admissions.clear()
        self._holders.forget()
