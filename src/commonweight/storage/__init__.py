"""
Bytes: xorbs and shards as the Xet protocol sends them, the files that they make, and small whole objects.

Made with `Storage(db, objects, workers, clock, folder=…, cache_bytes=…)` or `Storage.on_disk(…)`; see docs/storage.md.
"""

from commonweight.storage.cache import CacheFull, Lease
from commonweight.storage.collecting import GRACE, Collector, Doomed, Stored, Weighed
from commonweight.storage.damages import Damage, Damages, Seen
from commonweight.storage.errors import (
    BytesGone,
    DigestRefused,
    DiskFull,
    FormatRefused,
    NotStored,
    PastTheEnd,
    ShardRefused,
    StorageUnavailable,
    StoredBytesDamaged,
    TooManyBytes,
    XorbRefused,
)
from commonweight.storage.held import held_bytes
from commonweight.storage.inventory import give_up, refer
from commonweight.storage.moving import Moved
from commonweight.storage.objects import DiskObjects, Objects
from commonweight.storage.placing import OtherPlace
from commonweight.storage.pool import WorkLost, WorkPool
from commonweight.storage.s3_place import S3Place
from commonweight.storage.scratch import Scratch, receive
from commonweight.storage.scrubbing import Round, Scrubbed, Scrubber, Source, Turn
from commonweight.storage.storage import Storage
from commonweight.storage.values import (
    Committing,
    Kin,
    LargeFile,
    Readable,
    Registered,
    ShardProgress,
    Validating,
)
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.reconstruction import FetchRange, Reconstruction
from commonweight.storage.xet.shard import MAX_SHARD_BYTES, Term
from commonweight.storage.xet.xorb import MAX_BODY_BYTES

__all__ = [
    "GRACE",
    "MAX_BODY_BYTES",
    "MAX_SHARD_BYTES",
    "BytesGone",
    "CacheFull",
    "Collector",
    "Committing",
    "Damage",
    "Damages",
    "DigestRefused",
    "DiskFull",
    "DiskObjects",
    "Doomed",
    "FetchRange",
    "FormatRefused",
    "Kin",
    "LargeFile",
    "Lease",
    "Moved",
    "NotStored",
    "Objects",
    "OtherPlace",
    "PastTheEnd",
    "Readable",
    "Reconstruction",
    "Registered",
    "Round",
    "S3Place",
    "Scratch",
    "Scrubbed",
    "Scrubber",
    "Seen",
    "ShardProgress",
    "ShardRefused",
    "Source",
    "Storage",
    "StorageUnavailable",
    "Stored",
    "StoredBytesDamaged",
    "Term",
    "TooManyBytes",
    "Turn",
    "Validating",
    "Weighed",
    "WorkLost",
    "WorkPool",
    "XorbRefused",
    "give_up",
    "hash_text",
    "held_bytes",
    "parse_hash",
    "receive",
    "refer",
]
