"""The zygote's pytest plugin: collect under coverage, tell the judge, then serve jobs instead of running."""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest

from . import kernel
from .fork import Server
from .measure import Measurement
from .messages import Channel, Frame
from .run import Recorder, explain, imported_from, text

CHUNK = 500


class Collection:
    """Watches a collection from configuration to the run loop."""

    def __init__(
        self, channel: Channel, setup: Frame, measurement: Measurement, early: dict[str, str]
    ) -> None:
        self._channel = channel
        self._setup = setup
        self._measurement = measurement
        self._early = early
        self._reports: list[dict[str, Any]] = []
        self._recorder = Recorder()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
        """Keep pytest-cov from tracing: one process holds one tracer, and it is the gate's."""
        if hasattr(early_config.known_args_namespace, "no_cov"):
            early_config.known_args_namespace.no_cov = True
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> Iterator[Any]:
        """Tame the options that would distribute, stop early or print at length."""
        for name, value in _TAMED.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        if getattr(config.option, "hypothesis_seed", 0) is None:
            config.option.hypothesis_seed = "0"
        if getattr(config.option, "randomly_seed", None) == "default":
            config.option.randomly_seed = 0
        config.pluginmanager.register(self._recorder, "gate-recorder")
        return (yield)

    def pytest_collectreport(self, report: Any) -> None:
        """Note what could not be collected, and the files that skip themselves."""
        if report.passed:
            return
        outcome = "skipped" if report.skipped else "error"
        self._reports.append(
            {"test": text(report.nodeid) or ".", "outcome": outcome, **explain(report)}
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Announce the collected items, then serve the judge; never returns to pytest."""
        self._measurement.leave()
        self._announce(session)
        self._setup["pid"] = os.getpid()
        Server(session, self._channel, self._recorder, self._setup).serve()
        os._exit(0)

    def _announce(self, session: Any) -> None:
        send = self._channel.send
        for start in range(0, len(session.items), CHUNK):
            send("items", items=[_describe(item) for item in session.items[start : start + CHUNK]])
        for report in self._reports:
            send("uncollected", **report)
        send(
            "ready",
            environment=_environment(session.config),
            threads=_threads(),
            early=self._early,
            imported=imported_from(self._setup["watch"]),
        )


_TAMED: dict[str, Any] = {
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


def _describe(item: Any) -> dict[str, Any]:
    path, line, _ = item.location
    return {
        "test": text(item.nodeid),
        "path": text(str(path)),
        "line": None if line is None else line + 1,
        "markers": sorted({mark.name for mark in item.iter_markers()}),
    }


def _environment(config: Any) -> dict[str, str]:
    plugins = {
        dist.project_name: dist.version for _, dist in config.pluginmanager.list_plugin_distinfo()
    }
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "pytest": pytest.__version__,
        "coverage": metadata.version("coverage"),
        "plugins": ", ".join(f"{name} {plugins[name]}" for name in sorted(plugins)),
        "configuration": str(config.inipath or "none"),
    }


def _threads() -> list[str]:
    """Name what makes forking unsafe here: threads that a fork would not bring along, a live GPU context."""
    names = [
        thread.name for thread in threading.enumerate() if thread is not threading.main_thread()
    ]
    unnamed = kernel.native_threads() - 1 - len(names)
    if unnamed > 0:
        names.append(f"{unnamed} native thread(s)")
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        names.append("an initialised CUDA context")
    return names
