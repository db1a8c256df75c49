from __future__ import annotations

import hashlib
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from coverage import CoverageData
from coverage.config import DEFAULT_EXCLUDE, DEFAULT_PARTIAL

from gate.errors import ExitCode, MissingEvidenceError, SetupError
from gate.measure import coverage as module
from gate.measure.coverage import AT_IMPORT, combine
from gate.measure.coverage import contexts_by_line as by_line
from gate.measure.coverage import measure as measure_sources
from gate.measure.functions import Passing
from gate.model import CoverageMap, FileCoverage, Problem, Ratio
from gate.source.code import read_sources
from gate.source.git import python_files
from gate.source.imports import ImportGraph
from gate.worker.messages import shared_context


def measure(
    root: Path, files: Sequence[str], data_file: Path, passing: frozenset[str]
) -> CoverageMap:
    return measure_sources(root, read_sources(root, files), data_file, Passing(passing))


# Runs each context's code under branch coverage in a process of its own, as a worker does.
RUNNER = """
import json, sys
from coverage import Coverage
contexts, data_file, root = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
coverage = Coverage(data_file=data_file, config_file=False, branch=True, source=[root])
coverage.start()
sys.path.insert(0, root)
space = {}
for context, code in contexts:
    coverage.switch_context(context)
    exec(code, space)
coverage.stop()
coverage.get_data().write()
"""

MODULE = '''\
"""A module."""


def sign(number):
    if number < 0:
        return -1
    elif number == 0:
        return 0
    return 1


def unused(
    number,
):
    return [
        number,
    ]


class Shape:
    def area(self):
        return 1

    def _private(self):
        return 2
'''


def run(root: Path, data_file: Path, contexts: Mapping[str, str]) -> Path:
    arguments = [json.dumps(list(contexts.items())), str(data_file), str(root)]
    subprocess.run([sys.executable, "-c", RUNNER, *arguments], check=True, cwd=root)
    return data_file


def project(folder: Path, **modules: str) -> Path:
    root = folder / "project"
    root.mkdir(exist_ok=True)
    for name, text in modules.items():
        (root / f"{name}.py").write_text(dedent(text))
    return root


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.py"))


def of(coverage: CoverageMap, path: str) -> FileCoverage:
    (file,) = (file for file in coverage.files if file.path == path)
    return file


def own_report(root: Path, data_file: Path, files: Sequence[str]) -> dict[str, Any]:
    """Give coverage.py's own JSON report from its command line."""
    output = root.parent / "own.json"
    command = [sys.executable, "-m", "coverage", "json", "--rcfile=/dev/null", "-q"]
    command += [f"--data-file={data_file}", "-o", str(output), *files]
    subprocess.run(command, check=True, cwd=root, capture_output=True)
    report: dict[str, Any] = json.loads(output.read_text())
    return report


def test_lines_branches_and_functions_of_one_file(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "m.sign(1); m.sign(-1)"})
    found = measure(root, ["m.py"], data, frozenset({"t::one"}))
    assert found.problems == ()
    file = of(found, "m.py")
    assert file.digest == hashlib.sha256((root / "m.py").read_bytes()).hexdigest()
    assert file.line == Ratio(9, 13)
    assert file.executed_lines == {4, 5, 6, 7, 9, 12, 20, 21, 24}
    assert file.missing_lines == {8, 15, 22, 25}
    assert file.branch == Ratio(3, 4)
    assert file.executed_branches == {(5, 6), (5, 7), (7, 9)}
    assert file.missing_branches == {(7, 8)}
    assert file.function == Ratio(1, 3)
    assert [function.qualname for function in file.missing_functions] == ["unused", "Shape.area"]


