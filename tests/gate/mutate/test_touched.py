from __future__ import annotations

from pathlib import Path

import pytest
from builders import make_change

from gate.model import ChangedFile, Mutant
from gate.mutate.generate import generate
from gate.mutate.touched import Touched

BASE = """\
LIMIT = 10


def kept(a):
    return a + 1


def edited(a, b=2):
    # why
    c = a + 1
    return c * b


class Shape:
    side = 3
    other = 4

    @property
    def area(self):
        return self.side * 2

    def scale(self, by):
        def inner(x):
            return x + by
        return inner(self.side)
"""


class Change:
    """A file before and after: which mutants of it are touched."""

    def __init__(self, root: Path, head: str) -> None:
        self.root = root
        (root / "pkg").mkdir(exist_ok=True)
        (root / "pkg/a.py").write_text(head)
        self.head = head
        self.asked: list[str] = []

    def touched(self, base: str | None, *lines: int, **fields: object) -> Touched:
        file = ChangedFile("pkg/a.py", frozenset(lines), **fields)  # type: ignore[arg-type]

        def read(path: str) -> bytes | None:
            self.asked.append(path)
            return None if base is None else base.encode()

        return Touched(self.root, make_change(file), read)

    def mutants(self) -> tuple[Mutant, ...]:
        return generate("pkg/a.py", self.head.encode())

    def names(self, touched: Touched) -> set[str]:
        return {mutant.function for mutant in self.mutants() if touched.wanted(mutant)}


def test_an_edited_line_touches_its_whole_function(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("c = a + 1", "c = a + 7"))
    touched = change.touched(BASE, 10)
    assert change.names(touched) == {"edited"}
    wanted = {mutant.line for mutant in change.mutants() if touched.wanted(mutant)}
    assert {8, 10, 11} <= wanted


def test_lines_that_the_change_edits_come_first(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("c = a + 1", "c = a + 7"))
    touched = change.touched(BASE, 10)
    assert {mutant.line for mutant in change.mutants() if touched.edited(mutant)} == {10}


def test_a_deleted_line_touches_its_function(tmp_path: Path) -> None:
    base = BASE.replace("    return a + 1\n", "    check(a)\n    return a + 1\n")
    change = Change(tmp_path, BASE)
    assert change.names(change.touched(base)) == {"kept"}


@pytest.mark.parametrize(
    "head",
    [
        BASE.replace("    # why\n", ""),
        BASE.replace("# why", "# because"),
        BASE.replace("c = a + 1", "c = (a  +\n         1)"),
        BASE.replace("c * b", "c * b  # times"),
        "# a new first line\n\n" + BASE,
    ],
)
def test_comments_and_format_touch_no_function(tmp_path: Path, head: str) -> None:
    change = Change(tmp_path, head)
    every_line = range(1, head.count("\n") + 1)
    names = change.names(change.touched(BASE, *every_line))
    # Outside of functions lines decide.
    assert names <= {"", "Shape"}


def test_a_docstring_touches_no_function(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("return a + 1\n", '"""New."""\n    return a + 1\n'))
    assert change.names(change.touched(BASE, 5)) == set()


def test_a_moved_function_is_not_touched(tmp_path: Path) -> None:
    first, rest = BASE.split("\n\n\ndef edited")
    limit, kept = first.split("\n\n\n")
    change = Change(tmp_path, f"{limit}\n\n\ndef edited{rest}\n\n{kept}\n")
    lines = range(20, 30)
    assert change.names(change.touched(BASE, *lines)) <= {"", "Shape"}


def test_a_new_function_is_touched(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE + "\n\ndef added(a):\n    return a + 1\n")
    assert change.names(change.touched(BASE, 26, 27, 28, 29)) == {"added"}


def test_a_method_is_touched_without_its_neighbours(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("self.side * 2", "self.side * 4"))
    assert change.names(change.touched(BASE, 20)) == {"Shape.area"}


