from __future__ import annotations

from pathlib import Path

from repositories import write_files

from gate.measure.functions import Passing, Ran, to_reach, unreached
from gate.source.code import read_source
from gate.source.imports import ImportGraph

TEXT = "def f():\n    return 1\n\ndef _g(): return 2\n\ndef stub(): ...\n"
# From line 1 into line 2 and out again; into the one-line body of `_g` and out again.
IN_F, IN_G = [(-1, 2), (2, -1)], [(-4, 4), (4, -4)]
# The module runs its `def` lines.
MODULE = [(-1, 1), (1, 4), (4, 6), (6, -1)]


def missing(tmp_path: Path, excluded: set[int], ran: Ran) -> dict[str, bool]:
    (tmp_path / "m.py").write_text(TEXT)
    found = unreached(read_source(tmp_path, "m.py"), excluded, ran)
    return {function.qualname: function.at_import for function in found}


def test_what_a_passing_test_runs_is_reached(tmp_path: Path) -> None:
    assert missing(tmp_path, set(), Ran(by_tests=IN_F)) == {"_g": False}
    assert missing(tmp_path, set(), Ran(by_tests=[*IN_F, *IN_G])) == {}
    assert missing(tmp_path, set(), Ran(by_tests=MODULE)) == {"f": False, "_g": False}


def test_what_ran_at_import_is_reached_where_a_test_relies_on_the_file(tmp_path: Path) -> None:
    at_import = [*MODULE, *IN_F]
    assert missing(tmp_path, set(), Ran((), at_import)) == {"f": True, "_g": False}
    assert missing(tmp_path, set(), Ran((), at_import, relied=True)) == {"_g": False}


def test_a_function_without_a_line_that_counts_is_none_to_reach(tmp_path: Path) -> None:
    assert missing(tmp_path, {1, 2}, Ran()) == {"_g": False}
    assert missing(tmp_path, {2, 4}, Ran()) == {}
    source = read_source(tmp_path, "m.py")
    assert [function.qualname for function in to_reach(source, {1})] == ["f", "_g"]


def test_a_test_relies_on_what_its_file_imports_and_on_what_it_runs_imports(tmp_path: Path) -> None:
    files = {"a.py": "", "b.py": "import a\n", "t.py": "import b\n", "u.py": ""}
    write_files(tmp_path, files)
    graph = ImportGraph(tmp_path, files)
    tests = frozenset({"t.py::test"})
    assert Passing(tests, frozenset({"t.py"}), graph).rely_on("a.py", ())
    assert not Passing(tests, frozenset({"u.py"}), graph).rely_on("a.py", ())
    assert Passing(tests, frozenset({"u.py"}), graph).rely_on("a.py", {"b.py"})
    assert not Passing(tests, frozenset({"u.py"}), graph).rely_on("b.py", {"a.py"})
    assert Passing(tests).rely_on("a.py", {"a.py"})
    assert not Passing(tests).rely_on("a.py", {"b.py"})