def test_the_figures_are_those_of_coverage_to_the_statement(tmp_path: Path) -> None:
    root = project(tmp_path, unused="x = 1\nif x:\n    y = 2\n")
    folder = Path(os.path.dirname(json.__file__)).parent
    modules = ("textwrap", "shlex", "heapq", "fnmatch", "bisect", "graphlib", "string")
    for name in modules:
        (root / f"copy_{name}.py").write_bytes((folder / f"{name}.py").read_bytes())
    calls = (
        "copy_textwrap.wrap('a b'); copy_shlex.split('a \"b\"'); copy_heapq.nsmallest(1, [2, 1])"
    )
    imports = "\n".join(f"import copy_{name}" for name in modules)
    data = run(root, tmp_path / "data", {"": imports, "t::one": calls})
    found = measure(root, names(root), data, frozenset({"t::one"}))
    report = own_report(root, data, names(root))
    totals = report["totals"]
    assert found.total("line") == Ratio(totals["covered_lines"], totals["num_statements"])
    assert found.total("branch") == Ratio(totals["covered_branches"], totals["num_branches"])
    assert totals["num_statements"] > 500
    for file in found.files:
        own = report["files"][file.path]
        assert sorted(file.executed_lines) == own["executed_lines"], file.path
        assert sorted(file.missing_lines) == own["missing_lines"], file.path
        branches = {(start, end) for start, end in own["missing_branches"]}
        assert file.missing_branches == branches, file.path


def test_a_file_that_no_test_imports_counts_zero(tmp_path: Path) -> None:
    root = project(tmp_path, m="x = 1\n", lonely=MODULE, empty="", comment="# nothing\n")
    data = run(root, tmp_path / "data", {"": "import m"})
    found = measure(root, names(root), data, frozenset())
    assert found.problems == ()
    lonely = of(found, "lonely.py")
    assert (lonely.line, lonely.branch, lonely.function) == (Ratio(0, 13), Ratio(0, 4), Ratio(0, 3))
    assert of(found, "empty.py").line == of(found, "comment.py").line == Ratio(0, 0)


def test_data_without_any_line_of_the_project_counts_zero_without_a_problem(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "pass"})
    found = measure(root, ["m.py"], data, frozenset())
    assert found.problems == ()
    assert (found.total("line"), found.total("branch")) == (Ratio(0, 13), Ratio(0, 4))


def test_no_file_to_measure_measures_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m"})
    assert measure(root, [], data, frozenset()) == CoverageMap(())


def test_no_file_that_can_be_read_is_no_crash(tmp_path: Path) -> None:
    root = project(tmp_path, syntax="if:\n")
    found = measure(root, ["syntax.py"], tmp_path / "missing", frozenset())
    assert [p.subject for p in found.problems] == [str(tmp_path / "missing"), "syntax.py"]


def test_only_named_files_are_measured_once_and_in_order(tmp_path: Path) -> None:
    root = project(tmp_path, a="x = 1\n", b="x = 1\n", c="x = 1\n")
    data = run(root, tmp_path / "data", {"": "import a, b, c"})
    found = measure(root, ["c.py", "a.py", "c.py"], data, frozenset())
    assert [file.path for file in found.files] == ["a.py", "c.py"]


FUNCTIONS = """\
def called():
    return 1

def called_by_a_red_test():
    return 1

def called_at_import():
    return 1

def one_line(): return 1

def one_line_called(): return 1

@staticmethod
def decorated(): return 1

def stub(): ...

def documented():
    '''Doc.'''

def several_lines(
    x,
):
    return (
        x
    )

def parenthesised():
    (
        len('a')
    )

async def waits():
    return 1

def generates():
    (
        yield 1
    )

def outer():
    def inner():
        return 1
    return inner

def skipped():  # pragma: no cover
    return 1

called_at_import()
"""


def test_a_function_counts_only_when_a_passing_test_runs_its_body(tmp_path: Path) -> None:
    root = project(tmp_path, m=FUNCTIONS)
    contexts = {
        "": "pass",
        # An import inside a test runs every `def` line in that test's context.
        "t::green": "import m; m.called(); m.one_line_called(); m.outer()",
        "t::lines": "m.several_lines(1); m.parenthesised()",
        "t::red": "m.called_by_a_red_test()",
        "t::lazy": "list(m.generates()); m.waits().close()",
    }
    data = run(root, tmp_path / "data", contexts)
    file = of(measure(root, ["m.py"], data, frozenset({"t::green", "t::lines", "t::lazy"})), "m.py")
    assert [function.qualname for function in file.missing_functions] == [
        "called_by_a_red_test",
        "one_line",
        "decorated",
        "waits",
    ]
    # A stub has nothing to run, and `pragma: no cover` leaves a function out as it does its lines.
    assert file.function == Ratio(7, 11)
    (private,) = file.missing_private
    assert private.qualname == "outer.<locals>.inner"


