"""
Serving: engines, the pool that loads and unloads them, the router that finds them.

A web process asks a `Router` for a replica of a model; the worker's `Pool` loads it. Both meet in `Replicas`, rows of the
database.
"""

from commonweight.serving.addressing import addressing
from commonweight.serving.catalogue import About, Catalogue, Listing, MemoryCatalogue, Offer, Refusal
from commonweight.serving.checks import Checks, Report
from commonweight.serving.conformance import Conformance
from commonweight.serving.engines import (
    Capabilities,
    Dialect,
    Diffusers,
    EngineKind,
    Joined,
    Listen,
    LlamaCpp,
    MockBehaviour,
    MockKind,
    Traits,
    Transformers,
    Vllm,
    Whisper,
    cores_here,
    default_threads,
    parse_vllm_options,
)
from commonweight.serving.errors import (
    EngineLost,
    EngineOverloaded,
    FileChoiceError,
    LoadFailed,
    ModelLoading,
    ModelNotFound,
    ModelRefused,
    ModelTooLarge,
    ModelUnsupported,
)
from commonweight.serving.holding import Materialise, Pace
from commonweight.serving.kinds import (
    ChooseKind,
    check_installed,
    choose_kind,
    fits,
    installed_engines,
    parse_engine_rules,
    parse_pairs,
)
from commonweight.serving.line import Ask, Lane, PlainTicket, Ticket, blocks_of
from commonweight.serving.loading import OnProgress
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
    choose_projector,
    choose_target,
    is_checkpoint,
    is_pipeline,
    parse_model_name,
)
from commonweight.serving.operating import (
    EngineSeen,
    HostSeen,
    ModelSeen,
    Operating,
    Seen,
    order_document,
    running_now,
    seen_document,
    seen_now,
)
from commonweight.serving.orders import Order
from commonweight.serving.pool import Pool
from commonweight.serving.receipts import ReceiptBook, Served, WeightsFile
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas
from commonweight.serving.router import Router, Seat
from commonweight.serving.schedule import Window, read_windows
from commonweight.serving.schemas import guidance, unheld
from commonweight.serving.seats import OneSeat, Seats
from commonweight.serving.trying import Result
from commonweight.serving.workers import WorkerFacts

__all__ = [
    "About",
    "Alias",
    "Ask",
    "Capabilities",
    "Catalogue",
    "Checks",
    "ChooseKind",
    "Chosen",
    "Conformance",
    "Dialect",
    "Diffusers",
    "EngineKind",
    "EngineLost",
    "EngineOverloaded",
    "EngineSeen",
    "FileChoiceError",
    "HostSeen",
    "HubName",
    "Joined",
    "Lane",
    "Listen",
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
    "ModelSeen",
    "ModelTooLarge",
    "ModelUnsupported",
    "Offer",
    "OnProgress",
    "OneSeat",
    "Operating",
    "Order",
    "Pace",
    "PlainTicket",
    "Pool",
    "ReceiptBook",
    "Refusal",
    "Replica",
    "Replicas",
    "Report",
    "Result",
    "Router",
    "Seat",
    "Seats",
    "Seen",
    "ServableModel",
    "Served",
    "Source",
    "State",
    "Target",
    "Ticket",
    "Traits",
    "Transformers",
    "TunedName",
    "Vllm",
    "WeightsFile",
    "Whisper",
    "Window",
    "WorkerFacts",
    "addressing",
    "blocks_of",
    "check_installed",
    "checkpoint_files",
    "choose_file",
    "choose_kind",
    "choose_projector",
    "choose_target",
    "cores_here",
    "default_threads",
    "fits",
    "guidance",
    "installed_engines",
    "is_checkpoint",
    "is_pipeline",
    "order_document",
    "parse_engine_rules",
    "parse_model_name",
    "parse_pairs",
    "parse_vllm_options",
    "read_windows",
    "running_now",
    "seen_document",
    "seen_now",
    "unheld",
]
