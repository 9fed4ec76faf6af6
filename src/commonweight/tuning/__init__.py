"""
A model from a model and examples: checked, trained, judged, published, served. See docs/tuning.md.

The parts are rooms of their own: `data` (examples and what is wrong with them), `training` (the child process that trains),
`converting` (safetensors, GGUF, adapters, quantisations), `judging` (base and tuned on what was held out), `publishing`
(the repository that comes of it).
"""

from commonweight.tuning.values import Checkpoint, Event, Form, Level, Method, Stage, Status, Tuning, Wanted

__all__ = ["Checkpoint", "Event", "Form", "Level", "Method", "Stage", "Status", "Tuning", "Wanted"]
