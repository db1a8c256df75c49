from __future__ import annotations

from pathlib import Path

import pytest
from samples import RENDERERS, SAMPLES, SNAPSHOTS

from gate.judge.verify import verify
from gate.report.json import render_json
from gate.results.document import publish, read_results


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    expected = (SNAPSHOTS / f"{name}.json").read_text(encoding="utf-8")
    assert RENDERERS["json"](SAMPLES[name]()) == expected


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_document_itself(name: str, tmp_path: Path) -> None:
    _, path = publish(SAMPLES[name](), tmp_path, verify)
    assert render_json(read_results(path)) == path.read_text(encoding="utf-8")
