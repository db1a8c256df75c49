"""`python -I -m gate.github history|check|comment`: the Action's door; users have the command `gate`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gate.cli import guarded
from gate.errors import GateError
from gate.github.inputs import base_in
from gate.github.runner import say


def main() -> int:
    """Run one step and give its exit code."""
    parser = argparse.ArgumentParser(prog="python -I -m gate.github", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("history", help="fetch until the merge base is here")
    steps.add_parser("check", help="run gate check and report; the exit code is the verdict's")
    commenting = steps.add_parser("comment", help="write the comment of the pull request")
    commenting.add_argument("results", type=Path)
    commenting.add_argument("--author", help="whose comment it is")
    asked = parser.parse_args()
    match asked.step:
        case "history":
            _history()
        case "comment":
            from gate.github.comment import AUTHOR, comment

            comment(asked.results, asked.author or AUTHOR, os.environ)
        case _:
            from gate.github.check import check

            return check(os.environ)
    return 0


def _history() -> None:
    """Bring the merge base here, if there is a base; what is wrong, the next step says."""
    from gate.github.history import bring_history

    try:
        base = base_in(os.environ)
        if base.commit:
            bring_history(Path.cwd(), base.commit, os.environ)
        else:
            say(f"no base: {base.why}")
    except GateError as error:
        say(error.message)


if __name__ == "__main__":
    sys.exit(guarded(main))
