"""What the files of a pack hold."""

from __future__ import annotations

import json

from commonweight.rights import text_digest
from commonweight.rights.pack import TextAtHand
from tests.rights.pack.world import POLICY, RECORDS, TEXT, asked, at_base, pack, text_of
from tests.rights.worlds import question


def test_every_duty_of_the_verdict_is_on_the_list_with_its_clause() -> None:
    made = pack(asked())
    terms = RECORDS.get("toy-1")
    assert terms is not None
    listed = text_of(made, "CHECKLIST.md")
    owed = [duty for duty in terms.duties if duty.id != "register"]
    assert owed
    for duty in owed:
        assert f"{duty.reason} (Toy License, {duty.cite.clause})" in listed


def test_a_notice_stands_word_for_word_and_once() -> None:
    notice = text_of(pack(asked()), "NOTICE")
    assert notice.count("\nToy is © Toy Inc.\n") == 1
    assert "For toys/base, under Toy License (toy-1, 2.a)." in notice


def test_the_copy_is_the_text_from_the_models_own_repository_byte_for_byte() -> None:
    made = pack(asked(), at_base(TEXT))
    assert text_of(made, "LICENSES/toy-1.txt") == TEXT
    assert made.missing == ()


def test_a_text_that_is_not_at_hand_is_named_with_place_and_digest_and_not_made_up() -> None:
    made = pack(asked())
    wanted = text_of(made, "LICENSES/toy-1.wanted.md")
    assert text_digest(TEXT) in wanted
    assert "toy/toy" in wanted
    assert made.file("LICENSES/toy-1.txt") is None
    assert made.missing == ("toy-1",)
    assert not made.is_complete


def test_a_text_from_elsewhere_is_used_only_where_anybody_may_copy_it() -> None:
    found = TextAtHand("x", TEXT.encode(), origin="elsewhere")
    assert pack(asked(), found).missing == ("toy-1",)
    mild = TextAtHand("x", b"Mild License: keep the name above.\n", origin="elsewhere")
    made = pack(asked("mild-1"), mild)
    assert text_of(made, "LICENSES/mild-1.txt").startswith("Mild License")


def test_a_text_that_somebody_gave_is_used() -> None:
    assert pack(asked(), TextAtHand("x", TEXT.encode(), origin="given")).missing == ()


def test_a_text_from_elsewhere_names_no_holder_so_notices_are_left_to_a_person() -> None:
    mild = TextAtHand("x", b"Mild License: keep the name above.\n", origin="elsewhere")
    made = pack(asked("mild-1"), mild)
    (duty,) = made.duties
    assert duty.state == "prepared"
    assert "toys/base" in duty.left


def test_the_texts_of_several_holders_all_go_along() -> None:
    nodes = [
        {"id": "ada/reader", "made_by": "asker"},
        *({"id": f"{who}/base", "licence": "mild-1"} for who in ("bob", "cem")),
    ]
    edges = [{"child": "ada/reader", "parent": f"{who}/base", "relation": "merge"} for who in ("bob", "cem")]
    found = question(["publish_derivative"], subject={"root": "ada/reader", "nodes": nodes, "edges": edges})
    texts = [
        TextAtHand("LICENSE", f"Copyright (c) 2026 {who}\nMild License: keep the name above.\n".encode(), node=f"{who}/base")
        for who in ("bob", "cem")
    ]
    made = pack(found, *texts)
    copies = [file.content.decode() for file in made.files if file.path.startswith("LICENSES/")]
    assert [sum(who in copy for copy in copies) for who in ("bob", "cem")] == [1, 1]


def test_a_text_whose_words_are_not_those_recorded_is_copied_and_said_to_be_so() -> None:
    made = pack(asked(), at_base(TEXT + "And feed them.\n"))
    assert "feed them" in text_of(made, "LICENSES/toy-1.txt")
    (file,) = [one for one in json.loads(text_of(made, "pack.json"))["files"] if one["path"] == "LICENSES/toy-1.txt"]
    assert file["text"]["verified"] is False
    assert "compare them" in text_of(made, "CHECKLIST.md")


def test_the_text_of_another_licence_is_never_taken_for_this_one() -> None:
    assert pack(asked(), at_base("Mild License: keep the name above.\n")).missing == ("toy-1",)


def test_a_policy_goes_along_where_its_words_are_those_that_were_read() -> None:
    made = pack(asked(), at_base(TEXT), at_base(POLICY, "USE_POLICY.md"))
    assert text_of(made, "LICENSES/toy-1.rules.txt") == POLICY


