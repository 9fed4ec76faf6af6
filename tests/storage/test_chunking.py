import hf_xet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.storage.xet import file_hash, hash_text
from commonweight.storage.xet.chunking import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, cut_points
from commonweight.storage.xet.hashes import chunk_hash
from tests.storage.vectors import CHUNKING_INPUTS, VECTORS, stream


def chunks_of(data, cuts):
    starts = [0, *cuts[:-1]]
    return [data[start:end] for start, end in zip(starts, cuts, strict=False)]


@pytest.mark.parametrize("name", CHUNKING_INPUTS)
def test_files_are_cut_where_the_official_client_cuts_them(name):
    data, case = CHUNKING_INPUTS[name](), VECTORS["chunking"][name]
    chunks = chunks_of(data, cut_points(data, last=True))
    assert [len(chunk) for chunk in chunks] == case["chunk_lengths"]
    assert [hash_text(chunk_hash(chunk)) for chunk in chunks] == case["chunk_hashes"]


def test_the_file_id_is_the_official_clients(tmp_path):
    data = stream("oracle", 3_000_000) + bytes(500_000) + b"text " * 200_000
    (tmp_path / "file").write_bytes(data)
    leaves = [(chunk_hash(chunk), len(chunk)) for chunk in chunks_of(data, cut_points(data, last=True))]
    assert hash_text(file_hash(leaves)) == hf_xet.hash_files([str(tmp_path / "file")])[0].hash


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=8), st.sampled_from(["random", "zeros", "mixed"]))
def test_a_file_given_in_pieces_is_cut_like_the_whole(sizes, kind):
    total = sum(sizes)
    made = {
        "random": stream("p", total),
        "zeros": bytes(total),
        "mixed": (stream("q", 50_000) + bytes(200_000)) * (total // 250_000 + 1),
    }
    data = made[kind][:total]
    cuts, start, end = [], 0, 0
    for size in sizes:
        end += size
        found = cut_points(data[start:end], last=end == total)
        cuts += [start + cut for cut in found]
        start = cuts[-1] if cuts else 0
    assert cuts == cut_points(data, last=True)
    assert all(len(chunk) <= MAX_CHUNK_BYTES for chunk in chunks_of(data, cuts))
    assert all(len(chunk) >= MIN_CHUNK_BYTES for chunk in chunks_of(data, cuts)[:-1])
