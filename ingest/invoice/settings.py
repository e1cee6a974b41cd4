"""What a vendor's tables of invoices look like, as the user declares it; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from ingest.invoice.columns import Columns, Texts, alternatives
from ingest.invoice.form import Form
from ingest.invoice.profile import formed
from ingest.invoice.terms import Share
from ingest.invoice.whereabouts import WHEREABOUTS, Whereabouts
from models.field import Text
from models.money import ZERO

__all__ = ["Columns", "Settings"]

_OF_NO_BYTES: Final = {*WHEREABOUTS, "pattern", "mapping", "expected_by_day"}


def _vendors(value: object) -> object:
    """Return names as they are known by the names that are printed."""
    names = alternatives(value)
    return {str(name): name for name in names} if isinstance(names, list | tuple) else names


class Settings(Form, Whereabouts):
    """One vendor or one program, whose invoices are tables: CSV files and workbooks."""

    kind: Literal["invoice_csv"]
    """`invoice_csv`."""
    mapping: Text = "generic"
    """`generic`, `xero`, `coupa`, `quickbooks`, or a mapping file such as ./my-vendor.yaml."""
    pattern: Texts = ("*.csv", "*.xls*")
    """Which files are read; what a file is, its first bytes tell."""
    issuer: str = ""
    """Who sends the invoices."""
    vendors: Annotated[dict[Text, Text], BeforeValidator(_vendors)] = Field(default_factory=dict)
    """Who may, where a column says it: names as printed, or the name to use by each of them."""
    service: Text
    """What they are for, for example Data labeling."""
    tax_recoverable: Share = ZERO
    """Whether tax comes back, and so is no cost of a project; or the share of it, 0.4."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the invoice of a month is expected."""

    @model_validator(mode="before")
    @classmethod
    def mapped(cls, given: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - not checked yet
        """Put what is stated on top of the mapping that it names."""
        if not isinstance(given, Mapping):
            return given
        return formed(given, (info.context or {}).get("folder", Path()))

    @model_validator(mode="after")
    def consistent(self) -> Settings:
        """Refuse settings that contradict each other, or leave something open."""
        for fault in (*_incomplete(self), *_contradictory(self)):
            raise ValueError(fault)
        return self

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return self.model_dump_json(exclude=_OF_NO_BYTES)

    @property
    def required(self) -> dict[str, tuple[str, ...]]:
        """Headings that a file must have, by what they hold."""
        return {f: names for f, names in self.columns.fields() if f not in self.optional}

    def known_issuer(self, printed: str) -> str:
        """Return an issuer as it is called here; empty for one that nobody declared."""
        known = {name.strip().casefold(): shown for name, shown in self.vendors.items()}
        own = self.issuer.strip().casefold()
        name = " ".join(printed.split()).casefold()
        return known.get(name) or (self.issuer if name == own else "")


def _incomplete(settings: Settings) -> Iterator[str]:
    columns = settings.columns
    for field, meaning in (("number", "the invoice number"), ("issued", "the date of issue")):
        if getattr(columns, field) is None:
            yield f"columns must name `{field}`, {meaning}"
    if columns.amount is None and not (columns.quantity and columns.unit_price):
        yield "columns must name `amount`, or both `quantity` and `unit_price`"
    if columns.currency is None and settings.currency is None:
        yield "columns must name `currency`, or `currency` must be set for all lines"
    yield from _unpaired(settings)


def _unpaired(settings: Settings) -> Iterator[str]:
    columns = settings.columns
    if not settings.issuer and not (columns.issuer and settings.vendors):
        yield "`issuer` must say who sends the invoices; or name the column, and its `vendors`"
    if settings.vendors and columns.issuer is None:
        yield "`vendors` needs the column `issuer`"
    if settings.amounts == "gross" and not (columns.tax or columns.tax_rate):
        yield "amounts with tax need the column `tax` or `tax_rate`, so that the net is known"
    if (columns.service_start is None) != (columns.service_end is None):
        yield "columns must name both service_start and service_end, or neither"
    if (settings.credit_kinds or settings.tax_kinds) and columns.kind is None:
        yield "credit_kinds and tax_kinds need the column `kind`"
    if (settings.void_statuses or settings.open_statuses) and columns.status is None:
        yield "void_statuses and open_statuses need the column `status`"
    if (settings.type_column is None) != (not settings.rows):
        yield "`type_column` and `rows` go together"


def _contradictory(settings: Settings) -> Iterator[str]:
    if settings.decimal == settings.thousands:
        yield f"decimal and thousands are both {settings.decimal!r}; one must differ"
    named = {field for field, _ in settings.columns.fields()}
    for field in settings.optional:
        if field in {"number", "issued"}:
            yield f"`{field}` cannot be optional"
    month, tags = settings.work_month, bool(settings.tag_pairs)
    if month and month.within not in named and not (tags and month.within.startswith("tags.")):
        yield f"work_month is within {month.within!r}, which is neither a column nor a tag"
