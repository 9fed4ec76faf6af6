import pytest

from commonweight.storage.errors import FormatRefused
from commonweight.storage.xet.hashes import chunk_hash, hash_text, parse_hash, verification_hash
from commonweight.storage.xet.merkle import file_hash, merkle_root
from tests.storage.vectors import VECTORS


def test_a_hash_is_written_as_four_little_endian_words():
    case = VECTORS["hash_string"]
    raw = bytes.fromhex(case["raw_bytes_hex"])
    assert hash_text(raw) == case["string"]
    assert parse_hash(case["string"]) == raw


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 64 + "\n", "../" + "0" * 61])
def test_what_is_not_a_hash_is_refused(text):
    with pytest.raises(FormatRefused):
        parse_hash(text)


def test_a_chunk_is_hashed_under_the_chunk_key():
    assert hash_text(chunk_hash(b"hello")) == VECTORS["chunk_hash_of_ascii_hello"]


@pytest.mark.parametrize("case", VECTORS["merkle"]["cases"], ids=lambda case: str(case["n"]))
def test_merkle_roots_and_file_ids_are_those_of_the_protocol(case):
    leaves = [(chunk_hash(f"leaf{i}".encode()), 1000 + i) for i in range(case["n"])]
    assert hash_text(merkle_root(leaves)) == case["root"]
    assert hash_text(file_hash(leaves)) == case["file_hash"]


def test_a_tree_of_nothing_is_refused_but_an_empty_file_has_an_id():
    with pytest.raises(ValueError, match="at least one leaf"):
        merkle_root([])
    assert hash_text(file_hash([])) == "0" * 64


def test_the_proof_of_a_term_is_made_from_its_chunks():
    case = VECTORS["chunking"]["megabyte"]
    raw = b"".join(parse_hash(text) for text in case["chunk_hashes"])
    assert hash_text(verification_hash(raw)) == case["range_verification_hash_all_chunks"]
