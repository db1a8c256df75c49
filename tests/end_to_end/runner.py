"""A runner of GitHub Actions for one job: the `run` steps of a real action or workflow, as it would run them.

It knows the expressions that ours are written in, and refuses others. Steps with `uses` are not run: what
they were given is noted, and files that would be uploaded are copied.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
ACTION = ROOT / ".github/actions/gate"
TOKEN = "ghs_onlyTheApiMaySeeThis"
# What the machine that runs this test has of its own, and a runner has not.
_DROPPED = ("GITHUB_", "RUNNER_", "GATE_", "PYTEST_", "PYTHON", "COVERAGE_", "COV_CORE_", "PIP_")
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_COMMAND = re.compile(r"^\s*::|##\[")


@dataclass
class Job:
    """What a job came to: the exit code of its first failed step, all that it wrote, what it kept."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def commands(self) -> list[str]:
        """The lines of the log that the runner obeys."""
        found, token = [], ""
        for line in self.log.splitlines():
            if token:
                token = "" if line.strip() == f"::{token}::" else token
            elif _COMMAND.search(line):
                found.append(line)
                if line.startswith("::stop-commands::"):
                    token = line.removeprefix("::stop-commands::")
        return [line for line in found if not re.match(r"::(stop-commands::)?[0-9a-f]{32}", line)]


class Runner:
    """A machine with a checkout, for one event after the other."""

    def __init__(self, folder: Path, workspace: Path, **variables: str) -> None:
        self.folder, self.workspace = folder, workspace
        self.temporary, self.kept = folder / "temp", folder / "kept"
        for each in (folder / "home", folder / "files", self.temporary, self.kept):
            each.mkdir(parents=True)
        self.variables = variables

    def action(self, event: str, payload: object, **inputs: str) -> Job:
        """Run our Action; its outputs become those of the job."""
        action = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
        given = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
        assert inputs.keys() <= given.keys()
        run = _Run(self, event, payload, {**given, **inputs})
        for step in action["runs"]["steps"]:
            run.step(step)
        for name, output in action["outputs"].items():
            run.job.outputs[name] = run.text(output["value"])
        return run.job

    def workflow(self, file: str, job: str, payload: object, *without: str) -> Job:
        """Run a job of one of our workflows, on `workflow_run`, without the steps of these names."""
        workflow = yaml.safe_load((ROOT / ".github/workflows" / file).read_text(encoding="utf-8"))
        run = _Run(self, "workflow_run", payload, {})
        for step in workflow["jobs"][job]["steps"]:
            if step["name"] not in without:
                run.step(step)
        return run.job


class _Run:
    def __init__(
        self, runner: Runner, event: str, payload: object, inputs: Mapping[str, str]
    ) -> None:
        self._runner, self.job = runner, Job()
        self._inputs = {name: self._of_github(value) for name, value in inputs.items()}
        self._outputs: dict[str, dict[str, str]] = {}
        self._files = runner.folder / "files"
        self._event, self._payload = event, self._files / "event.json"
        if payload is not None:
            content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            self._payload.write_bytes(content)

    def step(self, step: Mapping[str, Any]) -> None:
        """Run or note a step, if its condition holds."""
        condition = str(step.get("if", "success()"))
        if not self._holds(condition.removeprefix("${{").removesuffix("}}")):
            return
        if "uses" in step:
            self._note(step)
            return
        self.job.ran.append(step["name"])
        code = self._shell(step)
        if code != 0 and self.job.code == 0:
            self.job.code = code

    def text(self, template: str) -> str:
        """Fill in the expressions of a text."""
        return _EXPRESSION.sub(lambda match: self._value(match[1]), template)

    def _shell(self, step: Mapping[str, Any]) -> int:
        script = self._files / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        assert "${{" not in step["run"]
        files = {name: self._files / name for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)},
            "HOME": str(self._runner.folder / "home"),
            "TMPDIR": str(self._runner.temporary),
            "RUNNER_TEMP": str(self._runner.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_EVENT_NAME": self._event,
            "GITHUB_EVENT_PATH": str(self._payload),
            **{f"GITHUB_{name}": str(file) for name, file in files.items()},
            **self._runner.variables,
            **{name: self.text(str(value)) for name, value in step.get("env", {}).items()},
        }
        finished = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self._runner.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.job.log += finished.stdout.decode(errors="replace")
        self.job.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        self._outputs[step.get("id", "")] = _read_outputs(files["OUTPUT"].read_text("utf-8"))
        return finished.returncode

    def _note(self, step: Mapping[str, Any]) -> None:
        name = step["uses"].partition("@")[0]
        given = {key: self.text(str(value)) for key, value in step["with"].items()}
        self.job.used[name] = given
        if name == "actions/upload-artifact":
            folder = self._runner.kept / given["name"]
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in map(Path, given["path"].splitlines()):
                if path.is_file():
                    shutil.copy(path, folder)
        if name == "actions/download-artifact":
            source = self._runner.kept / given["name"]
            if source.is_dir():
                shutil.copytree(source, given["path"], symlinks=True)

    def _holds(self, condition: str) -> bool:
        terms = [term.strip() for term in condition.split("&&")]
        reaches = self.job.code == 0 or "always()" in terms
        return reaches and all(map(self._true, terms))

    def _true(self, term: str) -> bool:
        if term in {"always()", "success()"}:
            return True
        match = re.fullmatch(r"(\S+) (==|!=) '([^']*)'", term)
        assert match, f"a condition that this runner does not know: {term}"
        return (self._value(match[1]) == match[3]) == (match[2] == "==")

    def _value(self, expression: str) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return self._inputs[name]
            case ["steps", step, "outputs", name]:
                return self._outputs.get(step, {}).get(name, "")
        return self._of_github(f"${{{{ {expression} }}}}")

    def _of_github(self, template: str) -> str:
        known = {
            "github.token": TOKEN,
            "runner.temp": str(self._runner.temporary),
            "github.event.workflow_run.id": "1",
        }
        return _EXPRESSION.sub(lambda match: known[match[1]], template)


def _read_outputs(text: str) -> dict[str, str]:
    """Read what a step wrote to GITHUB_OUTPUT, as the runner does; what it would refuse fails."""
    outputs, lines = {}, iter(text.splitlines())
    for line in lines:
        name, heredoc, delimiter = line.partition("<<")
        if not heredoc:
            name, equals, value = line.partition("=")
            assert equals, f"a line that the runner refuses: {line}"
            outputs[name] = value
            continue
        held = []
        for inner in lines:
            if inner == delimiter:
                break
            held.append(inner)
        else:
            raise AssertionError(f"{name} has no end")
        outputs[name] = "\n".join(held)
    return outputs
