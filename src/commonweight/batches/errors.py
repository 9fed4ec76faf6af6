"""
What goes wrong with batches. What goes wrong with their lines stands in their error files.

    BatchMissing   404   no batch by that id for this account
    BatchRefused   400   its file is not there, or not for batches
    BatchClosed    409   it is over, or about to be: nothing is left to cancel
"""

from __future__ import annotations

from commonweight.errors import Conflict, InvalidInput, NotFound


class BatchMissing(NotFound):
    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"No batch found with id '{batch_id[:80]}'.", hint="GET /v1/batches lists those of this account.")


class BatchRefused(InvalidInput):
    code = "invalid_batch"


class BatchClosed(Conflict):
    code = "batch_closed"

    def __init__(self, batch_id: str, status: str) -> None:
        # A conflict is repeated by clients: this one stays.
        super().__init__(f"Cannot cancel {batch_id}: it is {status}.", headers={"x-should-retry": "false"})
