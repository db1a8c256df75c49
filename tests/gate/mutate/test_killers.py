from fake_workers import make_mutant

from gate.mutate.killers import RECENT, Killers

ALL = tuple(range(12))


def test_without_a_kill_the_order_stays() -> None:
    assert Killers().order(make_mutant(), (3, 1, 2)) == (3, 1, 2)


def test_its_own_killer_comes_first_then_those_of_its_function_then_of_its_file() -> None:
    killers = Killers()
    killers.recall("m", 9)
    killers.remember(make_mutant("o", function="g"), 7)
    killers.remember(make_mutant("n"), 5)
    killers.remember(make_mutant("p", function="g"), 8)
    assert killers.order(make_mutant("m"), ALL)[:4] == (9, 5, 8, 7)
    assert killers.order(make_mutant("q", function="g"), ALL)[:3] == (8, 7, 5)


def test_no_test_is_added_lost_or_run_twice() -> None:
    killers = Killers()
    killers.recall("m", 11)
    for test in (1, 2, 1, 11, 4):
        killers.remember(make_mutant(), test)
    assert killers.order(make_mutant("m"), (2, 3, 4)) == (4, 2, 3)
    assert sorted(killers.order(make_mutant("m"), ALL)) == list(ALL)


def test_a_killer_of_another_file_says_nothing() -> None:
    killers = Killers()
    killers.remember(make_mutant(path="pkg/b.py"), 2)
    assert killers.order(make_mutant(), (1, 2)) == (1, 2)


def test_only_the_latest_killers_are_kept() -> None:
    killers = Killers()
    for test in ALL:
        killers.remember(make_mutant(), test)
    order = killers.order(make_mutant(), ALL)
    assert order[:RECENT] == tuple(reversed(ALL))[:RECENT]
    assert order[RECENT:] == ALL[: len(ALL) - RECENT]


def test_what_an_earlier_run_says_of_one_mutant_says_nothing_of_another() -> None:
    killers = Killers()
    killers.recall("m", 2)
    assert killers.order(make_mutant("n"), (1, 2)) == (1, 2)
