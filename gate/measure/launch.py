"""What the project's zygote is started with: arguments, options and environment."""

from __future__ import annotations

import os
import re
import shutil
import site
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from gate.errors import UsageError
from gate.policy.model import Policy
from gate.supervise.zygote import WORKER, Launch

# One thread each: many workers share the cores, and a thread pool does not survive a fork.
PINNED = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "COVERAGE_CORE": "ctrace",
}
# Read by gate/worker/startup: the folder that holds the package `coverage` of the gate.
LENT_VARIABLE = "GATE_LENT_COVERAGE"
STARTUP = str(WORKER / "startup")
# Left behind by a pytest, a coverage.py or a gate that this one runs under.
DROPPED = ("COVERAGE_", "COV_CORE_", "PYTEST_XDIST_", "PYTEST_CURRENT_TEST", "GATE_", "XDG_")
# Of this run, or of the terminal that it was started in.
_PASSING = re.compile(
    r"HOME$|TMPDIR$|HYPOTHESIS_STORAGE_DIRECTORY$|PWD$|OLDPWD$|SHLVL$|_$|TERM|TMUX|COLUMNS$|LINES$|SSH_"
    r"|WINDOWID$|STY$|MAKE"
)
# Credentials by the names that they have in CI, the files that steer a workflow, the way to an agent.
_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET)_?KEY)$"
    r"|^ACTIONS_|^AWS_(?!(?:CA_BUNDLE|(?:DEFAULT_)?REGION)$)|^GITHUB_(?:ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$"
    r"|^(?:SSH_AUTH_SOCK|SSH_AGENT_PID|GPG_AGENT_INFO)$"
)


def launch(
    root: Path,
    policy: Policy,
    files: Sequence[str],
    scratch: Path,
    python: str,
    lent: str = "",
) -> Launch:
    """Prepare the start of a zygote that measures `files` (relative to `root`).

    `lent` is the folder of the coverage.py that the gate lends it, empty where it has its own.

    Raises UsageError when a test path of the policy or the interpreter is not there.
    """
    for path in policy.tests.paths:
        if not (root / path.partition("::")[0]).exists():
            raise UsageError(
                f"{policy.origin}: tests.paths names {path!r}, which is not in the repository",
                "name folders or files that hold tests, relative to the repository",
            )
    interpreter = shutil.which(python)
    if interpreter is None:
        raise UsageError(
            f"cannot run {python}",
            "name the project's interpreter with --python",
        )
    withheld = secrets_in(os.environ, policy.tests.environment)
    return Launch(
        python=os.path.abspath(interpreter),
        root=root,
        arguments=policy.tests.paths,
        options=("-o", "cache_dir=$TMPDIR/cache"),
        source=tuple(sorted({str((root / file).parent) for file in files})),
        watch=module_names(files),
        scratch=scratch,
        environment=_environment(os.environ, scratch, withheld, lent),
        withheld=withheld,
        lent=lent,
        network="the policy leaves it on" if policy.isolation.network == "on" else "",
    )


def measuring(plan: Launch, files: Iterable[str]) -> Launch:
    """Trace the folders of these files as well."""
    folders = {str((plan.root / file).parent) for file in files}
    return replace(plan, source=tuple(sorted(folders.union(plan.source))))


def choosing(plan: Launch, options: Sequence[str]) -> Launch:
    """Have pytest choose tests by these options, which outdo those of its configuration."""
    return replace(plan, options=(*plan.options, *options))


def lasting_environment(launch: Launch) -> list[str]:
    """Give the environment of the tests as far as it is the same in the next run: `NAME=value`, sorted."""
    variables = launch.environment.items()
    return sorted(f"{name}={value}" for name, value in variables if not _PASSING.match(name))


def secrets_in(names: Iterable[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Name the variables that look like secrets, in either case, and are not wanted, sorted."""
    secret = (name for name in names if _SECRET.search(name.upper()))
    return tuple(sorted(name for name in secret if name not in wanted))


def module_names(files: Iterable[str]) -> dict[str, str]:
    """Map the dotted names under which the files are imported to the files.

    The package is what stands below `src/`, or the whole path where there is none.
    """
    names = {}
    for file in files:
        parts = PurePosixPath(file).with_suffix("").parts
        parts = parts[parts.index("src") + 1 :] if "src" in parts[:-1] else parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts:
            names[".".join(parts)] = file
    return names


def lending(folder: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Give the variables that lend the coverage.py of a folder to a process, and to those that it starts."""
    others = environ.get("PYTHONPATH")
    path = os.pathsep.join([STARTUP, *([others] if others else [])])
    return {LENT_VARIABLE: folder, "PYTHONPATH": path}


def _environment(
    base: os._Environ[str], scratch: Path, withheld: Sequence[str], lent: str
) -> dict[str, str]:
    """The caller's environment with a home and a temporary folder of the run's own."""
    left_out = (*withheld, *(name for name in base if name.startswith(DROPPED)))
    kept = {name: value for name, value in base.items() if name not in left_out}
    home, tmp = scratch / "home", scratch / "tmp"
    # What is installed below the real home must still be found from the private one.
    kept.setdefault("PYTHONUSERBASE", site.getuserbase())
    if (pyenv := Path.home() / ".pyenv").is_dir():
        kept.setdefault("PYENV_ROOT", str(pyenv))
    return {
        **kept,
        **PINNED,
        **(lending(lent, kept) if lent else {}),
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch / "hypothesis"),
    }
