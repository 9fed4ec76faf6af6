"""A pack beside what lies in a repository: nothing is overwritten unsaid."""

from __future__ import annotations

from commonweight.rights.pack import DIFFERS, EXTENDS, NEW, SAME, Pack, additions_to
from tests.rights.pack.world import TEXT, asked, at_base, pack, text_of

CARD = b"---\nlicense: mit\n---\n# Reader\n\nReads.\n"


def states(made: Pack, **there: bytes) -> dict[str, str]:
    return {one.path: one.state for one in additions_to(made, there)}


def test_in_an_empty_repository_everything_is_new() -> None:
    assert set(states(pack(asked(), at_base(TEXT))).values()) == {NEW}


def test_what_is_there_already_is_left_alone() -> None:
    made = pack(asked(), at_base(TEXT))
    there = {one.path: one.content for one in additions_to(made, {"README.md": CARD})}
    assert set(states(made, **there).values()) == {SAME}
    assert not any(one.is_owed for one in additions_to(made, there))


def test_a_copy_of_the_terms_that_lies_there_under_another_name_is_one() -> None:
    (found,) = [
        one
        for one in additions_to(pack(asked(), at_base(TEXT)), {"LICENSE": TEXT.encode()})
        if one.path.startswith("LICENSES")
    ]
    assert (found.state, found.at) == (SAME, "LICENSE")


def test_another_text_of_the_same_name_is_said_to_differ() -> None:
    made = pack(asked(), at_base(TEXT))
    assert states(made, **{"LICENSES/toy-1.txt": b"mine"})["LICENSES/toy-1.txt"] == DIFFERS


def test_a_notice_that_lies_there_is_kept_and_extended_once() -> None:
    made = pack(asked(), at_base(TEXT))
    (found,) = [one for one in additions_to(made, {"NOTICE": b"Ada made this.\n"}) if one.path == "NOTICE"]
    assert found.state == EXTENDS
    assert found.content == b"Ada made this.\n\n" + text_of(made, "NOTICE").encode()
    assert states(made, NOTICE=found.content)["NOTICE"] == SAME


def test_a_notice_that_says_all_of_it_is_enough() -> None:
    lies = b"Ada's model.\n  Toy is \xc2\xa9\n  Toy Inc.\n"
    assert states(pack(asked()), NOTICE=lies)["NOTICE"] == SAME


def test_the_badge_goes_below_the_cards_block_and_nothing_else_is_touched() -> None:
    (found,) = [one for one in additions_to(pack(asked()), {"README.md": CARD}) if one.path == "README.md"]
    assert found.state == EXTENDS
    assert found.content == b"---\nlicense: mit\n---\n\n**Built with \\<Toy\\>**\n\n# Reader\n\nReads.\n"
    assert states(pack(asked()), **{"README.md": found.content})["README.md"] == SAME


def test_a_card_without_a_block_and_no_card_get_the_badge_too() -> None:
    for lies in (b"# Reader\n", None):
        there = {} if lies is None else {"README.md": lies}
        (found,) = [one for one in additions_to(pack(asked()), there) if one.path == "README.md"]
        assert found.content.startswith(b"**Built with")


def test_a_card_that_is_no_text_is_left_alone() -> None:
    assert states(pack(asked()), **{"README.md": b"\xff"})["README.md"] == SAME
