"""A laboratory for the whole command: a real repository, a real run, and what must hold after it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECTS = Path(__file__).resolve().parent.parent / "projects"
POLICY = "policies/lab.toml"
# Whatever waits for longer hangs: the machine may be busy, so no less says anything.
PATIENCE = 600.0
# Until what a run leaves to be ended by others is gone. What a fault starts lives for longer.
GRACE = 30.0
# `make faults` asks for more than every test run can afford.
THOROUGH = "LAB_POINTS" in os.environ
KILLED = frozenset({-signal.SIGKILL, -signal.SIGTERM})
# Not for the subject: what the pytest that runs this laboratory says to its own children.
DROPPED = ("COVERAGE_", "COV_CORE_", "PYTEST_", "PYTHON", "GATE_")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the gate said; `results` is the document that it wrote, if it wrote one."""

    code: int
    output: str
    errors: str
    seconds: float
    results: dict[str, Any] | None

    @property
    def document(self) -> dict[str, Any]:
        assert self.results is not None, f"exit {self.code} without a document\n{self.errors}"
        return self.results

    @property
    def counts(self) -> dict[str, int]:
        """Tests by outcome, without those that no test has."""
        return {name: count for name, count in self.document["suite"]["counts"].items() if count}

    @property
    def not_passed(self) -> dict[str, str]:
        """Outcome, and behind a colon the kind of cause, by test id."""
        return {
            test["test"]: ":".join(
                [test["outcome"], *([test["cause"]["kind"]] if test["cause"] else [])]
            )
            for test in self.document["suite"]["outcomes"]
            if test["outcome"] not in ("passed", "xpassed")
        }

    @property
    def environment(self) -> dict[str, str]:
        """What the suite ran on."""
        return dict(self.document["suite"]["environment"])

    @property
    def isolation(self) -> dict[str, str]:
        """How the workers were kept apart."""
        return dict(self.document["suite"]["isolation"])

    @property
    def mutants(self) -> list[dict[str, Any]]:
        """Every mutant, with what it shares with others."""
        section = self.document["mutation"]
        return rows(section["results"]) if section else []

    @property
    def lost_kills(self) -> list[dict[str, Any]]:
        """Every lost kill, with its killer on the base."""
        kills = self.document["lost"]["kills"]
        pairs = zip(rows(kills["results"]), kills["killers"], strict=True)
        return [{**mutant, "killer": killer} for mutant, killer in pairs]

    @property
    def forcing(self) -> set[str]:
        """The rules that demand the verdict."""
        return {finding["rule"] for finding in self.document["findings"] if finding["forces"]}

    def messages(self, rule: str) -> str:
        """All that a rule had to say."""
        return "\n".join(
            each["message"] for each in self.document["findings"] if each["rule"] == rule
        )

    def entry(self, test: str) -> dict[str, Any]:
        """A test that did not pass."""
        return next(each for each in self.document["suite"]["outcomes"] if each["test"] == test)


def rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """The mutants of a table of the document, with the names that their positions stand for."""
    tests, covers = table["tests"], table["cover_sets"]
    return [
        {
            **mutant,
            "path": table["functions"][mutant["function"]]["path"],
            "function": table["functions"][mutant["function"]]["qualname"],
            "source": table["sources"][mutant["source"]],
            "killed_by": None if mutant["killed_by"] is None else tests[mutant["killed_by"]],
            "covered_by": [tests[position] for position in covers[mutant["covered_by"]]],
        }
        for mutant in table["mutants"]
    ]


