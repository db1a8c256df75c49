"""`gate init`: look at a repository, choose, write, and say why."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import UsageError
from gate.init.choice import Choice
from gate.init.core import suggest_core
from gate.init.install import install_of, python_version
from gate.init.layout import read_layout
from gate.init.policy_file import policy_text
from gate.init.suite import Suite
from gate.init.workflow_files import workflow_texts
from gate.init.write import existing, write_new
from gate.policy.model import PLACES, policy_named_in
from gate.policy.search import PYPROJECT
from gate.policy.text import decode
from gate.report.words import one_line
from gate.source.branches import default_branch
from gate.source.git import listed_files, python_files, repository_root
from gate.source.packaging import packaging_risks
from gate.source.texts import text_or_nothing

POLICY, *_OTHER_PLACES = PLACES
WORKFLOWS = ".github/workflows"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, by path, and the choices in it, each with its reason.

    `problems` are to be mended first, each with what to do.
    """

    root: Path
    texts: Mapping[str, str]
    choices: tuple[str, ...]
    problems: tuple[str, ...] = ()


def plan_files(start: Path) -> Plan:
    """Look at the repository around `start` and say what to write; nothing is written, nothing is run.

    Raises GateError where there is no repository, no code to measure, or another policy in force.
    """
    root = repository_root(start)
    project = _project(root)
    python = python_files(root)
    suite = Suite(root, python)
    layout = read_layout(python, suite, project)
    core = suggest_core(root, python, layout.sources, suite.files)
    branch = default_branch(root)
    install = install_of(listed_files(root), project)
    version = python_version(project, text_or_nothing(root / ".python-version").strip())
    workflows = workflow_texts(branch, install, version)
    texts = {POLICY: policy_text(layout.measured, suite.paths, core)}
    texts |= {f"{WORKFLOWS}/{name}": text for name, text in workflows.items()}
    choices = (
        _chosen("measured", layout.measured, "what the defaults say"),
        _chosen("tests", suite.paths, "what pytest finds"),
        _chosen("core", core, "none"),
        f"branch: {one_line(branch.name)} ({branch.why})",
        f"install: {one_line(install.why)}",
        f"Python: {version[0]} ({version[1]})",
    )
    return Plan(root, texts, choices, tuple(_problems(suite)))


def write_plan(plan: Plan) -> Iterator[str]:
    """Write the files of a plan, all or none, and give the lines that tell of it.

    Raises UsageError when one of them is already there.
    """
    write_new(plan.root, plan.texts, _OTHER_PLACES)
    yield from (f"First: {problem}" for problem in plan.problems)
    yield from ([""] if plan.problems else [])
    yield from (f"wrote {path}" for path in plan.texts)
    yield from ("", "What was chosen, and why (the comments in the files say more):")
    yield from (f"  {choice}" for choice in plan.choices)
    risks = [f"  {risk.message}: {risk.remedy}" for risk in packaging_risks(plan.root)]
    yield from (("", "Beside the gate:", *risks) if risks else ())
    yield from ("", "Next:")
    yield "  gate doctor           # can the gate run here, and does it bind on pull requests?"
    yield "  gate check            # the first verdict"
    yield f"  git add {' '.join(plan.texts)}"
    yield "  and merge them first: a pull request is judged by the policy of its base"


def preview(plan: Plan) -> Iterator[str]:
    """Give the lines of what would be written, and of what stands in the way; nothing is."""
    for path, text in plan.texts.items():
        yield f"--- {path}"
        yield text
    for path in existing(plan.root, (*plan.texts, *_OTHER_PLACES)):
        yield f"{path} is already here: `gate init` would refuse to write anything"


def _problems(suite: Suite) -> Iterator[str]:
    if suite.problem:
        yield f"{suite.problem}: correct it, as the gate cannot tell which tests pytest runs"


def _project(root: Path) -> Mapping[str, Any]:
    """Read pyproject.toml; raises PolicyError where it is no TOML, UsageError where it names a policy."""
    file = root / PYPROJECT
    if not file.is_file():
        return {}
    text = decode(file.read_bytes(), PYPROJECT)
    named = policy_named_in(text)
    if named is not None:
        raise UsageError(
            f"{PYPROJECT} names a policy already: {one_line(named)}",
            "this repository has its policy; call `gate doctor` to see whether it is in force",
        )
    return tomllib.loads(text)


def _chosen(what: str, choice: Choice, otherwise: str) -> str:
    return f"{what}: {one_line(', '.join(choice.paths)) or otherwise} ({one_line(choice.why)})"