@pytest.mark.parametrize("passing", ["t::begins", "t::ends"])
def test_a_generator_is_reached_by_the_test_that_begins_it_and_by_the_one_that_ends_it(
    tmp_path: Path, passing: str
) -> None:
    root = project(tmp_path, m=FUNCTIONS)
    contexts = {
        "": "import m",
        "t::begins": "generator = m.generates(); next(generator)",
        "t::ends": "list(generator)",
    }
    data = run(root, tmp_path / "data", contexts)
    file = of(measure(root, ["m.py"], data, frozenset({passing})), "m.py")
    assert "generates" not in [function.qualname for function in file.missing_functions]


def test_a_one_line_function_that_begins_a_module_is_not_reached_by_an_import(
    tmp_path: Path,
) -> None:
    root = project(tmp_path, m="# A licence.\ndef first(): return 1\n")
    contexts = {"": "pass", "t::imports": "import m", "t::calls": "m.first()"}
    data = run(root, tmp_path / "data", contexts)
    for test, ratio in (("t::imports", Ratio(0, 1)), ("t::calls", Ratio(1, 1))):
        assert of(measure(root, ["m.py"], data, frozenset({test})), "m.py").function == ratio


def unreached(file: FileCoverage) -> dict[str, bool]:
    """The functions that no passing test reaches, and whether they ran at import."""
    return {
        each.qualname: each.at_import for each in (*file.missing_functions, *file.missing_private)
    }


def test_what_runs_at_import_is_reached_when_a_passing_test_runs_anything_of_its_file(
    tmp_path: Path,
) -> None:
    root = project(tmp_path, m=FUNCTIONS)
    contexts = {"": "import m", "t::a": "m.called()", "t::b": "m.outer()", "t::c": "m.outer()"}
    data = run(root, tmp_path / "data", contexts)
    for passing in ({""}, {"t::a", ""}, {"t::a", "t::b", ""}):
        file = of(measure(root, ["m.py"], data, frozenset(passing)), "m.py")
        others = len(passing) - 1
        assert file.function.covered == (others + 1 if others else 0)
        assert ("called_at_import" in unreached(file)) is not others
        assert unreached(file)["one_line"] is False


def test_what_runs_at_import_is_reached_by_a_passing_test_whose_file_imports_it(
    tmp_path: Path,
) -> None:
    tests = {"t_far": "import b\n", "t_other": "import os\n"}
    hook = (
        "def register(f):\n    return f\n\n@register\ndef _use(): pass\n\ndef never():\n    pass\n"
    )
    root = project(tmp_path, m=hook, b="from m import _use\n", **tests)
    files = ["b.py", "m.py"]
    data = run(root, tmp_path / "data", {"": "import b"})
    graph = ImportGraph(root, [*files, "t_far.py", "t_other.py"])
    read = read_sources(root, files)

    def missing(test_file: str, executed: str = "") -> dict[str, bool]:
        passing = Passing(frozenset({"t::one"}), frozenset({test_file}), graph)
        return unreached(of(measure_sources(root, read, data, passing), "m.py"))

    assert missing("t_far.py") == {"_use": False, "never": False}
    assert missing("t_other.py") == {"register": True, "_use": False, "never": False}


def test_what_runs_at_import_is_reached_when_a_passing_test_runs_a_file_that_imports_it(
    tmp_path: Path,
) -> None:
    root = project(
        tmp_path,
        m="def make():\n    return 1\n\nX = make()\n",
        b="import m\n\ndef f():\n    return m.X\n",
    )
    data = run(root, tmp_path / "data", {"": "import b", "t::one": "b.f()", "t::red": "b.m.X"})
    graph, read = ImportGraph(root, ["b.py", "m.py"]), read_sources(root, ["b.py", "m.py"])
    for test, missing in (("t::one", {}), ("t::red", {"make": True})):
        found = measure_sources(root, read, data, Passing(frozenset({test}), frozenset(), graph))
        assert unreached(of(found, "m.py")) == missing


