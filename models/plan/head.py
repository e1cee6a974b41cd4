"""The head of a plan file: which plan it is, who stands behind it, and its sheet."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from models.field import Currency, DayText, MonthText, Slug, Strict, Text

Status = Literal["draft", "submitted", "approved", "superseded"]
ApprovalKind = Literal["baseline", "correction"]
MONTHS_MOST: Final = 36


class Head(Strict):
    """Which plan this is, and the months it covers."""

    project: Text
    """Project id, name or alias of projects.yaml."""
    id: Slug
    """Stable id of the plan through all its versions."""
    version: int = Field(ge=1)
    """Rises with every change of an approved plan."""
    currency: Currency
    """ISO 4217 code of every amount in the file."""
    start: MonthText
    """First month, YYYY-MM."""
    horizon_months: int = Field(ge=1, le=MONTHS_MOST)
    """How many months; 3, 6 or 12 are usual."""
    scenario: Slug | None = None
    """Name of a scenario, for example optimized; it is compared with plans and never counts."""


class ScenarioHead(Strict):
    """As `Head`, for a plan that extends another: what is left out is taken from there."""

    extends: Text
    """Plan file in the same folder, whose items and months this one starts from."""
    project: Text | None = None
    """Project id, name or alias of projects.yaml."""
    id: Slug
    """Stable id of the plan through all its versions."""
    version: int = Field(ge=1)
    """Rises with every change of an approved plan."""
    currency: Currency | None = None
    """ISO 4217 code of every amount in the file."""
    start: MonthText | None = None
    """First month, YYYY-MM."""
    horizon_months: int | None = Field(default=None, ge=1, le=MONTHS_MOST)
    """How many months; 3, 6 or 12 are usual."""
    scenario: Slug | None = None
    """Name of a scenario, for example optimized; it is compared with plans and never counts."""


class Approval(Strict):
    """Who stands behind the plan."""

    status: Status = "draft"
    """Only an approved plan is compared with actuals."""
    author: Text | None = None
    """Who wrote it."""
    by: Text | None = None
    """Who approved it; another person than the author."""
    at: DayText | None = None
    """Day of the approval."""
    reason: Text | None = None
    """Why this version exists."""
    kind: ApprovalKind = "baseline"
    """correction: it may change months that are closed; baseline: months after them alone."""

    @model_validator(mode="after")
    def signed(self) -> Approval:
        """Refuse an approval that does not say who, when and why."""
        missing = [name for name in ("by", "at", "reason") if getattr(self, name) is None]
        if self.status == "approved" and missing:
            raise ValueError(f"approved without {', '.join(missing)}; add it, or status: draft")
        return self


class Lines(Strict):
    """A sheet beside the plan file: a row an item, months, if any, as columns YYYY-MM."""

    file: Text
    """Its name, CSV or XLSX; it lies beside the plan file."""
    sheet: Text | None = None
    """The sheet of a workbook, where several hold values."""

    @field_validator("file")
    @classmethod
    def beside(cls, value: str) -> str:
        """Refuse a path."""
        if PurePath(value).name != value:
            raise ValueError(f"'{value}' is not beside this file; write a file name only")
        return value
