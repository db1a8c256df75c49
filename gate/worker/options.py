"""The zygote's pytest plugin that tames what would distribute, stop early, trace, print at length, or write.

What a repository's options have written into it (a log, a report, the folder of `tmp_path`) is no outcome
of a test: it goes to a folder of the run, or nowhere.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from .kept import os, tempfile

TAMED: dict[str, Any] = {
    "numprocesses": None,
    "dist": "no",
    "distload": False,
    "tx": [],
    "maxfail": 0,
    "tbstyle": "short",
    "showlocals": False,
    "fulltrace": False,
    "usepdb": False,
}
# Files that pytest and its plugins write at their ends, each by the name under which its option is kept.
UNWRITTEN: dict[str, Any] = {
    "debug": None,
    "log_file": os.devnull,
    "xmlpath": None,
    "resultlog": None,
    "pastebin": None,
    "report_log": None,
    "htmlpath": None,
    "json_report": False,
    "allure_report_dir": None,
    "benchmark_json": None,
    "benchmark_save": None,
    "benchmark_autosave": None,
    "store_durations": False,
}
# Where pytest would make the folder of `tmp_path`.
TEMPORARY_ROOT = "PYTEST_DEBUG_TEMPROOT"


class Options:
    """The repository's own options stay as they are where they do not get in the way."""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_cmdline_parse(self) -> Generator[None, Any, Any]:
        """Leave nothing in the repository; before pytest's own plugins look at what they are to write."""
        config = yield
        _set(config, UNWRITTEN)
        os.environ.pop(TEMPORARY_ROOT, None)
        if getattr(config.option, "basetemp", None):
            config.option.basetemp = str(_own_basetemp())
        return config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
        """Keep pytest-cov from tracing: one process holds one tracer, and it is the gate's."""
        if hasattr(early_config.known_args_namespace, "no_cov"):
            early_config.known_args_namespace.no_cov = True
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> Iterator[Any]:
        """Set what is tamed, and the seeds of plugins that draw one."""
        _set(config, TAMED)
        if getattr(config.option, "hypothesis_seed", 0) is None:
            config.option.hypothesis_seed = "0"
        if getattr(config.option, "randomly_seed", None) == "default":
            config.option.randomly_seed = 0
        return (yield)


def part_basetemp(config: Any) -> None:
    """Give a fork a `--basetemp` of its own, which pytest empties at its first use, unless one is in use."""
    factory = getattr(config, "_tmp_path_factory", None)
    given = getattr(factory, "_given_basetemp", None)
    if factory is not None and given is not None and factory._basetemp is None:
        factory._given_basetemp = _own_basetemp()


def _own_basetemp() -> Path:
    # A short path: sockets of tests stand below it.
    return Path(tempfile.gettempdir(), f"t{os.getpid()}")


def _set(config: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
