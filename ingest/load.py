"""Loading: one document becomes files of the lake, or the delivery is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ingest.agreement import agree
from ingest.beside import write_beside
from ingest.normalise import Place, write_charges
from ingest.reducing import is_reduced, reduce
from ingest.source import Control, Conversion, Delivery, Document, Source, Total
from models.archive import Archive
from models.charge import ROW
from models.contract import CONTRACT_VERSION
from models.errors import BrokenError
from models.invoiced import invoiced
from models.lake import Lake, input_hash
from models.problem import Problem, Severity
from models.reduction import Reduction

QUIET: Final = ("focus_version",)  # kept with the delivery, and nothing to look at
SHOWN: Final = 100  # problems of one document that are told; the lake keeps all rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one document became.

    Attributes:
        document: The document.
        charges, keys, facts, rejected: Names of its files in these tables of the lake; what
            it says was invoiced has the name of its charges.
        control: What the second reader said it holds.
        totals: Sums of the charges that were loaded, per currency and charge category.
        rows: Number of charges.
        rejected_rows: Number of rows set aside.
        notes: Findings of the source that set nothing aside: rule and detail.
        problems: Notes, and rows set aside, for people.
        beside: Tables of the lake that have a file of the same name (`models.beside`).
    """

    document: Document
    charges: str
    keys: str
    facts: str
    rejected: str
    control: Control
    totals: tuple[Total, ...]
    rows: int
    rejected_rows: int
    notes: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDelivery:
    """All documents of a delivery, loaded."""

    delivery: Delivery
    documents: tuple[Loaded, ...]

    @property
    def id(self) -> str:
        """Identity of what was loaded: another reading of the same bytes has another one."""
        names = (loaded.charges for loaded in self.documents)
        return input_hash(delivery_id(self.delivery), *names)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Findings of all documents, in order."""
        return tuple(problem for loaded in self.documents for problem in loaded.problems)


def delivery_id(delivery: Delivery) -> str:
    """Return the identity of what arrived: the same bytes for the same scope, the same id."""
    manifest = delivery.manifest.sha256 if delivery.manifest else ""
    return input_hash(delivery.scope, manifest, *(d.sha256 for d in delivery.documents))


def lake_name(source: Source, document: Document, delivery: Delivery) -> str:
    """Return the name of a document's files in the lake: the hash of all they come from."""
    return input_hash(
        CONTRACT_VERSION,
        source.name,
        source.fingerprint,
        str(delivery.period),
        delivery.table,
        document.sha256,
    )


def load_delivery(
    source: Source, delivery: Delivery, archive: Archive, lake: Lake
) -> LoadedDelivery:
    """Load all documents of a delivery, or none: nothing counts until it is in the ledger.

    Raises:
        BrokenError: when one document breaks its contract, or is listed twice.
        StoreError: when a document is damaged, or the lake cannot be written.
    """
    return together(
        delivery,
        [load_document(source, each, delivery, archive, lake) for each in delivery.documents],
    )


def together(delivery: Delivery, documents: Sequence[Loaded]) -> LoadedDelivery:
    """Return a delivery of which every document was loaded, wherever that was.

    Raises:
        BrokenError: when one document is listed twice.
    """
    _refuse_repeats(delivery, documents)
    return LoadedDelivery(delivery=delivery, documents=tuple(documents))


def load_document(
    source: Source, document: Document, delivery: Delivery, archive: Archive, lake: Lake
) -> Loaded:
    """Convert, check, prove and reduce one document; the same inputs give the same bytes.

    Raises:
        BrokenError: when the document breaks its contract; the delivery is refused.
        StoreError: when the document is damaged, or the lake cannot be written.
    """
    path, place = archive.path(document.sha256), Place(source.name, document)
    name = lake_name(source, document, delivery)
    try:
        conversion = source.convert(path, document, delivery)
        control = source.control(path, document, delivery)
        told = _told(write_beside(lake, name, conversion, control, place), conversion)
        totals, reduction = _charges(lake, name, conversion, control, place, told=told)
        invoiced_of(lake, name)
        reduce(lake, name, place, totals, reduction)
    except (PolarsError, PanicException) as error:
        # A lazy plan fails only when it runs, on what the source's contract did not foresee.
        raise place.broken(f"cannot be converted: {' '.join(str(error).split())}") from error
    rejected = pl.read_parquet(lake.path("rejected", name), glob=False)
    return Loaded(
        document=document,
        **dict.fromkeys(("charges", "keys", "facts", "rejected"), name),
        control=control,
        totals=totals,
        rows=sum(total.rows for total in totals),
        rejected_rows=rejected["x_row"].n_unique(),
        notes=conversion.notes,
        problems=(*_noted(conversion.notes, place), *_set_aside(rejected, place)),
        beside=tuple(sorted(conversion.beside)),
    )


