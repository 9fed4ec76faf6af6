"""What a pickle asks Python for is told with its byte, and nothing of it is run."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import pickletools
import subprocess
import sys
import time
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picklescan.scanner import scan_pickle_bytes

from commonweight.vetting.scans import SAFE, SUSPICIOUS, UNSAFE, Scan, look
from commonweight.vetting.scans.archives import DAMAGED, LAYER, NOT_OPENED
from commonweight.vetting.scans.pickles import BROKEN, CALLS, HIDDEN


class Runs:
    """Loading it would end this process."""

    def __reduce__(self) -> Any:
        return sys.exit, (3,)


class Opens:
    def __reduce__(self) -> Any:
        return subprocess.check_output, (["false"],)


def scan(name: str, content: bytes) -> Scan:
    found = look(name, content, len(content))
    assert isinstance(found, Scan)
    return found


def reasons(found: Scan) -> set[str]:
    return {one.reason for one in found.findings}


@pytest.mark.parametrize("protocol", range(6))
def test_a_name_that_runs_code_is_unsafe_and_told_with_its_byte(protocol: int) -> None:
    content = pickle.dumps({"a": 1, "b": Opens()}, protocol, fix_imports=False)
    found = scan("a.pkl", content)
    [finding] = found.findings
    assert (found.verdict, finding.reason) == (UNSAFE, CALLS)
    opcode = next(at for op, _, at in pickletools.genops(content) if "GLOBAL" in op.name)
    assert finding.values == {"module": "subprocess", "name": "check_output", "offset": opcode}
    assert "subprocess.check_output at byte" in finding.sentence


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_and_arrays_are_safe(protocol: int) -> None:
    content = pickle.dumps({"a": [1, 2.5, {"x"}], "b": OrderedDict(c=np.arange(3)), "d": np.float64(1)}, protocol)
    assert scan("a.pkl", content).verdict == SAFE


def test_a_name_on_no_list_is_suspicious() -> None:
    found = scan("a.pkl", b"cacme.layers\nOdd\n.")
    assert found.verdict == SUSPICIOUS
    assert [(one.module, one.name, one.safety) for one in found.imports] == [("acme.layers", "Odd", "suspicious")]


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x8c\x02os\x8c\x06systemN0\x93.",  # something between the texts and the call
        b"\x80\x04(\x8c\x02os\x8c\x06system1\x93.",
        b"\x80\x02\x82\x01.",  # a number for a registered name
        b"\x80\x04\x8c\x0bcollections\x94q\x05\x8c\x02osq\x05\x8c\x0bOrderedDict\x94h\x07\x93.",  # a key that is not there
    ],
)
def test_a_name_that_cannot_be_told_is_unsafe(content: bytes) -> None:
    assert HIDDEN in reasons(scan("a.pkl", content))


def test_the_memo_is_counted_as_python_counts_it() -> None:
    """Writing one place twice must not shift what MEMOIZE writes: else a harmless name would stand for another."""
    content = b"\x80\x04\x8c\x01aq\x000\x8c\x01bq\x000\x8c\x02os\x940\x8c\x06system\x940h\x01h\x02\x93."
    [finding] = scan("a.pkl", content).findings
    assert (finding.values["module"], finding.values["name"]) == ("os", "system")


def test_a_name_with_dots_is_judged_by_what_it_leads_through() -> None:
    assert scan("a.pkl", b"\x80\x04\x8c\x05torch\x8c\x09os.system\x93.").verdict == UNSAFE


def test_what_stands_behind_the_first_pickle_is_read_too() -> None:
    assert scan("a.pkl", pickle.dumps(1) + pickle.dumps(Opens())).verdict == UNSAFE


def test_a_pickle_that_ends_early_tells_what_came_before_and_that_it_was_not_read_to_its_end() -> None:
    found = scan("a.pkl", pickle.dumps(Opens())[:-1])
    assert reasons(found) == {CALLS, BROKEN}


def _zip(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_parts_of_an_archive_are_looked_at_by_their_content_and_named() -> None:
    found = scan("pytorch_model.bin", _zip({"archive/data.pkl": pickle.dumps(1), "archive/odd": pickle.dumps(Opens())}))
    assert [(one.level, one.part) for one in found.findings] == [(UNSAFE, "archive/odd")]


def test_a_pickle_with_an_archive_behind_it_is_looked_through_as_both() -> None:
    assert scan("a.pkl", pickle.dumps(Opens()) + _zip({"data.pkl": pickle.dumps(1)})).verdict == UNSAFE
    assert scan("a.pt", pickle.dumps(1) + _zip({"data.pkl": pickle.dumps(Opens())})).verdict == UNSAFE


def test_arrays_of_objects_are_pickles() -> None:
    made = io.BytesIO()
    np.save(made, np.array([Opens()], dtype=object), allow_pickle=True)
    assert scan("a.npy", made.getvalue()).verdict == UNSAFE
    made = io.BytesIO()
    np.save(made, np.arange(10))
    assert scan("a.npy", made.getvalue()).verdict == SAFE


def test_a_compressed_pickle_is_unpacked_and_other_packing_is_told() -> None:
    assert scan("a.joblib", gzip.compress(pickle.dumps(Opens()))).verdict == UNSAFE
    assert reasons(scan("a.joblib", b"\x28\xb5\x2f\xfd" + bytes(20))) == {NOT_OPENED}


def test_layers_of_keras_that_hold_code_are_told() -> None:
    layers = [{"class_name": "Dense", "module": "keras.layers"}, {"class_name": "Lambda", "module": "keras.layers"}]
    config = json.dumps({"class_name": "Functional", "module": "keras", "config": {"layers": layers}}).encode()
    assert reasons(scan("model.keras", _zip({"config.json": config}))) == {LAYER}
    assert reasons(scan("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(1 << 20) + config)) == {LAYER}


def test_bytes_that_are_no_pickle_are_safe_under_a_name_that_may_hold_anything() -> None:
    assert scan("ggml.bin", b"lmgg" + bytes(100)).verdict == SAFE
    assert scan("a.pkl", b"hello world").verdict == SUSPICIOUS


def test_an_archive_that_unpacks_to_far_more_takes_little_memory() -> None:
    bomb = _zip({"a.pkl": b"\x80\x04" + b"\x8e" + (1 << 28).to_bytes(8, "little") + bytes(1 << 28) + b"."})
    assert len(bomb) < 1 << 20
    began = time.monotonic()
    assert scan("model.pt", bomb).verdict == SAFE
    assert time.monotonic() - began < 20


def test_a_value_that_announces_more_than_there_is_ends_the_reading() -> None:
    found = scan("a.pkl", b"\x80\x04\x8e" + ((1 << 62).to_bytes(8, "little")) + b"abc")
    assert reasons(found) == {BROKEN}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.frozensets(st.integers())
    ),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(value=plain, protocol=st.integers(0, 5), runs=st.booleans())
def test_the_names_are_those_that_picklescan_finds(value: Any, protocol: int, runs: bool) -> None:
    content = pickle.dumps([value, Opens()] if runs else value, protocol)
    theirs = {(one.module, one.name) for one in scan_pickle_bytes(io.BytesIO(content), "x").globals}
    found = scan("a.pkl", content)
    assert {(one.module, one.name) for one in found.imports} == theirs
    assert (found.verdict == UNSAFE) == runs


@settings(max_examples=150, deadline=2000)
@given(
    name=st.sampled_from(["a.pkl", "a.bin", "a.npy", "a.npz", "a.keras", "a.h5", "a.joblib"]),
    start=st.sampled_from([b"", b"\x80\x04", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"x\x9c"]),
    rest=st.binary(max_size=400),
)
def test_whatever_comes_there_is_a_verdict(name: str, start: bytes, rest: bytes) -> None:
    assert scan(name, start + rest).verdict in (SAFE, SUSPICIOUS, UNSAFE)


@settings(max_examples=60, deadline=2000)
@given(data=st.data())
def test_a_damaged_archive_has_a_verdict(data: st.DataObject) -> None:
    content = bytearray(_zip({"archive/data.pkl": pickle.dumps(OrderedDict(a=1)), "archive/version": b"3\n"}))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    assert scan("pytorch_model.bin", bytes(content)).verdict in (SAFE, SUSPICIOUS, UNSAFE)


def test_a_part_that_cannot_be_unpacked_is_told() -> None:
    content = bytearray(_zip({"data.pkl": pickle.dumps(list(range(1000)))}))
    content[60:80] = b"\xff" * 20
    assert DAMAGED in reasons(scan("a.pt", bytes(content))) or scan("a.pt", bytes(content)).verdict == SUSPICIOUS


def test_nothing_of_a_file_is_imported() -> None:
    program = """
import sys
from commonweight.vetting.scans import look
content = b"cantigravity\\nfly\\n." + b"ctorch\\nload\\n." + b"cposix\\n_exit\\n(I3\\ntR."
assert look("a.pkl", content, len(content)).verdict == "unsafe"
assert not {"antigravity", "torch"} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