class Laboratory:
    """A subject repository with a home and a temporary folder of its own; PASS as it stands.

    Without a `project` it is empty, and no repository yet. Plugins of pytest are not loaded unless the
    subject names them or `variables` is cleared.
    """

    def __init__(self, folder: Path, project: str | None = "subject") -> None:
        self.root, self.home, self.temporary = folder / "subject", folder / "home", folder / "tmp"
        self.before_exec: Callable[[], None] = _hear_interrupts
        # To import the plugins that happen to be installed here takes a quarter of a run.
        self.variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        self.marker = f"LAB_ID={uuid.uuid4().hex}"
        for each in (self.root, self.home, self.temporary):
            each.mkdir()
        (self.home / ".profile").write_text("as it was\n")
        if project is not None:
            self.add(project)
            self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", *identity, "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def add(self, project: str) -> None:
        """Lay a project over the subject: a folder as it is, a single file as tests/test_fault.py."""
        folder = PROJECTS / project
        if folder.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(folder, self.root, dirs_exist_ok=True, ignore=ignored)
        else:
            self.write("tests/test_fault.py", folder.with_suffix(".py").read_text(encoding="utf-8"))

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def addopts(self, options: str) -> None:
        """Give the subject's pytest more options."""
        self.write("pytest.ini", f"[pytest]\npythonpath = .\naddopts = {options}\n")

    def policy(self, **changes: str) -> None:
        """Set keys of the policy's [tests]: a literal of TOML each."""
        file = self.root / POLICY
        text = file.read_text()
        for key, value in changes.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        file.write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "all")
        return self.git("rev-parse", "HEAD")

    def commit_files(self, files: Mapping[str, str]) -> None:
        """Write files by their paths, and commit all that is there."""
        for path, content in files.items():
            self.write(path, content)
        self.commit()

    def judge(self, *arguments: str) -> Run:
        """Run `gate check` by the repository's own policy, mutants included, and inspect."""
        return self.command("check", "--jobs", "2", *arguments).finish()

    def judge_change(self, path: str, content: str) -> Run:
        """Judge a branch that writes one file against `main`."""
        self.git("switch", "--quiet", "--create", "change")
        self.commit_files({path: content})
        return self.judge("--base", "main")

    def check(self, *arguments: str, changes: Iterable[str] = (), **environment: str) -> Run:
        """Commit what is not, run `gate check`, and inspect; `changes` are paths that the run may alter."""
        if not (self.root / ".git/HEAD").exists() or self.git("status", "--porcelain"):
            self.commit()
        return self.start(*arguments, **environment).finish(changes)

    def start(self, *arguments: str, jobs: str = "2", **environment: str) -> Running:
        """Start a `gate check` in the subject's folder and let it run."""
        options = ("--no-mutation", "--policy", POLICY, "--jobs", jobs)
        return self.command("check", *options, *arguments, **environment)

    def mutate(self, *targets: str, jobs: str = "2") -> Run:
        """Commit what is not, run `gate mutate`, and inspect."""
        self.commit()
        options = ("--policy", POLICY, "--jobs", jobs)
        return self.command("mutate", *targets, *options).finish()

    def tell(self, *arguments: str, cwd: Path | None = None) -> Run:
        """Run a command that may end well without a verdict, such as `gate show`, and inspect."""
        return self.command(*arguments, cwd=cwd).finish(verdict=False)

    def command(self, *arguments: str, cwd: Path | None = None, **environment: str) -> Running:
        """Start any command of the gate."""
        return Running(
            self, [sys.executable, "-m", "gate", *arguments], cwd or self.root, environment
        )

    def pytest(
        self, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run plain pytest in the subject's folder or another one."""
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=cwd or self.root,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(DROPPED)}
        name, _, value = self.marker.partition("=")
        return {
            **kept,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            name: value,
            **self.variables,
            **changes,
        }

    def processes(self) -> list[int]:
        """All processes that descend from a run of this laboratory, wherever they have gone."""
        marker = self.marker.encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and marker in _environ(entry)
        ]


