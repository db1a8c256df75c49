"""The zygote's pytest plugin that tames what would distribute, stop early, trace or print at length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

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


class Options:
    """The repository's own options stay as they are where they do not get in the way."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
        """Keep pytest-cov from tracing: one process holds one tracer, and it is the gate's."""
        if hasattr(early_config.known_args_namespace, "no_cov"):
            early_config.known_args_namespace.no_cov = True
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> Iterator[Any]:
        """Set what is tamed, and the seeds of plugins that draw one."""
        for name, value in TAMED.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        if getattr(config.option, "hypothesis_seed", 0) is None:
            config.option.hypothesis_seed = "0"
        if getattr(config.option, "randomly_seed", None) == "default":
            config.option.randomly_seed = 0
        return (yield)
