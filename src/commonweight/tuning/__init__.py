"""
A model from a model and examples: checked, trained, judged, published, served. See docs/tuning.md.

`Tunings` makes, lists and stops them for whoever asks; `TuningRuns` works on them, as a job, in the worker, stage by stage;
`TunedNames` says what the `ft:` names of the models stand for.

The parts are rooms of their own: `data` (examples and what is wrong with them), `training` (the child process that trains),
`converting` (safetensors, GGUF, adapters, quantisations), `judging` (base and tuned on what was held out), `publishing`
(the repository that comes of it).

What is named here is loaded when it is asked for: the children that train, convert and count are programs inside this
package, and hub, policy and database would cost each of them a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commonweight.tuning.accepting import Accepting
    from commonweight.tuning.deriving import Deriving
    from commonweight.tuning.errors import (
        NotDerivable,
        NothingMade,
        NotYours,
        TunedModelMissing,
        TuningClosed,
        TuningMissing,
        TuningRefused,
    )
    from commonweight.tuning.names import CHECKPOINT, TunedNames, checkpoint_name, tuned_name
    from commonweight.tuning.running import Pace, TuningChecks, TuningRuns
    from commonweight.tuning.starting import Starting
    from commonweight.tuning.steps import Say, Step, StepFailed, Stopped, Work
    from commonweight.tuning.tending import TuningTender
    from commonweight.tuning.tunings import TUNE, MayStart, Tunings
    from commonweight.tuning.values import (
        Base,
        Checkpoint,
        Event,
        Form,
        Level,
        Method,
        NewTuning,
        Page,
        Stage,
        Start,
        Status,
        TunedModel,
        Tuning,
        Wanted,
    )
    from commonweight.tuning.work import TuningWork

__all__ = [
    "CHECKPOINT",
    "TUNE",
    "Accepting",
    "Base",
    "Checkpoint",
    "Deriving",
    "Event",
    "Form",
    "Level",
    "MayStart",
    "Method",
    "NewTuning",
    "NotDerivable",
    "NotYours",
    "NothingMade",
    "Pace",
    "Page",
    "Say",
    "Stage",
    "Start",
    "Starting",
    "Status",
    "Step",
    "StepFailed",
    "Stopped",
    "TunedModel",
    "TunedModelMissing",
    "TunedNames",
    "Tuning",
    "TuningChecks",
    "TuningClosed",
    "TuningMissing",
    "TuningRefused",
    "TuningRuns",
    "TuningTender",
    "TuningWork",
    "Tunings",
    "Wanted",
    "Work",
    "checkpoint_name",
    "tuned_name",
]

_MODULE_OF = {
    "Accepting": "accepting",
    "Deriving": "deriving",
    "NotDerivable": "errors",
    "NotYours": "errors",
    "NothingMade": "errors",
    "TunedModelMissing": "errors",
    "TuningClosed": "errors",
    "TuningMissing": "errors",
    "TuningRefused": "errors",
    "CHECKPOINT": "names",
    "TunedNames": "names",
    "checkpoint_name": "names",
    "tuned_name": "names",
    "Pace": "running",
    "TuningChecks": "running",
    "TuningRuns": "running",
    "Starting": "starting",
    "Say": "steps",
    "Step": "steps",
    "StepFailed": "steps",
    "Stopped": "steps",
    "Work": "steps",
    "TuningTender": "tending",
    "MayStart": "tunings",
    "TUNE": "tunings",
    "Tunings": "tunings",
    "Base": "values",
    "Checkpoint": "values",
    "Event": "values",
    "Form": "values",
    "Level": "values",
    "Method": "values",
    "NewTuning": "values",
    "Page": "values",
    "Stage": "values",
    "Start": "values",
    "Status": "values",
    "TunedModel": "values",
    "Tuning": "values",
    "Wanted": "values",
    "TuningWork": "work",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
