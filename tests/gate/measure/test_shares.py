from hypothesis import given
from hypothesis import strategies as st

from gate.measure.shares import cut

SUITES = st.lists(st.sampled_from(["a.py", "b.py", "c.py", "d.py", "e.py"]), max_size=60)


@given(SUITES, st.integers(1, 10))
def test_every_test_is_in_exactly_one_share(paths: list[str], shares: int) -> None:
    found = [index for share in cut(paths, range(len(paths)), shares) for index in share]
    assert sorted(found) == list(range(len(paths)))


@given(SUITES, st.integers(1, 10))
def test_a_file_is_never_split_and_shares_are_never_more_than_asked(
    paths: list[str], shares: int
) -> None:
    cuts = cut(paths, range(len(paths)), shares)
    assert len(cuts) <= shares
    for path in set(paths):
        assert sum(any(paths[index] == path for index in share) for share in cuts) == 1


def test_shares_are_similar_in_number() -> None:
    paths = [f"{number // 10}.py" for number in range(400)]
    assert [len(share) for share in cut(paths, range(400), 8)] == [50] * 8


def test_a_suite_is_cut_into_eight_unless_told_otherwise() -> None:
    paths = [f"{number}.py" for number in range(16)]
    assert [len(share) for share in cut(paths, range(16))] == [2] * 8


def test_tests_of_a_file_keep_their_order_and_files_theirs() -> None:
    assert cut(["a", "b", "a", "c"], [0, 1, 2, 3], 1) == [(0, 2, 1, 3)]


def test_tests_that_are_left_out_are_in_no_share() -> None:
    assert cut(["a", "a", "b"], [0, 2], 2) == [(0,), (2,)]


def test_no_tests_make_no_shares() -> None:
    assert cut([], [], 8) == []
