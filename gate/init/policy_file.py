"""A first policy as text: each choice with the reason for it."""

from __future__ import annotations

import json
import textwrap

from gate.init.choice import Choice
from gate.report.words import one_line

_WIDTH = 96


def policy_text(measured: Choice, tests: Choice, core: Choice) -> str:
    """Write the policy that holds these choices."""
    return "\n\n".join((_HEAD, _source(measured), _tests(tests), _COVERAGE, _mutation(core))) + "\n"


_COVERAGE = """\
# What the tests must reach, in percent, each on its own. These are the gate's defaults. Where the whole
# repository is far below, begin with what `gate check --no-mutation` measures today, and raise it later: a
# pull request that lowers one of them fails (`policy.loosened`).
[coverage]
line = 80
branch = 90
function = 100                          # public functions that some passing test reaches

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


def _tests(tests: Choice) -> str:
    lines = [
        _comment(f"Where the tests are: {tests.why}."),
        "[tests]",
        *_set("paths", tests),
        'timeout = "60s"                         # for each test; a hung test costs this and nothing else',
        "# Tests that cannot run are left out by name, with a reason, an owner and a last day:",
        "# [[tests.exclude]]",
        '# test = "tests/test_export.py::test_large_*"',
        '# reason = "needs a GPU"',
        '# owner = "somebody"',
        "# expires = 2027-12-31",
    ]
    return "\n".join(lines)


def _mutation(core: Choice) -> str:
    lines = [
        _comment(
            f"The core: in these files code is broken in many small ways, and the tests must notice. Chosen: "
            f"{core.why}. Name what would hurt most if it were wrong."
        ),
        "[mutation]",
        *(_set("core", core) if core.paths else ["core = []"]),
        "score = 70                              # percent of the mutants that some test notices",
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
