"""Receipts of verdicts (docs/receipts.md): whoever may read a verdict may have it signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commonweight.clock import Clock
from commonweight.identity import Caller, Signer
from commonweight.policy.policy import Policy
from commonweight.policy.values import StoredVerdict
from commonweight.rights.receipts import content_of, key_id_of, signed


class Receipts:
    """Signs what was decided, in the name of this installation."""

    def __init__(self, policy: Policy, signer: Signer, clock: Clock, others: Sequence[Signer] = ()) -> None:
        """`others` sign other things in this installation's name: their keys are published beside."""
        self._policy = policy
        self._signer = signer
        self._clock = clock
        self._others = tuple(others)

    def public_keys(self) -> dict[str, Any]:
        """The keys by which receipts are checked, as a JWK Set (RFC 7517)."""
        keys = [dict(signer.public_key) for signer in (self._signer, *self._others)]
        return {"keys": [{**key, "kid": key_id_of(key), "use": "sig", "alg": "EdDSA"} for key in keys]}

    async def make(self, caller: Caller, id: str, installation: str, *, with_facts: bool) -> dict[str, Any]:
        """
        The receipt of a verdict; `installation` is the address at which it was given. The asker's facts are in it where they
        are wanted and the caller has an account, since facts of the standing use are for accounts only.

        Raises VerdictNotFound, also for those who may not read it.
        """
        verdict = await self._policy.verdict(caller, id)
        content = content_of(
            _question(verdict) if with_facts and caller.account is not None else None,
            verdict.document,
            verdict.lineage,
            verdict_id=verdict.id,
            subject=verdict.subject,
            use_name=verdict.use_name,
            decided=verdict.created_at.isoformat(),
            issued=self._clock.now().isoformat(),
            installation=installation,
        )
        return signed(content, self._signer.public_key, self._signer.sign)


def _question(verdict: StoredVerdict) -> Mapping[str, Any]:
    """The whole question, with the day that the answer was for."""
    use = {**verdict.facts.get("use", {}), "date": verdict.document["date"]}
    return {**verdict.facts, "use": use, "subject": dict(verdict.lineage)}
