"""The workflows of the repository: is there one that runs the gate on every pull request? (yaml)

Read as data: what is no workflow is named, and nothing of it is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gate.doctor.checks import Check, ok, unknown, warning
from gate.report.words import some_of

FOLDER = ".github/workflows"
_MOST = 1 << 20
_GATE = re.compile(
    r"(?:^|[\s/\"'])gate(?:\"|')?\s+check\b|\bgate\.github\s+check\b|\bmake\s+gate\b", re.MULTILINE
)
_ACTION = re.compile(r"(?:^|/)actions/gate(?:@|$)")
_PIN = re.compile(r"@[0-9a-f]{40}$")
_HEAD = re.compile(r"github\.(?:event\.pull_request\.head|head_ref)")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A job that runs the gate: the file, the name that GitHub knows its check by, and what it says."""

    path: str
    check: str
    triggers: Mapping[str, Any]
    settings: Mapping[str, Any]
    workflow: Mapping[str, Any]


def check_workflows(root: Path) -> tuple[list[Check], list[Job]]:
    """Look at the workflows; gives the jobs that run the gate, whose checks a branch should require."""
    checks: list[Check] = []
    jobs: list[Job] = []
    loose: list[str] = []
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        document = _read(path)
        if isinstance(document, str):
            checks.append(unknown("workflow", f"{name} cannot be read: {document}", f"mend {name}"))
            continue
        found = list(_jobs(name, document))
        jobs += found
        loose += [f"{name}: {uses}" for uses in _loose(document)] if found else []
    for job in jobs:
        checks += _look_at(job)
    if not jobs:
        checks.append(
            warning(
                "workflow",
                f"no workflow in {FOLDER} runs `gate check`",
                "gate init  writes one (a job that calls a script of yours is not seen here)",
            )
        )
    if loose:
        checks.append(_unpinned(loose))
    elif jobs:
        checks.append(ok("actions", "all of them are named by commit"))
    return checks, jobs


def _files(root: Path) -> list[Path]:
    folder = root / FOLDER
    return sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yml", ".yaml"))


def _read(path: Path) -> Mapping[str, Any] | str:
    """Read a workflow; a text says why it is none."""
    try:
        if path.stat().st_size > _MOST:
            return f"larger than {_MOST >> 20} MiB"
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        return str(error).split("\n", 1)[0]
    return found if isinstance(found, dict) else "it holds no table"


def _jobs(path: str, document: Mapping[str, Any]) -> Iterator[Job]:
    jobs = document.get("jobs")
    triggers = _triggers(document)
    for key, settings in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(settings, dict) and any(map(_runs_gate, _steps(settings))):
            name = settings.get("name")
            yield Job(path, str(name or key), triggers, settings, document)


