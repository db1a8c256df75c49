from __future__ import annotations

from pathlib import Path

import pytest
from fake_workers import make_mutant

from gate.errors import ExitCode, GateError, UsageError
from gate.model import Relocation
from gate.mutate.generate import generate
from gate.mutate.targets import Targets, check_parts, is_in, read_targets

SOURCE = """\
class Loss:
    scale = 2.0

    def forward(self, x):
        def inner(y):
            return y + 1
        return inner(x)

    class Nested:
        def deep(self): return 1

class Config:
    size = 3

def distill(a): return a * 2

if True:
    def guarded(): return 1
"""
MEASURED = ("lone.py", "pkg/__init__.py", "pkg/losses.py", "pkg/sub/b.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for path in (*MEASURED, "tests/test_a.py", "docs/notes.md", "empty/data.txt"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    (root / "pkg/losses.py").write_text(SOURCE)
    return root


def read(root: Path, *arguments: str, start: Path | None = None) -> Targets:
    return read_targets(arguments, root, start or root, MEASURED)


def error(root: Path, *arguments: str, start: Path | None = None) -> GateError:
    with pytest.raises(UsageError) as caught:
        check_parts(read(root, *arguments, start=start), root)
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


def test_files_and_folders_are_named_once_and_in_order(root: Path) -> None:
    assert read(root, "pkg", "lone.py", "pkg/losses.py").files == MEASURED
    assert read(root, "pkg/sub/", "pkg/../lone.py").files == ("lone.py", "pkg/sub/b.py")
    assert read(root, ".").files == MEASURED


def test_paths_are_relative_to_where_the_command_is_given(root: Path) -> None:
    assert read(root, "losses.py", "../lone.py", start=root / "pkg").files == (
        "lone.py",
        "pkg/losses.py",
    )
    assert read(root, ".", start=root / "pkg/sub").files == ("pkg/sub/b.py",)
    assert read(root, str(root / "lone.py"), start=root / "pkg").files == ("lone.py",)


def test_a_link_to_the_repository_leads_into_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert read_targets(["lone.py"], tmp_path / "link", root, MEASURED).files == ("lone.py",)
    assert read_targets(["lone.py"], root, tmp_path / "link", MEASURED).files == ("lone.py",)


def test_a_function_of_a_file_is_meant_with_all_that_is_in_it(root: Path) -> None:
    targets = read(root, "pkg/losses.py::Loss")
    check_parts(targets, root)
    assert targets.files == ("pkg/losses.py",)
    wanted = {
        mutant.function
        for mutant in generate("pkg/losses.py", SOURCE.encode())
        if targets.wanted(mutant)
    }
    assert wanted == {
        "Loss",
        "Loss.forward",
        "Loss.forward.<locals>.inner",
        "Loss.Nested.deep",
    }


@pytest.mark.parametrize(
    "name",
    [
        "Loss",
        "Loss.forward",
        "Loss.forward.<locals>.inner",
        "Loss.Nested",
        "Loss.Nested.deep",
        "Config",
        "distill",
        "guarded",
    ],
)
def test_every_function_and_class_with_mutants_can_be_named(root: Path, name: str) -> None:
    targets = read(root, f"pkg/losses.py::{name}")
    check_parts(targets, root)
    assert any(targets.wanted(each) for each in generate("pkg/losses.py", SOURCE.encode()))


def test_a_file_named_whole_and_by_function_is_meant_whole(root: Path) -> None:
    for order in (("pkg/losses.py::Loss", "pkg"), ("pkg", "pkg/losses.py::Loss")):
        targets = read(root, *order)
        assert targets.functions == {}
        assert targets.wanted(make_mutant(path="pkg/losses.py", function="distill"))


def test_several_functions_of_a_file_are_all_meant(root: Path) -> None:
    targets = read(root, "pkg/losses.py::distill", "pkg/losses.py::Config", "lone.py")
    assert targets.functions == {"pkg/losses.py": frozenset({"distill", "Config"})}
    for function, meant in {"distill": True, "Config": True, "Loss": False, "": False}.items():
        assert targets.wanted(make_mutant(path="pkg/losses.py", function=function)) == meant
        assert targets.wanted(make_mutant(path="lone.py", function=function))


def test_a_name_that_begins_alike_is_another() -> None:
    assert is_in("Loss.forward", "Loss")
    assert is_in("Loss", "Loss")
    assert not is_in("Lossy.forward", "Loss")
    assert not is_in("Loss", "Loss.forward")


def test_what_is_not_there_is_refused_with_the_nearest_files(root: Path) -> None:
    said = error(root, "pkg/loses.py")
    assert said.message == "pkg/loses.py does not exist"
    assert said.hint.startswith("did you mean pkg/losses.py")
    assert error(root, "qqqq").hint == "paths are relative to the current folder"


def test_what_is_outside_the_repository_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("")
    said = error(root, "../other.py")
    assert said.message == f"../other.py is outside the repository {root}"
    assert said.hint
    assert "outside the repository" in error(root, str(tmp_path)).message


def test_a_link_that_leads_out_of_the_repository_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("")
    (root / "linked.py").symlink_to(tmp_path / "other.py")
    assert "outside the repository" in error(root, "linked.py").message


def test_what_is_no_python_file_is_refused(root: Path) -> None:
    said = error(root, "docs/notes.md")
    assert said.message == "docs/notes.md is not a Python file"
    assert ".py" in said.hint


def test_a_file_that_is_not_measured_is_refused_with_what_decides(root: Path) -> None:
    said = error(root, "tests/test_a.py")
    assert said.message == "tests/test_a.py is not among the files that are measured"
    assert "[source] include" in said.hint
    assert "4 files" in said.hint


@pytest.mark.parametrize("folder", ["empty", "docs", "tests"])
def test_a_folder_without_a_measured_file_is_refused(root: Path, folder: str) -> None:
    said = error(root, folder)
    assert said.message == f"{folder} holds no Python file that is measured"
    assert "[source] include" in said.hint


def test_an_unknown_function_is_refused_with_the_nearest_names(root: Path) -> None:
    said = error(root, "pkg/losses.py::distil")
    assert said.message == "no function or class 'distil' in pkg/losses.py"
    assert said.hint == "did you mean distill?"


def test_a_method_without_its_class_is_found_as_the_nearest_name(root: Path) -> None:
    assert "Loss.forward" in error(root, "pkg/losses.py::forward").hint
    assert "Loss.Nested.deep" in error(root, "pkg/losses.py::deep").hint


def test_with_no_name_near_the_names_that_there_are_are_listed(root: Path) -> None:
    hint = error(root, "pkg/losses.py::zzzzzz").hint
    assert hint == (
        "it holds: Loss, Loss.forward, Loss.forward.<locals>.inner, Loss.Nested, "
        "Loss.Nested.deep, Config, distill, guarded"
    )
    assert error(root, "lone.py::f").hint == "it holds: none"


def test_of_many_names_the_first_are_listed(root: Path) -> None:
    (root / "lone.py").write_text("".join(f"def f{number}(): pass\n" for number in range(14)))
    assert error(root, "lone.py::zzz").hint.endswith("f8, f9 and 4 more")


def test_a_function_of_a_folder_is_refused(root: Path) -> None:
    said = error(root, "pkg::Loss")
    assert said.message == "pkg::Loss: pkg is a folder"
    assert "FILE::NAME" in said.hint


@pytest.mark.parametrize("source", [b"def f(:\n", b"x = 1\0\n", b"# coding: nonsense\n"])
def test_a_function_of_a_file_that_is_no_python_is_refused_with_the_reason(
    root: Path, source: bytes
) -> None:
    (root / "lone.py").write_bytes(source)
    with pytest.raises(GateError, match=r"lone\.py") as caught:
        check_parts(read(root, "lone.py::f"), root)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "py_compile" in caught.value.hint


@pytest.mark.parametrize("argument", ["", "::f", "pkg/a.py::"])
def test_a_target_without_a_name_is_refused(argument: str, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text("def f():\n    return 1\n")
    with pytest.raises(UsageError, match="names nothing") as caught:
        read_targets([argument], tmp_path, tmp_path, ("pkg/a.py",))
    assert "FILE::NAME" in caught.value.hint


def test_functions_and_files_that_move_away_stay_targets_where_they_are_measured() -> None:
    targets = Targets(("pkg/losses.py",), {})
    moved = [
        Relocation("lone.py", 1, "pkg/losses.py", "first", 2),
        Relocation("lone.py", 4, "pkg/losses.py", "Box.size", 2),
        Relocation("pkg/sub/b.py", 1, "pkg/old.py", "", 9),
        Relocation("pkg/losses.py", 1, "pkg/old.py", "within", 2),
        Relocation("tools/c.py", 1, "pkg/losses.py", "unmeasured", 2),
    ]
    found = targets.with_moved(moved, MEASURED)
    assert found.files == ("lone.py", "pkg/losses.py", "pkg/sub/b.py")
    assert found.functions == {"lone.py": {"first", "Box.size"}}
    assert targets.with_moved((), MEASURED) == targets
