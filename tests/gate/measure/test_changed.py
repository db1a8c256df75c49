from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from gate.measure.changed import measure_changed
from gate.model import (
    ChangedFile,
    ChangedLines,
    CoverageMap,
    FileCoverage,
    Problem,
    Ratio,
    SourceFile,
)
from gate.source.code import read_source

EMPTY = Ratio(0, 0)


def make_changed(path: str = "m.py", lines: Iterable[int] = ()) -> ChangedLines:
    file = ChangedFile(path, frozenset(lines))
    return ChangedLines(base="main", merge_base="0" * 40, head="1" * 40, dirty=False, files=(file,))


def make_coverage(
    executed: Iterable[int] = (),
    missing: Iterable[int] = (),
    taken: Iterable[tuple[int, int]] = (),
    untaken: Iterable[tuple[int, int]] = (),
    unreadable: str = "",
) -> CoverageMap:
    file = FileCoverage(
        "m.py",
        line=EMPTY,
        branch=EMPTY,
        function=Ratio(1, 2),
        executed_lines=frozenset(executed),
        missing_lines=frozenset(missing),
        executed_branches=frozenset(taken),
        missing_branches=frozenset(untaken),
        unreadable=unreadable,
    )
    return CoverageMap((file,))


def sources(folder: Path, text: str) -> dict[str, SourceFile]:
    (folder / "m.py").write_text(dedent(text))
    return {"m.py": read_source(folder, "m.py")}


CALL = """\
a = f(
    1,
    # why
    2,
)
b = 2
"""


def test_a_line_inside_a_statement_is_that_statement_once(tmp_path: Path) -> None:
    source = sources(tmp_path, CALL)
    coverage = make_coverage(executed=[6], missing=[1])
    (file,) = measure_changed(make_changed(lines=[2, 4, 6]), coverage, source).files
    assert (file.path, file.line) == ("m.py", Ratio(1, 2))
    assert (file.executed_lines, file.missing_lines) == ({6}, {1})
    assert (file.branch, file.function) == (EMPTY, EMPTY)


def test_statements_that_did_not_change_do_not_count(tmp_path: Path) -> None:
    source = sources(tmp_path, CALL)
    coverage = make_coverage(executed=[1], missing=[6], taken=[(1, 6)], untaken=[(6, 1)])
    (file,) = measure_changed(make_changed(lines=[5]), coverage, source).files
    assert (file.line, file.branch) == (Ratio(1, 1), Ratio(1, 1))
    assert file.missing_lines == file.missing_branches == frozenset()


def test_branches_that_leave_a_changed_statement_count(tmp_path: Path) -> None:
    source = sources(tmp_path, "if (\n  a\n):\n  b = 1\nelse:\n  b = 2\nc = 3\n")
    coverage = make_coverage(executed=[1, 4, 7], missing=[6], taken=[(1, 4)], untaken=[(1, 6)])
    for line in (2, 5):  # part of the condition, and the `else:` that it decides
        (file,) = measure_changed(make_changed(lines=[line]), coverage, source).files
        assert (file.line, file.branch) == (Ratio(1, 1), Ratio(1, 2))
        assert (file.executed_branches, file.missing_branches) == ({(1, 4)}, {(1, 6)})
    (file,) = measure_changed(make_changed(lines=[4]), coverage, source).files
    assert (file.line, file.branch) == (Ratio(1, 1), EMPTY)


def test_comments_blank_lines_and_docstrings_touch_nothing(tmp_path: Path) -> None:
    text = '"""Doc."""\n\n# why\na = f(\n    # inside\n    1)\n'
    source = sources(tmp_path, text)
    coverage = make_coverage(executed=[4])
    assert measure_changed(make_changed(lines=[1, 2, 3, 5]), coverage, source) == CoverageMap(())


def test_lines_that_coverage_does_not_measure_touch_nothing(tmp_path: Path) -> None:
    source = sources(tmp_path, "def f():\n  global x\n  x = 1\n")
    coverage = make_coverage(executed=[1, 3])
    assert measure_changed(make_changed(lines=[2]), coverage, source) == CoverageMap(())


def test_a_deletion_alone_touches_nothing(tmp_path: Path) -> None:
    source = sources(tmp_path, CALL)
    coverage = make_coverage(missing=[1, 6])
    assert measure_changed(make_changed(), coverage, source) == CoverageMap(())


