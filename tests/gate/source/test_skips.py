from __future__ import annotations

import pytest

from gate.source.skips import Skip, find_skips

HEAD = "import pytest\nimport unittest\n"


def skips(text: str, head: str = HEAD) -> list[Skip]:
    return list(find_skips("tests/test_a.py", (head + text).encode()))


def told(text: str, head: str = HEAD) -> list[tuple[str, str, str]]:
    return [(skip.kind, skip.text, skip.function) for skip in skips(text, head)]


@pytest.mark.parametrize(
    ("mark", "kind", "text"),
    [
        ("@pytest.mark.skip", "skip", "skip"),
        ("@pytest.mark.skip(reason='r')", "skip", "skip"),
        ("@pytest.mark.skipif(A > 1, reason='r')", "skipif", "skipif(A > 1)"),
        ("@pytest.mark.xfail", "xfail", "xfail"),
        ("@pytest.mark.xfail(strict=True, reason='r')", "xfail", "xfail(strict=True)"),
        ("@unittest.skip('r')", "skip", "skip"),
        ("@unittest.skipIf(A, 'r')", "skipif", "skipif(A, 'r')"),
        ("@unittest.skipUnless(A, 'r')", "skipif", "skipif(A, 'r')"),
        ("@unittest.expectedFailure", "xfail", "xfail"),
        (
            "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.xfail)])",
            "xfail",
            "xfail",
        ),
    ],
)
def test_a_mark_is_found_with_what_it_is_for(mark: str, kind: str, text: str) -> None:
    assert told(f"{mark}\ndef test_a(): pass\n") == [(kind, text, "test_a")]


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        ("pytest.skip('r')", "skip", "skip"),
        ("pytest.xfail('r')", "xfail", "xfail('r')"),
        ("np = pytest.importorskip('numpy')", "importorskip", "importorskip('numpy')"),
        ("raise unittest.SkipTest('r')", "skip", "skip"),
        ("raise pytest.skip.Exception('r')", "skip", "skip"),
        ("self.skipTest('r')", "skip", "skip"),
        ("super().skipTest('r')", "skip", "skip"),
        ("if x:\n            pytest.skip('r')", "skip", "skip"),
    ],
)
def test_a_call_is_found_in_its_method(call: str, kind: str, text: str) -> None:
    found = told(f"class TestA:\n    def test(self):\n        {call}\n")
    assert found == [(kind, text, "TestA.test")]


@pytest.mark.parametrize(
    ("head", "use"),
    [
        ("import pytest as pt\n", "pt.skip('r')"),
        ("from pytest import skip\n", "skip('r')"),
        ("from pytest import skip as leave\n", "leave('r')"),
        ("from pytest import mark\n", "pytestmark = mark.skip"),
        ("from pytest import mark as m\n", "pytestmark = [m.slow, m.skip]"),
        ("from unittest import SkipTest\n", "raise SkipTest"),
        ("from unittest.case import SkipTest as S\n", "raise S('r')"),
        ("import pytest\n", "pytest.skip('r', allow_module_level=True)"),
    ],
)
def test_imports_under_other_names_are_seen_through(head: str, use: str) -> None:
    assert [(skip.kind, skip.function) for skip in skips(use, head)] == [("skip", "")]


def test_a_name_of_its_own_for_a_mark_counts_where_it_is_used() -> None:
    text = "gpu = pytest.mark.skipif(A, reason='r')\n@gpu\ndef test_a(): pass\n"
    assert told(text) == [("skipif", "skipif(A)", ""), ("skipif", "skipif", "test_a")]


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.slow\ndef test_a(): pass\n",
        "skip = 3\n",
        "reader.skip(4)\n",
        "x = 'pytest.skip()'\n",
        "# pytest.mark.skip\n",
        "import json.decoder as skip\n",
        "def broken(:\n",
    ],
)
def test_what_skips_no_test_is_none(text: str) -> None:
    assert told(text) == []


def test_a_skip_knows_its_lines_and_the_body_it_is_for() -> None:
    text = "@pytest.mark.skipif(\n    A,\n    reason='r',\n)\ndef {}():\n    assert {}\n"
    one, renamed, other = (
        skips(text.format(*words))[0] for words in (("a", 1), ("b", 1), ("a", 2))
    )
    assert (one.line, one.end_line) == (3, 6)
    assert one.body == renamed.body != other.body
