"""The program that counts tokens: `python -P -m commonweight.tuning.data.count LINES BASE MAX_TOKENS`, one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from commonweight.processes import die_with_parent
from commonweight.tuning.converting.values import NotConvertible
from commonweight.tuning.data.counting import HEAD
from commonweight.tuning.data.counts import NOT_LEARNT, Tally, TokenCounts
from commonweight.tuning.training.child.alone import refuse_connections
from commonweight.tuning.training.errors import Code, TrainingFailed

_ENDLESS = 1 << 40  # tokens: nothing is left out here, what would be is said


def main() -> int:
    die_with_parent(os.getppid())
    refuse_connections()
    warnings.simplefilter("ignore")
    lines, base, max_tokens = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    try:
        told = count(lines, base, max_tokens).to_json()
    except TrainingFailed as failure:
        told = {"failed": failure.code, "message": failure.message, "hint": failure.hint}
    except NotConvertible as error:
        told = {"failed": Code.NOT_SUPPORTED, "message": error.detail, "hint": error.hint}
    except ImportError as error:
        message, hint = f"A library that reads tokens is missing ({error.name}).", "Run pip install 'commonweight[tune]'."
        told = {"failed": Code.NOT_SUPPORTED, "message": message, "hint": hint}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def count(path: Path, base: Path, max_tokens: int) -> TokenCounts:
    """
    In this process, by the code that writes rows for training. The base may be the beginning of its GGUF file alone.

    Raises TrainingFailed, NotConvertible, ImportError.
    """
    from commonweight.tuning.training.child.base import end_tokens, load_tokenizer
    from commonweight.tuning.training.child.examples import Counted, Writing, read_lines

    if (base / HEAD).exists():
        from commonweight.tuning.converting.to_checkpoint import write_tokenizer

        write_tokenizer((base / HEAD).read_bytes(), base)
    tokenizer = load_tokenizer(base)
    writing, tally = Writing(tokenizer, end_tokens(base, tokenizer), _ENDLESS), Tally(max_tokens)
    for line in read_lines(path):
        tally.add(_rows(writing, line, Counted()))
    return tally.counts()


def _rows(writing: Any, line: dict[str, Any], counted: Any) -> list[list[int]]:
    """The labels of each row; of a preference one for each answer."""
    if "input" not in line:
        return [row.labels for row in writing.rows(line, counted)]
    pair = writing.pair(line, counted)
    asked = [NOT_LEARNT] * len(pair["prompt_ids"])
    return [[*asked, *pair["chosen_ids"]], [*asked, *pair["rejected_ids"]]]


if __name__ == "__main__":
    sys.exit(main())
