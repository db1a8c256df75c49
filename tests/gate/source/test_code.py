from __future__ import annotations

import ast
import glob
import importlib.util
import os
import random
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from coverage.parser import PythonParser

from gate.errors import ExitCode
from gate.model import SourceFile
from gate.source.code import SourceError, as_python_counts, count_lines, read_source


def read(folder: Path, text: str | bytes) -> SourceFile:
    data = text if isinstance(text, bytes) else dedent(text).encode()
    (folder / "m.py").write_bytes(data)
    return read_source(folder, "m.py")


def owner(folder: Path, text: str | bytes) -> dict[int, int]:
    return dict(read(folder, text).owner)


def bodies(folder: Path, text: str) -> dict[str, list[int]]:
    return {f.qualname: sorted(f.body) for f in read(folder, text).functions}


def failure(folder: Path, text: str | bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(folder, text)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.hint
    assert "m.py" in caught.value.message
    return caught.value


def test_functions_carry_the_names_that_python_gives_them(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        """\
        def plain(): return 1
        async def waits(): return 1
        class Outer:
            def method(self):
                def inner(): return 1
                class Local:
                    def deep(self): return 1
                return inner
            class Nested:
                async def method(self): return 1
        if True:
            try:
                def conditional(): return 1
            except ImportError:
                with open("x"):
                    def fallback(): return 1
        match 1:
            case 1:
                for _ in ():
                    def cased(): return 1
        """,
    )
    assert [f.qualname for f in source.functions] == [
        "plain",
        "waits",
        "Outer.method",
        "Outer.method.<locals>.inner",
        "Outer.method.<locals>.Local.deep",
        "Outer.Nested.method",
        "conditional",
        "fallback",
        "cased",
    ]
    assert [f.qualname for f in source.functions if not f.public] == [
        "Outer.method.<locals>.inner",
        "Outer.method.<locals>.Local.deep",
    ]


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("def f(): return 1", True),
        ("def _f(): return 1", False),
        ("def __f(): return 1", False),
        ("def __getattr__(name): return 1", True),
        ("class C:\n def __init__(self): self.x = 1", True),
        ("class C:\n def _m(self): return 1", False),
        ("class _C:\n def m(self): return 1", False),
        ("class _C:\n def __call__(self): return 1", False),
        ("class C:\n class _D:\n  def m(self): return 1", False),
        ("def __(): return 1", False),
        ("def ____(): return 1", False),
    ],
)
def test_a_function_is_public_when_no_part_of_its_name_hides_it(
    tmp_path: Path, text: str, public: bool
) -> None:
    assert [f.public for f in read(tmp_path, text).functions] == [public]


def test_a_function_spans_its_def_line_to_its_last_line(tmp_path: Path) -> None:
    (function,) = read(
        tmp_path, "@d\n@e(\n 1)\ndef f(\n a,\n):\n return (\n  a)\n\nx = 1\n"
    ).functions
    assert (function.line, function.end_line, function.body) == (4, 8, frozenset({7}))


def test_a_body_is_its_own_statements_without_docstring_and_inner_bodies(tmp_path: Path) -> None:
    text = '''\
        def outer(a):
            """Doc
            string."""
            x = [
                1,
            ]
            def inner():
                return 1
            @decorated
            class Local:
                y = 1
            if a:
                x = 1; y = 2
            elif a > 1:
                pass
            else:
                z = 3
            for _ in a:
                break
            else:
                z = 4
            try:
                w = 1
            except ValueError:
                w = 2
            finally:
                w = 3
            with a:
                w = 4
            match a:
                case 1:
                    w = 5
            return (
                w
            )
        '''
    found = bodies(tmp_path, text)
    expected = [4, 7, 10, 12, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 27, 28, 29, 30, 32, 33]
    assert found == {"outer": expected, "outer.<locals>.inner": [8]}


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    """Only a docstring."""',
        "def f(): ...",
        'def f():\n    """Doc."""\n    ...',
        "def f():\n    global x\n    y: int",
        "async def f():\n    'doc'",
        "def f():\n    raise NotImplementedError",
        'def f():\n    """Doc."""\n    raise NotImplementedError("override")',
        "@abstractmethod\ndef f(): pass",
        "@abc.abstractmethod\nasync def f():\n    'doc'\n    pass",
        "@typing.overload\ndef f(): pass",
    ],
)
def test_a_stub_has_no_body(tmp_path: Path, text: str) -> None:
    (function,) = read(tmp_path, text).functions
    assert function.body == frozenset()


