"""A first policy as text: each choice with the reason for it."""

from __future__ import annotations

import json
import textwrap

from gate.init.choice import Choice
from gate.init.figures import Figure, Figures, needs_others
from gate.report.words import one_line

_WIDTH = 96
_COLUMN = 40


def policy_text(measured: Choice, tests: Choice, core: Choice, figures: Figures) -> str:
    """Write the policy that holds these choices and figures."""
    parts = (
        _HEAD,
        _source(measured),
        _tests(tests, figures),
        _coverage(figures),
        _CHANGED_COVERAGE,
        _mutation(core, figures.score),
    )
    return "\n\n".join(parts) + "\n"


_CHANGED_COVERAGE = """\
# The lines that a pull request adds or edits: `gate check --base origin/BRANCH`.
[coverage.changed]
line = 80
branch = 90"""

_HEAD = """\
# The policy of this repository: what its tests must reach before a change is merged.
# `gate init` wrote it from what it saw; every line may be changed. On a pull request the policy of its base
# counts, so merge this one first. Every key and its default: docs/policy.md of the gate."""


def _source(measured: Choice) -> str:
    comment = _comment(f"What is measured: {measured.why}.")
    return "\n".join([comment, "[source]", *_set("include", measured)])


def _coverage(figures: Figures) -> str:
    lines = [
        "# What the tests must reach, in percent, each on its own. Raise what is below its goal as the tests",
        "# get better: a pull request that lowers one of these fails (`policy.loosened`).",
        "[coverage]",
        *(_line(kind, figure) for kind, figure in figures.coverage.items()),
    ]
    return "\n".join(lines)


def _line(key: str, figure: Figure, more: str = "") -> str:
    """Set a key, with the reason in a comment beside it."""
    why = "; ".join(part for part in (more, figure.why) if part)
    setting = f"{key} = {figure.value}"
    return f"{setting:<{_COLUMN}}# {one_line(why)}" if why else setting


def _tests(tests: Choice, figures: Figures) -> str:
    timeout, leaning = figures.timeout, figures.leaning
    unchecked = Figure('"off"', f"{needs_others(leaning)}; mend them and take this line out")
    lines = [
        _comment(f"Where the tests are: {tests.why}."),
        "[tests]",
        *_set("paths", tests),
        _line("timeout", Figure(f'"{timeout.value}"', timeout.why), "for each test"),
        *([_line("order", unchecked)] if leaning else []),
        "# Tests that cannot run are left out by name, with a reason, an owner and a last day:",
        "# [[tests.exclude]]",
        '# test = "tests/test_export.py::test_large_*"',
        '# reason = "needs a GPU"',
        '# owner = "somebody"',
        "# expires = 2027-12-31",
    ]
    return "\n".join(lines)


def _mutation(core: Choice, score: Figure) -> str:
    lines = [
        _comment(
            "The core: in these files code is broken in many small ways, and the tests must notice. Chosen: "
            f"{core.why}. Name what would hurt most if it were wrong."
        ),
        "[mutation]",
        *(_set("core", core) if core.paths else ["core = []"]),
        "# Percent of the mutants of each file that some test notices.",
        _line("score", score),
        "",
        "# The same for what a pull request touches in the core.",
        "[mutation.changed]",
        "score = 80",
    ]
    return "\n".join(lines)


def _set(key: str, choice: Choice) -> list[str]:
    """Set a key to paths, on one line where that is short."""
    if not choice.paths:
        return []
    texts = [_text(path) for path in choice.paths]
    line = f"{key} = [{', '.join(texts)}]"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{key} = [", *(f"    {text}," for text in texts), "]"]


def _text(path: str) -> str:
    """Write a path as a basic string of TOML: what prints stays, quotes are escaped as in JSON."""
    return json.dumps(path, ensure_ascii=False)


def _comment(text: str) -> str:
    return textwrap.fill(
        one_line(text),
        _WIDTH + 8,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
