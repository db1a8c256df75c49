from __future__ import annotations

from textwrap import dedent

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper
from mutmut.mutation.pragma_handling import PragmaVisitor

from gate.mutate.pragmas import pragma_lines
from gate.mutate.text import read_text


def lines(code: str) -> dict[int, int]:
    return pragma_lines(read_text("m.py", dedent(code).encode()))


BARE = """\
x = 1  # pragma: no mutate
y = f(
    1,  # pragma: no mutate
    # pragma: no mutate
    2,
)
z = [
    3
]  # pragma: no mutate
# pragma: no mutate
if a:  # pragma: no mutate
    b = 4
elif c: d = 5  # pragma: no mutate
if (
    e
):  # pragma: no mutate
    g
"""


def test_a_bare_pragma_is_for_the_line_on_which_its_statement_begins() -> None:
    assert lines(BARE) == {1: 1, 3: 3, 7: 9, 11: 11, 13: 13, 14: 16}


BLOCK = """\
def f():  # pragma: no mutate block
    if a:
        b = 1

    # why

    c = 2
# pragma: no mutate: block
def g(): pass
class A:
    x = 1
    # pragma: no mutate block, since it is so
    y = 2
    def m(self):
        return 3

    z = 4
        # the end
w = 5
while w:
    pass
else:  # pragma: no mutate block
    v = '''
    text
'''
u = 6  # pragma: no mutate block
def h():
    t = 7
    # pragma: no mutate block
s = 8
"""


def test_a_block_is_the_rest_of_a_block_or_a_header_with_its_body() -> None:
    end = BLOCK.count("\n")
    assert lines(BLOCK) == {
        **dict.fromkeys(range(1, 8), 1),
        **dict.fromkeys(range(9, end + 1), 8),
    }
    without = BLOCK.replace("# pragma: no mutate: block", "#")
    assert lines(without) == {
        **dict.fromkeys(range(1, 8), 1),
        **dict.fromkeys(range(13, 18), 12),
        **dict.fromkeys(range(22, 26), 22),
        26: 26,
    }


def test_a_selection_is_from_its_start_to_its_end() -> None:
    code = """\
    a = 1
    # pragma: no mutate start
    b = 2
    if c:
        d = 3
        # pragma: no mutate end
        e = 4
    # pragma: no mutate start
    f = 5
    # pragma: no mutate end
    g = 6
    """
    assert lines(code) == {**dict.fromkeys(range(2, 7), 2), **dict.fromkeys(range(8, 11), 8)}


@pytest.mark.parametrize(
    "code",
    [
        "# pragma: no mutate start\na = 1\n",
        "a = 1\n# pragma: no mutate end\nb = 2\n",
        "# pragma: no mutate start\na = 1  # pragma: no mutate_\n".replace(
            "no mutate_", "no cover"
        ),
        "# pragma: no mutate\na = 1\n",
        "x = '# pragma: no mutate'\n",
        "x = '''\n# pragma: no mutate block\n'''\ny = 1\n",
        "x = 1  # pragma: no cover\n",
        "x = 1  # no mutate\n",
        "x = 1  #pragma: no mutate\n",
        "x = [\n  1,  # pragma: no mutate block\n]\n",
        "x = [\n  # pragma: no mutate start\n  1,\n  # pragma: no mutate end\n]\n",
        "if a:\n  b\n# pragma: no mutate block\nelse:\n  c\n",
        "try:\n  b\n# pragma: no mutate block\nexcept c:\n  d\n",
        "try:\n  b\n# pragma: no mutate block\nfinally:\n  d\n",
        "if a:\n  b\n# pragma: no mutate block\nelif c:\n  d\n",
        "a = 1\n# pragma: no mutate block\n",
        "",
    ],
)
def test_nothing_else_is_a_pragma(code: str) -> None:
    assert lines(code) == {}


@pytest.mark.parametrize(
    "comment",
    [
        "# pragma: no mutate",
        "#: x # pragma: no mutate",
        "# pragma: no cover, no mutate  ",
        "# pragma: no mutate, why",
        "# pragma: no mutate because",
    ],
)
def test_a_pragma_may_stand_in_company(comment: str) -> None:
    assert lines(f"a = 1\nx = 1 {comment}\n") == {2: 2}


@pytest.mark.parametrize("brackets", ["()", "[]", "{}"])
def test_between_brackets_a_pragma_is_for_its_line_and_after_them_for_the_statement(
    brackets: str,
) -> None:
    left, right = brackets
    code = f"x = {left}\n  1\n  ,  # pragma: no mutate\n  2,\n{right}\ny = 3  # pragma: no mutate\n"
    assert lines(code) == {3: 3, 6: 6}
    assert lines(code.replace(f"{right}\n", f"{right}  # pragma: no mutate\n")) == {
        3: 3,
        1: 5,
        6: 6,
    }


def test_the_rest_of_a_block_may_be_one_line() -> None:
    assert lines("x = 1\n# pragma: no mutate block\ny = 2") == {3: 2}


def test_an_end_ends_one_selection() -> None:
    code = (
        "a\n# pragma: no mutate start\nb\n# pragma: no mutate end\nc\n# pragma: no mutate end\nd\n"
    )
    assert lines(code) == {2: 2, 3: 2, 4: 2}


def test_lines_are_pythons_whatever_ends_them() -> None:
    assert lines("a\r\nb\rc  # pragma: no mutate\r\nd = '''\n'''  # pragma: no mutate") == {
        3: 3,
        4: 5,
    }
    assert lines("\ufeffa  # pragma: no mutate") == {1: 1}


def test_the_first_comment_that_covers_a_line_is_named() -> None:
    code = "def f():  # pragma: no mutate block\n  a = 1  # pragma: no mutate\n"
    assert lines(code) == {1: 1, 2: 1}


@pytest.mark.parametrize("code", [BARE, BLOCK.replace("# pragma: no mutate: block", "#")])
def test_the_lines_are_those_that_mutmut_leaves_out(code: str) -> None:
    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = PragmaVisitor("m.py")
    wrapper.visit(visitor)
    theirs = visitor.no_mutate_lines | visitor.ignore_node_lines
    # It counts the lines of comments too, on which nothing begins.
    alone = {n for n, line in enumerate(code.splitlines(), 1) if line.strip().startswith("#")}
    blank = {n for n, line in enumerate(code.splitlines(), 1) if not line.strip()}
    assert set(lines(code)) - blank - alone == theirs - alone - blank
