"""What an uploader is told of what is here already."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from blake3 import blake3

from commonweight.storage import Damage, Kin, hash_text
from commonweight.storage.damages import XORB
from commonweight.storage.related import RelatedXorbs
from commonweight.storage.xet.shard import parse_shard
from tests.storage.uploads import put, register, shard_file

MINE, THEIRS = 1, 2
KEY = b"k" * 32
CHUNKS = [b"first chunk ", b"second chunk ", b"third chunk "]
DATA = b"".join(CHUNKS)
NOBODYS = "ab" * 32


async def told(storage, *kin, chunk=NOBODYS):
    """The xorbs of an answer, None where there is none."""
    answer = await storage.related_xorbs(chunk, kin, key=KEY, created=1, expires=2)
    return None if answer is None else parse_shard(answer).xorbs


async def published(storage, scope, *chunks):
    facts = await put(storage, scope, *chunks)
    await register(storage, scope, shard_file(b"".join(chunks), (facts, 0, len(chunks))))
    return facts


def sealed(chunk_hash):
    return blake3(chunk_hash, key=KEY).digest()


async def test_all_xorbs_of_a_scopes_files_are_told_with_hashes_that_only_their_owners_know(storage):
    facts = await published(storage, MINE, *CHUNKS)
    (xorb,) = await told(storage, Kin(MINE))
    assert (xorb.xorb_hash, xorb.unpacked_bytes) == (facts.xorb_hash, len(DATA))
    assert [chunk.chunk_hash for chunk in xorb.chunks] == [sealed(one) for one, _ in facts.table.leaves(0, 3)]
    assert [(chunk.start, chunk.unpacked_bytes) for chunk in xorb.chunks] == [(0, 12), (12, 13), (25, 12)]
    answer = await storage.related_xorbs(NOBODYS, [Kin(MINE)], key=KEY, created=1, expires=2)
    assert not [one for one, _ in facts.table.leaves(0, 3) if one in answer]


async def test_where_nothing_is_held_nothing_is_told(storage):
    await published(storage, THEIRS, *CHUNKS)
    assert await told(storage, Kin(MINE)) is None
    assert await told(storage) is None


async def test_of_files_that_were_named_only_their_own_chunks_are_told(storage):
    facts = await put(storage, THEIRS, *CHUNKS)
    shown, hidden = shard_file(CHUNKS[1], (facts, 1, 2)), shard_file(DATA, (facts, 0, 3))
    await register(storage, THEIRS, shown, hidden)
    (xorb,) = await told(storage, Kin(THEIRS, frozenset([shown.sha256])))
    hashes = [sealed(one) for one, _ in facts.table.leaves(0, 3)]
    assert xorb.chunks[1].chunk_hash == hashes[1]
    assert not {xorb.chunks[0].chunk_hash, xorb.chunks[2].chunk_hash} & set(hashes)
    assert (xorb.chunks[0].unpacked_bytes, xorb.chunks[2].unpacked_bytes) == (0, 0)


async def test_a_xorb_that_a_scope_does_not_hold_is_not_told_as_its_own(storage):
    """Its other chunks are somebody else's, and a shard that refers to it may be refused."""
    theirs = await published(storage, THEIRS, *CHUNKS)
    await register(storage, MINE, shard_file(DATA, (theirs, 0, 3)))
    assert await told(storage, Kin(MINE)) is None


async def test_the_file_with_the_chunk_comes_first(storage, clock):
    first = await published(storage, MINE, *CHUNKS)
    clock.advance(timedelta(hours=1))
    other = await published(storage, MINE, b"another file")
    newest_first = [other.xorb_hash, first.xorb_hash]
    assert [one.xorb_hash for one in await told(storage, Kin(MINE))] == newest_first
    chunk = hash_text(first.table.hashes_of(0, 1))
    assert [one.xorb_hash for one in await told(storage, Kin(MINE), chunk=chunk)] == newest_first[::-1]


async def test_scopes_are_found_by_the_first_chunk_of_a_file_and_by_one_in_a_thousand(storage):
    facts = await published(storage, THEIRS, *CHUNKS)
    assert await storage.scopes_with(hash_text(facts.table.hashes_of(0, 1)), 4) == [THEIRS]
    assert await storage.scopes_with(hash_text(facts.table.hashes_of(1, 2)), 4) == []
    await published(storage, MINE, *CHUNKS)
    assert await storage.scopes_with(hash_text(facts.table.hashes_of(0, 1)), 4) == [MINE, THEIRS]


async def test_what_nothing_refers_to_is_not_told_since_it_may_go_before_it_is_used(storage):
    await published(storage, MINE, *CHUNKS)
    await storage.collector.mark_files(MINE, [])
    assert await told(storage, Kin(MINE)) is None
    await storage.collector.mark_files(MINE, [hashlib.sha256(DATA).hexdigest()])
    assert await told(storage, Kin(MINE)) is not None


async def test_what_is_damaged_is_not_told_so_that_it_is_sent_again(storage):
    facts = await published(storage, MINE, *CHUNKS)
    await storage.damages.note([Damage(XORB, hash_text(facts.xorb_hash), "a flipped bit")])
    assert await told(storage, Kin(MINE)) is None


async def test_an_answer_has_room_for_so_many_chunks_and_takes_what_fits(storage, database, workers, clock):
    await published(storage, MINE, *CHUNKS)
    clock.advance(timedelta(hours=1))
    small = await published(storage, MINE, b"another file")
    related = RelatedXorbs(database, workers, most=2)
    answer = await related.answer(NOBODYS, [Kin(MINE)], KEY, 1, 2)
    assert [one.xorb_hash for one in parse_shard(answer).xorbs] == [small.xorb_hash]


async def test_of_guesses_less_is_told(storage, database, workers):
    kin = [await published(storage, scope, *CHUNKS[:2], b"of %d" % scope) for scope in (MINE, THEIRS)]
    related = RelatedXorbs(database, workers, most=12)
    answer = await related.answer(NOBODYS, [Kin(MINE, is_guess=True), Kin(THEIRS, is_guess=True)], KEY, 1, 2)
    assert [one.xorb_hash for one in parse_shard(answer).xorbs] == [kin[0].xorb_hash]
    answer = await related.answer(NOBODYS, [Kin(MINE), Kin(THEIRS)], KEY, 1, 2)
    assert len(parse_shard(answer).xorbs) == 2


async def test_who_is_given_a_file_holds_the_xorbs_that_it_is_all_of(storage):
    """A pull request that is merged, for one: the guest brought the bytes."""
    facts = await published(storage, THEIRS, *CHUNKS)
    await storage.adopt(THEIRS, MINE, hashlib.sha256(DATA).hexdigest())
    assert [one.xorb_hash for one in await told(storage, Kin(MINE))] == [facts.xorb_hash]


async def test_who_is_given_a_file_does_not_hold_a_xorb_of_which_it_has_a_part(storage):
    facts = await put(storage, THEIRS, *CHUNKS)
    part = shard_file(CHUNKS[1], (facts, 1, 2))
    await register(storage, THEIRS, part)
    await storage.adopt(THEIRS, MINE, part.sha256)
    assert await told(storage, Kin(MINE)) is None
