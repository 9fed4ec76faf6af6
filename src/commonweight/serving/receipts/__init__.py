"""Signed receipts of answers: what answered, by which weights, under which verdict; of what was said, hashes alone."""

from commonweight.serving.receipts.book import PURPOSE, ReceiptBook, ReceiptNotFound
from commonweight.serving.receipts.form import (
    FORMAT,
    Served,
    WeightsFile,
    digest_of_json,
    digest_of_text,
    outputs_of,
    parameters_of,
    prompt_of,
    receipt_digest,
    request_of,
)
from commonweight.serving.receipts.matching import Match, match_output, match_prompt

__all__ = [
    "FORMAT",
    "PURPOSE",
    "Match",
    "ReceiptBook",
    "ReceiptNotFound",
    "Served",
    "WeightsFile",
    "digest_of_json",
    "digest_of_text",
    "match_output",
    "match_prompt",
    "outputs_of",
    "parameters_of",
    "prompt_of",
    "receipt_digest",
    "request_of",
]
