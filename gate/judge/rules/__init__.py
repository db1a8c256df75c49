"""The rules of the gate: each module of this folder holds one, as `rule`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from gate.judge.rule import Rule

RULES: tuple[Rule, ...] = tuple(
    import_module(f"{__name__}.{module.name}").rule for module in iter_modules(__path__)
)
