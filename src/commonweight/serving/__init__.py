"""
Serving: engines, the pool that loads and unloads them, the router that finds them.

A web process asks a `Router` for a replica of a model; the worker's `Pool` loads it. Both meet in `Replicas`, rows of the
database.
"""

from commonweight.serving.catalogue import Catalogue, Listing, MemoryCatalogue, Offer, Refusal
from commonweight.serving.engines import Capabilities, Dialect, EngineKind, LlamaCpp, MockBehaviour, MockKind, Traits
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
from commonweight.serving.kinds import ChooseKind, check_installed, choose_kind, installed_engines, parse_engine_rules
from commonweight.serving.models import (
    Alias,
    Chosen,
    HubName,
    Mode,
    ModelName,
    ServableModel,
    Source,
    Target,
    TunedName,
    checkpoint_files,
    choose_file,
    choose_target,
    is_checkpoint,
    is_pipeline,
    parse_model_name,
)
from commonweight.serving.pool import Pool
from commonweight.serving.replicas import Replica, Replicas, State
from commonweight.serving.router import OnProgress, Router

__all__ = [
    "Alias",
    "Capabilities",
    "Catalogue",
    "ChooseKind",
    "Chosen",
    "Dialect",
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
    "Source",
    "State",
    "Target",
    "Traits",
    "TunedName",
    "check_installed",
    "checkpoint_files",
    "choose_file",
    "choose_kind",
    "choose_target",
    "installed_engines",
    "is_checkpoint",
    "is_pipeline",
    "parse_engine_rules",
    "parse_model_name",
]
