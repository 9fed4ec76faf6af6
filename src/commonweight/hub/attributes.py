"""
Which files are kept as large files, and which an upload leaves out: `.gitattributes`, `.gitignore` and the size.

Patterns come from outside and become regular expressions, so their number, length and stars are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import islice

from dulwich.attrs import Pattern
from dulwich.ignore import IgnoreFilter, read_ignore_patterns
from dulwich.wildmatch import MalformedPattern

MAX_RULES = 1000  # patterns of a .gitattributes or .gitignore that count; the default has fewer than 70
MAX_PATTERN = 255  # bytes of a pattern with stars; longer ones match no name on a disk
MAX_PATH = 4096  # bytes of a pattern without stars; longer ones match no path on a disk
MAX_STARS = 6  # each more multiplies the work of a match that fails
LARGE_BYTES = 10 * 1024 * 1024  # from here on even text is kept as a large file; 9 MB must stay regular (contract, 10.2)
LARGE_BINARY_BYTES = 100 * 1024  # small icons and the like may stay in git

_WILDCARDS = frozenset(b"*?[")
_MEANT = {b"[[:space:]]": b" ", b"[*]": b"*", b"[?]": b"?", b"[[]": b"["}
_QUOTED = re.compile(b"|".join(re.escape(one) for one in _MEANT))

ATTRIBUTES = ".gitattributes"
_RULE = "filter=lfs diff=lfs merge=lfs -text"

_DEFAULT_PATTERNS = """
*.7z *.arrow *.avro *.bin *.bz2 *.ckpt *.ftz *.gguf *.gz *.h5 *.joblib *.lfs.* *.mlmodel *.model *.msgpack *.npy *.npz
*.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors saved_model/**/* *.tar.* *.tar *.tflite *.tgz
*.wasm *.xz *.zip *.zst *tfevents*
"""
_DATASET_PATTERNS = """
*.lz4 *.mds *.sam *.raw *.aac *.flac *.mp3 *.ogg *.wav *.bmp *.gif *.png *.tiff *.jpg *.jpeg *.webp *.mp4 *.webm
"""


def default_attributes(kind: str) -> bytes:
    """The `.gitattributes` of a new repository: the usual binary formats, and media for data sets."""
    patterns = _DEFAULT_PATTERNS.split() + (_DATASET_PATTERNS.split() if kind == "dataset" else [])
    return "".join(f"{pattern} {_RULE}\n" for pattern in patterns).encode()


@dataclass(frozen=True)
class LargeRules:
    """
    The rules of one `.gitattributes`: the last that matches a path decides.

    `names` holds the rules without wildcards by what they name, with their place in the file: there may be one for every
    large file of a repository, and they must stay quick.
    """

    patterns: tuple[tuple[int, Pattern, bool], ...]
    names: Mapping[str, tuple[int, bool]]

    @classmethod
    def parse(cls, text: bytes) -> LargeRules:
        patterns: list[tuple[int, Pattern, bool]] = []
        names: dict[str, tuple[int, bool]] = {}
        for at, (pattern, large) in enumerate(_rules(text)):
            if not _WILDCARDS.intersection(_QUOTED.sub(b"", pattern)):
                name = _QUOTED.sub(lambda quoted: _MEANT[quoted[0]], pattern)
                names[name.decode(errors="surrogateescape")] = (at, large)
            elif len(patterns) < MAX_RULES and (compiled := _pattern(pattern)):
                patterns.append((at, compiled, large))
        return cls(tuple(patterns), names)

    def matches(self, path: str) -> bool:
        raw = path.encode(errors="surrogateescape")
        spellings = (path, f"/{path}", path.rpartition("/")[2])  # without a slash a rule holds in every folder
        found = [self.names[one] for one in spellings if one in self.names]
        found += [next(((at, large) for at, pattern, large in reversed(self.patterns) if pattern.match(raw)), (-1, False))]
        return max(found)[1]


def _rules(text: bytes) -> Iterator[tuple[bytes, bool]]:
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith((b"#", b"[attr]")):
            continue
        filters = [word for word in words[1:] if word.lstrip(b"-!").startswith(b"filter")]
        if filters:
            yield words[0], filters[-1] == b"filter=lfs"


@lru_cache(maxsize=512)
def _pattern(text: bytes) -> Pattern | None:
    """None for a pattern that is out of bounds, or that git too matches with nothing."""
    if not _is_bounded(text):
        return None
    try:
        return Pattern(text.replace(b"[[:space:]]", b"?"))
    except MalformedPattern:
        return None


def _is_bounded(pattern: bytes) -> bool:
    """Quoted characters stand for themselves: a star in brackets is no wildcard. Without stars a match is one pass."""
    bare = _QUOTED.sub(b"x", pattern)
    stars = bare.count(b"*")
    return stars <= MAX_STARS and len(bare) <= (MAX_PATTERN if stars else MAX_PATH)


def with_rules_for(text: bytes, paths: Iterable[str]) -> bytes | None:
    """
    A `.gitattributes` that also covers these paths, or None where it does so already.

    Without a rule git-lfs would leave the pointer in a clone.
    """
    rules = LargeRules.parse(text)
    missing = [path for path in paths if not rules.matches(path)]
    if not missing:
        return None
    lines = "".join(f"{_escape(path)} {_RULE}\n" for path in missing)
    separator = b"" if not text or text.endswith(b"\n") else b"\n"
    return text + separator + lines.encode()


def _escape(path: str) -> str:
    """A path as a pattern that matches itself; white space and backslash cannot be quoted in a way that all gits read."""
    special = {**{character: f"[{character}]" for character in "*?["}, " ": "[[:space:]]", "\t": "[[:space:]]", "\\": "?"}
    escaped = "".join(special.get(character, character) for character in path)
    return f"/{escaped}" if escaped.startswith(("#", "!", '"', "-")) else escaped


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that a client wants to upload. `sample` is its beginning, up to 512 bytes."""

    path: str
    size: int
    sample: bytes


def is_large(rules: LargeRules, file: Candidate) -> bool:
    """Whether a file is to come as a large one (hub-http-contract, section 10.2). Empty files never are."""
    if file.size == 0:
        return False
    if rules.matches(file.path) or file.size > LARGE_BYTES:
        return True
    return file.size > LARGE_BINARY_BYTES and is_binary(file.sample)


def is_binary(sample: bytes) -> bool:
    """NUL, or not UTF-8 apart from a character cut off at the end."""
    if b"\0" in sample:
        return True
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return error.start < len(sample) - 3
    return False


def ignored(text: str, paths: Sequence[str]) -> set[str]:
    """Those of the paths that a `.gitignore` leaves out, also through a folder above them."""
    lines = read_ignore_patterns(BytesIO(text.encode(errors="replace")))
    rules = IgnoreFilter([line for line in islice(lines, MAX_RULES) if _is_bounded(line)])
    return {path for path in paths if _is_ignored(rules, path)}


def _is_ignored(rules: IgnoreFilter, path: str) -> bool:
    parts = path.split("/")
    above = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
    return any(rules.is_ignored(folder) for folder in above) or bool(rules.is_ignored(path))
