import dataclasses
import hashlib

import pytest

from commonweight.storage import ShardRefused, TooManyBytes, Validating, XorbRefused, hash_text
from commonweight.storage.xet.hashes import verification_hash
from commonweight.storage.xet.shard import Term, build_shard
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.uploads import anybody, content, nobody, put, register, shard_file

MINE, THEIRS = 1, 2
CHUNKS = [b"first chunk ", b"second chunk ", b"third chunk"]
DATA = b"".join(CHUNKS)


async def test_a_registered_file_can_be_read(storage):
    facts = await put(storage, MINE, *CHUNKS)
    registered = await register(storage, MINE, shard_file(DATA, (facts, 0, 3)))
    assert (registered.new, registered.files) == (True, 1)
    file = await storage.large_file(MINE, hashlib.sha256(DATA).hexdigest())
    assert file.size == len(DATA)
    assert await content(storage, file) == DATA
    assert await storage.large_file_by_xet(MINE, file.xet_hash) == file


async def test_a_second_time_is_harmless_and_said_to_be_one(storage):
    facts = await put(storage, MINE, *CHUNKS)
    body, _ = build_xorb(CHUNKS)
    assert await storage.put_xorb(MINE, hash_text(facts.xorb_hash), body) is False
    await register(storage, MINE, shard_file(DATA, (facts, 0, 3)))
    assert (await register(storage, MINE, shard_file(DATA, (facts, 0, 3)))).new is False


async def test_whether_a_xorb_is_new_is_said_for_the_scope_and_not_for_the_server(storage):
    await put(storage, THEIRS, *CHUNKS)
    body, facts = build_xorb(CHUNKS)
    assert await storage.put_xorb(MINE, hash_text(facts.xorb_hash), body) is True


async def test_what_one_scope_holds_is_not_there_for_another(storage):
    facts = await put(storage, THEIRS, *CHUNKS)
    await register(storage, THEIRS, shard_file(DATA, (facts, 0, 3)))
    file = await storage.large_file(THEIRS, hashlib.sha256(DATA).hexdigest())
    assert await storage.large_file(MINE, file.sha256) is None
    assert await storage.large_file_by_xet(MINE, file.xet_hash) is None


async def test_progress_is_reported_by_files(storage):
    facts = await put(storage, MINE, *CHUNKS)
    shard = build_shard([shard_file(DATA, (facts, 0, 3)), shard_file(CHUNKS[1], (facts, 1, 2))], ())
    events = [event async for event in storage.register_shard(MINE, shard, nobody)]
    assert events[:2] == [Validating(0, 2), Validating(2, 2)]


async def test_a_file_without_bytes_is_registered(storage):
    await register(storage, MINE, shard_file(b""))
    file = await storage.large_file(MINE, hashlib.sha256(b"").hexdigest())
    assert await content(storage, file) == b""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file: {"verification": (bytes(32),)}, "verification hash that does not fit"),
        (lambda file: {"verification": None}, "without verification"),
        (lambda file: {"sha256": None}, "without a sha256"),
        (lambda file: {"sha256": "ab" * 32}, "its bytes have"),
        (lambda file: {"file_hash": bytes(32)}, "another hash"),
        (lambda file: {"terms": (dataclasses.replace(file.terms[0], end=4),)}, "the xorb has 3"),
        (lambda file: {"terms": (dataclasses.replace(file.terms[0], start=3, end=3),)}, "the xorb has 3"),
        (lambda file: {"terms": (dataclasses.replace(file.terms[0], unpacked_bytes=1),)}, "says 1 bytes"),
        (lambda file: {"terms": (Term(b"?" * 32, 5, 0, 1),)}, "not stored for this repository"),
    ],
)
async def test_a_wrong_shard_is_refused_with_its_reason_and_leaves_nothing(storage, change, reason):
    facts = await put(storage, MINE, *CHUNKS)
    good = shard_file(DATA, (facts, 0, 3))
    other = shard_file(CHUNKS[0], (facts, 0, 1))
    with pytest.raises(ShardRefused, match=reason):
        await register(storage, MINE, other, dataclasses.replace(good, **change(good)))
    assert await storage.large_file(MINE, other.sha256) is None
    assert await storage.large_file(MINE, good.sha256) is None


