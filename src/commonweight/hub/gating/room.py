"""Gates: asking for access, deciding on it, taking it away. Every deed is in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub.errors import MayNotWrite
from commonweight.hub.gating import store
from commonweight.hub.gating.answers import check_answers
from commonweight.hub.gating.errors import AccessRejected, AccessRequestNotFound, AccessState, NotGated, TermsChanged
from commonweight.hub.gating.terms import Terms, TermsReader
from commonweight.hub.gating.values import (
    ACCEPTED,
    PENDING,
    REJECTED,
    STATUSES,
    WITHDRAWN,
    AcceptedTerms,
    AccessRequest,
)
from commonweight.hub.rights import check_administers, check_contributes, check_reads
from commonweight.hub.values import Repository
from commonweight.identity import Account, AccountMissing, Caller, Right, record

MAX_REASON: Final = 2_000  # characters of why somebody was rejected
PAGE: Final = 100  # requests
_DEEDS: Final = {PENDING: "cancel", ACCEPTED: "accept", REJECTED: "reject"}  # words of the audit trail


class Gates:
    """Access to gated repositories. Whoever belongs to the namespace has it without asking."""

    def __init__(self, database: Database, clock: Clock, reader: TermsReader) -> None:
        self._database = database
        self._clock = clock
        self._reader = reader

    # For whoever wants in

    async def terms(self, caller: Caller, repository: Repository) -> Terms:
        """What has to be accepted now. Raises RepositoryNotFound."""
        check_reads(caller, repository)
        return await self._reader.terms(repository)

    async def standing(self, caller: Caller, repository: Repository) -> AccessRequest | None:
        """How the caller stands with it; None for who never asked, or took the request back."""
        if caller.account is None:
            return None
        async with self._database.read() as connection:
            found = await store.of_account(connection, repository, caller.account.id)
        return found if found and found.status != WITHDRAWN else None

    async def ask(self, caller: Caller, repository: Repository, given: Mapping[str, Any], shown: str = "") -> AccessRequest:
        """
        Accept the terms and ask for access: an automatic gate gives it at once, unless whoever administers the repository
        has decided about this person before. `given` are the fields by their labels; `shown` is the hash of the terms that
        the person saw.

        Raises NotGated, AccessState, AccessRejected, TermsChanged, InvalidInput, TooLarge, MayNotWrite, RepositoryNotFound.
        """
        account = self._person(caller, repository)
        if not repository.gated:
            raise NotGated(f"{repository.full_name} is not gated: whoever sees it has its files.")
        if caller.may_with(Right.READ, repository):
            raise AccessState(f"You belong to {repository.namespace}, and have access without asking.")
        terms = await self._reader.terms(repository)
        if shown and shown != terms.hash:
            raise TermsChanged
        fields, now = check_answers(terms.fields, given), self._clock.now()
        async with self._database.write() as connection:
            found = await store.ensure(connection, repository, account.id, now)
            status = _status_after_asking(repository, found)
            kept = await store.keep_acceptance(connection, repository, account, terms, fields, now, is_shown=bool(shown))
            columns = {"status": status, "acceptance_id": kept, "reason": "", "asked_at": now}
            await self._change(connection, repository, found, columns)
            detail = {"status": status, "terms": terms.hash, "acceptance": kept}
            await record(connection, now, caller, "access.ask", _subject(repository), **detail)
            return await self._found(connection, repository, account.id)

    async def withdraw(self, caller: Caller, repository: Repository) -> None:
        """Give access back, or take a request back. Raises AccessRequestNotFound, AccessState, MayNotWrite."""
        account = self._person(caller, repository)
        async with self._database.write() as connection:
            found = await self._found(connection, repository, account.id)
            if found.status == REJECTED:
                raise AccessState("Your request was rejected; there is nothing to take back.")
            await self._change(connection, repository, found, {"status": WITHDRAWN})
            await record(connection, self._clock.now(), caller, "access.withdraw", _subject(repository))

    def _person(self, caller: Caller, repository: Repository) -> Account:
        """Whoever may accept terms: a person, and no program's key. Raises MayNotWrite, RepositoryNotFound."""
        account = check_contributes(caller, repository)
        if caller.token is not None and caller.token.is_key:
            raise MayNotWrite("Conditions are accepted by a person.", hint="Use the page, or a token of your own.")
        return account

    # For whoever administers the repository

    async def list(
        self, caller: Caller, repository: Repository, status: str, after: int = 0, limit: int = PAGE
    ) -> Sequence[AccessRequest]:
        """By number, those behind `after`. Raises MayNotWrite, InvalidInput, RepositoryNotFound."""
        check_administers(caller, repository)
        check_status(status)
        async with self._database.read() as connection:
            return await store.listing(connection, repository, status, after, limit)

    async def counts(self, caller: Caller, repository: Repository) -> Mapping[str, int]:
        """How many requests stand how. Raises MayNotWrite."""
        check_administers(caller, repository)
        async with self._database.read() as connection:
            return await store.counts(connection, repository)

    async def decide(
        self, caller: Caller, repository: Repository, who: str | int, status: str, reason: str = ""
    ) -> AccessRequest:
        """
        Accept, reject, or put back to pending a request, of a user by name or by the request's number. Who was in is out at
        once. Raises AccessState where it stands so already, AccessRequestNotFound, MayNotWrite, InvalidInput, TooLarge.
        """
        check_administers(caller, repository)
        check_status(status)
        reason = reason.replace("\0", "").strip() if status == REJECTED else ""
        if len(reason) > MAX_REASON:
            raise TooLarge(f"The reason has {len(reason)} characters; it may have {MAX_REASON}.")
        async with self._database.write() as connection:
            found = await self._named(connection, repository, who)
            if found.status == status:
                raise AccessState(f"The request of {found.user} is {status} already.")
            return await self._decided(connection, caller, repository, found, status, reason, _DEEDS[status])

    async def grant(self, caller: Caller, repository: Repository, user: str) -> AccessRequest:
        """
        Let somebody in who need not have asked. Raises AccessState for who is in already, NotGated, AccountMissing,
        MayNotWrite.
        """
        check_administers(caller, repository)
        if not repository.gated:
            raise NotGated(f"{repository.full_name} is not gated: whoever sees it has its files.")
        async with self._database.write() as connection:
            account_id = await store.user_named(connection, user)
            if account_id is None:
                raise AccountMissing(f"There is no user {user[:96]!r}.")
            found = await store.ensure(connection, repository, account_id, self._clock.now())
            if found.status == ACCEPTED:
                raise AccessState(f"{found.user} has access already.")
            return await self._decided(connection, caller, repository, found, ACCEPTED, "", "grant")

    async def acceptances(self, caller: Caller, repository: Repository) -> Sequence[AcceptedTerms]:
        """All that was ever accepted for it, the oldest first. Raises MayNotWrite."""
        check_administers(caller, repository)
        async with self._database.read() as connection:
            return await store.acceptances(connection, repository)

    async def own_acceptances(self, caller: Caller, repository: Repository) -> Sequence[AcceptedTerms]:
        """What the caller has accepted for it, the oldest first."""
        if caller.account is None:
            return ()
        async with self._database.read() as connection:
            return await store.acceptances(connection, repository, caller.account.id)

    async def accepted_text(self, caller: Caller, repository: Repository, digest: str) -> str:
        """
        A text that was accepted for this repository, by its hash: for whoever accepted it, and who administers it.

        Raises AccessRequestNotFound.
        """
        check_reads(caller, repository)
        everybody = caller.may_with(Right.ADMINISTER, repository)
        found = await (self.acceptances if everybody else self.own_acceptances)(caller, repository)
        known = {key for one in found for key in (one.terms, *(text["hash"] for text in one.licence_texts))}
        async with self._database.read() as connection:
            text = await store.text(connection, digest) if digest in known else None
        if text is None:
            raise AccessRequestNotFound("No such text was accepted here, or not by you.")
        return text

    async def _named(self, connection: Connection, repository: Repository, who: str | int) -> AccessRequest:
        if isinstance(who, int):
            found = await store.of_id(connection, repository, who)
        else:
            account_id = await store.user_named(connection, who)
            found = await store.of_account(connection, repository, account_id) if account_id is not None else None
        if found is None or found.status == WITHDRAWN:
            raise AccessRequestNotFound(f"There is no request of {who!r} for {repository.full_name}.")
        return found

    async def _found(self, connection: Connection, repository: Repository, account_id: int) -> AccessRequest:
        found = await store.of_account(connection, repository, account_id)
        if found is None or found.status == WITHDRAWN:
            raise AccessRequestNotFound(f"You have not asked for access to {repository.full_name}.")
        return found

    async def _decided(
        self,
        connection: Connection,
        caller: Caller,
        repository: Repository,
        found: AccessRequest,
        status: str,
        reason: str,
        deed: str,
    ) -> AccessRequest:
        assert caller.account is not None, "who administers has an account"
        columns = {"status": status, "reason": reason, "decided_by": caller.account.id}
        await self._change(connection, repository, found, columns)
        detail = {"user": found.user} | ({"reason": reason} if reason else {})
        await record(connection, self._clock.now(), caller, f"access.{deed}", _subject(repository), **detail)
        decided = await store.of_id(connection, repository, found.id)
        assert decided is not None
        return decided

    async def _change(
        self, connection: Connection, repository: Repository, found: AccessRequest, columns: Mapping[str, Any]
    ) -> None:
        """Raises AccessState where somebody else was faster."""
        if not await store.change(connection, found, self._clock.now(), **columns):
            raise AccessState(f"The request for {repository.full_name} has just been changed.", hint="Look at it again.")


def _status_after_asking(repository: Repository, found: AccessRequest) -> str:
    """
    Of somebody about whom a person has decided before, a person decides again: taking a request back and asking anew must
    not undo that. Raises AccessState, AccessRejected.
    """
    if found.status == REJECTED:
        why = f" {found.reason}" if found.reason else ""
        raise AccessRejected(f"Access to {repository.full_name} was refused to you.{why}")
    if found.status in (PENDING, ACCEPTED):
        if found.has_accepted_terms:
            stands = "You have access" if found.status == ACCEPTED else "You have asked for access"
            raise AccessState(f"{stands} to {repository.full_name} already.")
        return found.status  # granted before it was asked for: the terms are accepted now
    return ACCEPTED if repository.gated == "auto" and not found.was_decided else PENDING


def check_status(status: str) -> None:
    """Raises InvalidInput."""
    if status not in STATUSES:
        raise InvalidInput(f"{status[:50]!r} is no state of a request; expected one of {', '.join(STATUSES)}.")


def _subject(repository: Repository) -> str:
    return f"{repository.kind}s/{repository.full_name}"
