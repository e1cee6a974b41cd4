"""Nights of one vendor, numbered; night n brings n invoices. Run in a process that dies."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from ingest import book
from ingest.load import load_delivery
from ingest.source import Delivery
from ingest.sources.invoice_csv import InvoiceFolder, Settings
from models.archive import Archive
from models.lake import Lake
from models.ledger import Ledger
from models.period import Month

OCTOBER = Month(2026, 10)
COLUMNS = {"number": "Invoice", "issued": "Date", "amount": "Net", "currency": "Currency"}


def source(home: Path) -> InvoiceFolder:
    given = {"kind": "invoice_csv", "folder": "in", "issuer": "A", "service": "B"}
    settings = Settings.model_validate({**given, "columns": COLUMNS})
    return InvoiceFolder(name="labeling", settings=settings, folder=home)


def noon() -> datetime:
    return datetime(2026, 11, 21, 12, tzinfo=UTC)


def arrive(home: Path, n: int) -> None:
    """Put what the vendor sends before night n into the folder."""
    lines = [f"R-{number},2026-10-05,{number}.00,EUR" for number in range(1, n + 1)]
    (home / "in").mkdir(exist_ok=True)
    beside = home / "beside"
    beside.write_text("\n".join([",".join(COLUMNS.values()), *lines, ""]))
    beside.replace(home / "in" / "a.csv")


def night(home: Path) -> None:
    """Fetch, load and book what is in the folder."""
    labeling, archive, lake = source(home), Archive(home / "archive"), Lake(home / "lake")
    with Ledger(f"sqlite:///{home}/ledger.sqlite", noon) as ledger:
        for found in labeling.fetch([OCTOBER], archive, {}):
            assert isinstance(found, Delivery), found
            book.receive(ledger, found)
            if not book.is_loaded(ledger, found, labeling):
                book.loaded(ledger, found, load_delivery(labeling, found, archive, lake))


def state(home: Path) -> int:
    """Return the night whose delivery counts, after proving that its figures are whole."""
    lake = Lake(home / "lake")
    with Ledger(f"sqlite:///{home}/ledger.sqlite", noon) as ledger:
        ledger.verify()
        bodies = list(book.current(ledger).values())
    documents = [document for body in bodies for document in body["documents"]]
    rows = 0
    for document in documents:
        charges = pl.read_parquet(lake.path("charges", document["charges"]), glob=False)
        facts = pl.read_parquet(lake.path("facts", document["facts"]), glob=False)
        rows = charges.height
        whole = Decimal(rows * (rows + 1) // 2)
        assert charges["billed_cost"].sum() == facts["billed_cost"].sum() == whole
    assert len(documents) == (1 if rows else 0)
    return rows


if __name__ == "__main__":
    place, first, last = sys.argv[1:]
    for number in range(int(first), int(last) + 1):
        arrive(Path(place), number)
        night(Path(place))
        os.write(1, f"{number}\n".encode())
