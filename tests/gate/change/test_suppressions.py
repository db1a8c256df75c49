from __future__ import annotations

from collections.abc import Mapping

import pytest

from gate.change.suppressions import lifted, new_suppressions
from gate.model import ChangedFile, Suppression

SOURCE, TEST = "pkg/a.py", "tests/test_a.py"
NO_COVER = "  # pragma: no cover"
Files = Mapping[str, str]


def found(
    before: Files, after: Files, renamed: Mapping[str, str] | None = None
) -> list[Suppression]:
    """Compare two trees; every line that the file of the base has not is a changed one."""
    old_names = renamed or {}
    files = []
    for path in sorted(before.keys() | after.keys()):
        old = old_names.get(path, path)
        if path not in after:
            if path not in old_names.values():
                files.append(ChangedFile(path, frozenset(), "deleted"))
            continue
        had = before.get(old, "").splitlines()
        lines = [n for n, line in enumerate(after[path].splitlines(), 1) if line not in had]
        status = "renamed" if old != path else "modified" if old in before else "added"
        files.append(ChangedFile(path, frozenset(lines), status, old if old != path else None))
    sides = [{path: text.encode() for path, text in side.items()}.get for side in (before, after)]
    measured = {path for path in after if path.startswith("pkg/")}
    return list(new_suppressions(files, measured, sides[0], sides[1]))


def told(before: Files, after: Files, **renamed: str) -> list[tuple[int, str]]:
    return [(each.line, each.kind) for each in found(before, after)]


def test_a_new_pragma_is_told_with_its_line() -> None:
    after = f"a = 1\nb = 2{NO_COVER}\n"
    (suppression,) = found({SOURCE: "a = 1\n"}, {SOURCE: after})
    assert suppression == Suppression(SOURCE, 2, "no cover", f"b = 2{NO_COVER}")
    assert lifted([suppression]) == {SOURCE: frozenset({(2, "no cover")})}


def test_every_pragma_and_skip_of_a_new_file_is_new() -> None:
    text = f"a = 1{NO_COVER}\nb = 2  # pragma: no mutate, no branch\nc = 3  # pragma: no branch\n"
    assert told({}, {SOURCE: text}) == [(1, "no cover"), (2, "no mutate"), (3, "no branch")]
    skip = "import pytest\npytest.skip('r', allow_module_level=True)\n"
    assert told({}, {TEST: skip}) == [(2, "skip")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1#\nb = 2#\n", "b = 2#\na = 1#\n"),
        ("if a:\n    b = 2#\n", "if a:\n    if c:\n        b = 2#\n"),
        ("except ImportError:#\n", "except (ImportError, OSError):#\n"),
        ("def f(a):#\n    x = 1\n", "def f(a, b=1):#\n    x = 1\n"),
        ("class A:#\n    x = 1\n", "class A(B):#\n    x = 1\n"),
    ],
    ids=["moved", "indented", "edited", "signature", "base class"],
)
def test_a_pragma_that_the_base_has_too_is_not_new(before: str, after: str) -> None:
    assert (
        told({SOURCE: before.replace("#", NO_COVER)}, {SOURCE: after.replace("#", NO_COVER)}) == []
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1#\n", "def f():#\n    return 1\n"),
        ("def f():#\n    return 1\n", "def g():#\n    return 1\n"),
        ("a = 1#\n", "a = 1#\nb = 1#\n"),
        ("a = 1#\n", "a = 1#\na = 1#\nprint(a)#\n"),
    ],
    ids=["to a def", "to another def", "one more", "another one"],
)
def test_a_pragma_in_another_place_is_new(before: str, after: str) -> None:
    new = told({SOURCE: before.replace("#", NO_COVER)}, {SOURCE: after.replace("#", NO_COVER)})
    assert [kind for _, kind in new] == ["no cover"]


