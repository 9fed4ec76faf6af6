"""
The program that trains: `python -P -m commonweight.tuning.training.main`, started by `Trainer`.

It reads a spec as one line of JSON, then commands, on its standard input. On its standard output it tells events, then how
it ended. It makes no connection, but to those that train with it, and ends when whoever started it does.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

from commonweight.processes import die_with_parent
from commonweight.tuning.training.child.alone import refuse_connections
from commonweight.tuning.training.child.pipe import Pipe
from commonweight.tuning.training.errors import Code, TrainingFailed
from commonweight.tuning.training.values import TrainingSpec

TOGETHER = int(os.environ.get("WORLD_SIZE") or 1) > 1  # one of several that train a model (child/together.py)
PARENT = "COMMONWEIGHT_TRAINER"  # process number of who started us
ENDED_WELL, FAILED = 0, 1


def main() -> int:
    parent = int(os.environ.get(PARENT) or os.getppid())
    die_with_parent(parent)
    if not TOGETHER:
        refuse_connections()  # before any thread is there: it holds for this one and those that it starts
    pipe = Pipe()
    try:
        _train(pipe)
    except TrainingFailed as failure:
        return _fail(pipe, failure)
    except MemoryError:
        return _fail(pipe, _out_of_memory())
    except Exception as error:
        logging.getLogger(__name__).exception("The training broke off.")
        return _fail(pipe, _broken(error))
    return ENDED_WELL


def _train(pipe: Pipe) -> None:
    spec = TrainingSpec.from_json(pipe.first())
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    warnings.simplefilter("ignore")  # libraries tell of what they will change: nothing for an owner's log
    # Late: with the pipe at hand a missing library is told as a failure.
    from commonweight.tuning.training.child.session import Session, as_line
    from commonweight.tuning.training.child.together import Quiet, Together

    together = Together.join()
    if TOGETHER:
        refuse_connections()  # the others are met: from here on it makes none
    told: Any = pipe if together.first else Quiet()
    threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    trained = Session(spec, told, threads, together).run()
    if trained is not None:
        pipe.tell("done", **as_line(trained))
    elif not together.first:
        pipe.tell("paused", step=0)  # its part is done; what came of it is told by the first one


def _broken(error: Exception) -> TrainingFailed:
    if isinstance(error, ImportError):
        return TrainingFailed(
            Code.NOT_SUPPORTED, f"A library that trains is missing ({error.name}).", "Run pip install 'commonweight[tune]'."
        )
    if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
        return _out_of_memory()
    return TrainingFailed(Code.CRASHED, f"The training broke off ({type(error).__name__}).", "Its log says more.")


def _out_of_memory() -> TrainingFailed:
    return TrainingFailed(
        Code.OUT_OF_MEMORY, "Memory ran out.", "Choose a smaller batch_size or max_tokens, or a smaller base, and resume."
    )


def _fail(pipe: Pipe, failure: TrainingFailed) -> int:
    pipe.tell("failed", code=failure.code, message=failure.message, hint=failure.hint)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