async def test_a_sha256_that_was_right_before_cannot_be_changed(storage):
    facts = await put(storage, MINE, *CHUNKS)
    good = shard_file(DATA, (facts, 0, 3))
    await register(storage, MINE, good)
    with pytest.raises(ShardRefused, match="its bytes have"):
        await register(storage, MINE, dataclasses.replace(good, sha256="ab" * 32))


async def test_bytes_that_are_no_shard_are_refused(storage):
    with pytest.raises(ShardRefused, match="not a shard"):
        [event async for event in storage.register_shard(MINE, b"x" * 200, nobody)]


async def test_a_corrupt_xorb_is_refused_and_not_kept(storage, shelf, tmp_path):
    body, facts = build_xorb(CHUNKS)
    broken = body[:-1] + bytes([body[-1] ^ 1])
    with pytest.raises(XorbRefused, match="it was sent as"):
        await storage.put_xorb(MINE, hash_text(facts.xorb_hash), broken)
    with pytest.raises(XorbRefused, match="cut short"):
        await storage.put_xorb(MINE, hash_text(facts.xorb_hash), body[:-1])
    assert shelf.lying() == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "sqlite" not in path.name] == []


async def test_an_oversized_xorb_is_refused_unread(storage, tmp_path):
    path = tmp_path / "body"
    with path.open("wb") as file:
        file.truncate(70 << 20)
    with pytest.raises(TooManyBytes):
        await storage.put_xorb(MINE, "0" * 64, path)


async def test_a_xorb_of_another_scope_serves_a_writer_who_may_read_that(storage):
    facts = await put(storage, THEIRS, b"only chunk")
    file = shard_file(b"only chunk", (facts, 0, 1))
    await register(storage, MINE, file, readable=anybody)
    assert await content(storage, await storage.large_file(MINE, file.sha256)) == b"only chunk"


async def test_a_single_chunk_xorb_of_another_scope_is_refused(storage):
    """Its name is the hash of its chunk, so the verification hash proves only that the name is known."""
    facts = await put(storage, THEIRS, b"their only chunk")
    guessed = shard_file(b"their only chunk", (facts, 0, 1))
    assert guessed.verification == (verification_hash(facts.xorb_hash),)
    with pytest.raises(ShardRefused, match="not stored for this repository"):
        await register(storage, MINE, guessed)


async def test_a_chunk_whose_hash_is_the_name_of_some_xorb_proves_nothing_either(storage):
    await put(storage, THEIRS, CHUNKS[1])
    facts = await put(storage, THEIRS, *CHUNKS)
    with pytest.raises(ShardRefused, match="not stored for this repository"):
        await register(storage, MINE, shard_file(DATA, (facts, 0, 3)))


async def test_possession_of_the_chunks_is_accepted_as_a_proof(storage):
    facts = await put(storage, THEIRS, *CHUNKS)
    file = shard_file(DATA, (facts, 0, 3))
    await register(storage, MINE, file)
    assert await content(storage, await storage.large_file(MINE, file.sha256)) == DATA


async def test_a_wrong_proof_and_a_missing_xorb_are_told_in_the_same_words(storage):
    facts = await put(storage, THEIRS, *CHUNKS)
    file = dataclasses.replace(shard_file(DATA, (facts, 0, 3)), verification=(bytes(32),))
    with pytest.raises(ShardRefused) as known:
        await register(storage, MINE, file)
    _, unknown = build_xorb([b"never sent", b"to anyone"])
    with pytest.raises(ShardRefused) as missing:
        await register(storage, MINE, shard_file(b"", (unknown, 0, 2)))
    names = hash_text(facts.xorb_hash), hash_text(unknown.xorb_hash)
    assert str(known.value).replace(names[0], "") == str(missing.value).replace(names[1], "")


async def test_a_body_given_as_a_file_is_taken_away(storage, tmp_path):
    body, facts = build_xorb(CHUNKS)
    for _ in range(2):
        (tmp_path / "body").write_bytes(body)
        await storage.put_xorb(MINE, hash_text(facts.xorb_hash), tmp_path / "body")
        assert not (tmp_path / "body").exists()


async def test_each_scope_is_asked_about_once(storage):
    asked = []

    async def readable(scope):
        asked.append(scope)
        return scope == 3

    first, second = await put(storage, THEIRS, b"a"), await put(storage, THEIRS, b"b")
    await put(storage, 3, b"a")
    await put(storage, 3, b"b")
    await register(storage, MINE, shard_file(b"ab", (first, 0, 1), (second, 0, 1)), readable=readable)
    assert len(asked) == len(set(asked))
