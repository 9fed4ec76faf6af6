import base64

import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.storage.errors import FormatRefused, XorbRefused
from commonweight.storage.xet import ChunkTable, hash_text, parse_hash
from commonweight.storage.xet.compression import Decoder, Scheme, group, ungroup
from commonweight.storage.xet.xorb import MAX_CHUNK_BYTES, build_xorb, decode_chunks, verify_xorb
from tests.storage.vectors import VECTORS, stream, wire_inputs

WIRE = VECTORS["wire"]
BODY = base64.b64decode(WIRE["xorb_body_base64"])
NAME = parse_hash(WIRE["xorb_hash"])


def header(scheme, packed, unpacked, version=0):
    return bytes([version]) + packed.to_bytes(3, "little") + bytes([scheme]) + unpacked.to_bytes(3, "little")


def test_a_xorb_of_the_official_client_is_understood():
    facts = verify_xorb(BODY, NAME)
    assert facts.stored_bytes == len(BODY)
    assert [hash_text(facts.table.hashes_of(i, i + 1)) for i in range(3)] == [chunk["hash"] for chunk in WIRE["xorb_chunks"]]
    assert list(facts.table.stored_ends) == [chunk["byte_end_exclusive"] for chunk in WIRE["xorb_chunks"]]
    assert {len(chunk) for chunk in decode_chunks(BODY)} == {len(data) for data in wire_inputs()}
    assert set(decode_chunks(BODY)) == set(wire_inputs())


def test_bytes_are_regrouped_by_position_modulo_four():
    raw, grouped = bytes.fromhex(VECTORS["bg4"]["raw_hex"]), bytes.fromhex(VECTORS["bg4"]["grouped_hex"])
    assert group(raw) == grouped
    assert ungroup(grouped) == raw


@given(st.binary(max_size=40))
def test_regrouping_is_undone(data):
    assert ungroup(group(data)) == data


def test_a_footer_is_not_kept():
    facts = verify_xorb(BODY + b"XETBLOB" + b"whatever it claims", NAME)
    assert facts.stored_bytes == len(BODY)


def test_an_overlong_footer_is_refused():
    with pytest.raises(XorbRefused, match="footer has"):
        verify_xorb(BODY + b"XETBLOB" + bytes(400_000), NAME)


def test_a_xorb_under_another_name_is_refused():
    with pytest.raises(XorbRefused, match="it was sent as 0000"):
        verify_xorb(BODY, bytes(32))


def test_one_flipped_bit_anywhere_is_noticed():
    for at in range(0, len(BODY), 97):
        broken = bytearray(BODY)
        broken[at] ^= 1
        with pytest.raises(XorbRefused):
            verify_xorb(bytes(broken), NAME)


@pytest.mark.parametrize("cut", [1, 7, 8, 100, 6341, 6345, len(BODY) - 1])
def test_a_xorb_cut_short_is_refused(cut):
    with pytest.raises(XorbRefused):
        verify_xorb(BODY[:cut], NAME)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "holds no chunk"),
        (header(0, 3, 3, version=1) + b"abc", "version 1"),
        (header(3, 3, 3) + b"abc", "compression scheme 3"),
        (header(0, 0, 0), "says 0 bytes"),
        (header(0, MAX_CHUNK_BYTES + 1, MAX_CHUNK_BYTES + 1) + bytes(MAX_CHUNK_BYTES + 1), "says 131073 bytes"),
        (header(0, 2, 3) + b"ab", "has 3 bytes and has 2"),
        (header(0, 4, 3) + b"abcd", "has more"),
        (header(1, 20, 3) + b"not a frame at all..", "not a valid LZ4 frame"),
    ],
)
def test_a_malformed_chunk_is_refused_with_its_reason(body, reason):
    with pytest.raises(XorbRefused, match=reason):
        verify_xorb(body, NAME)


def test_a_chunk_that_inflates_beyond_its_declared_size_is_stopped_there():
    bomb = lz4.frame.compress(bytes(50 << 20))[:262_144]
    with pytest.raises(XorbRefused, match="has more"):
        Decoder().decode(Scheme.LZ4, bomb, 1000)


def test_bytes_behind_an_lz4_frame_are_refused():
    packed = lz4.frame.compress(b"a" * 500)
    with pytest.raises(XorbRefused, match="does not end"):
        Decoder().decode(Scheme.LZ4, packed + b"more", 500)


def test_a_decoder_goes_on_after_a_bad_chunk():
    decoder = Decoder()
    with pytest.raises(XorbRefused):
        decoder.decode(Scheme.LZ4, b"not lz4 at all", 3)
    assert decoder.decode(Scheme.LZ4, lz4.frame.compress(b"abc"), 3) == b"abc"


def test_what_we_build_we_verify():
    chunks = [b"compressible " * 1000, stream("noise", 20_000), b"x"]
    body, made = build_xorb(chunks)
    assert verify_xorb(body, made.xorb_hash) == made
    assert list(decode_chunks(body)) == chunks
    assert len(body) < sum(map(len, chunks))


def test_a_chunk_table_survives_packing():
    _, facts = build_xorb([b"one", b"two", b"three"])
    table = ChunkTable.unpack(facts.table.pack())
    assert table == facts.table
    assert table.unpacked_length(1, 3) == 8
    with pytest.raises(FormatRefused):
        ChunkTable.unpack(b"x" * 41)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_never_crash(body):
    with pytest.raises(XorbRefused):
        verify_xorb(body, NAME)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BODY)), st.binary(max_size=20))
def test_a_xorb_with_bytes_replaced_is_refused_unless_it_is_the_same(at, new):
    body = BODY[:at] + new + BODY[at + len(new) :]
    if body[: len(BODY)] != BODY:
        with pytest.raises(XorbRefused):
            verify_xorb(body, NAME)
