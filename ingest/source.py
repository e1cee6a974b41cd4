"""The contract between a source of bills and the rest of the program."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import polars as pl

import ingest.sources
from models.archive import Archive
from models.errors import SourceError
from models.period import Month

REJECTED: Final = pl.Schema(
    {"x_row": pl.Int64, "column": pl.String, "reason": pl.String, "value": pl.String}
)


@dataclass(frozen=True, slots=True)
class Document:
    """One raw object of a delivery, byte for byte in the archive under its SHA-256."""

    name: str  # as the source names it: an S3 key, a file name; for people only
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Documents that together state one billing period of one source, at one moment.

    A delivery replaces everything the same source said before about the same period.
    `table` tells `convert` which of a kind's formats the documents have.
    """

    source: str
    period: Month
    version: str  # the provider's own id of the snapshot, or a hash of it
    documents: tuple[Document, ...]
    manifest: Document | None = None
    table: str = ""

    @property
    def scope(self) -> str:
        """What a later delivery replaces: `source/YYYY-MM`."""
        return f"{self.source}/{self.period}"


@dataclass(frozen=True, slots=True)
class Total:
    """Control total of one currency and charge category, at full scale."""

    currency: str
    charge_category: str
    rows: int
    billed_cost: str  # decimal text, so that it stores and compares exactly
    effective_cost: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Control total of one table beside charges (`models.beside`) and one of its keys."""

    table: str
    key: str
    rows: int
    amount: str  # decimal text, of the table's measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a second reader, independent of `convert`, says a document holds.

    `rows` counts data rows in the document. `totals` are of the charges it must become,
    sorted; `first` and `last` are the earliest and latest charge day (ISO text, empty when
    there is no charge). `beside` are of what it states beside charges.
    """

    rows: int
    totals: tuple[Total, ...]
    first: str
    last: str
    beside: tuple[Sum, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The charges of one document, and what could not become one.

    Attributes:
        charges: Lazy, CHARGE columns (nullable ones may be absent), without x_source
            and x_document, which the loader adds.
        rejected: Rows the source itself sets aside: x_row, reason, value (text columns).
        notes: Findings that set nothing aside, such as a new column.
        beside: What it states beside charges, by a table of `models.beside`, each without
            x_source and x_document.
        summed: Rows that are told in a sum with others, by charges that are of no one row.
    """

    charges: pl.LazyFrame
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED))
    notes: tuple[tuple[str, str], ...] = ()  # (rule, detail)
    beside: Mapping[str, pl.LazyFrame] = field(default_factory=dict)
    summed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a provider delivers a billing month, and its own signs that the month is final.

    Attributes:
        after: How long after its end the provider still changes a month in the normal course.
        invoiced: Whether every charge of a final month carries an invoice id.
        every: After how long without a new delivery a running month is late; None when it is
            delivered in no rhythm.
    """

    after: timedelta
    invoiced: bool
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question about a source that `trueup doctor` asks.

    Attributes:
        check: What was asked, one word: `credentials`, `clock`, `list`, `read`, `write`,
            `delivery`, `schema`, `currency`.
        state: `unknown` is what cannot be told, and says why.
        detail: One line for a person, never with a secret in it.
        fix: What to do about it; empty when nothing is to be done.
    """

    check: str
    state: Literal["ok", "warn", "fail", "unknown"]
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a source needs to be allowed, and no more, in its provider's own words.

    Attributes:
        title: What it is for, one line.
        text: The policy, or the commands that grant it.
    """

    title: str
    text: str


class Known(dict[Month, str]):
    """Manifests of deliveries that count and are undisputed, by month.

    `held` has those of all months that were ever loaded, disputed or read in another way
    too: a source whose provider forgets goes on from what it was told before.
    """

    def __init__(self, undisputed: Mapping[Month, str], held: Mapping[Month, str]) -> None:
        """Keep both apart."""
        super().__init__(undisputed)
        self.held = dict(held)


def held(known: Mapping[Month, str]) -> Mapping[Month, str]:
    """Return the manifests of all months that were ever loaded, as far as they are told."""
    return known.held if isinstance(known, Known) else known


class Source(Protocol):
    """One configured place that bills come from. `fetch` is its only impure method."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever `convert` would turn the same bytes into other charges."""
        ...

    @property
    def settlement(self) -> Settlement:
        """When a month of this source is final."""
        ...

    def due(self, period: Month) -> datetime | None:
        """Return when a month that is not delivered is late; None when none is promised."""
        ...

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring what is delivered for the periods into the archive; all network use.

        Yields one delivery, or one error, per period that has either; an error of one
        period does not keep the others from arriving. Nothing is yielded for a period
        whose manifest is the known one: it was loaded, and has not changed.

        Args:
            periods: Billing months to ask for.
            archive: Where documents are kept.
            known: SHA-256 of the manifest of the delivery that counts, by month; see `Known`.
        """
        ...

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the way in what works, and say what to do about what does not.

        Network use without a trace: nothing is archived, and nothing ever written.

        Args:
            periods: Billing months of which the newest delivery is looked for.
            at: The present instant, which the server's clock is compared with.
        """
        ...

    def grants(self) -> Iterator[Grant]:
        """Yield the least that must be granted for this configuration; nothing for a folder."""
        ...

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one archived document into charges. Pure: same bytes, same charges.

        Raises:
            BrokenError: when the document breaks its contract; the delivery is refused.
        """
        ...

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """Read the same document with a second reader and state what it must become."""
        ...


def expected(period: Month, by_day: int | None) -> datetime | None:
    """Return the end of the day by which a month is expected; None when none is promised.

    Args:
        period: The billing month.
        by_day: Day of the month after it.
    """
    if by_day is None:
        return None
    return datetime.combine((period + 1).first + timedelta(days=by_day), time(), UTC)


def kinds() -> tuple[str, ...]:
    """Return the kinds of source there are: the files in `ingest/sources`."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(ingest.sources.__path__)))


def build(name: str, kind: str, settings: Any, folder: Path) -> Source:  # noqa: ANN401 - see settings_model
    """Return the configured source; its module is imported only now.

    Args:
        name: Name in the configuration.
        kind: A file in `ingest/sources`.
        settings: An instance of that module's `Settings` model.
        folder: The project folder, against which relative paths are read.
    """
    module = importlib.import_module(f"ingest.sources.{kind}")
    source: Source = module.SOURCE(name=name, settings=settings, folder=folder)
    return source


def settings_model(kind: str) -> Any:  # noqa: ANN401 - each kind has a model class of its own
    """Return the pydantic model of a kind's settings."""
    return importlib.import_module(f"ingest.sources.{kind}").Settings
