"""
Serving: engines, the pool that loads and unloads them, the router that finds them.

A web process asks a `Router` for a replica of a model; the worker's `Pool` loads it. Both meet in `Replicas`, rows of the
database.
"""

from commonweight.serving.catalogue import Catalogue, Listing, MemoryCatalogue, Offer, Refusal
from commonweight.serving.engines import EngineKind, LlamaCpp, MockBehaviour, MockKind
from commonweight.serving.errors import (
    EngineLost,
    FileChoiceError,
    LoadFailed,
    ModelLoading,
    ModelNotFound,
    ModelRefused,
    ModelTooLarge,
    ModelUnsupported,
)
from commonweight.serving.holding import Materialise, Pace
from commonweight.serving.kinds import ChooseKind, kinds_by_suffix
from commonweight.serving.models import (
    Alias,
    HubName,
    Mode,
    ModelName,
    ServableModel,
    TunedName,
    choose_file,
    parse_model_name,
)
from commonweight.serving.pool import Pool
from commonweight.serving.replicas import Replica, Replicas, State
from commonweight.serving.router import OnProgress, Router

__all__ = [
    "Alias",
    "Catalogue",
    "ChooseKind",
    "EngineKind",
    "EngineLost",
    "FileChoiceError",
    "HubName",
    "Listing",
    "LlamaCpp",
    "LoadFailed",
    "Materialise",
    "MemoryCatalogue",
    "MockBehaviour",
    "MockKind",
    "Mode",
    "ModelLoading",
    "ModelName",
    "ModelNotFound",
    "ModelRefused",
    "ModelTooLarge",
    "ModelUnsupported",
    "Offer",
    "OnProgress",
    "Pace",
    "Pool",
    "Refusal",
    "Replica",
    "Replicas",
    "Router",
    "ServableModel",
    "State",
    "TunedName",
    "choose_file",
    "kinds_by_suffix",
    "parse_model_name",
]
