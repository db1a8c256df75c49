"""One run of pytest in the zygote: it configures and collects, then forks serve the judge in its place."""

from __future__ import annotations

import sys
from contextlib import suppress

import pytest

from .collect import Collection
from .ending import describe
from .folder import Folder
from .kept import os, traceback
from .measure import Measurement
from .messages import Channel, Frame
from .options import Options
from .rewriting import Rewriting
from .run import text


def run_session(channel: Channel, setup: Frame, measurement: Measurement) -> None:
    """Collect and serve; tells the judge where pytest refuses to start, and how a fork's session ended."""
    collection = Collection(channel, setup, measurement)
    status, raised = _run_pytest(setup, collection)
    # What pytest said is in the output before the judge looks there.
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    if collection.ending is not None:
        collection.ending.send("end", status=status, raised=text(raised))
        os._exit(0)
    # A usage error, a conftest that raises, an internal error.
    channel.send("failed", code=status)


def _run_pytest(setup: Frame, plugin: Collection) -> tuple[int, str]:
    """Run pytest to its end; gives the exit status that plain pytest leaves with, and what was raised."""
    sys.argv = ["pytest", *setup["args"]]
    try:
        plugins = [
            Options(),
            Folder(setup),
            Rewriting(setup["rewritten"], keep=setup["mutate"]),
            plugin.identity,
            plugin,
        ]
        return int(pytest.main(setup["args"], plugins=plugins)), ""
    except SystemExit as error:
        left_with = 0 if error.code is None else error.code
        return left_with if isinstance(left_with, int) else 1, describe(error, setup["root"])
    except BaseException as error:  # noqa: BLE001 - what a hook raises past pytest ends its process with 1
        traceback.print_exc()
        return 1, describe(error, setup["root"])
