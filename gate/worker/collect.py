"""The zygote's pytest plugin: collect under coverage, tell the judge, then serve jobs instead of running."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from . import kernel
from .ending import enders, go_to_the_end
from .folder import directory
from .fork import Guard, serve
from .identity import Identity
from .kept import gc, hashlib, import_module, os, platform, threading
from .measure import CoverageMeasurement, Measurement, imported_from
from .messages import Channel, Frame
from .project import path_in_project
from .run import Recorder, Terse, explain, run_items, text
from .shared import SharedFixtures
from .switch import Switch, SwitchError
from .test_files import TestFiles

CHUNK = 500
# Asked before the project's code runs: it starts a process.
PLATFORM = platform.platform()
# The hooks by which pytest's terminal reporter hears of each test.
PROGRESS = ("pytest_runtest_logstart", "pytest_runtest_logreport", "pytest_runtest_logfinish")


class Collection:
    """Watches a collection from configuration to the run loop."""

    def __init__(self, channel: Channel, setup: Frame, measurement: Measurement) -> None:
        self._channel = channel
        self._setup = setup
        self._measurement = measurement
        self._reports: list[dict[str, Any]] = []
        self._tests = TestFiles()
        self._session: Any = None
        # Where this process is a fork that ends its session as pytest does: whom to tell how that went.
        self.ending: Channel | None = None
        self._shared = SharedFixtures()
        self.identity = Identity(setup["root"])
        only = setup["only"]
        self._only = None if only is None else frozenset(map(os.path.realpath, only))

    def pytest_configure(self, config: Any) -> None:
        """Have the files noted that hold test functions."""
        config.pluginmanager.register(self._tests, "gate-test-files")

    def pytest_ignore_collect(self, collection_path: Any) -> bool | None:
        """Leave out the test files that the judge does not ask for."""
        if self._only is None or collection_path.is_dir():
            return None
        return None if os.path.realpath(collection_path) in self._only else True

    def pytest_collectreport(self, report: Any) -> None:
        """Note what could not be collected, and the files that skip themselves."""
        if report.passed:
            return
        outcome = "skipped" if report.skipped else "error"
        self._reports.append(
            {"test": self.identity.collector(report), "outcome": outcome, **explain(report)}
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Announce the collected items, then serve the judge.

        Returns to pytest only in a process that has run tests and is to end the session as pytest does.
        """
        self._measurement.leave()
        tests = self.identity.tests(session.items)
        self._announce(session, tests)
        self._session = session
        collected = Collected(session, tests, self._setup, self._shared)
        guard = Guard(**self._setup["guard"])
        serving = self._channel, session.config, guard
        self.ending = serve(*serving, collected.work, self._preload)
        if self.ending is None:
            os._exit(0)
        go_to_the_end(session)
        return True

    def _announce(self, session: Any, tests: list[str]) -> None:
        send = self._channel.send
        named = list(zip(tests, session.items, strict=True))
        for start in range(0, len(named), CHUNK):
            chunk = named[start : start + CHUNK]
            send("items", items=[self._describe(test, item) for test, item in chunk])
        for report in self._reports:
            send("uncollected", **report)
        send(
            "ready",
            environment=_environment(session.config, directory(self._setup["root"])),
            threads=threads(),
            confined=self._setup["confined"],
            early=self._setup["early"],
            by_coverage=self._setup["by_coverage"],
            by_pytest=self._setup["by_pytest"],
            imported=imported_from(self._setup["watch"]),
            modules=outside_modules(self._setup["root"]),
            loaded=project_modules(self._setup["root"]),
            tests=self._tests.below(self._setup["root"]),
            enders=[text(each) for each in enders(session.config, self._setup["root"])],
            plugins=plugins(session.config, self._setup["root"]),
        )

    def _describe(self, test: str, item: Any) -> dict[str, Any]:
        """Describe a test; its line is that in its own file, None where its function stands in another."""
        where, line, _ = item.location
        path = self.identity.path_of(item)
        elsewhere = self.identity.path(os.path.join(item.config.rootpath, where)) != path
        return {
            "test": test,
            "path": path,
            "file": self.identity.file(item),
            "line": None if line is None or elsewhere else line + 1,
            "markers": sorted({mark.name for mark in item.iter_markers()}),
            "shared": self._shared.of(item),
        }

    def _preload(self, frame: Frame) -> None:
        preload(frame["modules"])
        if frame["many"]:
            travel_light(self._session.config, self._session.items)
        gc.freeze()
        if frame["many"]:
            kernel.make_pages_huge()
        self._channel.send("preloaded", threads=threads())


def travel_light(config: Any, items: list[Any]) -> None:
    """Leave behind what costs as much as a quick test itself: the progress report, and unused log capture.

    From here on mutants and originals run without them alike.
    """
    _report_no_progress(config)
    if any("caplog" in getattr(item, "fixturenames", ()) for item in items):
        return
    plugin = config.pluginmanager.getplugin("logging-plugin")
    if plugin is not None:
        config.pluginmanager.unregister(plugin)
        # With no handler at all, warnings would go to stderr, where a test might see them.
        logging.getLogger().addHandler(logging.NullHandler())


