"""Changed-line coverage beside diff-cover's, one small git repository a case.

Runs real git, pytest with pytest-cov, and the `diff-cover` command. Prints the table of
`docs/changed-lines.md`; run it with `python benchmarks/changed_lines.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gate.measure.changed import measure_changed
from gate.measure.coverage import measure
from gate.measure.functions import Passing
from gate.model import Ratio
from gate.source.code import read_sources
from gate.source.git import changed_lines, python_files

CALLS = """\
def use(a, b):
    return a + b


def run(number):
    if number > 0:
        total = use(
            number,
            1,
        )
    elif number == 0:
        total = 0
    else:
        total = use(
            number,
            -1,
        )
    return total
"""
TEST = "from pkg import m\n\n\ndef test_run():\n    assert m.run(1) == 2\n"
LONG = "".join(f"name_{number} = {number}\n" for number in range(1, 11))


@dataclass(frozen=True, slots=True)
class Case:
    """A change: the files of the base, of the commit on top, and of the working tree."""

    name: str
    why: str
    base: Mapping[str, str]
    commit: Mapping[str, str | None] = field(default_factory=dict)
    tree: Mapping[str, str | None] = field(default_factory=dict)
    test: str = TEST
    executable: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The answers to one case, as text."""

    case: str
    line: str
    branch: str
    plain: str
    options: str
    why: str


def edited(text: str, old: str, new: str) -> str:
    """Replace the only occurrence of `old`."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} occurs {text.count(old)} times")
    return text.replace(old, new)


M = "pkg/m.py"
IF = "def run(number):\n    if number > 0:\n        return 2\n    return 3\n"
ELSE = edited(IF, "    return 3", "    elif number:\n        return 3\n    return 4")
DEDENT = (
    "def run(number):\n    if number < 0:\n        number = 1\n        number += 0\n    return 2\n"
)
DOC = 'def run(number):\n    """Run\n    it.\n    """\n    return 2\n'
DECORATED = f"import functools\n\n\n@functools.lru_cache(\n    maxsize=1,\n)\n{IF}"
FEED = edited(IF, "    if", '    mark = "\x0c \u2028 \x85"\n    if')
LATER = edited(IF, "return 3", "return 4")

CASES = (
    Case(
        "one line of a call that runs over four, executed",
        "The edited line has no number of its own in the report; plain diff-cover sees nothing to cover",
        {M: CALLS},
        {M: edited(CALLS, "            1,\n", "            +1,\n")},
    ),
    Case(
        "the same in a call that no test executes",
        "As above, and here plain diff-cover passes what nothing tests",
        {M: CALLS},
        {M: edited(CALLS, "            -1,\n", "            -2,\n")},
    ),
    Case(
        "renamed file with one edited line",
        "",
        {"pkg/old.py": CALLS},
        {"pkg/old.py": None, "pkg/new.py": edited(CALLS, "total = 0", "total = 1")},
        test=TEST.replace("import m\n", "import new as m\n"),
    ),
    Case(
        "deleted lines only",
        "",
        {M: edited(CALLS, "    if number > 0:\n", "    number += 0\n    if number > 0:\n")},
        {M: CALLS},
    ),
    Case(
        "comment only, one of them inside a call",
        "diff-cover's option takes the comment for part of the call",
        {M: CALLS},
        {M: "# why\n" + edited(CALLS, "            1,\n", "            # why\n            1,\n")},
    ),
    Case(
        "docstring only",
        "diff-cover's option takes the docstring for part of the `def` line",
        {M: DOC},
        {M: edited(DOC, "it.", "it now.")},
    ),
    Case(
        "untracked file, imported",
        "",
        {M: "def run(number):\n    return 2\n"},
        tree={"pkg/new.py": IF},
        test=TEST.replace("import m\n", "import m, new\n"),
    ),
    Case("new file that no test imports", "", {M: IF}, {"pkg/new.py": IF}),
    Case(
        "line of a decorator's call",
        "Plain diff-cover: as in the first case",
        {M: DECORATED},
        {M: edited(DECORATED, "maxsize=1", "maxsize=2")},
    ),
    Case(
        "`elif` made an `else:` whose body no test runs",
        "`else:` belongs to the `if` that decides it, so its untaken branch is the change's",
        {M: ELSE},
        {M: edited(ELSE, "    elif number:\n", "    else:\n")},
    ),
    Case(
        "condition edited, only one outcome tested",
        "A line that ran is covered to plain diff-cover; its option fails the line instead",
        {M: IF},
        {M: edited(IF, "> 0", ">= 1")},
    ),
    Case(
        "one-line `if`, only one outcome tested",
        "As above",
        {M: edited(IF, ":\n        return 2", ": return 2")},
        {M: edited(edited(IF, ":\n        return 2", ": return 2"), "> 0", ">= 1")},
    ),
    Case(
        "one-line `a if c else b`, only one outcome tested",
        "None sees the untested half: coverage.py counts no branch inside an expression; a mutant does",
        {M: "def run(number):\n    return 2\n"},
        {M: "def run(number):\n    return 2 if number > 0 else 3\n"},
    ),
    Case(
        "dedent that changes meaning",
        "",
        {M: DEDENT},
        {M: edited(DEDENT, "        number += 0\n", "    number += 0\n")},
    ),
    Case("Windows line ends", "", {M: IF.replace("\n", "\r\n")}, {M: LATER.replace("\n", "\r\n")}),
    Case(
        "form feed and U+2028 before the edit",
        "",
        {M: FEED},
        {M: edited(FEED, "return 3", "return 4")},
    ),
    Case(
        "file name with a space",
        "",
        {M: "def run(number):\n    return 2\n", "pkg/sp ace.py": IF},
        {"pkg/sp ace.py": LATER},
    ),
    Case(
        "file name beyond ASCII",
        "",
        {M: "def run(number):\n    return 2\n", "pkg/é—ü.py": IF},
        {"pkg/é—ü.py": LATER},
    ),
    Case(
        "folder name that ends in a space and `b`",
        "diff-cover cuts the name at its last ` b/` and then finds no such file",
        {M: "def run(number):\n    return 2\n", "pkg/x b/n.py": IF, "pkg/x b/__init__.py": ""},
        {"pkg/x b/n.py": LATER},
    ),
    Case(
        "file name with a line feed",
        "The XML report writes the line feed as `?`, and diff-cover finds no such file",
        {M: IF, "pkg/new\nline.py": IF},
        {"pkg/new\nline.py": LATER},
    ),
    Case("change of mode only", "", {M: IF}, executable=M),
    Case(
        "committed edit, then an uncommitted line above it",
        "diff-cover joins the commit's line numbers with those on disk without moving them",
        {M: IF},
        {M: LATER},
        {M: "import os\n\n" + LATER},
    ),
    Case(
        "last line edited, without a line end before and after",
        "diff-cover counts the note `\\ No newline at end of file` as a line",
        {M: LATER.rstrip("\n")},
        {M: IF.rstrip("\n")},
    ),
    Case(
        "`*.py -diff` in the change's .gitattributes",
        "git then calls the file binary, and diff-cover sees no change; we ask for text",
        {M: IF},
        {M: LATER, ".gitattributes": "*.py -diff\n"},
    ),
    Case(
        "large file, two distant edits",
        "",
        {M: LONG + IF},
        {M: edited(edited(LONG + IF, "name_2 = 2", "name_2 = 3"), "return 3", "return 4")},
    ),
)


def main() -> None:
    """Run every case and write the table to standard output."""
    rows = [Row("Case", "Line", "Branch", "diff-cover", "with options", "Why they differ")]
    rows.append(Row(*["---"] * 6))
    for case in CASES:
        with TemporaryDirectory(prefix="gate-changed-") as folder:
            rows.append(answer(case, Path(folder).resolve()))
    for row in rows:
        cells = (row.case, row.line, row.branch, row.plain, row.options, row.why)
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


def answer(case: Case, folder: Path) -> Row:
    """Build the repository, run its tests, and ask both."""
    root = folder / "repository"
    data = folder / "data"
    base = build(case, root)
    report = run_tests(root, data)
    line, branch = ours(root, data, base)
    plain = theirs(root, report, base)
    options = theirs(root, report, base, "--expand-coverage-report", "--branch-coverage")
    agree = line == plain == options
    return Row(
        case.name, line, branch, plain, options, case.why or ("" if agree else "UNEXPLAINED")
    )


def build(case: Case, root: Path) -> str:
    """Commit the base and the change, leave the rest in the working tree; give the base's name."""
    write(root, {"pkg/__init__.py": "", "tests/test_m.py": case.test, **case.base})
    git(root, "init", "--quiet")
    commit(root)
    base = git(root, "rev-parse", "HEAD")
    write(root, case.commit)
    if case.executable:
        (root / case.executable).chmod(0o755)
    commit(root)
    write(root, case.tree)
    return base


