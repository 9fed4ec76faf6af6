"""Headers fit their files, and templates stay in their sandbox."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.vetting.scans import SAFE, SUSPICIOUS, UNSAFE, Scan, look
from commonweight.vetting.scans.structures import BROKEN, HOLE, LENGTH, OVERLAP, SHAPE, TWICE
from commonweight.vetting.scans.templates import BUILDS, ESCAPES, NO_TEMPLATE, TEMPLATE_TOO_LONG
from tests.vetting.weight_files import gguf, safetensors, tensor_bytes

PLAIN = "{% for message in messages %}<|{{ message['role'] }}|>{{ message.content | trim }}{% endfor %}"
ESCAPE = "{{ messages.__class__.__mro__[1].__subclasses__() }}"


def scan(name: str, content: bytes) -> Scan:
    found = look(name, content, len(content))
    assert isinstance(found, Scan)
    return found


def reasons(found: Scan) -> set[str]:
    return {one.reason for one in found.findings}


def tensors(header: dict[str, Any], data: int) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(data)


def tensor(start: int, end: int, shape: list[Any] | None = None, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [(end - start) // 4] if shape is None else shape, "data_offsets": [start, end]}


def test_tensors_one_after_the_other_are_safe() -> None:
    assert (
        scan("m.safetensors", safetensors({"a": tensor_bytes(1, 64), "b": tensor_bytes(2, 32)}, {"x": "y"})).verdict == SAFE
    )


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"a": tensor(0, 8), "b": tensor(4, 16)}, OVERLAP),
        ({"a": tensor(0, 8), "b": tensor(8, 32)}, OVERLAP),  # beyond the end
        ({"a": tensor(4, 16)}, HOLE),
        ({"a": tensor(0, 8)}, HOLE),  # bytes behind the last
        ({"a": tensor(0, 16, [3])}, LENGTH),
        ({"a": tensor(0, 16, [1 << 62, 1 << 62])}, LENGTH),
        ({"a": tensor(0, 16, ["4"])}, SHAPE),
        ({"a": tensor(0, 16, dtype="PICKLE")}, SHAPE),
        ({"a": 3}, SHAPE),
    ],
)
def test_a_header_that_does_not_fit_is_told(header: dict[str, Any], reason: str) -> None:
    found = scan("m.safetensors", tensors(header, 16))
    assert (found.verdict, reasons(found)) == (SUSPICIOUS, {reason})


def test_a_tensor_that_is_named_twice_is_told() -> None:
    text = b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
    assert TWICE in reasons(scan("m.safetensors", struct.pack("<Q", len(text)) + text + bytes(4)))


def test_more_of_a_header_is_asked_for_where_it_is_longer() -> None:
    content = safetensors({"a": tensor_bytes(1, 64)})
    (length,) = struct.unpack("<Q", content[:8])
    assert look("m.safetensors", content[:20], len(content)) == 8 + length


def test_a_gguf_file_that_fits_is_safe() -> None:
    pairs = {"general.architecture": "llama", "tokenizer.chat_template": PLAIN}
    assert scan("m.gguf", gguf(pairs, {"a": tensor_bytes(1, 64), "b": tensor_bytes(2, 32)})).verdict == SAFE


def test_tensors_of_gguf_that_lie_in_one_another_or_outside_are_told() -> None:
    content = gguf({"general.architecture": "llama"}, {"a": tensor_bytes(1, 64), "b": tensor_bytes(2, 64)})
    at = content.index(b"\x01\x00\x00\x00\x00\x00\x00\x00b") + 9 + 4 + 8 + 4  # the offset of the second
    assert content[at : at + 8] == struct.pack("<Q", 64)
    inside = content[:at] + struct.pack("<Q", 32) + content[at + 8 :]
    outside = content[:at] + struct.pack("<Q", 1 << 40) + content[at + 8 :]
    assert reasons(scan("m.gguf", inside)) == {OVERLAP}
    assert reasons(scan("m.gguf", outside)) == {BROKEN}


def test_counts_that_no_model_has_are_told_at_once() -> None:
    assert reasons(scan("m.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60) + bytes(64))) == {BROKEN}


@pytest.mark.parametrize("padding", [0, 10_000])
def test_a_template_in_a_gguf_file_is_looked_at_also_where_it_is_long(padding: int) -> None:
    found = scan("m.gguf", gguf({"tokenizer.chat_template": "x" * padding + ESCAPE}))
    assert found.verdict == UNSAFE
    assert found.findings[0].part == "tokenizer.chat_template"


@pytest.mark.parametrize(
    "text",
    [
        ESCAPE,
        "{{ messages['__class__'] }}",
        "{{ messages | attr('__class__') }}",
        "{{ messages | map(attribute='__class__') }}",
        "{{ messages['\\x5f\\x5fclass\\x5f\\x5f'] }}",
        "{{ lipsum.x }}",
        "{{ cycler.x }}",
        "{{ f.gi_frame.f_back }}",
        "{% include '/etc/passwd' %}",
        "{% if %}{{ x.__init__ }}",  # cannot be read, and says it as text
    ],
)
def test_a_template_that_reaches_out_of_its_sandbox_is_unsafe(text: str) -> None:
    assert ESCAPES in reasons(scan("chat_template.jinja", text.encode()))


@pytest.mark.parametrize("text", ["{{ m['_' ~ '_class_' ~ '_'] }}", "{{ m | attr(name) }}"])
def test_a_template_that_makes_names_of_attributes_is_suspicious(text: str) -> None:
    assert reasons(scan("chat_template.jinja", text.encode())) == {BUILDS}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "{% set ns = namespace(x=0) %}{% for m in messages %}{% if loop.last %}{% break %}{% endif %}{% endfor %}{{ ns.x }}",
        "{% generation %}{{ messages[-1]['content'] }}{% endgeneration %}{{ raise_exception('no ' ~ x['a' + 'b']) }}",
        "{{ tools | tojson(indent=4) }}{{ strftime_now('%d %b %Y') }}{{ self_ }}",
    ],
)
def test_templates_as_models_have_them_are_safe(text: str) -> None:
    assert scan("chat_template.jinja", text.encode()).verdict == SAFE


def test_templates_of_a_tokenizer_are_looked_at() -> None:
    several = [{"name": "default", "template": PLAIN}, {"name": "tools", "template": ESCAPE}]
    assert scan("tokenizer_config.json", json.dumps({"chat_template": several}).encode()).verdict == UNSAFE
    assert scan("tokenizer_config.json", json.dumps({"chat_template": PLAIN}).encode()).verdict == SAFE


def test_a_template_that_is_nested_too_deeply_or_broken_is_told() -> None:
    assert reasons(scan("a.jinja", b"{{" + b"(" * 50_000)) == {TEMPLATE_TOO_LONG}
    assert reasons(scan("a.jinja", b"{{" + b"not " * 50_000 + b"1 }}")) == {TEMPLATE_TOO_LONG}
    assert reasons(scan("a.jinja", b"{% for %}")) == {NO_TEMPLATE}


def _verdict(name: str, content: bytes) -> None:
    found = look(name, content, len(content))
    assert isinstance(found, int) or found.verdict in (SAFE, SUSPICIOUS, UNSAFE)


@settings(max_examples=150, deadline=2000)
@given(data=st.data(), kind=st.sampled_from(["m.gguf", "m.safetensors"]))
def test_a_damaged_header_has_a_verdict(data: st.DataObject, kind: str) -> None:
    made = gguf({"general.architecture": "llama", "tokenizer.chat_template": PLAIN}, {"a": bytes(64), "b": bytes(32)})
    content = bytearray(made if kind == "m.gguf" else safetensors({"a": bytes(64), "b": bytes(32)}))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    _verdict(kind, bytes(content[: data.draw(st.integers(0, len(content)))]))


@settings(max_examples=100, deadline=2000)
@given(text=st.text(alphabet="{}%()[].|_'\"abcfor inset~+ \n", max_size=120))
def test_any_text_is_a_template_with_a_verdict(text: str) -> None:
    _verdict("a.jinja", text.encode())
