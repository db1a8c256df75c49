"""The time of the tests that decide: what no mutation tester can do without.

It is the killer's time for each detected mutant and that of all its tests for each survivor, as plain pytest
takes for them in one process.
"""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from subjects import Subject, deselected, environment, plain_pytest, run

from gate.model import DETECTED, Evidence


def decisive_seconds(subject: Subject, python: str, root: Path, results: Evidence) -> float:
    """Sum up the decisive tests of a results document, in seconds; `root` is a copy of the subject."""
    seconds = test_seconds(subject, python, root)
    total = 0.0
    for result in results.mutant_run.results:
        if result.status in DETECTED and result.killed_by:
            total += seconds.get(result.killed_by, 0.0)
        elif result.status == "Survived":
            total += sum(seconds.get(test, 0.0) for test in result.covered_by)
    return total


def test_seconds(subject: Subject, python: str, root: Path) -> dict[str, float]:
    """Time every test once, set-up and teardown included: seconds by node id."""
    with tempfile.TemporaryDirectory(prefix="gate-decisive-") as scratch:
        report = Path(scratch, "report.xml")
        command = plain_pytest(subject, python)
        command += [*deselected(subject), "-o", "junit_family=xunit1", f"--junitxml={report}"]
        run([*command, *subject.tests], root, environment(subject, root), check=True)
        cases = ET.parse(report).iter("testcase")
        return {_node_id(case): float(case.get("time", 0)) for case in cases}


def _node_id(case: ET.Element) -> str:
    """The id of a test from its file, its classes (after the module's dotted name) and its name."""
    file, name = str(case.get("file")), str(case.get("name"))
    module = file.removesuffix(".py").replace("/", ".")
    classes = str(case.get("classname")).removeprefix(module).strip(".")
    return "::".join([file, *filter(None, classes.split(".")), name])