@pytest.mark.parametrize("base", ["Protocol", "typing.Protocol", "Protocol[T]"])
def test_what_a_protocol_passes_on_has_no_body(tmp_path: Path, base: str) -> None:
    text = f"class C({base}):\n    def f(self):\n        pass\n    def g(self):\n        return 1\n"
    assert bodies(tmp_path, text) == {"C.f": [], "C.g": [5]}


@pytest.mark.parametrize(
    "text",
    [
        "def f(): pass",
        "def f(): raise ValueError",
        "@abstractmethod\ndef f(): return 1",
        "@cached\ndef f(): pass",
        "def f(a): a or 1; raise NotImplementedError",
        "class C(Other):\n    def f(self): pass",
        "class C(Protocol):\n    def g(self):\n        def f(): pass\n        return f",
    ],
)
def test_what_only_looks_like_a_stub_has_a_body(tmp_path: Path, text: str) -> None:
    assert all(bodies(tmp_path, text).values())


def test_a_body_on_the_line_of_its_def_is_that_line(tmp_path: Path) -> None:
    assert bodies(tmp_path, "x = 1\ndef f(\n  a,\n): return a\n") == {"f": [2]}


@pytest.mark.parametrize(
    ("name", "text", "owners"),
    [
        ("simple statements", "a = 1\n\nb = 2\n", "1 - 3"),
        ("a call of several lines", "f(\n  1,\n\n  2,\n)\n", "1 1 - 1 1"),
        ("a comment inside a statement", "f(\n  1,\n  # why\n  2)\n", "1 1 - 1"),
        ("a comment and a blank line", "# c\na = 1  # c\n\n# c\n", "- 2"),
        ("a backslash", "a = 1 + \\\n  2\n", "1 1"),
        ("semicolons", "a = [\n 1]; b = 2\nc = 3\n", "1 1 3"),
        ("a string of several lines", "a = '''\n# no comment\n\n'''\n", "1 1 1 1"),
        ("an f-string", "a = f'''\n{1}\n\n'''\n", "1 1 1 1"),
        ("a lambda", "f = lambda: (\n  1\n)\n", "1 1 1"),
        ("a comprehension", "a = [\n  x\n  for x in y\n  if x\n]\n", "1 1 1 1 1"),
        ("a header", "if (\n  a\n  and b\n):\n  c = 1\n", "1 1 1 1 5"),
        ("a with", "with (\n  a as b,\n  c,\n):\n  d = 1\n", "1 1 1 1 5"),
        ("elif", "if a:\n  b = 1\nelif c:\n  d = 1\n", "1 2 3 4"),
        ("else of elif", "if a:\n  b\nelif c:\n  d\nelse:\n  e\n", "1 2 3 4 3 6"),
        ("else of an inner if", "if a:\n  if b:\n    c\n  else:\n    d\n", "1 2 3 2 5"),
        ("else of the outer if", "if a:\n  if b:\n    c\nelse:\n  d\n", "1 2 3 1 5"),
        ("else with its statement", "if a: b\nelse: c\n", "1 2"),
        ("else behind a form feed", "if a:\n\tb\n\x0celse:\n\tc\n", "1 2 1 4"),
        ("else of a loop", "while a:\n  b\nelse:\n  c\n", "1 2 1 4"),
        (
            "try",
            "try:\n  a\nexcept E:\n  b\nexcept F:\n  c\nelse:\n  d\nfinally:\n  e\n",
            "1 2 3 4 5 6 1 8 1 10",
        ),
        ("match", "match a:\n  case (\n    1\n  ):\n    b\n  case _:\n    c\n", "1 2 2 2 5 6 7"),
        ("decorators", "@a\n@b(\n  1\n)\ndef f(\n  c,\n):\n  d\n", "1 2 2 2 5 5 5 8"),
        (
            "docstrings",
            '"""m\nm"""\nclass C:\n  "c"\n  def f():\n    """f\n    f"""\n',
            "- - 3 - 5",
        ),
        ("a docstring beside its def", 'def f(): "doc"\n', "1"),
        ("a string that documents nothing", 'a = 1\n"""no\ndoc"""\n', "1 2 2"),
        ("a form feed", "\x0c\na = 1 \x0c+ 2\n\x0cb = 2\n", "- 2 3"),
        ("unicode line ends", "a = '\u2028\x85\x1c'\nb = 2\n", "1 2"),
        ("no end of the last line", "a = 1\nb = (\n2)", "1 2 2"),
        ("nothing", "", ""),
    ],
)
def test_each_line_with_code_belongs_to_the_first_line_of_its_statement(
    tmp_path: Path, name: str, text: str, owners: str
) -> None:
    # One word for each line: the first line of its statement, or `-` for a line without code.
    expected = {n: int(word) for n, word in enumerate(owners.split(), start=1) if word != "-"}
    assert owner(tmp_path, text.encode()) == expected, name


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_all_of_pythons_line_ends_count(tmp_path: Path, end: bytes) -> None:
    data = end.join([b"a = (", b"  1)", b"", b"b = 2", b""])
    assert owner(tmp_path, data) == {1: 1, 2: 1, 4: 4}
    assert count_lines(data) == 4


