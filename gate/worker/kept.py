"""The standard library as it was when the worker started: what a project replaces has no say here.

Projects and tests replace functions for longer than one test: a quicker `json.dumps`, a frozen clock,
gevent's sockets, a file system in memory. Plain pytest goes on, and so must the worker: its modules take
these functions from here, as copies of the standard modules that nobody else holds. What such a module shares
with everybody, such as `os.environ`, is the same object. Classes whose methods the worker calls are its own.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any


def _own(cls: Any) -> Any:
    """Derive a class that has all methods as they are now, whatever is put into the class later."""
    names = (name for name in dir(cls) if not name.startswith("__") or name == "__init__")
    methods = {name: inspect.getattr_static(cls, name) for name in names}
    return type(cls.__name__, (cls,), {**methods, "__slots__": ()})


if TYPE_CHECKING:
    import ctypes
    import faulthandler
    import fcntl
    import gc
    import hashlib
    import marshal
    import os
    import platform
    import shutil
    import signal
    import socket
    import tempfile
    import threading
    import time
    import traceback
else:
    from types import SimpleNamespace

    def _copy(name: str) -> SimpleNamespace:
        return SimpleNamespace(**vars(importlib.import_module(name)))

    ctypes = _copy("ctypes")
    faulthandler = _copy("faulthandler")
    fcntl = _copy("fcntl")
    gc = _copy("gc")
    hashlib = _copy("hashlib")
    marshal = _copy("marshal")
    os = _copy("os")
    os.path = _copy("os.path")
    platform = _copy("platform")
    shutil = _copy("shutil")
    signal = _copy("signal")
    socket = _copy("socket")
    socket.socket = _own(socket.socket)
    tempfile = _copy("tempfile")
    threading = _copy("threading")
    time = _copy("time")
    traceback = _copy("traceback")

__all__ = [
    "ctypes",
    "faulthandler",
    "fcntl",
    "from_json",
    "gc",
    "hashlib",
    "import_module",
    "marshal",
    "open_file",
    "os",
    "platform",
    "shutil",
    "signal",
    "socket",
    "tempfile",
    "threading",
    "time",
    "to_json",
    "traceback",
]

to_json: Callable[[Any], str] = _own(json.JSONEncoder)(separators=(",", ":")).encode
from_json: Callable[[str], Any] = _own(json.JSONDecoder)().decode
import_module = importlib.import_module
open_file: Any = builtins.open
