"""Bring the merge base into a shallow checkout: the only step that asks the remote (git fetch).

Where that fails the gate itself says INCONCLUSIVE, with the command to add, so nothing here is an error.
"""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from gate.errors import GateError
from gate.github.runner import say
from gate.source.git import head_state, merge_base, repository_root

# Fetches of a shallow clone, each with the commits to ask for; a full one lacks no more than the base.
_DEEPER = (
    ("--deepen=50", True),
    ("--deepen=500", True),
    ("--unshallow", True),
    ("--unshallow", False),
)
_SECONDS, _SECONDS_IN_ALL = 180, 400


def bring_history(start: Path, base: str, environ: Mapping[str, str]) -> bool:
    """Fetch until the merge base of `base` and HEAD is in the repository around `start`.

    At most four fetches. Says whether it is there.
    """
    root = repository_root(start)
    end = time.monotonic() + _SECONDS_IN_ALL
    here = _is_here(root, base)
    for option, named in _DEEPER if _is_shallow(root) else (("--no-tags", True),):
        if here:
            break
        wanted = (base, head_state(root)[0]) if named else ()
        failure = _fetch(root, option, wanted, environ, end - time.monotonic())
        say(f"git fetch {option}: {failure or 'done'}")
        here = _is_here(root, base)
    say(
        "the merge base is here"
        if here
        else "the merge base is not here: set fetch-depth: 0 in the checkout step"
    )
    return here


def _is_here(root: Path, base: str) -> bool:
    try:
        return bool(merge_base(root, base))
    except GateError:
        return False


def _is_shallow(root: Path) -> bool:
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        str(root),
        "rev-parse",
        "--is-shallow-repository",
    ]
    finished = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    return finished.stdout.strip() == b"true"


def _fetch(
    root: Path, option: str, wanted: tuple[str, ...], environ: Mapping[str, str], seconds: float
) -> str:
    """Fetch once; say in a line why it failed, or nothing."""
    if seconds <= 0:
        return f"not tried, as {_SECONDS_IN_ALL} s have passed"
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "fetch", "--quiet", "--no-tags"]
    command += ["--no-recurse-submodules", option, "--end-of-options", "origin", *wanted]
    try:
        finished = subprocess.run(
            command,
            env={**environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **_credentials(environ)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=min(seconds, _SECONDS),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    lines = finished.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return "" if finished.returncode == 0 else lines[0]


def _credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """Hand the token to git by its environment, so that no list of processes shows it.

    The empty value takes the header away that a checkout may have left in the repository: two of them
    are refused.
    """
    token, server = environ.get("GITHUB_TOKEN", ""), environ.get("GITHUB_SERVER_URL", "")
    if not token or not server:
        return {}
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    key = f"http.{server}/.extraheader"
    return {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": key,
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": key,
        "GIT_CONFIG_VALUE_1": f"AUTHORIZATION: basic {header}",
    }
