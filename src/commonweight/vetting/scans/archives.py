"""
Files that hold pickles: by their content an archive, a NumPy array, a compressed or a bare pickle. Pure.

What a name says counts for little: a reader goes by the first bytes, and so does this. A file that begins as a pickle and
ends as an archive is looked through as both.
"""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from commonweight.vetting.scans.pickles import PickleWalk
from commonweight.vetting.scans.values import SUSPICIOUS, UNSAFE, Scan, ScanFinding

MAX_PARTS: Final = 100_000  # of one archive; a sharded checkpoint has some thousand
MAX_DIRECTORY: Final = 64 << 20  # bytes of an archive's list of parts, which comes into memory
MAX_UNPACKED: Final = 256 << 20  # of a compressed pickle
MAX_CONFIG: Final = 16 << 20  # of a Keras configuration
MAX_NUMPY_HEADER: Final = 1 << 16

NOT_OPENED: Final = "It is packed as %(kind)s, which is not opened here: nobody has looked inside."
PARTS: Final = "Its list of parts cannot be read, or is longer than what is looked through."
DAMAGED: Final = "This part of the archive cannot be read."
UNPACKED: Final = "Unpacked it is longer than what is looked through."
HEADER: Final = "Its header cannot be read."
LAYER: Final = "A layer of the kind Lambda holds Python code, which runs when the model is loaded."
MODULE: Final = "A layer names the Python module %(module)s, which is imported when the model is loaded."
REASONS: Final = (NOT_OPENED, PARTS, DAMAGED, UNPACKED, HEADER, LAYER, MODULE)

_PICKLES: Final = (".pkl", ".pickle", ".joblib", ".dat", ".data", ".dill")
_NUMPY: Final = b"\x93NUMPY"
_ZIP: Final = b"PK\x03\x04"
_DIRECTORY_END: Final = b"PK\x05\x06"
_CLOSED: Final = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"Rar!", "rar"),
)
_OPENERS: Final[tuple[tuple[bytes, Callable[[IO[bytes]], Any]], ...]] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_KERAS_MODULES: Final = ("keras", "tf_keras", "tensorflow", "keras_nlp", "keras_hub", "keras_cv")
_LAMBDAS: Final = ("Lambda",)
_LAMBDA_TEXTS: Final = (b'"class_name": "Lambda"', b'"class_name":"Lambda"')
_PIECE: Final = 1 << 20


def scan_pickles(file: IO[bytes], size: int, *, must_be: bool) -> Scan:
    """`must_be`: whether a file that is no pickle is worth telling."""
    looked = _Looked()
    looked.content(file, size, must_be=must_be)
    return looked.scan()


def scan_keras(file: IO[bytes], size: int) -> Scan:
    """The archive of Keras 3: its configuration says which classes are made, and its parts may be pickles."""
    looked = _Looked()
    looked.content(file, size, must_be=False)
    for archive, info in looked.parts(file, size):
        if info.filename.rpartition("/")[2] == "config.json":
            looked.configuration(_read(archive, info, MAX_CONFIG), info.filename)
    return looked.scan()


def scan_hdf5(file: IO[bytes]) -> Scan:
    """The older form of Keras: looked through for layers with code, as text."""
    before = b""
    while piece := file.read(_PIECE):
        if any(text in before + piece for text in _LAMBDA_TEXTS):
            return Scan.of([ScanFinding(UNSAFE, LAYER)])
        before = piece[-64:]
    return Scan.of([])