EXCLUDED = """\
import sys
from typing import TYPE_CHECKING

if sys.version_info >= (3, 99):  # pragma: no cover
    def newer():
        return 1

class Hidden:  # pragma: no cover
    def method(self):
        return 1

    class Within:
        def deep(self):
            return 1

if TYPE_CHECKING:
    def typed():
        return 1

def partly(a):
    if a:  # pragma: no cover
        return 1
    return 2

def dots(
    a,
): ...
"""


def test_a_function_that_coverage_leaves_out_is_left_out(tmp_path: Path) -> None:
    root = project(tmp_path, m=EXCLUDED)
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "pass"})
    file = of(measure(root, ["m.py"], data, frozenset({"t::one"})), "m.py")
    assert unreached(file) == {"partly": False}
    assert file.function == Ratio(0, 1)


def test_a_function_under_a_pragma_that_was_lifted_has_to_be_reached(tmp_path: Path) -> None:
    root = project(tmp_path, m="def f():  # pragma: no cover\n    return 1\n")
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "pass"})
    read, passing = read_sources(root, ["m.py"]), Passing(frozenset({"t::one"}))
    assert of(measure_sources(root, read, data, passing), "m.py").function == Ratio(0, 0)
    lifted = {"m.py": frozenset({(1, "no cover")})}
    found = of(measure_sources(root, read, data, passing, lifted), "m.py")
    assert (found.function, unreached(found)) == (Ratio(0, 1), {"f": False})


def test_what_the_set_up_of_a_shared_fixture_runs_is_reached_by_the_test_it_ran_in(
    tmp_path: Path,
) -> None:
    root = project(tmp_path, m=FUNCTIONS)
    contexts = {
        "": "import m",
        shared_context(0, "t::green"): "m.called()",
        shared_context(1, "t::red"): "m.called_by_a_red_test()",
    }
    data = run(root, tmp_path / "data", contexts)
    for passing in ({"t::green"}, {"t::green", "t::other", "t::more", "t::most"}):
        file = of(measure(root, ["m.py"], data, frozenset(passing)), "m.py")
        missing = [function.qualname for function in file.missing_functions]
        assert "called" not in missing
        assert "called_by_a_red_test" in missing


@pytest.mark.parametrize("passing", [1, 3, 5])
def test_test_names_are_taken_literally(tmp_path: Path, passing: int) -> None:
    # Few or many passing tests choose the shorter list; brackets, bars and newlines are names.
    tests = ["t::a[1|2]", "t::a[.*]", "t::a[x\ny]", "t::a[(]", "t::a[1]", "t::b"]
    text = "".join(f"def f{number}():\n    return 1\n" for number in range(len(tests)))
    root = project(tmp_path, m=text)
    calls = {test: f"m.f{number}()" for number, test in enumerate(tests)}
    data = run(root, tmp_path / "data", {"": "import m", **calls})
    file = of(measure(root, ["m.py"], data, frozenset(tests[:passing])), "m.py")
    assert [f.qualname for f in file.missing_functions] == [f"f{n}" for n in range(passing, 6)]


def test_a_function_of_400_branches_is_measured(tmp_path: Path) -> None:
    branches = "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1, 420))
    root = project(tmp_path, m=f"def f(x):\n    if x == 0:\n        return 0\n{branches}")
    data = run(root, tmp_path / "data", {"t::one": "import m; m.f(5)"})
    found = measure(root, ["m.py"], data, frozenset({"t::one"}))
    assert found.problems == ()
    assert of(found, "m.py").branch == Ratio(6, 840)


