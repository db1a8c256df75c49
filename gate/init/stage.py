"""`gate init`: look at a repository, choose, write, and say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gate.errors import GateError, UsageError
from gate.init.choice import Choice, is_within
from gate.init.core import Candidate, candidates, choose_core, tried
from gate.init.figures import Figure, goals, measured
from gate.init.install import install_of, python_version
from gate.init.layout import read_layout
from gate.init.package import PLACEHOLDER, gate_requirement
from gate.init.policy_file import policy_text
from gate.init.project import Project, project_around, projects_in
from gate.init.suite import Suite
from gate.init.trial import Trial, run_trial
from gate.init.workflow_files import NAMES, workflow_texts
from gate.init.write import existing, refuse, write_new
from gate.judge.verdict import judge
from gate.model import Evidence, OrderProbe
from gate.partial import Progress
from gate.policy.model import PLACES, Policy, built_in_policy, parse_policy, policy_named_in
from gate.policy.search import PYPROJECT
from gate.policy.text import decode, read_toml
from gate.report.words import one_line, some_of
from gate.request import today
from gate.source.branches import default_branch
from gate.source.git import listed_files, python_files, repository_root
from gate.source.packaging import packaging_risks
from gate.source.texts import text_or_nothing

POLICY, *_OTHER_PLACES = PLACES
WORKFLOWS = ".github/workflows"


# A test that takes longer is not waited for; a policy gives it ten times what it took.
_TRIAL_TIMEOUT = "120s"
_MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class Trying:
    """How the suite is run once before the policy is written."""

    jobs: int
    python: str | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, by path, and the choices in it, each with its reason.

    `problems` are to be mended first, each with what to do; `raises` are figures below their goal.
    `homeless` says that nobody knows where the workflows can install the gate from.
    """

    root: Path
    texts: Mapping[str, str]
    choices: tuple[str, ...]
    problems: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()
    homeless: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of a project; paths are relative to the repository, `start` is where init was called.

    `tests` are what is run, `folders` those that hold tests.
    """

    start: Path
    measured: Choice
    tests: Choice
    folders: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    def draft(self, tests: Choice) -> str:
        """Write the policy under which the suite is tried: its core are the files to choose from."""
        figures = replace(goals(built_in_policy()), timeout=Figure(_TRIAL_TIMEOUT))
        paths = tuple(each.path for each in tried(self.candidates))
        return policy_text(self.measured, tests, Choice(paths, "tried"), figures)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a policy says, as text; why it is not enough for a PASS, and which figures are low."""

    policy: str
    lines: tuple[str, ...]
    problems: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()


def refuse_existing(start: Path) -> None:
    """Raise UsageError when `gate init` would refuse to write, before the suite is run for it."""
    root = repository_root(start)
    _policy_of(root)
    refuse(root, (POLICY, *_OTHER_PLACES, *(f"{WORKFLOWS}/{name}" for name in NAMES)))


def plan_files(start: Path, trying: Trying | None = None) -> Plan:
    """Look at the repository around `start`, run its suite once, and say what to write; nothing is written.

    Without `trying` nothing is run. Raises GateError where there is no repository, no code to measure, or
    another policy in force; what keeps the suite from running is a problem of the plan.
    """
    root = repository_root(start)
    _policy_of(root)
    project = project_around(root, start)
    settings = _settings(project)
    suite = Suite(project.path, project.own(python_files(root)))
    seen = _look(start, project, suite, settings)
    chosen = _chosen(seen, trying)
    branch = default_branch(root)
    listed = listed_files(root)
    install = install_of(project.own(listed), settings, project.folder)
    version = python_version(settings, text_or_nothing(project.path / ".python-version").strip())
    package = gate_requirement()
    workflows = workflow_texts(branch, install, version, package)
    texts = {POLICY: chosen.policy}
    texts |= {f"{WORKFLOWS}/{name}": text for name, text in workflows.items()}
    choices = (
        *chosen.lines,
        f"branch: {one_line(branch.name)} ({branch.why})",
        f"install: {one_line(install.why)}",
        f"Python: {version[0]} ({version[1]})",
    )
    unreadable = [f"{suite.problem}: correct it, as the gate cannot tell which tests pytest runs"]
    several = () if project.folder or not chosen.problems else _several(projects_in(listed))
    problems = (*(unreadable if suite.problem else []), *several, *chosen.problems)
    return Plan(root, texts, choices, problems, chosen.raises, package == PLACEHOLDER)


def write_plan(plan: Plan) -> Iterator[str]:
    """Write the files of a plan, all or none, and give the lines that tell of it.

    Raises UsageError when one of them is already there.
    """
    write_new(plan.root, plan.texts, _OTHER_PLACES)
    yield from _listed("First, as `gate check` cannot pass before:", plan.problems)
    yield from (f"wrote {path}" for path in plan.texts)
    yield from ("", "What was chosen, and why (the comments in the files say more):")
    yield from (f"  {choice}" for choice in plan.choices)
    yield ""
    yield from _listed("To raise later, as the tests get better:", plan.raises)
    risks = [f"{risk.message}: {risk.remedy}" for risk in packaging_risks(plan.root)]
    yield from _listed("For your packaging:", risks)
    yield "Next:"
    yield "  gate doctor           # check the setup"
    yield "  gate check            # the first verdict"
    if plan.homeless:
        yield f"  in {WORKFLOWS}, replace HOST/OWNER/REPO@COMMIT by where this gate comes from:"
        yield "  it was installed from a folder, and it is on no package index"
    yield f"  git add {' '.join(plan.texts)}"
    yield "  and merge them first: a pull request is judged by the policy of its base"