def _triggers(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the events that start a workflow; YAML 1.1 reads the key `on` as true."""
    events: Any = document.get("on", document.get(True))  # type: ignore[call-overload]
    match events:
        case str():
            return {events: None}
        case list():
            return {str(event): None for event in events}
        case dict():
            return {str(event): settings for event, settings in events.items()}
        case _:
            return {}


def _steps(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = settings.get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _runs_gate(step: Mapping[str, Any]) -> bool:
    run, uses = str(step.get("run", "")), str(step.get("uses", ""))
    return bool(_GATE.search(run) or _ACTION.search(uses))


def _look_at(job: Job) -> Iterator[Check]:
    name = f"{job.path}, job {job.check}"
    found = [
        *_wrong_triggers(job, name),
        *_wrong_settings(job, name),
        *_wrong_checkout(job, name),
        *_wrong_package(job, name),
    ]
    if found:
        yield from found
    else:
        yield ok("workflow", f"{name}: runs on every pull request")


def _wrong_package(job: Job, name: str) -> Iterator[Check]:
    variables = job.workflow.get("env")
    package = str(variables.get("GATE_PACKAGE", "")) if isinstance(variables, dict) else ""
    if "HOST/OWNER/REPO" in package:
        yield warning(
            "workflow",
            f"{name}: it installs the gate from HOST/OWNER/REPO, which is nowhere",
            "put the address and a commit of the gate there, in each workflow that names it",
        )


def _wrong_triggers(job: Job, name: str) -> Iterator[Check]:
    if "pull_request_target" in job.triggers:
        yield warning(
            "workflow",
            f"{name}: pull_request_target gives the code of a fork this repository's token and secrets",
            "use pull_request; let a second workflow on workflow_run write the comment",
        )
    if "pull_request" not in job.triggers:
        yield warning(
            "workflow", f"{name}: pull requests do not start it", "add `pull_request:` below `on:`"
        )
    for event in ("pull_request", "merge_group"):
        settings = job.triggers.get(event)
        filters = [key for key in ("paths", "paths-ignore") if key in (settings or {})]
        if filters:
            yield warning(
                "workflow",
                f"{name}: with `{filters[0]}:` it does not start for other files, and a required check that "
                "never starts blocks the merge",
                f"take `{filters[0]}:` out; a change that touches nothing measured is quick",
            )


def _wrong_settings(job: Job, name: str) -> Iterator[Check]:
    if "if" in job.settings:
        yield warning(
            "workflow",
            f"{name}: where its `if:` is false the job is skipped, and skipped counts as success",
            "take the `if:` out of the job; those of steps do no harm",
        )
    if job.settings.get("continue-on-error") or _forgiving(job):
        yield warning(
            "workflow",
            f"{name}: with `continue-on-error` a red gate is a green check",
            "take `continue-on-error` out of the job and of the step that runs the gate",
        )
    if _narrowed(job):
        yield warning(
            "workflow",
            f"{name}: with `--no-mutation` mutants are not judged, so the check can pass without them",
            "take `--no-mutation` out of the step that runs the gate",
        )
    permissions = job.settings.get("permissions", job.workflow.get("permissions"))
    if permissions is None or permissions == "write-all" or _writes(permissions):
        yield warning(
            "workflow",
            f"{name}: the job runs the code of a pull request with a token that may write, or with the "
            "repository's default",
            "set `permissions: contents: read` at the top of the workflow",
        )


def _forgiving(job: Job) -> bool:
    return any(_runs_gate(step) and step.get("continue-on-error") for step in _steps(job.settings))


def _narrowed(job: Job) -> bool:
    """Say whether every step of a job that runs the gate leaves mutants out."""
    asked = [
        f"{step.get('run', '')} {step.get('with') or ''}"
        for step in _steps(job.settings)
        if _runs_gate(step)
    ]
    return all(re.search(r"--no-mutation\b", words) for words in asked)


def _writes(permissions: object) -> bool:
    return isinstance(permissions, dict) and "write" in permissions.values()


def _wrong_checkout(job: Job, name: str) -> Iterator[Check]:
    for step in _steps(job.settings):
        if not str(step.get("uses", "")).startswith("actions/checkout@"):
            continue
        given = step.get("with")
        settings = given if isinstance(given, dict) else {}
        if str(settings.get("fetch-depth", 1)) != "0":
            yield warning(
                "workflow",
                f"{name}: actions/checkout fetches one commit, and the gate needs the merge base",
                "give actions/checkout `fetch-depth: 0`",
            )
        if settings.get("persist-credentials") is not False:
            yield warning(
                "workflow",
                f"{name}: actions/checkout leaves the token in .git/config, where tests can read it",
                "give actions/checkout `persist-credentials: false`",
            )


def _loose(document: Mapping[str, Any]) -> Iterator[str]:
    jobs = document.get("jobs")
    for settings in jobs.values() if isinstance(jobs, dict) else ():
        for step in _steps(settings) if isinstance(settings, dict) else ():
            uses = step.get("uses")
            if isinstance(uses, str) and not _is_pinned(uses):
                yield uses


def _is_pinned(uses: str) -> bool:
    return uses.startswith(("./", "docker://")) or _PIN.search(uses) is not None


def _unpinned(loose: list[str]) -> Check:
    return warning(
        "actions",
        f"not named by commit, so they can change under you: {some_of(loose, _MOST_NAMED)}",
        "write the 40 hexadecimal digits of a commit behind the @, and the version in a comment",
    )