def write(root: Path, files: Mapping[str, str | None]) -> None:
    """Write files as bytes, so that line ends stay; None deletes."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.unlink()
        else:
            file.write_bytes(text.encode())


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "change")


def git(root: Path, *arguments: str) -> str:
    """Run git with a name to commit under."""
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    return run(root, "git", *identity, *arguments).strip()


def run_tests(root: Path, data: Path) -> Path:
    """Run pytest with branch coverage; give the XML report that diff-cover reads."""
    report = data.with_suffix(".xml")
    options = ["--cov=pkg", "--cov-branch", f"--cov-report=xml:{report}", "-p", "no:cacheprovider"]
    run(root, sys.executable, "-m", "pytest", "-q", *options, COVERAGE_FILE=str(data))
    return report


def ours(root: Path, data: Path, base: str) -> tuple[str, str]:
    """Measure the changed lines and branches with the gate."""
    files = [path for path in python_files(root) if path.startswith("pkg/")]
    sources = read_sources(root, files)
    coverage = measure(root, sources, data, Passing(frozenset()))
    found = measure_changed(changed_lines(root, base), coverage, sources.files)
    return shown(found.total("line")), shown(found.total("branch"))


def shown(ratio: Ratio) -> str:
    """Write `covered/total`, or a dash when there is nothing to cover."""
    return f"{ratio.covered}/{ratio.total}" if ratio.total else "–"


def theirs(root: Path, report: Path, base: str, *options: str) -> str:
    """Ask the diff-cover command, untracked files included."""
    output = report.with_suffix(".json")
    command = Path(sys.executable).parent / "diff-cover"
    arguments = [f"--compare-branch={base}", "--include-untracked", f"--format=json:{output}"]
    run(root, str(command), str(report), *arguments, *options)
    answer: dict[str, Any] = json.loads(output.read_text())
    total, missed = answer["total_num_lines"], answer["total_num_violations"]
    return f"{total - missed}/{total}" if total else "–"


def run(root: Path, *command: str, **environment: str) -> str:
    """Run a command in the repository, with a home of its own and no git configuration."""
    own = {**os.environ, "HOME": str(root.parent), "GIT_CONFIG_NOSYSTEM": "1", **environment}
    own["PYTHONDONTWRITEBYTECODE"] = "1"
    finished = subprocess.run(command, cwd=root, env=own, capture_output=True, check=False)
    if finished.returncode != 0:
        raise RuntimeError(f"{command}: {finished.stdout.decode()}{finished.stderr.decode()}")
    return finished.stdout.decode()


if __name__ == "__main__":
    main()
