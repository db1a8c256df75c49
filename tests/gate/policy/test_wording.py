"""What is said of each mistake in a policy, word for word: `wording.md` is committed, to be read.

`PYTHONPATH=.:tests/gate python tests/gate/policy/test_wording.py` writes it again; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.errors import PolicyError
from gate.policy.model import parse_policy, policy_named_in

PAGE = Path(__file__).with_name("wording.md")
WRONG = [
    "5",
    "-1",
    "1.5",
    "nan",
    "true",
    '"x"',
    '" "',
    "2027-03-31",
    "2027-03-31T10:00:00",
    "10:00:00",
]
WRONG += [
    "[5]",
    "[[5]]",
    "{ a = 5 }",
    "0x" + "f" * 16,
    "0x1" + "0" * 16,
    f'"{"x" * 60}"',
    f'"{"x" * 61}"',
]
KEYS = (
    *(
        "source",
        "source.include",
        "tests",
        "tests.paths",
        "tests.timeout",
        "tests.memory",
        "tests.output",
    ),
    *(
        "tests.order",
        "tests.python",
        "tests.environment",
        "tests.exclude",
        "coverage",
        "coverage.line",
        "coverage.branch",
    ),
    *("coverage.function", "coverage.changed", "coverage.changed.line", "coverage.changed.branch"),
    *("mutation", "mutation.core", "mutation.score", "mutation.changed", "mutation.changed.score"),
    *("mutation.noise", "mutation.waive", "suppressions", "suppressions.new", "isolation"),
    *(
        "isolation.require",
        "isolation.network",
        "path",
        "unknown",
        "line",
        "tests.unknown",
        "coverage.lines",
    ),
)
TERMS = 'reason = "r"\nowner = "o"\nexpires = 2027-03-31\n'
TEXTS = [
    *(f"\n{key} = {value}" for key in KEYS for value in ("5", '"x"', "[5]", "{ a = 5 }")),
    *(
        f"\n{key} = {value}"
        for key in ("coverage.line", "tests.paths", "tests.exclude")
        for value in WRONG
    ),
    *(
        f"[[{key}]]"
        for key in ("tests.exclude", "mutation.waive", "path", "source", "tests.exclude.x")
    ),
    *(
        f"[[tests.exclude]]\n{TERMS}{chosen}"
        for chosen in ("", 'test = "a"\nmarker = "b"', "marker = 5")
    ),
    *(f"[[tests.exclude]]\n{TERMS}marker = '{name}'" for name in ("a b", "5a", "a.b", "", "a\\nb")),
    *(
        f"[[mutation.waive]]\n{TERMS}{given}"
        for given in ("mutant = ''", "mutants = 'a'", "mutant = 5")
    ),
    *(f"[[path]]\nmatch = '{glob}'" for glob in ("a", "/a", "..", ".", "a/", "[z-a]", "a\\b", "")),
    *(
        f"[[path]]\nmatch = 'a'\n{key} = 101"
        for key in ("coverage.line", "mutation.score", "coverage.x")
    ),
    "[[path]]\nmatch = 'a'\ncoverage = {}\nmutation = {}",
    'source.include = ["a",\n "./a",\n "a/", "b", "b"]',
    'tests.paths = ["/a", "..", "a/../b", "", "a\\\\b", "a\\nb"]',
    "source.include = [5, 5, true, true]",
    *(f"tests.order = '{value}'" for value in ("probe", "off", "PROBE")),
    *(f"isolation.network = '{value}'" for value in ("on", "off", "OFF")),
    *(f"isolation.require = '{value}'" for value in ("basic", "partial", "full", "none")),
    "Abc = 1\nab1 = 1\n'a\\b' = 1",
    "# one\r\n[coverage]\r\nlines = 1\r\n",
    "[coverage]\r\nline 1\r\n",
    "\na = '\udc80'\n\n\n",
    f"\na = {'9' * 640}\n\n",
    f"\na = {'9' * 641}\n\n",
    f"\n\na = {'[' * 65}\n\n",
    f"\n\na = {{ b = {'[' * 64}\n\n",
    "a = " + "[[], {}], " * 99,
    "tests.environment = ['A B', '1A', '', 'A', 'A-B', 5]",
    "mutation.noise = ['log', 'logs', 5]",
    *(
        f"coverage.line = {value}"
        for value in ("100", "100.0000001", "100.000001", "-0.000001", "1e400")
    ),
    *(f"suppressions.new = {value}" for value in ("1_000_000", "1_000_001", "-1")),
    *(
        f"tests.timeout = '{value}'"
        for value in ("168h", "168h1ms", "0s", "1s1m", "1.0001s", "1ms")
    ),
    *(f"tests.memory = '{value}'" for value in ("1024TiB", "1025TiB", "0.001KiB", "4GB", "1.5GiB")),
    "tset.paths = []\n[tests.exlude]\n'a.b'.c = 1\n\"\\u001b[31m\" = 1",
    f"{'x' * 60} = 1\n{'y' * 61} = 1\n'a b' = 1\n'' = 1\na-b_9 = 1",
    *(
        "[coverage",
        "coverage",
        "coverage =",
        "a = 1\na = 2",
        "a = [1,\n\n",
        "a = 1 b",
        "\x00",
        "a = 'b\n",
    ),
    *(
        "\ufeffa = 1",
        "a = '\udc80'",
        f"\na = {'9' * 4999}",
        f"a = [\n{'[' * 70}",
        f"{'a.' * 70}a = 1",
    ),
    *(f"{'a.' * count}a = 1" for count in (63, 64, 65)),
    *(f"a = {'[' * count}{']' * count}" for count in (64, 65)),
    *("#" * length for length in (1 << 20, (1 << 20) + 1)),
]
PROJECTS = [
    *(
        "",
        "[tool.gate]",
        "[tool]\nother.a = 1",
        '[tool.gate]\npolicy = "./p.toml"',
        "[tool.gate]\npolcy = 1",
    ),
    *(
        "[tool.gate]\npolicy = 5",
        '[tool.gate]\npolicy = "../p"',
        "[tool]\ngate = 5",
        "tool = 5",
        "[tool",
    ),
]


def told(text: str) -> str:
    """The mistakes in a text, or that there is none."""
    try:
        parse_policy(text, "p.toml")
    except PolicyError as error:
        return error.message
    return "no mistake"


def told_of_project(text: str) -> str:
    try:
        return f"names {policy_named_in(text)}"
    except PolicyError as error:
        return error.message


def entry(text: str, said: str) -> str:
    """One text, shortened where it is long, and what is said of it."""
    shown = text if len(text) < 200 else f"{text[:20]}… {len(text)} characters"
    return f"```text\n{shown.encode('unicode_escape').decode()}\n{said}\n```\n"


def page() -> str:
    policies = [entry(text, told(text)) for text in TEXTS]
    projects = [entry(text, told_of_project(text)) for text in PROJECTS]
    return "\n".join(
        ["# What is said of mistakes in a policy\n", *policies, "## In pyproject.toml\n", *projects]
    )


@pytest.fixture(scope="module")
def committed() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_mistake_is_told_word_for_word(text: str, committed: str) -> None:
    assert entry(text, told(text)) in committed


@pytest.mark.parametrize("text", PROJECTS, ids=range(len(PROJECTS)))
def test_a_mistake_in_pyproject_is_told_word_for_word(text: str, committed: str) -> None:
    assert entry(text, told_of_project(text)) in committed


def test_what_to_do_next_is_the_same_for_each() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy("unknown = 1", "p.toml")
    assert caught.value.hint == (
        "correct the lines named above; see docs/policy.md for every key, its default and its values"
    )


def test_the_page_has_these_mistakes_and_no_others(committed: str) -> None:
    assert page() == committed


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="")
