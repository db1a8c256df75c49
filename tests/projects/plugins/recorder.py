"""A pytest plugin that writes down what plain pytest says of each test, to compare with."""

import json
import os
from pathlib import Path

# A test may have several reports; the first of these is what the whole test counts as.
GRAVEST_FIRST = ("failed", "error", "skipped", "xfailed", "xpassed", "passed")


def pytest_terminal_summary(terminalreporter):
    outcomes = {}
    for outcome in reversed(GRAVEST_FIRST):
        for report in terminalreporter.stats.get(outcome, ()):
            outcomes[report.nodeid] = outcome
    Path(os.environ["RECORD"]).write_text(json.dumps(outcomes))
