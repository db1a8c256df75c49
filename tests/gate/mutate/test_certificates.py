import pytest
from fake_workers import make_mutant

from gate.mutate.certificates import (
    KILLS_PER_LOOK,
    LEAST_LOOKS,
    Originals,
    looks,
    soundness,
    status_of,
)
from gate.mutate.plans import MutantPlan, Route, Trial
from gate.supervise.jobs import Ended, Ending, Job


def trial(suspect: int = 0, route: Route = "switch", ending: str = "end") -> Trial:
    made = Trial(MutantPlan(make_mutant(), (suspect,)), route, (suspect,))
    made.suspected(suspect, ending)
    return made


def ended(ending: Ending, item: int | None = None) -> Ended:
    return Ended(Job("original 1", (0,)), ending, "", item, 0.0, "", None)


def test_a_test_is_asked_once_and_all_who_wait_are_told() -> None:
    originals = Originals()
    first, second = trial(), trial()
    assert originals.wait(first)
    assert not originals.wait(second)
    assert originals.known(first) is None
    assert originals.settle("switch", 0, "yes") == [first, second]
    assert originals.known(second) == "yes"
    assert originals.settle("switch", 0, "yes") == []


def test_what_a_test_said_on_one_route_says_nothing_of_the_other() -> None:
    originals = Originals()
    originals.settle("switch", 0, "yes")
    assert originals.known(trial(route="import")) is None


def test_once_no_is_no_for_good() -> None:
    originals = Originals()
    originals.settle("switch", 0, "no")
    originals.settle("switch", 0, "yes")
    assert originals.known(trial()) == "no"


def test_who_waits_for_a_test_that_cannot_be_asked_is_handed_out_without_an_answer() -> None:
    originals = Originals()
    waiting = trial()
    originals.wait(waiting)
    assert originals.give_up("switch", 0) == [waiting]
    assert originals.known(waiting) is None


@pytest.mark.parametrize(
    ("route", "end", "failed", "sound"),
    [
        ("switch", ended("end"), None, "yes"),
        ("switch", ended("end"), 0, "no"),
        ("switch", ended("timeout", 0), None, "no"),
        ("switch", ended("crash", 0), None, "no"),
        ("switch", ended("stopped", 0), None, "no"),
        ("switch", ended("orphaned"), None, "cannot"),
        ("import", ended("stopped", 0), None, "cannot"),
        ("import", ended("crash", 0), None, "no"),
        ("import", ended("end"), None, "yes"),
    ],
)
def test_only_a_pass_on_the_original_is_sound(
    route: Route, end: Ended, failed: int | None, sound: str
) -> None:
    assert soundness(route, end, failed) == sound


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("end", "Killed"),
        ("timeout", "Timeout"),
        ("crash", "RuntimeError"),
        ("memory", "RuntimeError"),
    ],
)
def test_a_proved_mutant_is_named_by_how_its_test_ended(ending: str, status: str) -> None:
    assert status_of(trial(ending=ending)) == status


def test_who_killed_most_is_looked_at_first_and_more_often() -> None:
    kills = [trial(1)] + [trial(2) for _ in range(KILLS_PER_LOOK + 1)]
    assert [look.suspect for look in looks(kills)] == [2, 2, 1]
    assert all(look.left == (look.suspect,) for look in looks(kills))


def test_looks_are_a_small_part_of_many_kills_and_none_without_a_kill() -> None:
    many = [trial(number) for number in range(KILLS_PER_LOOK * (LEAST_LOOKS + 5))]
    assert len(list(looks(many))) == LEAST_LOOKS + 5
    assert len(list(looks(many[: LEAST_LOOKS + 3]))) == LEAST_LOOKS
    assert list(looks([])) == []


def test_looks_at_one_killer_go_to_the_functions_in_which_it_kills_its_first_at_last() -> None:
    def kill(function: str) -> Trial:
        made = Trial(MutantPlan(make_mutant(function=function), (1,)), "switch", (1,))
        made.suspected(1)
        return made

    kills = [kill("first") for _ in range(KILLS_PER_LOOK)]
    kills += [kill("few"), *(kill("many") for _ in range(2 * KILLS_PER_LOOK))]
    functions = [look.plan.mutant.function for look in looks(kills)]
    assert functions == ["many", "few", "first", "many"]
