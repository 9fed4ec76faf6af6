"""
What can go wrong with stored bytes.

    CommonweightError
      InvalidInput    FormatRefused    bytes that are not what they claim to be
                        XorbRefused
                        ShardRefused
                      DigestRefused    the bytes are not those that the given sha256 names
      NotFound        NotStored        no such file, xorb or blob in this scope
      RangeRefused    PastTheEnd       the range begins at or behind the end of the file
      TooLarge        TooManyBytes     more than a named bound
      Unavailable     DiskFull         no room for what is being received
                      CacheFull        no room for a whole file (cache.py)
                      StorageUnavailable  nothing can be read or written just now
                      BytesGone        what was to be referred to has been collected
      Conflict        OtherPlace       the settings name another place than that where the bytes lie (placing.py)
      CommonweightError StoredBytesDamaged   what lies on disk is not what was put there
"""

from __future__ import annotations

from commonweight.errors import CommonweightError, InvalidInput, NotFound, RangeRefused, TooLarge, Unavailable


class FormatRefused(InvalidInput):
    code = "format_refused"


class XorbRefused(FormatRefused):
    code = "xorb_refused"


class ShardRefused(FormatRefused):
    code = "shard_refused"


class DigestRefused(InvalidInput):
    code = "digest_refused"


class NotStored(NotFound):
    code = "not_stored"


class PastTheEnd(RangeRefused):
    pass


class TooManyBytes(TooLarge):
    pass


class DiskFull(Unavailable):
    code = "disk_full"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class BytesGone(Unavailable):
    code = "bytes_gone"


class StoredBytesDamaged(CommonweightError):
    code = "stored_bytes_damaged"
