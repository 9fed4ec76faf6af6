import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.storage.errors import ShardRefused
from commonweight.storage.xet import hash_text
from commonweight.storage.xet.shard import (
    Shard,
    ShardChunk,
    ShardFile,
    ShardXorb,
    Term,
    build_dedup_answer,
    build_shard,
    parse_shard,
)
from tests.storage.vectors import VECTORS

PARSED = VECTORS["wire"]["shard_parsed"]
BODY = base64.b64decode(VECTORS["wire"]["shard_body_base64"])


def test_a_shard_of_the_official_client_is_understood():
    shard = parse_shard(BODY)
    assert [hash_text(file.file_hash) for file in shard.files] == [file["hash"] for file in PARSED["files"]]
    assert [file.sha256 for file in shard.files] == [file["sha256_hex_after_unswizzle"] for file in PARSED["files"]]
    assert [[hash_text(v) for v in file.verification or ()] for file in shard.files] == [
        file["verification"] for file in PARSED["files"]
    ]
    assert [chunk["hash"] if isinstance(chunk, dict) else chunk[0] for chunk in PARSED["xorbs"][0]["chunks"]] == [
        hash_text(chunk.chunk_hash) for chunk in shard.xorbs[0].chunks
    ]
    assert shard.xorbs[0].unpacked_bytes == PARSED["xorbs"][0]["num_bytes_in_cas"]


def test_what_was_parsed_is_built_again_byte_for_byte():
    shard = parse_shard(BODY)
    assert build_shard(shard.files, shard.xorbs) == BODY


def test_a_footer_and_tables_behind_the_second_bookend_are_not_read():
    assert parse_shard(BODY + b"anything" * 40) == parse_shard(BODY)


def test_a_dedup_answer_points_its_lookup_tables_at_its_end():
    xorb = ShardXorb(b"x" * 32, 10, 0, (ShardChunk(b"c" * 32, 0, 10),))
    answer = build_dedup_answer([xorb], created=1, expires=2)
    assert parse_shard(answer) == Shard((), (xorb,))
    footer = len(answer) - 200
    offsets = struct.unpack_from("<9Q", answer, footer)
    assert offsets == (1, 48, 96, footer, 0, footer, 0, footer, 0)
    assert struct.unpack_from("<Q", answer, footer + 192) == (footer,)


@pytest.mark.parametrize("cut", range(0, len(BODY), 47))
def test_a_shard_cut_short_is_refused(cut):
    with pytest.raises(ShardRefused, match="ends inside"):
        parse_shard(BODY[:cut])


def test_another_tag_or_version_is_refused():
    with pytest.raises(ShardRefused, match="tag"):
        parse_shard(b"Y" + BODY[1:])
    with pytest.raises(ShardRefused, match="version 3"):
        parse_shard(BODY[:32] + struct.pack("<Q", 3) + BODY[40:])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_records_are_parsed_or_refused(tail):
    try:
        parse_shard(BODY[:48] + tail)
    except ShardRefused:
        return


files = st.builds(
    ShardFile,
    st.binary(min_size=32, max_size=32).filter(lambda digest: digest != b"\xff" * 32),
    st.just((Term(b"t" * 32, 5, 0, 1), Term(b"u" * 32, 6, 2, 9))),
    st.sampled_from([None, (b"v" * 32, b"w" * 32)]),
    st.sampled_from([None, "ab" * 32]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(files, max_size=4))
def test_files_survive_the_way_there_and_back(given_files):
    assert parse_shard(build_shard(given_files, ())).files == tuple(given_files)
