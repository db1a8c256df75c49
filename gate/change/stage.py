"""The rules that judge a change, taken from its merge base, and what the change would make of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.change.commit import Commit
from gate.change.coverage_config import FILES, widened
from gate.change.hooks import new_hooks
from gate.change.imports import new_imports
from gate.change.moved import Measured, moved_out
from gate.change.policy_changes import Sides, policy_changes
from gate.change.pytest_config import candidates
from gate.change.selection import compare_selection
from gate.change.suppressions import new_suppressions
from gate.errors import PolicyError
from gate.measure.files import below, chosen
from gate.model import ChangedLines, RuleChange, RulesOfChange, UnmeasuredImport
from gate.policy.model import PLACES, Policy
from gate.policy.search import PYPROJECT, load_policy, origin_of, policy_in
from gate.source.git import merge_base


@dataclass(frozen=True, slots=True)
class BaseRules:
    """The rules in force: of `commit`, the merge base. `head` is the policy that the change leaves behind,
    `written` the base's as it is there; `policy` is that without the paths of which nothing is left.

    pytest is started with `options`, so that the base's selection of tests runs; `selection` is what the
    head would choose otherwise.
    """

    commit: Commit
    policy: Policy
    written: Policy
    head: Policy
    options: tuple[str, ...]
    selection: tuple[RuleChange, ...]
    notes: tuple[str, ...] = ()


def read_base_rules(root: Path, base: str, explicit: Path | None) -> BaseRules:
    """Read the policy and the suite's selection of the merge base, and the head's beside them.

    Raises PolicyError for a mistake in either policy, and what `merge_base` does.
    """
    commit = Commit(root, merge_base(root, base))
    head = load_policy(root, explicit)
    written, notes = _policy_of_base(root, commit, explicit, head)
    paths, gone = _test_paths(root, written, head)
    policy = replace(written, tests=written.tests.model_copy(update={"paths": paths}))
    commit.fetch((*candidates(paths), *FILES))
    selection = compare_selection(
        commit.read, _reader(root), paths, lambda path: bool(path) and (root / path).exists()
    )
    return BaseRules(
        commit, policy, written, head, selection.options, (*gone, *selection.changes), notes
    )


def rules_of_change(
    root: Path,
    rules: BaseRules,
    changed: ChangedLines,
    python: Sequence[str],
    measured: Sequence[str],
) -> RulesOfChange:
    """Compare what the change leaves behind with the rules in force.

    `python` are the Python files of the head, `measured` those that this run measures.
    """
    base, head = rules.commit.read, _reader(root)
    renamed = {file.path: file.old_path for file in changed.files if file.old_path}
    there = _measured(rules, python, measured)
    sides = Sides(rules.written, rules.head, tuple(python), renamed)
    return RulesOfChange(
        rules.commit.name,
        policy=policy_changes(sides),
        selection=rules.selection,
        hooks=new_hooks(changed.files, base, head),
        suppressions=new_suppressions(changed.files, there.head, base, head),
        unmeasured=moved_out(changed.files, there, base, head),
        left_core=tuple(
            moved
            for moved in moved_out(changed.files, _core(rules, there), base, head)
            if moved.path in there.head
        ),
        notes=(*rules.notes, *widened(base, head)),
    )


def imports_of_change(
    root: Path,
    rules: BaseRules,
    changed: ChangedLines,
    python: Sequence[str],
    measured: Sequence[str],
    loaded: Collection[tuple[str, str]],
) -> tuple[UnmeasuredImport, ...]:
    """Name what the change has measured code import that is not measured.

    It takes a run to know: `loaded` are the modules that were imported in it, each with its file.
    """
    there = _measured(rules, python, measured)
    return new_imports(changed.files, python, there, rules.commit.read, _reader(root), loaded)


def _measured(rules: BaseRules, python: Sequence[str], measured: Sequence[str]) -> Measured:
    include = rules.written.source.include
    everywhere = frozenset({*measured, *chosen(python, include)})
    before = rules.commit.python_files()
    there = frozenset(before).intersection(measured)
    return Measured(everywhere, there.union(chosen(before, include)))


def _core(rules: BaseRules, measured: Measured) -> Measured:
    core = rules.written.mutation.core
    return Measured(*(below(core, files) for files in (measured.head, measured.base)))


def _policy_of_base(
    root: Path, commit: Commit, explicit: Path | None, head: Policy
) -> tuple[Policy, tuple[str, ...]]:
    origin = None if explicit is None else origin_of(root, explicit)
    if explicit is not None and origin is not None and not _is_inside(root, explicit):
        note = f"the policy {origin} lies outside the repository, so it is used as it is"
        return head, (note,)
    commit.fetch((PYPROJECT, *PLACES, *([origin] if origin else [])))
    try:
        policy = policy_in(commit.read, origin)
    except PolicyError as error:
        raise PolicyError(
            f"in the policy of the base, commit {commit.name[:12]}: {error.message}",
            "mend the policy of the base by a change of its own, which its owners merge by hand",
        ) from error
    if head.origin == policy.origin:
        return policy, ()
    note = (
        f"the policy of this change would be {head.origin}, which has no say here: "
        f"{policy.origin} of the base judges"
    )
    return policy, (note,)


def _is_inside(root: Path, explicit: Path) -> bool:
    try:
        return (explicit.parent.resolve() / explicit.name).is_relative_to(root.resolve())
    except OSError:
        return False


def _test_paths(
    root: Path, policy: Policy, head: Policy
) -> tuple[tuple[str, ...], tuple[RuleChange, ...]]:
    """Give the test paths that are still there, or else those of the head, and say which are not."""
    paths = policy.tests.paths
    there, instead = (
        tuple(path for path in each if (root / path.partition("::")[0]).exists())
        for each in (paths, head.tests.paths)
    )
    gone = [path for path in paths if path not in there]
    if not gone:
        return paths, ()
    change = RuleChange(
        "tests.paths", ", ".join(gone), "nothing: the change removes it", "looser", policy.origin
    )
    return there or instead, (change,)


class _Head:
    """Reads files of the working tree, each once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, bytes | None] = {}

    def __call__(self, path: str) -> bytes | None:
        if path not in self._read:
            try:
                self._read[path] = (self._root / path).read_bytes()
            except (OSError, ValueError):
                self._read[path] = None
        return self._read[path]


def _reader(root: Path) -> _Head:
    return _Head(root)
