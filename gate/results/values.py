"""What the parts of a results document are made of: strict entries, capped text, exact shares (pydantic)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gate.model import Ratio

TEXT_CAP = 4_000


def encodable(text: str) -> str:
    """Write lone surrogates (names that are not UTF-8) as escapes, so that JSON can hold them."""
    return text.encode(errors="backslashreplace").decode()


def _text(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


def _a_moment(value: str) -> str:
    datetime.fromisoformat(value)
    return value


Text = Annotated[str, BeforeValidator(_text)]
LongText = Annotated[Text, Field(max_length=TEXT_CAP)]
Line = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0)]
Span = tuple[Line, Line]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), AfterValidator(_a_moment)
]


class Entry(BaseModel):
    """What all parts share: nothing unknown, nothing converted, no NaN, no change afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        from_attributes=True,
    )


class ProblemEntry(Entry):
    """Something that should have been measured and was not."""

    subject: Text
    message: Text


class Share(Entry):
    """Covered out of total; percent 0–100, cut to two decimals, null when the total is 0."""

    covered: Count
    total: Count
    percent: Percent | None

    @model_validator(mode="after")
    def _percent_agrees(self) -> Self:
        if self.covered > self.total:
            raise ValueError(f"covers {self.covered} of {self.total}")
        if self.percent != Ratio(self.covered, self.total).percent:
            raise ValueError(f"{self.covered} of {self.total} is not {self.percent} %")
        return self


def share_of(ratio: Ratio) -> Share:
    """Write a ratio as a share."""
    return Share(covered=ratio.covered, total=ratio.total, percent=ratio.percent)
