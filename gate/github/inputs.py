"""What a workflow asks of the Action by its inputs, each a variable of the step."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from gate.errors import UsageError
from gate.github.event import Base, base_of, read_event

# Options that have an input of their own; the folder of results is the Action's.
_OWN = ("--base", "--out", "--policy", "--python")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the workflow asks for by the inputs of the Action; empty where it is silent."""

    base: str
    policy: str
    python: str
    arguments: tuple[str, ...]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Inputs:
        """Read the inputs, each a variable of the step; raises UsageError."""
        base, policy, python, words = (
            environ.get(f"GATE_{name}", "").strip()
            for name in ("BASE", "POLICY", "PYTHON", "ARGUMENTS")
        )
        try:
            arguments = tuple(shlex.split(words))
        except ValueError as error:
            raise UsageError(f"the input `arguments`: {error}", "close each quote") from error
        for word in arguments:
            if word.partition("=")[0] in _OWN:
                raise UsageError(
                    f"the input `arguments` holds {word}", "the Action gives this option itself"
                )
        return cls(base, policy, python, arguments)


def base_in(environ: Mapping[str, str]) -> Base:
    """Choose the base: the input if there is one, else what the event says; raises GateError."""
    return base_of(read_event(environ), Inputs.of(environ).base)
