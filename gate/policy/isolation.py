"""What a policy says of how workers are kept apart: `[isolation]`, and the variables that tests may see."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gate.model import IsolationLevel
from gate.policy.values import Accepts

LEVELS: tuple[IsolationLevel, ...] = ("basic", "partial", "full")
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


def _level(value: object) -> str:
    if value not in LEVELS:
        raise ValueError
    return str(value)


def _network(value: object) -> str:
    if value not in ("off", "on"):
        raise ValueError
    return str(value)


def _variable(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_NAME, value):
        raise ValueError
    return value


Level = Annotated[
    IsolationLevel,
    Accepts('"basic", "partial" or "full"', _level, {"type": "string", "enum": [*LEVELS]}),
]
Network = Annotated[
    str, Accepts('"off" or "on"', _network, {"type": "string", "enum": ["off", "on"]})
]
Variables = tuple[
    Annotated[
        str,
        Accepts(
            'the name of an environment variable, such as "SERVICE_TOKEN"',
            _variable,
            {"type": "string", "pattern": f"^{_NAME}$"},
        ),
    ],
    ...,
]


class Isolation(BaseModel):
    """How far workers must be kept apart from everything else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    require: Level = Field("basic", description="The least level at which a run can pass.")
    network: Network = Field("off", description="Whether workers of mutants reach the network.")
