"""Run by Python at its start in processes that a test starts under a mutant, which see the mutant too.

Where the gate lends coverage.py it runs in every process of the tests.
"""

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
    worker = os.path.dirname(here)
    lent = _load("testproof_lent", os.path.join(worker, "lent.py"))
    lent.find_lent()
    children = _load("testproof_children", os.path.join(worker, "children.py"))
    edit = os.environ.get(children.VARIABLE)
    if edit:
        hook = _load("testproof_hook", os.path.join(worker, "hook.py"))
        hook.compile_mutated(json.loads(edit))
        hook.run_mutated(json.loads(edit))
        children.lead()
        # No code of the mutant is to be found by whoever comes after it.
        sys.dont_write_bytecode = True
    lent.measure_process()
    # The environment's own file of this name has its turn too.
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if os.path.isfile(path) and os.path.abspath(folder or ".") != here:
            _load("sitecustomize_of_the_environment", path)
            return


_main()
