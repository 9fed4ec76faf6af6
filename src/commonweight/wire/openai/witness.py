"""Signed receipts of answers, for clients that ask for one by header (docs/receipts.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from commonweight.identity import Caller
from commonweight.rights.receipts import ReceiptError
from commonweight.serving import Offer, ReceiptBook, Replica, Served, Source, WeightsFile
from commonweight.serving.receipts import outputs_of, request_of
from commonweight.wire.openai.errors import BadRequest

RECEIPT: Final = "x-commonweight-receipt"  # in a request what is wished, in the answer the id of what was signed
SIGNED: Final = "signed"

#: The files that an engine loads of a source, by the hashes of their bytes.
WeightsOf = Callable[[Source], Awaitable[Sequence[WeightsFile]]]
#: The value of a verdict by its id; empty where this caller may not read it.
VerdictValue = Callable[[Caller, str], Awaitable[str]]


class Witnesses:
    """Makes the witnesses of a process. `book` signs; the others say what was served and what the verdict was."""

    def __init__(self, book: ReceiptBook, weights_of: WeightsOf, verdict_value: VerdictValue) -> None:
        self.book = book
        self.weights_of = weights_of
        self.verdict_value = verdict_value

    async def served(self, caller: Caller, offer: Offer, replica: Replica) -> Served:
        """What answered."""
        model = offer.servable
        draft, adapter = model.draft, next((one for one in model.adapters if one.name == offer.adapter), None)
        return Served(
            model=model.name,
            files=tuple([one for source in (model, model.projector) if source for one in await self.weights_of(source)]),
            adapter=None if adapter is None else (adapter.name, tuple(await self.weights_of(adapter))),
            draft=None if draft is None else (draft.name, tuple(await self.weights_of(draft))),
            engine=replica.engine,
            terms=offer.terms,
            verdict_id=offer.verdict_id,
            verdict_value=await self.verdict_value(caller, offer.verdict_id),
        )


class Witness:
    """Signs the receipt of one answer. What was said goes into it as hashes, and is kept nowhere."""

    def __init__(self, witnesses: Witnesses, caller: Caller, account_id: int, asked: Mapping[str, Any]) -> None:
        self._witnesses = witnesses
        self._caller = caller
        self._account_id = account_id
        self._asked = asked
        self.id = ReceiptBook.new_id()

    async def sign(self, offer: Offer, replica: Replica, document: Mapping[str, Any], usage: Mapping[str, Any]) -> None:
        """Called before the last byte of the answer `document` goes out. Raises what the database raises."""
        served = await self._witnesses.served(self._caller, offer, replica)
        answer = {"id": document.get("id"), "outputs": outputs_of(document), "usage": dict(usage)}
        content = {**served.to_document(), "request": dict(self._asked), "answer": answer}
        await self._witnesses.book.write(self.id, self._account_id, content)


def witness_for(witnesses: Witnesses | None, wish: str, caller: Caller, path: str, document: Mapping[str, Any]) -> Witness:
    """See `Inference.witness`."""
    if wish.strip().lower() != SIGNED:
        raise BadRequest(f"Invalid header '{RECEIPT}': {wish[:40]!r}; expected {SIGNED!r}.", param=RECEIPT)
    if witnesses is None or caller.account is None:
        raise BadRequest("Signed receipts are not given here.", param=RECEIPT, kind="unsupported_value")
    try:
        asked = request_of(path, document)
    except ReceiptError as error:
        raise BadRequest(f"This request has no canonical form to sign: {error}", param=RECEIPT) from None
    return Witness(witnesses, caller, caller.account.id, asked)