def test_statements_are_those_of_coverage_over_the_standard_library(tmp_path: Path) -> None:
    folder = os.path.dirname(ast.__file__)
    paths = sorted(glob.glob(f"{folder}/*.py") + glob.glob(f"{folder}/email/*.py"))
    for path in random.Random(2).sample(paths, 25):
        parser = PythonParser(filename=path)
        parser.parse_source()
        owners = read_source(Path(folder), os.path.relpath(path, folder)).owner
        assert parser.statements <= set(owners.values()), path
        text = Path(path).read_bytes().split(b"\n")
        for line, first in owners.items():
            if not text[line - 1].strip().startswith((b"else:", b"finally:")):
                assert first == parser.first_line(line), f"{path}:{line}"


def test_encodings_are_read_as_python_reads_them(tmp_path: Path) -> None:
    cookie = "# -*- coding: latin-1 -*-\nname = 'é'\ndef é(): return 1\n".encode("latin-1")
    assert [f.qualname for f in read(tmp_path, cookie).functions] == ["é"]
    bom = b"\xef\xbb\xbfdef f():\n    return 1\n"
    assert read(tmp_path, bom).functions[0].line == 1
    assert owner(tmp_path, bom) == {1: 1, 2: 2}


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    one, two = read(tmp_path, "a = 1\n"), read(tmp_path, "a = 1\r\n")
    assert one.digest != two.digest
    assert one.digest == read(tmp_path, "a = 1\n").digest
    assert len(one.digest) == 64


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = 1\nif:\n", 2, "invalid syntax"),
        ("if a:\nb = 1\n", 2, "expected an indented block"),
        ("if a:\n    b\n  c\n", 3, "unindent does not match"),
        ("a = (\n", 1, "was never closed"),
        (b"a = 1\r\nb = '\0'\r\n", 2, "null"),
        (b"# coding: nonsense\na = 1\n", None, "nonsense"),
        (b"a = '\xff'\n", None, "utf-8"),
        (b"\xef\xbb\xbf# coding: latin-1\na = 1\n", None, "encoding problem"),
    ],
)
def test_what_is_no_python_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, line: int | None, reason: str
) -> None:
    error = failure(tmp_path, text)
    assert error.path == "m.py"
    assert reason in error.reason
    if line is not None:
        assert error.line == line
        assert f"m.py:{line}: " in error.message


def test_a_file_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    assert "nested" in failure(tmp_path, f"a = {'-' * 200_000}1\n").reason


def test_a_long_chain_of_elif_is_read(tmp_path: Path) -> None:
    chain = "".join(f"    elif a == {number}:\n        return {number}\n" for number in range(300))
    text = f"def f(a):\n    if a:\n        return -1\n{chain}"
    (function,) = read(tmp_path, text).functions
    assert len(function.body) == 602


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    for path in ("missing.py", "folder.py"):
        with pytest.raises(SourceError, match=f"{path}: cannot be read") as caught:
            read_source(tmp_path, path)
        assert caught.value.line is None


def test_an_old_escape_warns_nobody(tmp_path: Path) -> None:
    # With warnings as errors, as in this suite, parsing it aloud would fail.
    assert owner(tmp_path, 'a = "\\d"\nb = 1 is 1\n') == {1: 1, 2: 2}


def test_reading_runs_and_writes_nothing(tmp_path: Path) -> None:
    read(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.py"]
    assert importlib.util.find_spec("m") is None
    assert "m" not in sys.modules


@pytest.mark.parametrize(
    ("data", "lines", "expected"),
    [
        (b"a\nb\n", {1, 2}, {1, 2}),
        (b"a\r\nb\r\n", {2}, {2}),
        (b"a\rb\nc\n", {1}, {1, 2}),
        (b"a\rb\nc\n", {2}, {3}),
        (b"a\rb\r\nc", {1, 2}, {1, 2, 3}),
        (b"a\rb", set(), set()),
    ],
)
def test_numbers_of_lines_are_translated_to_pythons(
    data: bytes, lines: set[int], expected: set[int]
) -> None:
    assert as_python_counts(data, frozenset(lines)) == expected


@pytest.mark.parametrize(
    ("data", "count"), [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\n\n", 2), (b"a\x0cb\r\rc\r\nd", 4)]
)
def test_lines_are_counted_as_python_counts_them(data: bytes, count: int) -> None:
    assert count_lines(data) == count