def test_an_inner_function_touches_the_one_around_it(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("x + by", "x - by"))
    touched = change.touched(BASE, 24)
    assert change.names(touched) == {"Shape.scale", "Shape.scale.<locals>.inner"}


def test_a_decorator_and_a_default_touch_their_function(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("b=2", "b=3"))
    assert change.names(change.touched(BASE, 8)) == {"edited"}
    decorated = Change(tmp_path, BASE.replace("def kept", "@cache\ndef kept"))
    assert decorated.names(decorated.touched(BASE, 4)) == {"kept"}


def test_a_getter_and_a_setter_of_one_name_are_one(tmp_path: Path) -> None:
    setter = "\n    @area.setter\n    def area(self, value):\n        self.side = value / 2\n"
    base = BASE.replace("        return self.side * 2\n", f"        return self.side * 2\n{setter}")
    change = Change(tmp_path, base.replace("value / 2", "value / 3"))
    touched = change.touched(base, 25)
    lines = {mutant.line for mutant in change.mutants() if touched.wanted(mutant)}
    assert {20, 24} <= lines
    assert change.names(touched) == {"Shape.area"}


def test_a_class_attribute_and_a_constant_are_touched_by_their_lines(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("side = 3", "side = 5"))
    touched = change.touched(BASE, 15)
    wanted = [mutant for mutant in change.mutants() if touched.wanted(mutant)]
    assert wanted
    assert {mutant.line for mutant in wanted} == {15}
    constant = Change(tmp_path, BASE.replace("LIMIT = 10", "LIMIT = 11"))
    assert constant.names(constant.touched(BASE, 1)) == {""}


def test_a_statement_of_several_lines_is_touched_by_any_of_them(tmp_path: Path) -> None:
    change = Change(tmp_path, "X = (1 +\n     2)\n")
    touched = change.touched("", 2)
    whole = [each for each in change.mutants() if each.line == 1 and each.end_line == 2]
    assert whole
    assert all(touched.wanted(each) for each in whole)


def test_a_renamed_file_is_compared_with_what_it_was(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE.replace("c = a + 1", "c = a + 7"))
    touched = change.touched(BASE, 10, status="renamed", old_path="old/b.py")
    assert change.names(touched) == {"edited"}
    assert change.asked == ["old/b.py"]


def test_everything_in_a_new_file_is_touched(tmp_path: Path) -> None:
    for status in ("added", "untracked"):
        change = Change(tmp_path, BASE)
        touched = change.touched(None, *range(1, 30), status=status)
        assert all(touched.wanted(mutant) for mutant in change.mutants())


def test_what_was_no_python_before_is_touched_whole(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE)
    assert {"kept", "edited"} <= change.names(change.touched("def kept(:\n"))


def test_a_file_that_the_change_leaves_alone_has_no_touched_mutants(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE)
    others = make_change(ChangedFile("pkg/b.py", frozenset({1, 2, 3, 4, 5})))
    touched = Touched(tmp_path, others, lambda path: None)
    assert change.names(touched) == set()
    assert not any(touched.edited(mutant) for mutant in change.mutants())


def test_deleted_files_are_not_left_behind(tmp_path: Path) -> None:
    files = [
        ChangedFile("pkg/gone.py", frozenset(), status="deleted"),
        ChangedFile("pkg/new.py", frozenset({1}), status="added"),
        ChangedFile("pkg/to.py", frozenset(), status="renamed", old_path="pkg/from.py"),
    ]
    touched = Touched(tmp_path, make_change(*files), lambda path: None)
    assert touched.files() == {"pkg/new.py", "pkg/to.py"}


def test_each_file_is_read_once(tmp_path: Path) -> None:
    change = Change(tmp_path, BASE)
    touched = change.touched(BASE)
    for _ in range(3):
        assert change.names(touched) == set()
    assert change.asked == ["pkg/a.py"]
