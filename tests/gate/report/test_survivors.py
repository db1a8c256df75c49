from __future__ import annotations

from dataclasses import replace

from builders import make_change, make_evidence, make_mutant, make_mutation, make_result
from samples import failing_run, make_results, passing_run

from gate.model import ChangedFile, ChangedLines, MutationRun
from gate.report import mutants
from gate.report.survivors import by_place, first_survivors, gated, on_changed_lines
from gate.results.document import Results


def results_of(run: MutationRun, change: ChangedLines | None = None) -> Results:
    return make_results(evidence=make_evidence(mutation=run, changed=change, changed_files=()))


def change_of(*lines: int, path: str = "pkg/a.py") -> ChangedLines:
    return make_change(ChangedFile(path, frozenset(lines)))


def test_survivors_on_changed_lines_come_first_and_the_rest_in_their_order() -> None:
    run = make_mutation("Survived", "Survived", "Survived")
    results = results_of(run, change_of(2))
    assert [result.mutant.line for result in first_survivors(results, 9)] == [2, 1, 3]
    assert [result.mutant.line for result in first_survivors(results, 1)] == [2]


def test_without_a_change_the_order_is_that_of_the_terminal() -> None:
    results = failing_run()
    assert first_survivors(results, 20) == mutants.survivors(results.mutation, 20)
    assert on_changed_lines(results) == frozenset()


def test_those_of_one_place_stand_together_in_the_order_of_the_first() -> None:
    run = make_mutation("Survived", "Survived", "Survived")
    one, two, three = results_of(run).mutant_run.results
    again = replace(one, mutant=replace(one.mutant, id="f" * 12))
    elsewhere = replace(one, mutant=replace(one.mutant, function="other"))
    found = by_place([two, one, three, again, elsewhere])
    assert found == [[two], [one, again], [three], [elsewhere]]


def test_a_survivor_over_several_lines_is_on_each_of_them() -> None:
    mutant = make_mutant(4, end_line=6, source="a\nb\nc")
    run = make_mutation(results=(make_result(4, "Survived", mutant=mutant),))
    for line, touched in [(3, False), (4, True), (5, True), (6, True), (7, False)]:
        assert bool(on_changed_lines(results_of(run, change_of(line)))) is touched


def test_a_line_of_another_file_and_a_killed_mutant_do_not_count() -> None:
    run = make_mutation("Survived", "Killed")
    assert on_changed_lines(results_of(run, change_of(1, path="pkg/b.py"))) == frozenset()
    assert on_changed_lines(results_of(run, change_of(2))) == frozenset()


def test_of_a_change_every_mutant_is_gated_else_those_of_the_core() -> None:
    assert len(gated(passing_run().mutation)) == 20
    other = make_result(2, mutant=make_mutant(2, path="pkg/other.py"))
    run = make_mutation(results=(make_result(1), other))
    assert [result.mutant.path for result in gated(results_of(run).mutant_run)] == ["pkg/a.py"]
    assert len(gated(results_of(replace(run, changed=True)).mutation)) == 2