def _told(beside: pl.LazyFrame | None, conversion: Conversion) -> pl.LazyFrame | None:
    """Return the rows that are told without a charge of their own: beside charges, or in a sum."""
    if not conversion.summed:
        return beside
    summed = pl.LazyFrame({"x_row": conversion.summed}, schema={"x_row": ROW})
    return summed if beside is None else pl.concat([beside, summed])


def _charges(
    lake: Lake,
    name: str,
    conversion: Conversion,
    control: Control,
    place: Place,
    *,
    told: pl.LazyFrame | None,
) -> tuple[tuple[Total, ...], Reduction | None]:
    """Write charges and rejected rows; charges take their name last, and only once proved.

    Returns:
        The totals of the charges; and, where they were written now, what they reduce to.
    """
    proved: list[tuple[Total, ...]] = []
    reduction = None if is_reduced(lake, name) else Reduction()

    def writer(path: Path) -> None:
        rejected = write_charges(conversion, place, path, reduction)
        proved.append(agree(control, pl.scan_parquet(path, glob=False), rejected, told, place))
        lake.write("rejected", name, rejected.write_parquet)

    if not lake.path("rejected", name).exists():
        lake.remove(lake.path("charges", name))
    path = lake.write("charges", name, writer)
    if proved:
        return proved[0], reduction
    rejected = pl.read_parquet(lake.path("rejected", name), glob=False)
    return agree(control, pl.scan_parquet(path, glob=False), rejected, told, place), None


def invoiced_of(lake: Lake, charges: str) -> Path:
    """Return the file that says what a document's charges were invoiced with.

    It is made now where an older version of the program loaded the document.

    Args:
        lake: The lake.
        charges: Name of the document's charges, as its `delivery.loaded` entry has it.
    """
    frame = pl.scan_parquet(lake.path("charges", charges), glob=False)
    return lake.write("invoiced", charges, lambda path: invoiced(frame).write_parquet(path))


def _refuse_repeats(delivery: Delivery, documents: Sequence[Loaded]) -> None:
    """Refuse an object that is listed twice; its charges would count twice.

    Chunks without a line are alike to the byte, and harmless: an export that shrank has some.
    """
    counts = Counter(loaded.document.sha256 for loaded in documents if loaded.control.rows)
    for document in delivery.documents:
        if counts[document.sha256] > 1:
            raise BrokenError(
                delivery.source,
                document.name,
                f"is {counts[document.sha256]} times in the delivery of {delivery.period}; "
                "nothing was loaded, the last good delivery stays",
            )


def _noted(notes: Sequence[tuple[str, str]], place: Place) -> Iterator[Problem]:
    notes = [note for note in notes if note[0] not in QUIET]
    more = len(notes) - SHOWN
    counted = [("notes", f"{more} more findings like these")] if more > 0 else []
    for rule, detail in (*notes[:SHOWN], *counted):
        yield _problem(place, rule, detail, severity="info")


def _set_aside(rejected: pl.DataFrame, place: Place) -> Iterator[Problem]:
    for row in rejected.head(SHOWN).iter_rows(named=True):
        value = f"{row['value']!r}: " if row["value"] else ""
        yield _problem(
            place,
            "rejected",
            f"{value}{row['reason']}",
            row=row["x_row"] or 0,
            column=row["column"],
        )
    if (more := rejected.height - SHOWN) > 0:
        detail = f"{more} more rows were set aside; see rejected in the lake"
        yield _problem(place, "rejected", detail)


def _problem(
    place: Place,
    rule: str,
    detail: str,
    *,
    row: int = 0,
    column: str = "",
    severity: Severity = "error",
) -> Problem:
    return Problem(
        source=place.source,
        document=place.document.name,
        rule=rule,
        detail=detail,
        row=row,
        column=column,
        severity=severity,
    )
