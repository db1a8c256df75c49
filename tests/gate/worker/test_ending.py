from __future__ import annotations

from pathlib import Path

from _pytest.config import get_config

from gate.worker.ending import enders
from gate.worker.options import Options

HERE = Path(__file__)
ROOT = HERE.parents[3]


class Ender:
    def pytest_sessionfinish(self) -> None:
        """Stand for a hook of the project."""


def test_what_of_the_project_runs_at_the_end_is_named_and_nothing_of_the_gate_itself() -> None:
    config = get_config()
    config.pluginmanager.register(Options())
    assert enders(config, str(ROOT)) == []
    config.pluginmanager.register(Ender())
    (named,) = enders(config, str(ROOT))
    assert named.startswith(f"{HERE.relative_to(ROOT).as_posix()}:")
    assert named.endswith(" pytest_sessionfinish")
    assert enders(config, str(ROOT / "gate")) == []
