"""Run by Python at its start in processes that a test starts under a mutant: they see the mutant too."""

import importlib.util
import json
import os
import sys
from typing import Any


def _load(name: str, path: str) -> Any:
    spec: Any = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    hook = _load("testproof_hook", os.path.join(os.path.dirname(here), "hook.py"))
    edit = os.environ.get(hook.VARIABLE)
    if edit:
        hook.compile_mutated(json.loads(edit))
        hook.run_mutated(json.loads(edit))
    # The environment's own file of this name has its turn too.
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if os.path.isfile(path) and os.path.abspath(folder or ".") != here:
            _load("sitecustomize_of_the_environment", path)
            return


_main()