def _report_no_progress(config: Any) -> None:
    """Let the terminal reporter hear of no test; it stays registered, for plugins that ask for its writer."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    for name in PROGRESS:
        caller = getattr(config.hook, name)
        if any(each.plugin is reporter for each in caller.get_hookimpls()):
            caller._remove_plugin(reporter)


class Collected:
    """Does jobs with the items of one session."""

    def __init__(
        self, session: Any, tests: list[str], setup: Frame, shared: SharedFixtures
    ) -> None:
        self._session = session
        self._tests = tests
        self._setup = setup
        self._shared = shared
        self._recorder = Recorder()
        self._terse = Terse(full=True)
        session.config.pluginmanager.register(self._recorder, "gate-recorder")
        session.config.pluginmanager.register(self._terse, "gate-terse")
        self._switch = Switch(setup["root"]) if setup["mutate"] else None
        self._known = frozenset(sys.modules)

    def work(self, job: Frame, channel: Channel) -> bool:
        """Run the tests of a job in this fork, with its mutant in place if it has one.

        Returns whether the session is to go on to its end, of which the judge is still to be told.
        """
        if job["edit"] is not None:
            try:
                self._put(job["edit"])
            except SwitchError as error:
                channel.send("stopped", item=None, message=str(error))
                return False
        tests = [(index, self._tests[index], self._session.items[index]) for index in job["items"]]
        self._terse.full = not job["stop"]
        measurement = self._measurement(job)
        if not run_items(tests, channel, self._recorder, measurement, stop=job["stop"]):
            return False
        if job["data"] is not None:
            root = self._setup["root"]
            late = outside_modules(root, self._known)
            loaded, lost = project_modules(root), text(measurement.lost)
            channel.send("ran", late=late, loaded=loaded, lost=lost)
        if not job["finish"]:
            channel.send("end", status=None, raised="")
        return bool(job["finish"])

    def _put(self, edit: Frame) -> None:
        if self._switch is None:
            raise SwitchError("this process indexed no functions")
        self._switch.on(edit)

    def _measurement(self, job: Frame) -> Measurement:
        if job["data"] is None:
            return Measurement()
        measurement = CoverageMeasurement(
            job["data"], self._setup["source"], self._setup["subprocesses"]
        )
        booked = self._shared.booked(measurement)
        self._session.config.pluginmanager.register(booked, "gate-shared")
        return measurement


def outside_modules(root: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Name the imported modules that are not the project's, in the order of their import."""
    inside = os.path.join(root, "")
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in known or not isinstance(file, str):
            continue
        if "site-packages" in file or not os.path.abspath(file).startswith(inside):
            found.append(text(name))
    return found


def project_modules(root: str) -> dict[str, str]:
    """Map the imported modules that are the project's to their files, relative to `root`; links are followed.

    A module in an archive has the archive for a folder.
    """
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        path = path_in_project(file, root) if isinstance(file, str) else ""
        if path:
            found[text(name)] = text(path)
    return found


def plugins(config: Any, root: str) -> list[str]:
    """Name the files of the project's own plugins of pytest, relative to `root`; conftests are none."""
    files = (getattr(each, "__file__", None) for each in config.pluginmanager.get_plugins())
    paths = {path_in_project(file, root) for file in files if isinstance(file, str)}
    return sorted(text(path) for path in paths if path and os.path.basename(path) != "conftest.py")


def preload(modules: list[str]) -> None:
    """Import what many forks would otherwise each import for themselves."""
    for name in modules:
        try:
            import_module(name)
        except BaseException:  # noqa: BLE001 - a fork that needs it will say why
            continue


def threads() -> list[str]:
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


def _installed() -> str:
    """A hash over the names and versions of all distributions on the path."""
    names: set[str] = set()
    for folder in sys.path:
        try:
            names.update(
                n for n in os.listdir(folder or ".") if n.endswith((".dist-info", ".egg-info"))
            )
        except OSError:
            continue
    return hashlib.sha256("\n".join(sorted(names)).encode("utf-8", "replace")).hexdigest()[:12]


def _environment(config: Any, folder: str) -> dict[str, str]:
    import coverage

    plugins = {
        dist.project_name: dist.version for _, dist in config.pluginmanager.list_plugin_distinfo()
    }
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": PLATFORM,
        "pytest": pytest.__version__,
        "coverage": coverage.__version__,
        "plugins": ", ".join(f"{name} {plugins[name]}" for name in sorted(plugins)),
        "rootdir": str(config.rootpath),
        "configuration": str(config.inipath or "none"),
        "installed": _installed(),
        # Where that is not the root.
        **({"directory": folder} if folder else {}),
    }
