"""Invoices as values, and a source that holds them: what every reader's source does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.invoice.amendment import Amendment, Which
from ingest.invoice.head import Head
from ingest.invoice.held import File
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line
from ingest.invoice.post import Post
from ingest.invoice.proof import Amounts, control
from ingest.invoice.taken import Taken
from ingest.invoice.terms import Terms
from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Control, Conversion, Delivery, Document, Settlement
from models.archive import Archive
from models.beside import BESIDE
from models.errors import SourceError
from models.lake import Lake
from models.money import WIDE, ZERO
from models.period import Month

ISSUED = date(2026, 3, 12)
YEAR = tuple(Month(2026, month) for month in range(1, 13))
ORACLES = Path(__file__).resolve().parents[3] / "oracles"


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def a_line(amount: object = "100", row: int = 1, **changes: Any) -> Line:
    """Return a line; `days` are its days of work as two ISO texts in one."""
    days = changes.pop("days", None)
    service = tuple(map(date.fromisoformat, days.split())) if days else None
    net = Decimal(str(amount))
    texts = {"line": str(row), **changes.pop("texts", {})}
    for name in ("tax", "tax_rate", "quantity", "unit_price", "price_base", "adjusted"):
        if name in changes:
            changes[name] = money(changes[name])
    given: dict[str, Any] = {
        "row": row, "number": "R-1", "issued": ISSUED, "currency": "EUR", "printed": net,
        "amount": net, "tax": ZERO, "total": None, "quantity": None, "unit_price": None,
        "service": service, "is_credit": False, "is_tax": False, "texts": texts, "tags": {},
    }  # fmt: skip
    return Line(**(given | changes))


def an_invoice(number: str = "R-1", *lines: Line, **changes: Any) -> Invoice:
    """Return an invoice whose totals are those of its lines, unless they are given."""
    issued = changes.pop("issued", ISSUED)
    head = {"currency": "EUR", "issuer": "Acme Labels", **changes}
    own = tuple(
        replace(line, number=number, issued=issued, currency=head["currency"])
        for line in lines or (a_line(),)
    )
    allowances = sum((each.amount for each in head.get("allowances", ())), ZERO)
    net = head.pop("net", sum((line.amount for line in own), allowances))
    tax = head.pop("tax", sum((line.tax for line in own), ZERO))
    amounts = {"net": money(net), "tax": money(tax), "gross": money(net) + money(tax)}  # type: ignore[operator]  # both are numbers
    left = amounts["gross"] - head.get("prepaid", ZERO) + head.get("rounding", ZERO)
    top = Head(**{"number": number, "issued": issued, **amounts, "payable": left, **head})
    rows = tuple(line.row for line in own)
    return Invoice(number, Month.of(issued), rows, own, head=top)


def twice_read(taken: Taken) -> Amounts:
    """State what an invoice of a test adds up to, by its own sum of lines and allowances."""
    head = taken.invoice.head
    assert head is not None
    tax, payable = head.tax or ZERO, head.payable or ZERO
    whole = [line.amount for line in taken.invoice.lines] or [head.net or ZERO]
    return Amounts(
        currency=head.currency,
        net=sum((each.amount for each in head.allowances), sum(whole, ZERO)),
        tax=tax,
        payable=payable,
        rows=len(taken.invoice.rows),
    )


def proved(conversion: Conversion, stated: Control) -> None:
    """Refuse charges, headers and details that are not what the second reader says."""
    charges = conversion.charges.collect()
    sums = charges.group_by("billing_currency", "charge_category").agg(
        pl.len(), pl.col("billed_cost", "effective_cost").sum()
    )
    totals = [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in stated.totals
    ]
    assert sorted(sums.rows()) == totals
    own = charges.filter(pl.col("x_derived").is_null())["x_row"].n_unique()
    assert own + conversion.rejected["x_row"].n_unique() == stated.rows
    days = charges["charge_period_start"].dt.date()
    if len(days):
        assert (str(days.min()), str(days.max())) == (stated.first, stated.last)
    found = []
    for name, frame in sorted(conversion.beside.items()):
        shape = BESIDE[name]
        own_sums = frame.group_by(shape.key).agg(pl.len(), pl.col(shape.measure).sum())
        found += [(name, *row) for row in sorted(own_sums.collect().rows())]
    assert sorted(found) == sorted(
        (s.table, s.key, s.rows, Decimal(s.amount)) for s in stated.beside
    )


@dataclass
class Inbox:
    """A source of invoices that are there as values; `put` is a file that came in."""

    home: Path
    name: str = "labeling"
    fingerprint: str = "test"
    vendors: dict[str, Terms] = field(
        default_factory=lambda: {"Acme Labels": Terms(issuer="Acme", service="Data labeling")}
    )
    amendments: list[Amendment] = field(default_factory=list)
    files: dict[str, tuple[bytes, tuple[Invoice, ...]]] = field(default_factory=dict)
    misread: dict[str, Any] = field(default_factory=dict)  # by the second reader
    settlement = Settlement(after=timedelta(days=14), invoiced=True)

    def put(self, name: str, *invoices: Invoice, data: bytes | None = None) -> str:
        """Return the SHA-256 of the file."""
        row, own = 1, []
        for invoice in invoices:  # rows go on from one invoice to the next
            rows = tuple(range(row, row + len(invoice.rows)))
            placed = zip(invoice.lines, rows, strict=False)
            lines = tuple(replace(line, row=number) for line, number in placed)
            own.append(replace(invoice, rows=rows, lines=lines))
            row += len(rows)
        bytes_ = repr(own).encode() if data is None else data
        self.files[name] = (bytes_, tuple(own))
        return hashlib.sha256(bytes_).hexdigest()

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    @property
    def post(self) -> Post:
        def terms(invoice: Invoice) -> Terms | None:
            return self.vendors.get(invoice.head.issuer if invoice.head else "Acme Labels")

        return Post(source=self.name, place="in", terms=terms, amendments=self.amendments)

    def read(self) -> list[File]:
        found = []
        for name, (data, invoices) in sorted(self.files.items()):
            stored = self.archive.put([data])
            found.append(File(name, stored.sha256, stored.size, invoices))
        return found

    def fetch(self, periods: Sequence[Month] = YEAR, *_: Any) -> Iterator[Delivery | SourceError]:
        yield from self.post.arrived(self.read(), periods, {}, self.archive)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        with localcontext(prec=WIDE):
            return self.post.conversion(self._taken(path, document, delivery), document, delivery)

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        with localcontext(prec=WIDE):
            taken = self._taken(path, document, delivery)
            return control(taken, lambda each: replace(twice_read(each), **self.misread))

    def _taken(self, path: Path, document: Document, delivery: Delivery) -> tuple[Taken, ...]:
        data = path.read_bytes()
        invoices = next(found for bytes_, found in self.files.values() if bytes_ == data)
        return self.post.taken(invoices, document, delivery)

    def loads(self) -> list[LoadedDelivery]:
        found = list(self.fetch())
        assert not [each for each in found if isinstance(each, SourceError)], found
        return [
            load_delivery(self, each, self.archive, self.lake)  # type: ignore[arg-type]  # as far as loading needs
            for each in found
            if isinstance(each, Delivery)
        ]

    def converted(self) -> Iterator[tuple[Document, Conversion]]:
        """Yield documents and what they become, proved by the second reader's figures."""
        for delivery in self.fetch():
            assert isinstance(delivery, Delivery), delivery
            for document in delivery.documents:
                path = self.archive.path(document.sha256)
                conversion = self.convert(path, document, delivery)
                proved(conversion, self.control(path, document, delivery))
                yield document, conversion

    def table(self, name: str = "charges") -> pl.DataFrame:
        """Return charges, or what is beside them, over all documents."""
        return pl.concat(
            [
                (found.charges if name == "charges" else found.beside[name])
                .with_columns(pl.lit(document.name).alias("x_document"))
                .collect()
                for document, found in self.converted()
            ]
        )

    def problems(self) -> list[str]:
        """Return rule and words of everything that a person is told, but undated lines."""
        return [
            said
            for _, found in self.converted()
            for said in (
                *(f"rejected: {value!r}: {why}" for _, _, why, value in found.rejected.rows()),
                *(f"{rule}: {words}" for rule, words in found.notes if rule != "invoice_date"),
            )
        ]

    def statuses(self) -> dict[str, str]:
        """Return the status by document and number."""
        headers = self.table("invoice_headers")
        return {
            f"{number} in {name}": status
            for name, number, status in headers.select("x_document", "invoice_id", "status").rows()
        }

    def months(self, column: str = "x_tco_cost") -> dict[str, Decimal]:
        """Return a cost by month of work."""
        rows = self.table().group_by(pl.col("charge_period_start").dt.strftime("%Y-%m"))
        return dict(sorted(rows.agg(pl.col(column).sum()).rows()))


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.fixture(name="line", scope="session")
def line_() -> Callable[..., Line]:
    return a_line


@pytest.fixture(name="invoice", scope="session")
def invoice_() -> Callable[..., Invoice]:
    return an_invoice


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], Any]:
    """Return the figures of a group."""

    def found(group: str) -> Any:
        return json.loads((ORACLES / f"{group}.json").read_text("utf-8"))

    return found


@pytest.fixture(scope="session")
def decision() -> Callable[..., Amendment]:
    """Return what a person decided, by the numbers of invoices."""

    def made(counts: str, supersedes: str | None, issuer: str = "") -> Amendment:
        other = Which(number=supersedes) if supersedes else None
        first = Which(number=counts)
        return Amendment(counts=first, supersedes=other, reason="reissued", issuer=issuer)

    return made