def _hear_interrupts() -> None:
    """A suite that runs in the background is started deaf to interrupts, and hands that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Running:
    """A command under way, with the state of the world before it."""

    def __init__(
        self, laboratory: Laboratory, command: list[str], cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self._laboratory = laboratory
        self._tree = snapshot(laboratory.root)
        self._home = snapshot(laboratory.home)
        out = command[command.index("--out") + 1] if "--out" in command else ".gate"
        self._document = laboratory.root / out / "results.json"
        self._before = _state(self._document)
        self._number = uuid.uuid4().hex
        self._output, self._errors = (
            laboratory.home.parent / f"{name}-{self._number}" for name in ("out", "err")
        )
        self._started = time.monotonic()
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=laboratory.environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=laboratory.before_exec,  # noqa: PLW1509 - this process has no threads
            )

    def said(self) -> str:
        """What it has written to its error stream so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str) -> None:
        """Wait until the error stream holds `words`."""
        end = time.monotonic() + PATIENCE
        while words not in self.said():
            assert time.monotonic() < end, f"it never said {words!r}\n{self.said()}"
            assert self.process.poll() is None, f"it ended before it said {words!r}\n{self.said()}"
            time.sleep(0.01)

    def finish(self, changes: Iterable[str] = (), *, verdict: bool = True) -> Run:
        """Wait for the end, which must come, and inspect what is left behind.

        Without `verdict` none is expected: exit codes 0 and 3 then need no document.
        """
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._sweep()
            raise AssertionError(f"it did not end within {PATIENCE} s\n{self.said()}") from None
        seconds = time.monotonic() - self._started
        results = None
        if _state(self._document) not in (None, self._before):
            results = json.loads(self._document.read_bytes())
        output = self._output.read_text(encoding="utf-8", errors="replace")
        run = Run(code, output, self.said(), seconds, results)
        self._inspect_what_is_left(changes)
        inspect_what_was_said(run, verdict=verdict)
        return run

    def _inspect_what_is_left(self, changes: Iterable[str]) -> None:
        laboratory = self._laboratory
        end = time.monotonic() + GRACE
        while left := laboratory.processes():
            if time.monotonic() > end:
                commands = self._sweep()
                raise AssertionError(f"processes are left: {left} {commands}\n{self.said()}")
            time.sleep(0.02)
        scratch = sorted(each.name for each in laboratory.temporary.iterdir())
        assert not scratch, f"the temporary folder still holds {scratch}"
        changed = differing(self._tree, snapshot(laboratory.root))
        assert changed == set(changes), (
            f"in the tree {changed} changed, expected was {set(changes)}"
        )
        strays = differing(self._home, snapshot(laboratory.home))
        assert not strays, f"in the home folder {strays} changed"

    def _sweep(self) -> list[str]:
        commands = []
        for process in self._laboratory.processes():
            try:
                commands.append(Path(f"/proc/{process}/cmdline").read_text().replace("\0", " "))
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue
        return commands


def inspect_what_was_said(run: Run, *, verdict: bool = True) -> None:
    """Exit code, document, report and errors must tell one story."""
    words = {0: "pass", 3: "fail", 5: "inconclusive"}
    assert not re.search(r"^Traceback", run.errors, re.MULTILINE), run.errors
    assert run.code in {*words, 2, 130} | KILLED, f"exit {run.code}\n{run.errors}"
    if run.results is not None and run.code not in KILLED:
        told = run.results["exit_code"], run.results["verdict"]
        assert told == (run.code, words.get(run.code)), (
            f"exit {run.code}, but the document says {told}"
        )
        assert run.output.lstrip().startswith(words[run.code].upper()), run.output
    else:
        # Without a document there is no verdict, only the news that one could not be reached.
        allowed = {2, 5, 130} | KILLED | (set() if verdict else {0, 3})
        assert run.code in allowed, f"exit {run.code} without a document"
        assert "PASS" not in run.output


def snapshot(folder: Path) -> dict[str, str]:
    """Fingerprint every file and folder below, `.gate` and what it holds aside."""
    found = {}
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if (where, name) != (str(folder), ".gate")]
        for name in (*folders, *files):
            path = Path(where, name)
            found[str(path.relative_to(folder))] = _fingerprint(path)
    return found


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Name what was added, removed or changed."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def without_time(value: Any) -> Any:
    """Drop what two runs of the same code may differ in."""
    if isinstance(value, dict):
        volatile = {"seconds", "created", "jobs"}
        return {key: without_time(each) for key, each in value.items() if key not in volatile}
    return [without_time(each) for each in value] if isinstance(value, list) else value


def _fingerprint(path: Path) -> str:
    mode = path.lstat().st_mode
    if path.is_symlink():
        return f"{mode} {path.readlink()}"
    return f"{mode}" if path.is_dir() else f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _state(file: Path) -> tuple[int, int] | None:
    return (file.stat().st_ino, file.stat().st_mtime_ns) if file.exists() else None


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""
