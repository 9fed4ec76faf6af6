"""Remote models: any OpenAI-compatible address, under the same names, keys, limits and ledger as models of this house."""

from commonweight.serving.remote.addresses import CheckedResolver, check_address
from commonweight.serving.remote.catalogue import WithRemotes
from commonweight.serving.remote.errors import RemoteBusy, RemoteFailed, RemoteLost
from commonweight.serving.remote.remotes import InvalidRemote, Remote, RemoteNotFound, Remotes
from commonweight.serving.remote.resting import Resting
from commonweight.serving.remote.seats import SeatsWithRemotes, remote_session

__all__ = [
    "CheckedResolver",
    "InvalidRemote",
    "Remote",
    "RemoteBusy",
    "RemoteFailed",
    "RemoteLost",
    "RemoteNotFound",
    "Remotes",
    "Resting",
    "SeatsWithRemotes",
    "WithRemotes",
    "check_address",
    "remote_session",
]
