from __future__ import annotations

from collections.abc import Mapping

from builders import changed_files

from gate.change.moved import Measured, moved_out
from gate.model import Relocation

FIRST = "def first(a):\n    return a + 1\n"
SECOND = "class Box:\n    @property\n    def size(self):\n        return 2\n"
Files = Mapping[str, str]


def moved(before: Files, after: Files, *renamed: tuple[str, str]) -> list[Relocation]:
    """Compare two trees whose measured files are those below pkg/; `renamed` are pairs of old and new."""
    files = changed_files(before, after, *renamed)
    base, head = ({path: text.encode() for path, text in side.items()} for side in (before, after))
    measured = Measured(*({p for p in side if p.startswith("pkg/")} for side in (head, base)))
    return list(moved_out(files, measured, base.get, head.get))


def test_a_file_renamed_to_where_nothing_is_measured_is_told_whole() -> None:
    found = moved({"pkg/a.py": FIRST}, {"tools/a.py": FIRST}, ("pkg/a.py", "tools/a.py"))
    assert found == [Relocation("tools/a.py", 1, "pkg/a.py", "", 2)]


def test_a_file_that_is_renamed_inside_or_deleted_or_was_never_measured_is_not() -> None:
    assert moved({"pkg/a.py": FIRST}, {"pkg/b.py": FIRST}, ("pkg/a.py", "pkg/b.py")) == []
    assert moved({"pkg/a.py": FIRST}, {}) == []
    assert moved({"tools/a.py": FIRST}, {"other/a.py": FIRST}, ("tools/a.py", "other/a.py")) == []


def test_a_function_and_a_method_that_moved_are_told_by_name_and_place() -> None:
    before = {"pkg/a.py": FIRST + SECOND, "tools/b.py": "x = 1\n"}
    after = {"pkg/a.py": "y = 1\n", "tools/b.py": "x = 1\n\n" + SECOND, "new.py": FIRST}
    assert moved(before, after) == [
        Relocation("new.py", 1, "pkg/a.py", "first", 2),
        Relocation("tools/b.py", 5, "pkg/a.py", "Box.size", 3),
    ]


def test_a_deleted_file_whose_functions_stand_elsewhere_has_moved() -> None:
    (found,) = moved({"pkg/a.py": FIRST}, {"tools/b.py": "# text\n\n" + FIRST})
    assert (found.what, found.line) == ("first", 3)


def test_layout_and_comments_make_no_other_function() -> None:
    (found,) = moved({"pkg/a.py": FIRST}, {"b.py": "def first( a ):  # why\n    return (a + 1)\n"})
    assert found.what == "first"


def test_what_the_measured_files_still_hold_has_not_moved() -> None:
    assert moved({"pkg/a.py": FIRST}, {"pkg/a.py": FIRST + "x = 1\n", "b.py": FIRST}) == []
    assert moved({"pkg/a.py": FIRST}, {"pkg/b.py": FIRST, "b.py": FIRST}) == []


def test_functions_that_do_nothing_are_alike_by_accident() -> None:
    empty = 'def main():\n    """Do nothing."""\n    pass\n'
    assert moved({"pkg/a.py": empty}, {"b.py": empty}) == []


def test_a_function_that_is_altered_on_its_way_has_moved() -> None:
    (found,) = moved({"pkg/a.py": FIRST}, {"b.py": FIRST.replace("1", "2")})
    assert (found.what, found.origin) == ("first", "pkg/a.py")


def test_another_function_of_the_name_and_a_file_that_is_no_python_are_none() -> None:
    other = "def first(path):\n    with open(path) as file:\n        return file.read()\n"
    assert moved({"pkg/a.py": FIRST}, {"b.py": other}) == []
    assert moved({"pkg/a.py": FIRST}, {"b.py": FIRST + "def (:\n"}) == []


def test_a_function_of_another_name_that_is_much_like_it_is_none() -> None:
    renamed = FIRST.replace("first", "other").replace("1", "2")
    assert moved({"pkg/a.py": FIRST}, {"b.py": renamed}) == []


def test_a_name_that_the_measured_files_still_have_has_not_moved() -> None:
    after = {"pkg/a.py": FIRST.replace("1", "3"), "b.py": FIRST.replace("1", "2")}
    assert moved({"pkg/a.py": FIRST}, after) == []


def test_what_stood_there_already_has_not_moved() -> None:
    assert moved({"pkg/a.py": FIRST, "b.py": FIRST}, {"b.py": FIRST + "x = 1\n"}) == []
