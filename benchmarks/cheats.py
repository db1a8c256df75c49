"""The cheats of the laboratory through other tools: what each says to the same pull request.

Prints the table of `docs/trust.md`, a row as soon as it is measured: `python benchmarks/cheats.py`.
The pull requests are those of `tests/end_to_end/pull_requests.py`; the gate's column is what `make cheats`
asserts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).resolve().parent.parent / "tests/end_to_end"
sys.path.append(str(TESTS))

from pull_requests import BASE, CHEATS, HONEST, PullRequest, Repository  # noqa: E402 - found by the line above

HEAD = "| Pull request | pytest-cov | diff-cover | mutmut | gate |\n|---|---|---|---|---|"
# Nets: each takes a hundredth of that, or hangs.
SECONDS = {"pytest": 600.0, "diff-cover": 600.0, "mutmut": 1800.0}
# Survived in mutmut's words; what no test runs is told apart.
_STATUS = re.compile(r"^\s+\S+: (.+)$", re.MULTILINE)
_UNDETECTED = ("survived", "no tests", "not checked", "suspicious")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, None when its time was up, and what it printed."""

    code: int | None
    output: str


def main() -> None:
    """Measure the pull requests that were named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="pull requests, by name")
    parser.add_argument("--honest", action="store_true", help="the honest ones as well")
    parser.add_argument(
        "--quick", action="store_true", help="without mutmut, three quarters of the time"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    known = [*CHEATS, *(HONEST if options.honest or options.names else ())]
    print(HEAD, flush=True)  # noqa: T201 - a script prints
    for each in known:
        if not options.names or each.name in options.names:
            print(row(each, quick=options.quick), flush=True)  # noqa: T201


def row(request: PullRequest, *, quick: bool) -> str:
    """Measure one pull request, in a repository of its own."""
    with TemporaryDirectory(prefix="cheats-") as folder:
        root, home = Path(folder, "head"), Path(folder, "home")
        root.mkdir()
        home.mkdir()
        repository = Repository(root)
        repository.begin()
        request.make(repository)
        repository.commit(request.tries)
        environment = _environment(home, request.environment)
        cells = [
            request.tries.replace("|", "\\|"),
            *_coverage(root, environment),
            "not run" if quick else _mutmut(root, environment),
            _gate(request),
        ]
    return f"| {' | '.join(cells)} |"


def _coverage(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run the suite under pytest-cov, then diff-cover on the report that it wrote."""
    options = ("-p", "pytest_cov", "-p", "no:cacheprovider", "--cov", "--cov-fail-under=80")
    command = ("pytest", *options, "--cov-report=xml", "--cov-report=term")
    yield _told(_run("pytest", command, root, environment))
    if not (root / "coverage.xml").exists():
        yield "no report to read"
        return
    compare = ("diff-cover", "coverage.xml", f"--compare-branch={BASE}", "--fail-under=80")
    yield _told(_run("diff-cover", compare, root, environment))


def _mutmut(root: Path, environment: Mapping[str, str]) -> str:
    """Run mutmut on the changed files of the package: it has no verdict, so say what a script could read."""
    changed = _git(root, "diff", "--name-only", BASE, "--", "distil/*.py").split()
    if not changed:
        return "no changed file"
    others = [
        each for each in _git(root, "ls-tree", "--name-only", "HEAD").split() if each != "distil"
    ]
    settings = {"source_paths": ["distil"], "only_mutate": changed, "also_copy": others}
    listed = "".join(
        f"{key} =\n" + "".join(f"    {v}\n" for v in values) for key, values in settings.items()
    )
    # torch is not safe to fork from a process that has run it.
    Path(root, "setup.cfg").write_text(f"[mutmut]\n{listed}process_isolation = forkserver\n")
    ran = _run("mutmut", ("mutmut", "run", "--max-children", "2"), root, environment)
    if ran.code != 0:
        return _told(ran)
    results = _run("mutmut", ("mutmut", "results", "--all", "true"), root, environment)
    statuses = Counter(_STATUS.findall(results.output))
    undetected = sum(statuses[status] for status in _UNDETECTED)
    return f"exit 0; {undetected} of {statuses.total()} undetected"


def _gate(request: PullRequest) -> str:
    rules = sorted(request.forces or request.says)
    verdict = " or ".join(each.upper() for each in request.verdicts)
    return f"{verdict}: {', '.join(f'`{rule}`' for rule in rules)}" if rules else verdict


def _told(ended: Ended) -> str:
    if ended.code is None:
        return "no end"
    return "**passes**" if ended.code == 0 else f"stops (exit {ended.code})"


def _run(kind: str, command: Sequence[str], root: Path, environment: Mapping[str, str]) -> Ended:
    """Run a command of this environment in a session of its own, for its time at most."""
    program = str(Path(sys.executable).with_name(command[0]))
    process = subprocess.Popen(
        [program, *command[1:]],
        cwd=root,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=SECONDS[kind])
        return Ended(process.returncode, output)
    except subprocess.TimeoutExpired:
        return Ended(None, "")
    finally:
        # What it started ends with it, whatever became of it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _environment(home: Path, changes: Mapping[str, str]) -> dict[str, str]:
    dropped = ("COVERAGE_", "COV_CORE_", "PYTEST_", "PYTHON", "GATE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    # Only the plugin that is named is loaded: the others cost as much as torch. What tests leave in the
    # temporary folder is there for the tools after, as on a machine of its own, and for no other row.
    own = {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **own, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **changes}


if __name__ == "__main__":
    main()
