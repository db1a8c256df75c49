"""What one value of a policy may be, and how a wrong one is worded.

Each kind of value is an annotated type that pydantic reads through `Accepts`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from gate.errors import PolicyError
from gate.policy.globs import path_glob
from gate.policy.text import HINT, KeyPath, key_lines, shown

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,3})?"
DURATION = rf"^(?=.*[1-9])(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?$"
SIZE = rf"^(?=.*[1-9]){_NUMBER}(?:KiB|MiB|GiB|TiB)$"
_SECONDS = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
# In the order of docs/mutants.md; gate/mutate/noise.py applies them.
NOISE_RULES = (
    *("equivalent", "duplicate", "log", "warning", "message"),
    *("repr", "debug", "typing", "pragma"),
)
_LONGEST = 7 * 24 * 3600
_LARGEST = 1 << 50
_MOST = 1_000_000


def parse_duration(text: str) -> float:
    """Turn `500ms`, `60s`, `1h30m` into seconds, above 0 and at most a week, or ValueError."""
    if re.fullmatch(DURATION, text) is None:
        raise ValueError(text)
    parts = re.findall(rf"({_NUMBER})(ms|h|m|s)", text)
    seconds = sum(Decimal(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST:
        raise ValueError(text)
    return float(seconds)


def parse_size(text: str) -> int:
    """Turn `512MiB`, `1.5GiB` into whole bytes, from 1 to 1024TiB; ValueError otherwise."""
    if re.fullmatch(SIZE, text) is None:
        raise ValueError(text)
    size = int(Decimal(text[:-3]) * _BYTES[text[-3:]])
    if not 1 <= size <= _LARGEST:
        raise ValueError(text)
    return size


def explain(error: ValidationError, model: type[BaseModel], text: str, origin: str) -> PolicyError:
    """Word every mistake of one document on a line of its own: file, line, key, found, accepted."""
    lines = key_lines(text)
    entries = {_entry(details, model, lines, origin) for details in error.errors()}
    return PolicyError("\n".join(entry for _, entry in sorted(entries)), HINT)


def dotted_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every key of a model and of the tables in it, such as `tests.exclude.owner`."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        table = _table_of(field.annotation)
        if table:
            yield from dotted_keys(table, f"{prefix}{name}.")


class RefusedError(ValueError):
    """One wrong value: what was found there and what would be accepted."""

    def __init__(self, found: str, accepted: str) -> None:
        super().__init__(f"found {found}; accepted: {accepted}")


@dataclass(frozen=True, slots=True, eq=False)
class Accepts:
    """A kind of value: its name in messages, its reader (ValueError to refuse), its JSON schema."""

    what: str
    read: Callable[[Any], object]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)

    def _validate(self, value: object) -> object:
        # Checked here, not by the array, so that other wrong items of the array are named too.
        if isinstance(value, _Repeated):
            raise RefusedError(f"{_found(value.path)} a second time", "each path once")
        try:
            return self.read(value)
        except ValueError as error:
            raise RefusedError(_found(value), self.what) from error


@dataclass(frozen=True, slots=True)
class _Repeated:
    """Stands in an array for a path that is already there, so that the error has its place."""

    path: str


def _mark_repeats(value: object) -> object:
    if not isinstance(value, list):
        return value
    seen: set[str] = set()
    marked: list[object] = []
    for item in value:
        path = str(PurePosixPath(item)) if isinstance(item, str) else None
        marked.append(_Repeated(item) if path in seen else item)
        seen |= {path} if path is not None else set()
    return marked


def _percent(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError
    if not 0 <= value <= 100 or value != round(value, 6):
        raise ValueError
    number = Decimal(value)
    return Decimal(int(number)) if number == int(number) else number.normalize()


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _marker(value: object) -> str:
    if not _text(value).isidentifier():
        raise ValueError
    return _text(value)


def _path(value: object) -> str:
    text = _text(value)
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable():
        raise ValueError
    return str(path)


def _glob(value: object) -> str:
    text = _text(value)
    if _path(text) != text or text == ".":
        raise ValueError
    path_glob(text)
    return text


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError
    return value


def _probe(value: object) -> str:
    if value not in ("probe", "off"):
        raise ValueError
    return str(value)


def _noise(value: object) -> str:
    if value not in NOISE_RULES:
        raise ValueError
    return str(value)


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


_RELATIVE = r"^(?!/)(?!(.*/)?\.\.(/|$))(?=.*\S)[^\\]+$"
Percent = Annotated[
    Decimal,
    Accepts(
        "a number from 0 to 100 with at most 6 decimal places",
        _percent,
        {"type": "number", "minimum": 0, "maximum": 100},
    ),
]
Count = Annotated[
    int,
    Accepts(
        f"a whole number from 0 to {_MOST:,}",
        _count,
        {"type": "integer", "minimum": 0, "maximum": _MOST},
    ),
]
Seconds = Annotated[
    float,
    Accepts(
        'a duration above 0 and at most 168h, such as "500ms", "60s", "2m" or "1h30m"',
        lambda value: parse_duration(_text(value)),
        _pattern(DURATION),
    ),
]
Bytes = Annotated[
    int,
    Accepts(
        'a size above 0 and at most 1024TiB, such as "512MiB" or "4GiB" (KiB, MiB, GiB, TiB)',
        lambda value: parse_size(_text(value)),
        _pattern(SIZE),
    ),
]
Text = Annotated[str, Accepts("a text that is not blank", _text, _pattern(r"\S"))]
Marker = Annotated[
    str, Accepts('the name of a pytest marker, such as "onnx"', _marker, _pattern(r"^[^\W\d]\w*$"))
]
RepoPath = Annotated[
    str,
    Accepts(
        'a path inside the repository, relative to its root, with "/" and without ".."',
        _path,
        _pattern(_RELATIVE),
    ),
]
Glob = Annotated[
    str,
    Accepts(
        'a glob on a path relative to the repository, such as "src/**/*.py"',
        _glob,
        _pattern(_RELATIVE),
    ),
]
Day = Annotated[
    date,
    Accepts(
        "a TOML date without quotes, such as 2027-03-31",
        _day,
        {"type": "string", "format": "date"},
    ),
]
Order = Annotated[
    str,
    Accepts('"probe" or "off"', _probe, {"type": "string", "enum": ["probe", "off"]}),
]
NoiseRule = Annotated[
    str,
    Accepts("one of " + ", ".join(NOISE_RULES), _noise, {"type": "string", "enum": [*NOISE_RULES]}),
]
NoiseRules = Annotated[
    tuple[NoiseRule, ...],
    AfterValidator(lambda named: tuple(rule for rule in NOISE_RULES if rule in named)),
]
Paths = Annotated[
    tuple[RepoPath, ...],
    BeforeValidator(_mark_repeats),
    Field(json_schema_extra={"uniqueItems": True}),
]


def _entry(
    details: ErrorDetails, model: type[BaseModel], lines: dict[KeyPath, int], origin: str
) -> tuple[int, str]:
    place = path = details["loc"]
    while place not in lines:
        place = place[:-1]
    line = lines[place]
    return line, f"{origin}:{line}: {_dotted(path)}: {_refusal(details, model)}"


def _refusal(details: ErrorDetails, model: type[BaseModel]) -> RefusedError:
    """Word one complaint: the four kinds that pydantic itself has about a document, or our own."""
    path, found = details["loc"], _found(details["input"])
    match details["type"]:
        case "extra_forbidden":
            known = list(_model_at(model, path[:-1]).model_fields)
            return RefusedError(
                "an unknown key" + _suggestion(path, known, model), ", ".join(known)
            )
        case "missing":
            field = _model_at(model, path).model_fields[str(path[-1])]
            return RefusedError("nothing", next(a.what for a in field.metadata if _is_kind(a)))
        case "model_type":
            return RefusedError(
                found, f"a table of {', '.join(_model_at(model, path).model_fields)}"
            )
        case "tuple_type":
            field = _model_at(model, path[:-1]).model_fields[str(path[-1])]
            tables = f"tables headed [[{_dotted(path)}]]"
            return RefusedError(
                found, tables if _table_of(field.annotation) else 'an array like ["a"]'
            )
        case _:
            refusal: RefusedError = details["ctx"]["error"]
            return refusal


def _is_kind(metadata: object) -> bool:
    return isinstance(metadata, Accepts)


def _found(value: object) -> str:
    """Name a TOML value in one short line."""
    match value:
        case str():
            name = f"the text {shown(value)}"
        case bool():
            name = f"the boolean {str(value).lower()}"
        case int() if value.bit_length() > 64:
            name = "a huge number"
        case int() | Decimal():
            name = f"the number {shown(str(value))}"
        case datetime():
            name = f"the date with a time {value.isoformat()}"
        case date() | time():
            name = f"the {type(value).__name__} {value.isoformat()}"
        case dict():
            name = "a table"
        case _:
            name = "an array"
    return name


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel]:
    """Follow a key path into the models; array indexes stay in the same model."""
    for name in path:
        if isinstance(name, str):
            table = _table_of(model.model_fields[name].annotation)
            model = table or model
    return model


def _table_of(annotation: object) -> type[BaseModel] | None:
    """Find the model that a field, or each item of a field, is."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _suggestion(path: KeyPath, known: list[str], model: type[BaseModel]) -> str:
    """Guess what was meant: a neighbour of nearly that name, or the same name elsewhere."""
    key = str(path[-1])
    elsewhere = [name for name in dotted_keys(model) if name.split(".")[-1] == key]
    near = difflib.get_close_matches(key, known) or elsewhere
    return f" (did you mean {near[0]}?)" if near else ""


def _dotted(path: KeyPath) -> str:
    """Write a key path as `tests.exclude[0].owner`; a name that is no bare key is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part)
            text += ("." if text else "") + (part if bare else shown(part))
    return text
