"""`gate verify` on the document of a real run, as it is and edited."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from laboratory import POLICY, Laboratory

from gate.errors import ExitCode

Json = dict[str, Any]


def gate(laboratory: Laboratory, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gate", *arguments],
        cwd=laboratory.root,
        env=laboratory.environment({}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def judged(laboratory: Laboratory) -> Laboratory:
    """A laboratory with the document of a PASS, of another policy beside it."""
    laboratory.write("policies/other.toml", "[coverage]\nline = 10\n")
    assert laboratory.check().code == ExitCode.PASS
    return laboratory


def edit(laboratory: Laboratory, change: Callable[[Json], None]) -> None:
    file = laboratory.root / ".gate/results.json"
    document = json.loads(file.read_bytes())
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def lower(document: Json) -> None:
    document["policy"]["thresholds"]["coverage"]["line"] = 1.0


def test_a_document_is_verified_shown_and_refused(judged: Laboratory) -> None:
    verified = gate(judged, "verify")
    assert verified.returncode == ExitCode.PASS
    assert verified.stdout.startswith(
        "PASS (mutation not judged: --no-mutation): verified against the evidence in .gate/results.json"
    )
    assert gate(judged, "verify", ".gate/results.json", "--policy", POLICY).returncode == 0

    of_other = gate(judged, "verify", "--policy", "policies/other.toml")
    assert of_other.returncode == ExitCode.INCONCLUSIVE
    assert "they were judged by the policy" in of_other.stderr
    assert gate(judged, "verify", "no/such.json").returncode == ExitCode.USAGE

    edit(judged, lower)
    for command in ("verify", "report"):
        refused = gate(judged, command)
        assert refused.returncode == ExitCode.INCONCLUSIVE
        assert refused.stdout == ""
        assert "policy.thresholds.coverage.line is 1.0" in refused.stderr
        assert "next: " in refused.stderr


def test_the_document_of_a_fail_is_verified_as_one(laboratory: Laboratory) -> None:
    laboratory.add("faults/red")
    laboratory.check()
    verified = gate(laboratory, "verify")
    assert verified.returncode == ExitCode.FAIL
    assert verified.stdout.startswith("FAIL (mutation not judged: --no-mutation): ")