def test_a_source_that_is_no_python_is_unreadable_and_a_problem(tmp_path: Path) -> None:
    root = project(tmp_path, good="x = 1\n", syntax="if:\n", future="from __future__ import no\n")
    (root / "nul.py").write_bytes(b"x = '\0'\n")
    (root / "cookie.py").write_bytes(b"# coding: nonsense\nx = 1\n")
    (root / "feed.py").write_bytes(b"x = 1\n\x0cy = 2\n")
    data = run(root, tmp_path / "data", {"": "import good"})
    found = measure(root, [*names(root), "missing.py"], data, frozenset())
    unreadable = {file.path: file.unreadable for file in found.files if file.unreadable}
    assert sorted(unreadable) == [
        "cookie.py",
        # coverage.py reads a form feed as a space, and cannot parse what Python can.
        "feed.py",
        "future.py",
        "missing.py",
        "nul.py",
        "syntax.py",
    ]
    assert "syntax.py:1" in unreadable["syntax.py"]
    assert unreadable["feed.py"] == (
        "coverage.py cannot read it: Couldn't parse as Python source: 'unexpected indent' at line 2"
    )
    assert found.problems == tuple(Problem(*each) for each in sorted(unreadable.items()))
    nothing = Ratio(0, 0)
    assert all(
        of(found, path) == FileCoverage(path, nothing, nothing, nothing, unreadable=reason)
        for path, reason in unreadable.items()
    )
    assert of(found, "good.py").line == Ratio(1, 1)


def broken_data_files(folder: Path, good: Path) -> dict[str, Path]:
    data = good.read_bytes()
    contents = {
        "junk": b"no data base" * 400,
        "zero": b"",
        "cut": data[: len(data) * 2 // 3],
        "overwritten": data[:4096] + b"\xff" * (len(data) - 4096),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with_lines = CoverageData(str(folder / "lines"))
    with_lines.add_lines({"m.py": [1]})
    with_lines.close()
    (folder / "directory").mkdir()
    return {name: folder / name for name in (*contents, "lines", "directory", "missing")}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("junk", "the coverage data cannot be read: .+"),
        ("zero", "the coverage data holds no branches"),
        ("cut", "the coverage data cannot be read: .+"),
        ("overwritten", "the coverage data cannot be read: .+"),
        ("lines", "the coverage data holds no branches"),
        ("directory", "there is no coverage data file"),
        ("missing", "there is no coverage data file"),
    ],
)
def test_a_data_file_of_no_use_leaves_everything_at_zero(
    tmp_path: Path, name: str, reason: str
) -> None:
    root = project(tmp_path, m=MODULE)
    good = run(root, tmp_path / "data", {"": "import m", "t::one": "m.sign(1)"})
    broken = broken_data_files(tmp_path, good)[name]
    found = measure(root, ["m.py"], broken, frozenset({"t::one"}))
    (problem,) = found.problems
    assert problem.subject == str(broken)
    assert re.fullmatch(reason, problem.message), problem.message
    file = of(found, "m.py")
    assert (file.line, file.branch, file.function) == (Ratio(0, 13), Ratio(0, 4), Ratio(0, 3))
    assert not file.unreadable


def test_without_the_names_of_the_tests_no_function_is_reached(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE, syntax="if:\n")
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "m.sign(1); m.sign(-1)"})
    with sqlite3.connect(data) as rotten:
        rotten.execute("update context set context = cast(x'ff' as text) where context != ''")
    rotten.close()
    found = measure(root, ["m.py", "syntax.py"], data, frozenset({"t::one"}))
    assert (of(found, "m.py").line, of(found, "m.py").function) == (Ratio(9, 13), Ratio(0, 3))
    assert [problem.subject for problem in found.problems] == ["syntax.py", str(data)]
    assert re.match("the test contexts cannot be read: .*UTF-8", found.problems[-1].message)


