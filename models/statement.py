"""Invoices as their issuers state them: `invoices.yaml`, the balances that bills must reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Literal

from pydantic import Field

from models.errors import ConfigError, Mistake
from models.field import Currency, DayText, MonthText, Number, Strict, Text
from models.fingerprint import fingerprint
from models.money import WIDE, ZERO
from models.period import Month
from models.yamlfile import Tree, read

Status = Literal["open", "issued", "voided"]
Amounts = Mapping[str, Decimal]


class StatementEntry(Strict):
    """One invoice, as it is printed."""

    invoice_id: Text | None = None
    """Number of the invoice; without one it is all of the month that no other invoice holds."""
    issuer: Text | None = None
    """Who invoices, as the lines of the bill name them; without one, whoever does."""
    month: MonthText
    """Billing month it is for."""
    amount: Number
    """What is to be paid, tax included; a credit note is negative."""
    tax: Number = ZERO
    """The tax in it."""
    currency: Currency
    """Currency of both."""
    issued: DayText | None = None
    """Day it was issued."""
    status: Status = "issued"
    """Only what is issued is judged; `open` and `voided` invoices are shown."""
    billing_account: Text | None = None
    """Payer account; only its lines then count."""
    categories: dict[Text, Number] = Field(default_factory=dict)
    """Amounts without tax by charge category, if it prints them; they sum to the whole."""
    services: dict[Text, Number] = Field(default_factory=dict)
    """Amounts without tax by service, if it prints them; they sum to the whole."""


class StatementFile(Strict):
    """`invoices.yaml`."""

    invoices: dict[str, tuple[StatementEntry, ...]] = Field(default_factory=dict)
    """Invoices by the name of the source whose lines they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One invoice of a source; amounts in its currency, credits negative.

    Attributes:
        net: What is to be paid, without tax.
        tax: The tax, which bills often leave out, and which is compared apart.
        categories, services: How `net` is made up, where the invoice says so.
    """

    source: str
    month: Month
    currency: str
    net: Decimal
    tax: Decimal = ZERO
    invoice_id: str = ""
    issuer: str = ""
    billing_account: str = ""
    issued: date | None = None
    status: Status = "issued"
    categories: Amounts = field(default_factory=dict)
    services: Amounts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statements:
    """All invoices that are stated, in the order of the file."""

    all: tuple[Statement, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every invoice."""
        plain = [{**asdict(each), "month": str(each.month)} for each in self.all]
        return fingerprint([{**each, "issued": str(each["issued"])} for each in plain])


def load(path: Path, sources: Iterable[str]) -> Statements:
    """Read `invoices.yaml`.

    Args:
        path: The file.
        sources: Names of the configured sources.

    Raises:
        ConfigError: with every mistake: a source that is not there, an invoice stated
            twice, parts that do not sum to the whole.
    """
    tree, known = read(path), list(sources)
    file = tree.validated(StatementFile)
    mistakes = [
        tree.unknown(known, "invoices", source) for source in file.invoices if source not in known
    ]
    with localcontext(prec=WIDE):
        for source, entries in file.invoices.items():
            mistakes += [*_twice(tree, source, entries), *_apart(tree, source, entries)]
        if mistakes:
            raise ConfigError(*mistakes)
        return Statements(
            tuple(_statement(name, each) for name, all_ in file.invoices.items() for each in all_)
        )


def _statement(source: str, entry: StatementEntry) -> Statement:
    return Statement(
        source=source,
        month=entry.month,
        currency=entry.currency,
        net=entry.amount - entry.tax,
        tax=entry.tax,
        invoice_id=entry.invoice_id or "",
        issuer=entry.issuer or "",
        billing_account=entry.billing_account or "",
        issued=entry.issued,
        status=entry.status,
        categories=entry.categories,
        services=entry.services,
    )


def _twice(tree: Tree, source: str, entries: Iterable[StatementEntry]) -> Iterator[Mistake]:
    """Yield invoices that are stated a second time; their amounts would count twice."""
    lines: dict[tuple[object, ...], int] = {}
    for index, entry in enumerate(entries):
        at = ("invoices", source, index)
        what = entry.invoice_id or entry.month
        key = (what, (entry.issuer or "").casefold(), entry.billing_account, entry.currency)
        if key in lines:
            named = f"invoice {what}" if entry.invoice_id else f"an invoice of {what} without id"
            yield tree.mistake(f"{named} is already stated in line {lines[key]}; remove one", *at)
        lines.setdefault(key, tree.at(*at).line)


def _apart(tree: Tree, source: str, entries: Iterable[StatementEntry]) -> Iterator[Mistake]:
    """Yield breakdowns that do not sum to the amount without tax."""
    for index, entry in enumerate(entries):
        net = entry.amount - entry.tax
        for name in ("categories", "services"):
            parts: Amounts = getattr(entry, name)
            total = sum(parts.values(), ZERO)
            if parts and total != net:
                said = f"sum to {total}, but amount less tax is {net}; correct one of them"
                yield tree.mistake(said, "invoices", source, index, name)
