from commonweight.wire.xet.chunks import SIDE_BY_SIDE, Sessions


def test_an_upload_is_told_of_its_kin_as_often_as_files_are_sent_side_by_side():
    sessions = Sessions()
    assert [sessions.is_new("one") for _ in range(SIDE_BY_SIDE + 2)] == [True] * SIDE_BY_SIDE + [False] * 2
    assert sessions.is_new("another")