class _Looked:
    """What was found in one file and its parts."""

    def __init__(self) -> None:
        self._findings: list[ScanFinding] = []
        self._walks: list[PickleWalk] = []

    def scan(self) -> Scan:
        findings = [*self._findings, *(one for walk in self._walks for one in walk.findings)]
        imports = {key: value for walk in self._walks for key, value in walk.imports.items()}
        return Scan.of(findings, list(imports.values()))

    def _tell(self, level: str, reason: str, part: str = "", **values: Any) -> None:
        if len(self._findings) < 1_000:
            self._findings.append(ScanFinding(level, reason, values, part[:300]))

    def content(self, file: IO[bytes], size: int, *, must_be: bool) -> None:
        start = file.read(512)
        file.seek(0)
        closed = next((kind for magic, kind in _CLOSED if start.startswith(magic)), "")
        closed = closed or ("tar" if start[257:262] == b"ustar" else "")
        if closed:
            self._tell(SUSPICIOUS, NOT_OPENED, kind=closed)
        elif start.startswith(_NUMPY):
            self._numpy(file, size, "")
        elif not start.startswith((_ZIP, _DIRECTORY_END)) and not self._compressed(file, start):
            self._walk(file, size, "", must_be=must_be)
        if not closed:
            self._archive(file, size, must_be=start.startswith(_ZIP))

    def _walk(self, file: IO[bytes], size: int, part: str, *, must_be: bool) -> None:
        walk = PickleWalk(part)
        walk.walk(file, size, must_be=must_be)
        self._walks.append(walk)

    def _compressed(self, file: IO[bytes], start: bytes) -> bool:
        """Whether it was a compressed pickle, as joblib writes them."""
        opener = next((open_it for magic, open_it in _OPENERS if start.startswith(magic)), None)
        if opener is None and not start.startswith(_ZLIB):
            return False
        try:
            content = opener(file).read(MAX_UNPACKED + 1) if opener else _inflated(file)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
            self._tell(SUSPICIOUS, DAMAGED)
            return True
        if len(content) > MAX_UNPACKED:
            self._tell(SUSPICIOUS, UNPACKED)
        self._walk(io.BytesIO(content), len(content), "", must_be=True)
        return True

    def _numpy(self, file: IO[bytes], size: int, part: str) -> None:
        """An array of objects is a pickle behind the header."""
        try:
            holds_objects = _holds_objects(file)
        except (ValueError, SyntaxError, struct.error, RecursionError, MemoryError, AttributeError):
            self._tell(SUSPICIOUS, HEADER, part)
            return
        if holds_objects:
            self._walk(file, size, part, must_be=True)

    def _archive(self, file: IO[bytes], size: int, *, must_be: bool) -> None:
        for archive, info in self.parts(file, size, must_be=must_be):
            try:
                with archive.open(info) as part:
                    start = part.read(8)
                if start.startswith(_NUMPY):
                    with archive.open(info) as part:
                        self._numpy(part, info.file_size, info.filename)
                elif start[:1] == b"\x80" or info.filename.lower().endswith(_PICKLES):
                    with archive.open(info) as part:
                        self._walk(part, info.file_size, info.filename, must_be=info.filename.lower().endswith(".pkl"))
            except (
                zipfile.BadZipFile,
                zlib.error,
                RuntimeError,
                OSError,
                EOFError,
                ValueError,
                NotImplementedError,
                lzma.LZMAError,
            ):
                self._tell(SUSPICIOUS, DAMAGED, info.filename)

    def parts(
        self, file: IO[bytes], size: int, *, must_be: bool = False
    ) -> Iterator[tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
        """The parts of an archive; none where it is none."""
        from picklescan.relaxed_zipfile import RelaxedZipFile  # reads what torch reads, and zipfile refuses

        try:
            if not zipfile.is_zipfile(file):
                if must_be:
                    self._tell(SUSPICIOUS, PARTS)
                return
            if _directory_bytes(file, size) > MAX_DIRECTORY:
                self._tell(SUSPICIOUS, PARTS)
                return
            archive = RelaxedZipFile(file)
        except Exception:  # noqa: BLE001 — zipfile raises many kinds on crafted lists; all mean the same
            self._tell(SUSPICIOUS, PARTS)
            return
        infos = archive.infolist()
        if len(infos) > MAX_PARTS:
            self._tell(SUSPICIOUS, PARTS)
        yield from ((archive, info) for info in infos[:MAX_PARTS])

    def configuration(self, content: bytes | None, part: str) -> None:
        """Of Keras: https://keras.io/api/models/model_saving_apis/serialization_utils/."""
        try:
            left: list[Any] = [json.loads(content or b"")]
        except (ValueError, RecursionError):
            self._tell(SUSPICIOUS, HEADER, part)
            return
        while left:
            one = left.pop()
            if isinstance(one, list):
                left += one
            elif isinstance(one, dict):
                self._layer(one, part)
                left += one.values()

    def _layer(self, one: dict[str, Any], part: str) -> None:
        module = one.get("module")
        if one.get("class_name") in _LAMBDAS or one.get("class_name") == "__lambda__":
            self._tell(UNSAFE, LAYER, part)
        elif "class_name" in one and isinstance(module, str) and module.partition(".")[0] not in _KERAS_MODULES:
            self._tell(SUSPICIOUS, MODULE, part, module=module[:200])


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | None:
    """None where it is longer, or cannot be read."""
    try:
        with archive.open(info) as part:
            content = part.read(most + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
        NotImplementedError,
        lzma.LZMAError,
    ):
        return None
    return content if len(content) <= most else None


def _inflated(file: IO[bytes]) -> bytes:
    """At most a byte more than `MAX_UNPACKED`."""
    engine, found = zlib.decompressobj(), b""
    while (piece := file.read(_PIECE)) and len(found) <= MAX_UNPACKED:
        found += engine.decompress(piece, MAX_UNPACKED + 1 - len(found))
    return found


def _directory_bytes(file: IO[bytes], size: int) -> int:
    """What the end of an archive announces of its list; more than the file has where it lies."""
    file.seek(max(0, size - 65_600))
    tail = file.read(65_600)
    at = tail.rfind(_DIRECTORY_END)
    if at < 0 or len(tail) < at + 22:
        return size
    (announced,) = struct.unpack_from("<I", tail, at + 12)
    return int(announced) if announced != 0xFFFFFFFF else _directory_bytes_64(tail)


def _directory_bytes_64(tail: bytes) -> int:
    at = tail.rfind(b"PK\x06\x06")
    return int(struct.unpack_from("<Q", tail, at + 40)[0]) if at >= 0 and len(tail) >= at + 48 else 1 << 62


def _holds_objects(file: IO[bytes]) -> bool:
    """By the header of a .npy file (numpy.lib.format), behind which the file stands then. Raises ValueError and its kin."""
    head = file.read(8)
    form = "<H" if head[6] == 1 else "<I"
    (length,) = struct.unpack(form, file.read(struct.calcsize(form)))
    if length > MAX_NUMPY_HEADER:
        raise ValueError("a header of an array is short")
    described = ast.literal_eval(file.read(length).decode("latin-1").strip())
    return "O" in str(described.get("descr"))