def test_every_data_base_that_was_opened_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m"})
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def keep(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", keep)
    measure(root, ["m.py"], data, frozenset())
    by_line(data, root / "m.py")
    combine([data], tmp_path / "all")
    assert opened
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("select 1")


def test_a_file_that_a_plugin_claims_to_have_measured_is_not_believed(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE, other="x = 1\n")
    path = str(tmp_path / "data")
    data = CoverageData(path)
    data.add_arcs({str(root / name): [(-1, 1), (1, -1)] for name in ("m.py", "other.py")})
    data.add_file_tracers({str(root / "m.py"): "a.plugin"})
    data.close()
    found = measure(root, ["m.py", "other.py"], Path(path), frozenset())
    assert of(found, "m.py").unreadable == "a plugin of coverage.py measured it: a.plugin"
    assert of(found, "other.py").line == Ratio(1, 1)


def test_a_file_that_coverage_leaves_out_of_its_report_is_unreadable_and_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def json_report(self: module.Coverage, outfile: str, **options: Any) -> None:
        Path(outfile).write_text('{"files": {}}')

    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m"})
    monkeypatch.setattr(module.Coverage, "json_report", json_report)
    found = measure(root, ["m.py"], data, frozenset())
    assert of(found, "m.py").unreadable == "coverage.py left it out of its report"
    assert found.problems == (Problem("m.py", "coverage.py left it out of its report"),)


def test_no_configuration_of_the_repository_leaves_lines_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m"})
    plain, missing = (measure(root, ["m.py"], each, frozenset()) for each in (data, tmp_path / "x"))
    (root / ".coveragerc").write_text(
        "[run]\nbranch = false\n[report]\nomit = *\nexclude_also = .\n"
    )
    monkeypatch.chdir(root)
    monkeypatch.setenv("COVERAGE_RCFILE", str(root / ".coveragerc"))
    assert measure(root, ["m.py"], data, frozenset()) == plain
    assert measure(root, ["m.py"], tmp_path / "x", frozenset()) == missing


def test_the_folder_we_are_in_and_links_on_the_way_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, m=MODULE)
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "m.sign(1)"})
    passing = frozenset({"t::one"})
    expected = measure(root, ["m.py"], data, passing)
    assert expected.total("function") == Ratio(1, 3)
    (tmp_path / "link").symlink_to(root)
    for folder in (root, tmp_path, Path("/")):
        monkeypatch.chdir(folder)
        assert measure(root, ["m.py"], data, passing) == expected
        assert measure(tmp_path / "link", ["m.py"], data, passing) == expected


@pytest.mark.parametrize("name", ["sp ace", "new\nline", "é—ü", 'qu"ote', "per%cent[1]*?"])
def test_odd_file_names_are_measured(tmp_path: Path, name: str) -> None:
    root = project(tmp_path, **{name: "x = 1\nif x:\n    y = 1\n"})
    load = (
        f"exec(compile(open({name + '.py'!r}).read(), {str(root / name) + '.py'!r}, 'exec'), {{}})"
    )
    data = run(root, tmp_path / "data", {"": load})
    found = measure(root, [f"{name}.py"], data, frozenset())
    assert found.problems == ()
    assert (found.total("line"), found.total("branch")) == (Ratio(3, 3), Ratio(1, 2))


def test_excluded_lines_and_branches_count_as_coverage_counts_them(tmp_path: Path) -> None:
    text = """\
        def f(x):
            for i in x:
                if i == 1:
                    continue
                elif i == 2:  # pragma: no cover
                    break
                if i:  # pragma: no branch
                    pass
            if TYPE_CHECKING:
                import typing
        def stub(): ...
        """
    root = project(tmp_path, m=text)
    calls = "import m; m.TYPE_CHECKING = False; m.f([1, 2])"
    data = run(root, tmp_path / "data", {"": calls})
    file = of(measure(root, ["m.py"], data, frozenset()), "m.py")
    (own,) = own_report(root, data, ["m.py"])["files"].values()
    assert own["excluded_lines"]
    assert file.line == Ratio(own["summary"]["covered_lines"], own["summary"]["num_statements"])
    assert file.branch == Ratio(own["summary"]["covered_branches"], own["summary"]["num_branches"])
    assert not (file.executed_lines | file.missing_lines) & set(own["excluded_lines"])


