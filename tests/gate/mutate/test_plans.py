from fake_workers import make_mutant

from gate.mutate.plans import MutantPlan, Trial


def test_tests_that_ran_the_lines_come_before_those_of_the_import() -> None:
    assert MutantPlan(make_mutant(), (1, 2), (1, 2, 3)).covering == (1, 2)
    assert MutantPlan(make_mutant(), (), (3,)).covering == (3,)
    assert MutantPlan(make_mutant(), ()).covering == ()


def test_a_cleared_suspect_leaves_the_tests_after_it() -> None:
    trial = Trial(MutantPlan(make_mutant(), (4, 2, 7)), "switch", (4, 2, 7))
    trial.suspected(2, "timeout", "still running")
    assert (trial.suspect, trial.ending, trial.reason) == (2, "timeout", "still running")
    assert trial.cleared(unsound=True) == (7,)
    trial.suspected(7)
    assert (trial.ending, trial.reason) == ("end", "")
    assert trial.cleared(unsound=False) == ()
    assert trial.unsound == {2}