def test_a_file_outside_the_measured_source_touches_nothing(tmp_path: Path) -> None:
    source = sources(tmp_path, CALL)
    changed = make_changed("tests/test_m.py", lines=[1])
    assert measure_changed(changed, make_coverage(missing=[1]), source) == CoverageMap(())


def test_a_file_without_an_entry_hides_none_of_those_after_it(tmp_path: Path) -> None:
    changed = make_changed(lines=[6])
    others = (ChangedFile("tests/test_m.py", frozenset({1})), ChangedFile("m.py", frozenset()))
    found = measure_changed(
        replace(changed, files=(*others, *changed.files)),
        make_coverage(missing=[6]),
        sources(tmp_path, CALL),
    )
    assert [(file.path, file.line) for file in found.files] == [("m.py", Ratio(0, 1))]


def unmeasured(reason: str) -> CoverageMap:
    """What is said of the change when `m.py` is of no use."""
    return CoverageMap(
        (FileCoverage("m.py", EMPTY, EMPTY, EMPTY, unreadable=reason),),
        (Problem("m.py", f"its changed lines are not measured: {reason}"),),
    )


def test_a_changed_file_that_cannot_be_read_is_a_problem() -> None:
    reason = "m.py:1: invalid syntax"
    found = measure_changed(make_changed(lines=[1]), make_coverage(unreadable=reason), {})
    assert found == unmeasured(reason)


def test_a_file_that_cannot_be_read_is_not_measured_though_its_source_is_there(
    tmp_path: Path,
) -> None:
    coverage = make_coverage(executed=[1], unreadable="coverage.py cannot compile it")
    found = measure_changed(make_changed(lines=[1]), coverage, sources(tmp_path, CALL))
    assert found == unmeasured("coverage.py cannot compile it")


def test_a_deletion_in_a_file_that_cannot_be_read_is_not_told_twice() -> None:
    # Measuring the whole file has told of it already.
    coverage = make_coverage(unreadable="m.py:1: invalid syntax")
    assert measure_changed(make_changed(), coverage, {}) == CoverageMap(())


def test_a_measured_file_whose_source_is_not_given_is_a_problem() -> None:
    found = measure_changed(make_changed(lines=[1]), make_coverage(executed=[1]), {})
    assert found == unmeasured("its source was not read")


FUNCTIONS = """\
def public():
    return 1

def _private():
    a = 1
    return a

def outer():
    def inner():
        return 2
    return inner
"""


def touched(tmp_path: Path, lines: Iterable[int], executed: Iterable[int]) -> FileCoverage:
    source = sources(tmp_path, FUNCTIONS)
    missing = {1, 2, 4, 5, 6, 8, 9, 10, 11} - set(executed)
    coverage = make_coverage(executed=executed, missing=missing)
    (file,) = measure_changed(make_changed(lines=lines), coverage, source).files
    return file


def test_touched_functions_count_private_ones_too(tmp_path: Path) -> None:
    file = touched(tmp_path, lines=[2, 6], executed=[1, 2, 4, 8])
    assert file.function == Ratio(1, 2)
    assert [function.qualname for function in file.missing_functions] == ["_private"]


def test_a_function_of_which_only_another_line_ran_is_executed(tmp_path: Path) -> None:
    file = touched(tmp_path, lines=[6], executed=[1, 4, 5, 8])
    assert (file.line, file.function) == (Ratio(0, 1), Ratio(1, 1))


def test_a_def_line_alone_and_a_nested_function_count_for_nothing(tmp_path: Path) -> None:
    file = touched(tmp_path, lines=[4, 10], executed=[1, 4, 8])
    assert (file.function, file.missing_functions) == (EMPTY, ())


def test_a_public_function_that_only_import_or_a_red_test_ran_is_not_executed(
    tmp_path: Path,
) -> None:
    source = sources(tmp_path, FUNCTIONS)
    (file,) = make_coverage(executed=[1, 2, 4, 8]).files
    coverage = CoverageMap((replace(file, missing_functions=source["m.py"].functions[:1]),))
    (file,) = measure_changed(make_changed(lines=[2]), coverage, source).files
    assert file.function == Ratio(0, 1)
