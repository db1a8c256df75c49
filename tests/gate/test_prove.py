from __future__ import annotations

import pytest
from builders import make_result

from gate.errors import ExitCode
from gate.model import Status
from gate.prove import exit_code


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["Killed", "Timeout", "RuntimeError"], ExitCode.PASS),
        (["Killed", "Survived"], ExitCode.FAIL),
        (["NoCoverage", "Pending"], ExitCode.FAIL),
        (["Killed", "Pending"], ExitCode.INCONCLUSIVE),
        (["Ignored"], ExitCode.INCONCLUSIVE),
        (["Killed", "CompileError"], ExitCode.INCONCLUSIVE),
    ],
)
def test_only_kills_are_a_proof(statuses: list[Status], code: ExitCode) -> None:
    results = [make_result(number, status) for number, status in enumerate(statuses)]
    assert exit_code(results) == code