def test_code_that_moves_between_files_takes_its_pragma_along() -> None:
    moved = f"def f():{NO_COVER}\n    return 1\n"
    other = "pkg/b.py"
    assert found({SOURCE: moved, other: "x = 1\n"}, {SOURCE: "", other: "x = 1\n" + moved}) == []
    assert found({SOURCE: moved}, {other: moved}) == []
    kept = found({SOURCE: moved}, {SOURCE: moved, other: moved})
    assert [each.path for each in kept] == [other]


def test_a_renamed_file_brings_its_own() -> None:
    text = f"a = 1{NO_COVER}\n"
    new = found({SOURCE: text}, {"pkg/b.py": text + f"c = 3{NO_COVER}\n"}, {"pkg/b.py": SOURCE})
    assert [each.line for each in new] == [2]


def test_pragmas_count_where_code_is_measured_and_skips_elsewhere() -> None:
    text = f"import pytest\npytest.skip('r'){NO_COVER}\n"
    assert told({}, {"pkg/plugin.py": text}) == [(2, "no cover")]
    assert told({}, {"tools/x.py": text}) == [(2, "skip")]
    assert told({}, {"pkg/test_inside.py": text}) == [(2, "no cover"), (2, "skip")]


TESTED = "import pytest\n\n\n{}\ndef {}():\n    assert f(3) == {}\n"


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (("", "test_a", 1), ("@pytest.mark.skip", "test_a", 1), 1),
        (("@pytest.mark.skip", "test_a", 1), ("@pytest.mark.skip(reason='r')", "test_a", 1), 0),
        (("@pytest.mark.skip", "test_a", 1), ("@pytest.mark.skip", "test_b", 1), 0),
        (("@pytest.mark.skip", "test_a", 1), ("@pytest.mark.skip()", "test_b", 2), 1),
        (("@pytest.mark.skipif(A)", "test_a", 1), ("@pytest.mark.skipif(True)", "test_a", 1), 1),
        (("@pytest.mark.xfail", "test_a", 1), ("", "test_a", 1), 0),
    ],
    ids=["added", "reason", "renamed", "other test", "condition", "removed"],
)
def test_a_skip_is_known_by_its_test(
    before: tuple[str, str, int], after: tuple[str, str, int], new: int
) -> None:
    assert len(found({TEST: TESTED.format(*before)}, {TEST: TESTED.format(*after)})) == new


def test_a_test_that_moves_takes_its_skip_along_but_a_file_s_own_does_not_move() -> None:
    text = TESTED.format("@pytest.mark.skip", "test_a", 1)
    assert found({TEST: text}, {"tests/test_b.py": text}) == []
    module = "import pytest\npytestmark = pytest.mark.skip\n"
    assert len(found({TEST: module}, {TEST: "", "tests/test_b.py": module})) == 1


def test_comments_for_other_tools_are_no_suppressions() -> None:
    text = "a = 1  # type: ignore\nb = 2  # noqa: E501\n"
    assert told({}, {SOURCE: text, TEST: text}) == []


def test_code_that_is_run_as_a_text_is_told_where_code_is_measured() -> None:
    code = "a = 1\nexec('''\ndef f(): pass\n''')\n"
    assert told({SOURCE: "a = 1\n"}, {SOURCE: code}) == [(2, "unmeasured code")]
    assert told({TEST: "a = 1\n"}, {TEST: code}) == []
    (long,) = found({}, {SOURCE: f"eval('{'x' * 100}')\n"})
    assert long.text == f"eval('{'x' * 74}…"
    assert lifted([long]) == {}


def test_a_text_that_runs_is_new_when_it_is_edited_and_not_when_it_moves() -> None:
    code = "exec('''\ndef f(): pass\n''')\n"
    assert told({SOURCE: code}, {SOURCE: code.replace("pass", "return 1")}) == [
        (1, "unmeasured code")
    ]
    assert told({SOURCE: code}, {SOURCE: f"if a:\n    {code}"}) == []
    assert told({SOURCE: code}, {SOURCE: "a = 1\n", "pkg/b.py": code}) == []
