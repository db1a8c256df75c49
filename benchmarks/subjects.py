"""The projects that the benchmarks run: working copies at one commit, and an interpreter for each.

    python benchmarks/subjects.py [SUBJECT...] [--work DIR]

makes both and runs each suite with plain pytest, which must be green.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

LIST = Path(__file__).with_name("subjects.toml")
MUTMUT = "mutmut==3.8.1"
# An exclusion of the policy needs a day; the subjects are fixed to one commit, so this one never comes.
NEVER = "2999-12-31"


class SubjectError(Exception):
    """A subject cannot be used as `subjects.toml` says."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One project at one commit; docs of the fields are in benchmarks/README.md."""

    name: str
    url: str
    commit: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    pythonpath: str = ""
    write: Mapping[str, str] = field(default_factory=dict)
    mutmut: Mapping[str, str | list[str]] = field(default_factory=dict)


def main() -> int:
    """Prepare the subjects named on the command line and check that their suites are green."""
    arguments = parser(str(__doc__)).parse_args()
    red = 0
    with work_folder(arguments.work) as work:
        for subject in chosen(arguments.subjects):
            python = interpreter(subject, work)
            root = copy(subject, work / subject.name / "plain")
            command = [*plain_pytest(subject, python), *deselected(subject), *subject.tests]
            finished = run(command, root, environment(subject, root))
            red += finished.returncode != 0
            lines = finished.stdout.strip().splitlines()
            say(f"{subject.name}: {lines[-1] if lines else 'no output'}  ({root}, {python})")
            if finished.returncode != 0:
                say(finished.stdout)
    return 1 if red else 0


def parser(description: str) -> argparse.ArgumentParser:
    """Begin the command line that every benchmark of subjects has."""
    formatter = argparse.RawDescriptionHelpFormatter
    begun = argparse.ArgumentParser(description=description, formatter_class=formatter)
    begun.add_argument("subjects", nargs="*", metavar="SUBJECT", help="default: all")
    begun.add_argument("--work", type=Path, help="where copies and results stay (default: nowhere)")
    return begun


@contextmanager
def work_folder(named: Path | None) -> Iterator[Path]:
    """Give the folder for copies, environments and results; one that nobody named is removed."""
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named.resolve()
        return
    with TemporaryDirectory(prefix="gate-bench-") as folder:
        yield Path(folder).resolve()


def chosen(names: list[str]) -> list[Subject]:
    """Read the list of subjects and give those named, or all. Raises SubjectError for an unknown one."""
    subjects = read_subjects(LIST.read_text(encoding="utf-8"))
    if unknown := sorted(set(names) - set(subjects)):
        raise SubjectError(f"unknown subjects {unknown}; there are {', '.join(subjects)}")
    return [subjects[name] for name in names or subjects]


def read_subjects(text: str) -> dict[str, Subject]:
    """Read subjects by name from TOML. Raises SubjectError for a key that means nothing."""
    subjects = {}
    for name, table in tomllib.loads(text).items():
        values = {
            key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
        }
        try:
            subjects[name] = Subject(name=name, **values)
        except TypeError as error:
            raise SubjectError(f"[{name}]: {error}") from error
    return subjects


def interpreter(subject: Subject, work: Path) -> str:
    """Give the interpreter that BENCH_PYTHON_<NAME> names, or that of an environment made here."""
    if named := os.environ.get(f"BENCH_PYTHON_{subject.name.upper()}"):
        return named
    home = work / subject.name / "environment"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        run([sys.executable, "-m", "venv", "--clear", str(home)], work, check=True)
        wanted = ["pytest", "coverage>=7.10", MUTMUT, *subject.requirements]
        run([str(python), "-m", "pip", "install", "--quiet", *wanted], work, check=True)
        (home / "ready").touch()
    return str(python)


def copy(subject: Subject, root: Path) -> Path:
    """Clone the subject at its commit, in place of what is there.

    It comes from BENCH_SUBJECTS/<name>, or, fetched once for all copies beside it, from its url.
    """
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    checkouts = os.environ.get("BENCH_SUBJECTS")
    origin = Path(checkouts).resolve() / subject.name if checkouts else root.parent / "origin"
    if not origin.exists():
        run(
            ["git", "clone", "--quiet", "--bare", subject.url, str(origin)], root.parent, check=True
        )
    run(["git", "clone", "--quiet", "--no-checkout", str(origin), str(root)], origin, check=True)
    run(["git", "checkout", "--quiet", "--detach", subject.commit], root, check=True)
    complete(subject, root)
    return root


def complete(subject: Subject, root: Path) -> None:
    """Write what the subject's build would have made."""
    for path, content in subject.write.items():
        (root / path).write_text(content + "\n", encoding="utf-8")


def environment(subject: Subject, root: Path) -> dict[str, str]:
    """Give the environment in which a subject's commands run."""
    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    own.pop("PYTHONPATH", None)
    if subject.pythonpath:
        own["PYTHONPATH"] = str(root / subject.pythonpath)
    return own


def plain_pytest(subject: Subject, python: str) -> list[str]:
    """Begin a command that runs tests as anybody would."""
    return [python, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", *subject.options]


def deselected(subject: Subject) -> list[str]:
    """Give the options that leave out the tests that are red at this commit."""
    return [part for test in subject.deselect for part in ("--deselect", test)]


def policy_text(subject: Subject, noise: bool = True) -> str:
    """Write the policy by which the gate measures a subject; without `noise` no mutant is left out."""
    lines = [
        "[source]",
        f"include = {json.dumps(subject.files)}",
        "[tests]",
        f"paths = {json.dumps(subject.tests)}",
    ]
    lines += exclusions(subject)
    if not noise:
        lines += ["[mutation]", "noise = []"]
    return "\n".join(lines) + "\n"


def exclusions(subject: Subject) -> list[str]:
    """Write the exclusions of a policy for what is red without any change."""
    lines = []
    for test in subject.deselect:
        lines += ["[[tests.exclude]]", f"test = {json.dumps(test)}"]
        lines += ['reason = "red at this commit"', 'owner = "benchmarks"', f"expires = {NEVER}"]
    return lines


def mutmut_text(subject: Subject) -> str:
    """Write mutmut's settings, as a table to be added to `pyproject.toml`."""
    settings = {
        **subject.mutmut,
        "only_mutate": subject.files,
        "pytest_add_cli_args": [*subject.options, *deselected(subject)],
        "pytest_add_cli_args_test_selection": subject.tests,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def run(
    command: list[str], folder: Path, environment: dict[str, str] | None = None, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command and give its output, errors with it. Raises SubjectError with `check`."""
    finished = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if check and finished.returncode != 0:
        raise SubjectError(f"{' '.join(command)} failed:\n{finished.stdout}")
    return finished


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
