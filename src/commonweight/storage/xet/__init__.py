"""
The formats of the Xet protocol, pure: bytes in, values out, no I/O.

`chunking` is not imported here, since it needs numpy, which a server that is idle should not hold in memory.
"""

from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.merkle import file_hash, merkle_root

__all__ = ["ChunkTable", "file_hash", "hash_text", "merkle_root", "parse_hash"]