def preview(plan: Plan) -> Iterator[str]:
    """Give the lines of what would be written, and of what stands in the way; nothing is."""
    for path, text in plan.texts.items():
        yield f"--- {path}"
        yield text
    for path in existing(plan.root, (*plan.texts, *_OTHER_PLACES)):
        yield f"{path} is already here: `gate init` would refuse to write anything"


def _chosen(seen: _Seen, trying: Trying | None) -> _Chosen:
    """Choose the core and the figures, by a run of the suite where one is wanted and possible."""
    tests, rules = seen.tests, built_in_policy()
    if trying is None:
        core, figures = choose_core(seen.candidates), goals(rules)
        return _Chosen(policy_text(seen.measured, tests, core, figures), _lines(seen, tests, core))
    try:
        tests, trial = _try(seen, trying)
    except GateError as error:
        unrun = _chosen(seen, None)
        told = f"the suite could not be run: {error.message}" + (
            f"; {error.hint}" if error.hint else ""
        )
        return replace(unrun, problems=(told,))
    core = choose_core(seen.candidates)
    if trial.evidence.suite.passing():
        among = tried(seen.candidates)
        core = choose_core(among, trial.share_run(each.path for each in among))
    figures = measured(rules, trial, core.paths)
    text = policy_text(seen.measured, tests, core, figures)
    policy = parse_policy(text, POLICY)
    evidence = trial.narrowed(core.paths)
    if figures.leaning:
        evidence = replace(evidence, suite=replace(evidence.suite, order=OrderProbe()))
    sampled = not all(trial.sample(path).whole for path in core.paths)
    problems = obstacles(policy, evidence, sampled=sampled)
    suite = f"suite: {_summary(trial)}"
    return _Chosen(text, (suite, *_lines(seen, tests, core)), problems, figures.raises)


def obstacles(policy: Policy, evidence: Evidence, *, sampled: bool) -> tuple[str, ...]:
    """Say what keeps the first check from a PASS, each with what to do.

    Of a sample all mutants that no test runs are known, and would weigh too much in a score: it is not asked.
    """
    return tuple(
        f"{finding.message}" + (f" Next: {finding.help}" if finding.help else "")
        for finding in judge(policy, evidence, today()).findings
        if finding.forces and not (sampled and finding.rule == "mutation.score")
    )


def _try(seen: _Seen, trying: Trying) -> tuple[Choice, Trial]:
    """Run what plain pytest runs, or the folders of the tests where the rest cannot be collected."""

    def run(tests: Choice) -> Trial:
        return run_trial(seen.start, seen.draft(tests), trying.jobs, trying.python, trying.progress)

    tests, folders = seen.tests, seen.folders
    trial = run(tests)
    broken = trial.uncollected()
    if (
        not broken
        or not folders
        or any(is_within(path, each) for path in broken for each in folders)
    ):
        return tests, trial
    why = f"the folders of tests, as plain pytest cannot collect {some_of(broken, 3)}"
    tests = Choice(folders, why)
    return tests, run(tests)


def _summary(trial: Trial) -> str:
    counts = trial.evidence.suite.counts
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items() if count)
    return f"{told or 'no test'}, in {trial.evidence.suite.seconds:.1f} s"


def _lines(seen: _Seen, tests: Choice, core: Choice) -> tuple[str, ...]:
    return (
        _told("measured", seen.measured, "everything except tests, docs and tools"),
        _told("tests", tests, "what pytest runs"),
        _told("core", core, "none"),
    )


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {one_line(line)}" for line in lines[:_MOST_LISTED])
        more = len(lines) - _MOST_LISTED
        yield from [f"  and {more:,} more; `gate check` names them"] if more > 0 else []
        yield ""


def _look(start: Path, project: Project, suite: Suite, settings: Mapping[str, Any]) -> _Seen:
    """Read where the project has its code and its tests; `settings` are those of its pyproject.toml."""
    python = suite.python
    layout = read_layout(python, suite, settings)
    found = candidates(project.path, python, layout.sources, suite.files)
    return _Seen(
        start,
        project.choice(layout.measured),
        project.choice(suite.paths, suite.testpaths),
        project.named(suite.folders),
        tuple(replace(each, path=path) for each in found for path in project.named([each.path])),
    )


def _several(projects: Sequence[str]) -> tuple[str, ...]:
    """Say that the repository holds several projects, where it does."""
    if not projects[1:]:
        return ()
    told = f"this repository holds several projects ({some_of(projects, 3)}), and one run is one project"
    return (f"{told}: remove what was written, and call `gate init` in its folder",)


def _policy_of(root: Path) -> None:
    """Raise UsageError where the pyproject.toml of the repository names a policy, PolicyError for no TOML."""
    file = root / PYPROJECT
    named = policy_named_in(decode(file.read_bytes(), PYPROJECT)) if file.is_file() else None
    if named is not None:
        raise UsageError(
            f"{PYPROJECT} names a policy already: {one_line(named)}",
            "this repository has its policy; call `gate doctor` to see whether it is in force",
        )


def _settings(project: Project) -> Mapping[str, Any]:
    """Read the pyproject.toml of a project, empty without one; raises PolicyError where it is no TOML."""
    file, (origin,) = project.path / PYPROJECT, project.named([PYPROJECT])
    return read_toml(decode(file.read_bytes(), origin), origin) if file.is_file() else {}


def _told(what: str, choice: Choice, otherwise: str) -> str:
    return f"{what}: {one_line(', '.join(choice.paths)) or otherwise} ({one_line(choice.why)})"