def test_half_a_part_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "all").write_bytes(b"")
    part = CoverageData(str(tmp_path / "part"))
    part.set_context("t::cut")
    part.add_arcs({"/m.py": [(line, line + 1) for line in range(1, 150_000)]})
    part.close()
    content = (tmp_path / "part").read_bytes()
    (tmp_path / "part").write_bytes(content[: len(content) * 2 // 3])
    assert [p.subject for p in combine([tmp_path / "part"], tmp_path / "all")] == [
        str(tmp_path / "part")
    ]
    assert dict(by_line(tmp_path / "all", Path("/m.py"))) == {}


def test_parts_are_merged_and_a_corrupt_one_is_named(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE, n="x = 1\n")
    one = run(root, tmp_path / "one", {"": "import m", "t::one": "m.sign(1)"})
    two = run(root, tmp_path / "two", {"": "import m, n", "t::two": "m.sign(-1)"})
    broken = broken_data_files(tmp_path, one)
    problems = combine([one, *broken.values(), two], tmp_path / "all")
    assert [problem.subject for problem in problems] == [str(path) for path in broken.values()]
    assert all(problem.message for problem in problems)
    found = measure(root, ["m.py", "n.py"], tmp_path / "all", frozenset({"t::one"}))
    assert found.problems == ()
    assert of(found, "m.py").executed_lines >= {6, 9}
    assert of(found, "n.py").line == Ratio(1, 1)
    assert one.exists()
    assert two.exists()


def test_a_merge_replaces_what_was_there_before(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    old = run(root, tmp_path / "all", {"": "import m", "t::one": "m.sign(1)"})
    new = run(root, tmp_path / "new", {"": "pass"})
    assert combine([new], old) == ()
    assert measure(root, ["m.py"], old, frozenset()).total("line") == Ratio(0, 13)


def test_the_order_of_the_parts_changes_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    parts = [
        run(root, tmp_path / f"part{n}", {"": "import m", f"t::{n}": f"m.sign({n})"})
        for n in (-1, 0, 1)
    ]
    passing = frozenset({"t::-1", "t::0"})
    seen = []
    for seed in range(3):
        random.Random(seed).shuffle(parts)
        assert combine(parts, tmp_path / "all") == ()
        seen.append(measure(root, ["m.py"], tmp_path / "all", passing))
    assert seen[0].total("line") == Ratio(10, 13)
    assert seen[1:] == seen[:-1]


def test_no_part_at_all_is_a_problem(tmp_path: Path) -> None:
    problem = Problem(str(tmp_path / "all"), "no coverage data was collected")
    assert combine([], tmp_path / "all") == (problem,)


def test_a_result_that_cannot_be_written_is_a_setup_error(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    part = run(root, tmp_path / "part", {"": "import m"})
    into = tmp_path / "missing" / "all"
    with pytest.raises(SetupError) as caught:
        combine([part], into)
    assert caught.value.message.startswith(f"The coverage data cannot be written to {into}: ")
    assert caught.value.hint == "Is there room on the disk, and is the folder writable?"
    assert caught.value.exit_code == ExitCode.USAGE


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow over so many bytes, as on a disk that is full."""
    tempfile.gettempdir()  # it tries by writing
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("size", "unwritten"), [(0, "report.json"), (50_000, "lifted/m.py")])
def test_a_disk_that_is_full_while_coverage_is_measured_is_a_setup_error(
    tmp_path: Path, size: int, unwritten: str
) -> None:
    root = project(tmp_path, m=HIDDEN + "#" * 100_000)
    data, read = run(root, tmp_path / "data", {"": "import m"}), read_sources(root, ["m.py"])
    lifted = {"m.py": frozenset({(7, "no cover")})}
    with largest_file(size), pytest.raises(SetupError) as caught:
        measure_sources(root, read, data, Passing(frozenset()), lifted)
    wanted = rf"The coverage data cannot be written to \S+/gate-coverage-[^/]+/{unwritten}: "
    assert re.match(wanted, caught.value.message)


def test_data_that_breaks_after_it_was_looked_at_is_a_setup_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, data = project(tmp_path, m=MODULE), tmp_path / "data"
    data.write_bytes(b"SQLite format 3\0" + bytes(600))
    monkeypatch.setattr(module, "_why_unusable", lambda _: "")
    wanted = rf"\AThe coverage data cannot be read from {re.escape(str(data))}: "
    with pytest.raises(SetupError, match=wanted):
        measure(root, ["m.py"], data, frozenset())
    with pytest.raises(SetupError, match=wanted):
        by_line(data, root / "m.py")


def test_each_line_names_the_tests_that_ran_it(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    contexts = {"": "import m", "t::one": "m.sign(1)", "t::two": "m.sign(-1)"}
    data = run(root, tmp_path / "data", contexts)
    found = by_line(data, root / "m.py")
    both = frozenset({"t::one", "t::two"})
    one, two = frozenset({"t::one"}), frozenset({"t::two"})
    at_import = dict.fromkeys((4, 12, 20, 21, 24), frozenset({AT_IMPORT}))
    assert {line: tests for line, tests in found.items() if line > 1} == {
        5: both,
        6: two,
        7: one,
        9: one,
        **at_import,
    }
    assert found.get(1, at_import[4]) == at_import[4]
    assert dict(by_line(data, root / "never.py")) == {}


def test_a_line_that_runs_at_import_and_in_a_test_names_both(tmp_path: Path) -> None:
    root = project(tmp_path, m="def f():\n    return 1\n\nY = f()\n")
    data = run(root, tmp_path / "data", {"": "import m", "t::one": "m.f()"})
    found = by_line(data, root / "m.py")
    assert found[2] == frozenset({AT_IMPORT, "t::one"})
    assert found[4] == frozenset({AT_IMPORT})


def test_contexts_by_line_of_broken_data_are_missing_evidence(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 999)
    for name, reason in (
        ("junk", "the coverage data cannot be read: "),
        ("missing", "there is no coverage data file"),
    ):
        with pytest.raises(MissingEvidenceError) as caught:
            by_line(tmp_path / name, tmp_path / "m.py")
        assert caught.value.message.startswith(f"{tmp_path / name}: {reason}")
        assert caught.value.hint == "Run `gate check` again."
        assert caught.value.exit_code == ExitCode.INCONCLUSIVE


def test_measuring_writes_nothing_beside_the_data(tmp_path: Path) -> None:
    root = project(tmp_path, m=MODULE)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    data = run(root, tmp_path / "data", {"": "import m"})
    before = sorted(tmp_path.rglob("*")), data.read_bytes()
    measure(root, list(python_files(root)), data, frozenset())
    assert (sorted(tmp_path.rglob("*")), data.read_bytes()) == before


HIDDEN = """
def seen(a):
    if a:  # pragma: no branch
        return 1
    return 2

def hidden():  # pragma: no cover
    return 3

def old():  # pragma: no cover
    return 4
"""


def test_a_pragma_that_was_lifted_leaves_nothing_out(tmp_path: Path) -> None:
    root = project(tmp_path, m=HIDDEN, other="x = 1\n")
    data = run(root, tmp_path / "data", {"": "import m, other", "t::one": "m.seen(1)"})
    read = read_sources(root, ["m.py", "other.py"])
    passing = Passing(frozenset({"t::one"}))
    heeded = measure_sources(root, read, data, passing)
    assert of(heeded, "m.py").missing_lines == {5}
    assert of(heeded, "m.py").branch == Ratio(2, 2)
    lifted = {"m.py": frozenset({(3, "no branch"), (7, "no cover")})}
    found = measure_sources(root, read, data, passing, lifted)
    file = of(found, "m.py")
    assert file.missing_lines == {5, 8}
    assert file.executed_lines == {2, 3, 4, 7}
    assert (file.branch, file.missing_branches) == (Ratio(1, 2), {(3, 5)})
    assert of(found, "other.py") == of(heeded, "other.py")
    assert found.problems == ()
    assert (root / "m.py").read_text() == HIDDEN


def test_pragmas_are_lifted_in_every_file_whatever_the_repository_configures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path)
    (root / "pkg/deep").mkdir(parents=True)
    files = ["pkg/deep/a.py", "pkg/deep/b.py"]
    for file in files:
        (root / file).write_text(HIDDEN)
    data = run(root, tmp_path / "data", {"": "import pkg.deep.a, pkg.deep.b"})
    (root / ".coveragerc").write_text("[report]\nomit = *\n")
    monkeypatch.chdir(root)
    lifted = dict.fromkeys(files, frozenset({(7, "no cover")}))
    found = measure_sources(root, read_sources(root, files), data, Passing(frozenset()), lifted)
    assert [file.missing_lines for file in found.files] == [{3, 4, 5, 8}] * 2
    assert found.problems == ()


def test_the_pragmas_that_can_be_lifted_are_those_that_coverage_py_heeds() -> None:
    of_pragmas = [each for each in (*DEFAULT_EXCLUDE, *DEFAULT_PARTIAL) if "pragma" in each]
    start = r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*"
    assert of_pragmas == [f"{start}(cover|COVER)", f"{start}(branch|BRANCH)"]