def test_notices_of_the_parents_are_kept_word_for_word() -> None:
    made = pack(asked("mild-1"), at_base("Bob made this.\nSo did Cem.\n", "NOTICE"))
    assert "Bob made this.\nSo did Cem.\n" in text_of(made, "NOTICE")


def test_a_notice_that_is_no_text_is_kept_as_it_stands() -> None:
    made = pack(asked("mild-1"), TextAtHand("NOTICE", b"\xff\xfe", node="toys/base"))
    assert [file.content for file in made.files if file.path == "NOTICES/0.txt"] == [b"\xff\xfe"]


def test_every_restriction_stands_with_its_clause() -> None:
    restrictions = text_of(pack(asked()), "USE_RESTRICTIONS.md")
    for line in ("Military use is excluded. (4.a)", "Spam is excluded. (5)", "[Toy Rules](https://toy.example/rules)"):
        assert line in restrictions
    assert "This was not read in the text" in restrictions
    assert "It applies as it then stands." in restrictions


def test_a_badge_comes_ready_to_be_placed_and_is_no_markup_of_its_own() -> None:
    made = pack(asked())
    assert "Where: website" in text_of(made, "BADGES.md")
    assert text_of(made, "badges.html") == "<p><strong>Built with &lt;Toy&gt;</strong></p>\n"


def test_credit_names_the_parents_with_terms_changes_and_links() -> None:
    made = pack(asked(), **{"toys/base": "https://hub.example/toys/base"})
    attribution = text_of(made, "ATTRIBUTION.md")
    assert "**[toys/base](https://hub.example/toys/base)** (Toy License)" in attribution
    assert "ada/reader: trained further from the parent's weights (toys/base)." in attribution


def test_who_is_only_suspected_is_not_named() -> None:
    nodes = [{"id": "ada/reader", "made_by": "asker"}, {"id": "toys/base", "licence": "toy-1"}, {"id": "x/secret"}]
    edges = [
        {"child": "ada/reader", "parent": "toys/base", "relation": "finetune"},
        {"child": "ada/reader", "parent": "x/secret", "relation": "finetune", "evidence": "suspected"},
    ]
    made = pack(question(["publish_derivative"], subject={"root": "ada/reader", "nodes": nodes, "edges": edges}))
    assert not any(b"x/secret" in file.content for file in made.files)


def test_what_people_wrote_stays_text() -> None:
    name = "<img src=x> | [a](javascript:x)"
    found = asked(planned_name=f"Toy {name}")
    for file in pack(found).files:
        if file.path.endswith(".md"):
            assert b"<img" not in file.content.replace(b"\\<img", b"")
            assert b"[a](javascript" not in file.content


def test_the_same_question_gives_the_same_bytes() -> None:
    assert pack(asked(), at_base(TEXT)) == pack(asked(), at_base(TEXT))


def test_texts_may_come_in_any_order() -> None:
    texts = [at_base(TEXT), at_base(TEXT, "docs/LICENSE"), at_base(POLICY, "USE_POLICY.md")]
    assert pack(asked(), *texts) == pack(asked(), *reversed(texts))


def test_the_manifest_has_the_digest_of_every_other_file() -> None:
    made = pack(asked(), at_base(TEXT))
    listed = {one["path"]: one["digest"] for one in json.loads(text_of(made, "pack.json"))["files"]}
    assert listed == {file.path: file.digest for file in made.files if file.path != "pack.json"}


def test_files_that_people_read_come_in_spanish() -> None:
    made = pack(asked(), language="es")
    assert "# Lo que se debe" in text_of(made, "CHECKLIST.md")
    assert "Toy is © Toy Inc." in text_of(made, "NOTICE")


def test_the_makers_own_terms_owe_them_nothing() -> None:
    node = {"id": "ada/own", "made_by": "asker", "licence": "toy-1"}
    made = pack(question(["publish_derivative"], subject={"nodes": [node]}))
    assert {duty.state for duty in made.duties if duty.duty.do != "refrain"} == {"met"}
    assert made.missing == ()
    assert made.file("NOTICE") is None


def test_no_text_from_elsewhere_becomes_the_makers_own_licence() -> None:
    node = {"id": "ada/own", "made_by": "asker", "licence": "mild-1"}
    mild = TextAtHand("x", b"Mild License: keep the name above.\n", origin="elsewhere")
    made = pack(question(["publish_derivative"], subject={"nodes": [node]}), mild)
    assert not any(file.path.startswith("LICENSES/") for file in made.files)
