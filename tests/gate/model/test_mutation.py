from __future__ import annotations

from builders import make_mutant, make_mutation, make_result

from gate.model import Score


def test_a_run_is_summed_up_by_file_and_a_file_of_the_core_may_have_no_mutant() -> None:
    elsewhere = make_result(3, "Survived", mutant=make_mutant(3, path="pkg/c.py"))
    run = make_mutation(
        results=(elsewhere, make_result(1), make_result(2, "Pending")),
        core=("pkg/b.py", "pkg/a.py"),
    )
    assert list(run.files) == ["pkg/a.py", "pkg/b.py", "pkg/c.py"]
    assert [file.score for file in run.files.values()] == [
        *(Score(1, 1, 2), Score(0, 0, 0), Score(0, 0, 1))
    ]
    counts = {status: count for status, count in run.counts.items() if count}
    assert counts == {"Killed": 1, "Survived": 1, "Pending": 1}
    assert run.score == Score(1, 1, 3)
    assert run.files["pkg/c.py"].counts["Survived"] == 1
