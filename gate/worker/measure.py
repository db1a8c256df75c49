"""Branch coverage of one process, with a context for each test (coverage.py enters the worker here)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .kept import os

# coverage.py's own start-up hook reads the first in every Python process that a test starts; its
# configuration takes the static context from the second.
START_VARIABLE = "COVERAGE_PROCESS_START"
CONTEXT_VARIABLE = "GATE_CONTEXT"


class Measurement:
    """No measurement: the tests run at full speed.

    `context` is whose account is being written to; `lost` is why something could not be measured, or empty.
    """

    context = ""
    lost = ""

    def __init__(self) -> None:
        self._set_up: dict[int, float] = {}

    def note_set_up(self, fixture: int, seconds: float) -> None:
        """Note how long the set-up of a shared fixture took, by its number."""
        self._set_up[fixture] = seconds

    def take_set_up(self) -> list[tuple[int, float]]:
        """Hand out the set-ups noted since the last call."""
        taken = list(self._set_up.items())
        self._set_up.clear()
        return taken

    def enter(self, context: str) -> None:
        """Count what runs from here to a test's account."""

    def intact(self) -> bool:
        """Say whether the tracer is still ours."""
        return True

    def leave(self) -> None:
        """Stop and save."""


class CoverageMeasurement(Measurement):
    """Lines and branches of the source folders into a data file, a context for each test."""

    def __init__(self, data_file: str, source: list[str], subprocesses: str) -> None:
        """Measure `source` folders into `data_file`; `subprocesses` is the configuration for theirs."""
        import coverage

        super().__init__()
        os.environ[START_VARIABLE] = subprocesses
        self._coverage: Any = coverage.Coverage(
            data_file=data_file, branch=True, source_dirs=source, config_file=False
        )
        self._coverage._warn_no_data = False
        # By name: only the C tracer has contexts, and some versions of Python would choose another.
        self._coverage.set_option("run:core", "ctrace")
        self._coverage.set_option("run:disable_warnings", ["module-not-measured"])
        self._coverage.start()
        self._tracer = sys.gettrace()
        self._connection = _kept_open(self._coverage)

    def enter(self, context: str) -> None:
        """Begin a context, here and in the subprocesses that the test starts."""
        self.context = context
        with self._noting():
            self._coverage.switch_context(context)
            if self._connection is not None:
                self._connection.commit()
        os.environ[CONTEXT_VARIABLE] = context.replace("\0", "")

    def intact(self) -> bool:
        """Say whether the tracer is still ours, and put it back when it is not."""
        if sys.gettrace() is self._tracer:
            return True
        sys.settrace(self._tracer)
        return False

    def leave(self) -> None:
        """Stop and save; subprocesses are no longer measured."""
        os.environ.pop(START_VARIABLE, None)
        with self._noting():
            self._coverage.stop()
            self._coverage.save()
            if self._connection is not None:
                self._connection.commit()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Note what coverage.py cannot do where a project replaces what it needs: no test is red for that."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a replaced function makes of it
            self.lost = self.lost or f"{type(error).__name__}: {error}"


def imported_from(names: list[str]) -> dict[str, str]:
    """Say which file each of the named modules was imported from, for those that were."""
    origins = {name: getattr(sys.modules.get(name), "__file__", None) for name in names}
    return {name: os.path.abspath(file) for name, file in origins.items() if file}


def _kept_open(measured: Any) -> Any:
    """Keep coverage.py from opening and closing its data file for every test; None where it cannot be kept.

    What a test before has covered is committed when the next begins, so a worker that is killed loses
    only the test it was in.
    """
    try:
        database = measured.get_data()._connect()
        database.__enter__()
        connection = database.con
    except Exception:  # noqa: BLE001 - not a public API: without it everything is only slower
        return None
    return connection if hasattr(connection, "commit") else None
