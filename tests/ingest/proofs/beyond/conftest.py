"""Two small documents of each kind of source beyond the bills of clouds, and what they become.

They are made by the builders beside the tests of each kind. What an API answers is given to
its client in place of a connection.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from polars.exceptions import PanicException, PolarsError

from ingest.api import Api
from ingest.einvoice import pdf, worker
from ingest.einvoice.child import Limits
from ingest.einvoice.xml import EinvoiceError
from ingest.load import Loaded, LoadedDelivery, load_delivery
from ingest.source import Control, Conversion, Delivery, Source, build, settings_model
from models.archive import Archive
from models.beside import BESIDE, beside_frame
from models.charge import charge_frame
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

OCTOBER: Final = Month(2026, 10)
FIRST: Final = 1790812800  # 2026-10-01T00:00:00Z
DAY: Final = 86_400
Builders = Callable[[str], ModuleType]
Document = Callable[[Builders, int], bytes]


@dataclass(frozen=True)
class Case:
    """One kind of source in one form.

    Attributes:
        kind: Name of the source.
        settings: What the user says about it.
        made: Returns the first or the second document.
        rows: How many rows a second reader counts in both.
        spoil: What in a document makes one row of it unreadable, and how.
        file: Name of a document; the number is its place.
        beside: Files that lie elsewhere, and are no document.
        is_text: Whether the form is bare text, in which a digit may become another.
        by_line: Whether what ends after a line may be whole.
        is_api: Whether the documents are answers.
    """

    kind: str
    settings: Mapping[str, Any]
    made: Document
    rows: int
    spoil: tuple[bytes, bytes]
    file: str
    beside: Mapping[str, str] = field(default_factory=dict)
    is_text: bool = True
    by_line: bool = False
    is_api: bool = False
    name: str = ""

    def source(self, home: Path) -> Source:
        given = settings_model(self.kind).model_validate({"kind": self.kind, **self.settings})
        return build("acme", self.kind, given, home)


def _table(head: str, *rows: str) -> bytes:
    return "".join(f"{row}\n" for row in (head, *rows)).encode()


_INVOICE: Final = ("2026-10-05", "100.50", "EUR", "19.10", "2026-10-01", "2026-10-31", "Invoice")


def _invoice_csv(builders: Builders, number: int) -> bytes:
    rows = (",".join((f"R-{number}{n}", *_INVOICE)) for n in range(2))
    return _table(builders("invoice").HEADINGS, *rows)


def _xlsx(builders: Builders, number: int) -> bytes:
    """Return a workbook in which no moment of its making stands."""
    rows = [[f"R-{number}{n}", *_INVOICE] for n in range(2)]
    headings = builders("invoice").HEADINGS.split(",")
    book = builders("invoice/tables").workbook_of(Bills=[headings, *rows])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as file, zipfile.ZipFile(out, "w") as made:
        for name in file.namelist():
            data = re.sub(
                rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-10-05T00:00:00Z", file.read(name)
            )
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_XERO: Final[Mapping[str, Any]] = {
    "folder": "in",
    "mapping": "xero",
    "service": "Data labeling",
    "vendors": {"Acme Labels": "Acme"},
    "dates": "%d/%m/%Y",
    "amounts": "net",
    "tax_recoverable": True,
}
_XERO_HEAD: Final = (
    "*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Total,Description,*Quantity,*UnitAmount,"
    "*AccountCode,TaxAmount,TrackingName1,TrackingOption1,Currency"
)


def _xero(_builders: Builders, number: int) -> bytes:
    said = "05/10/2026,05/11/2026,178.50,Labels,50,3.00,429,28.50,Project,ft,EUR"
    return _table(_XERO_HEAD, *(f"Acme Labels,L-{number}{n},{said}" for n in range(2)))


def _sketch(builders: Builders, number: int) -> Any:
    made, days = builders("einvoice"), ("2026-10-01", "2026-10-31")
    items = (made.Item("1000.00", days=days), made.Item("50.25", quantity="2", price="25.125"))
    return made.Sketch(items, number=f"INV-{number}", issued="2026-10-12", days=days)


def _ubl(builders: Builders, number: int) -> bytes:
    return bytes(builders("einvoice").ubl(_sketch(builders, number)))


def _cii(builders: Builders, number: int) -> bytes:
    return bytes(builders("einvoice").cii(_sketch(builders, number)))


def _pdf(builders: Builders, number: int) -> bytes:
    from pypdf import PdfWriter  # noqa: PLC0415 - slow, and of this form alone

    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(9, 9)
    writer.add_attachment("factur-x.xml", _cii(builders, number))
    writer.write(out)
    return out.getvalue()


def _stripe(_builders: Builders, number: int) -> bytes:
    line = {
        "object": "line_item",
        "id": "il_1",
        "amount": 245000,
        "subtotal": 245000,
        "currency": "usd",
        "description": "Labeled rows",
        "quantity": 50000,
        "period": {"start": FIRST, "end": FIRST + 30 * DAY},
        "pricing": {"type": "price_details", "unit_amount_decimal": "4.9"},
        "taxes": [],
    }
    whole = {
        "object": "invoice",
        "id": f"in_{number}",
        "number": f"A-{number}",
        "currency": "usd",
        "created": FIRST + DAY,
        "period_start": FIRST,
        "period_end": FIRST + 30 * DAY,
        "subtotal": 245000,
        "total": 245000,
        "amount_due": 245000,
        "status": "open",
        "lines": {"object": "list", "has_more": False, "data": [line]},
    }
    return json.dumps(whole).encode()


def _mail(builders: Builders, number: int) -> bytes:
    made = builders("documents").message.__wrapped__()
    raw = made({f"{number}.xml": _ubl(builders, number)}, Message_ID=f"<{number}@labels.example>")
    (boundary,) = re.findall(rb'boundary="([^"]+)"', raw)
    return bytes(raw.replace(boundary, b"=====of-the-parts=="))


def _timesheet(_builders: Builders, number: int) -> bytes:
    days = (f"2026-10-0{number + 1},ft,ML engineer,Ann,7.5", f"2026-10-0{number + 1},ft,lead,Bob,4")
    return _table("Day,Project,Role,Who,Hours", *days)


def _register(builders: Builders, number: int) -> bytes:
    made = builders("hardware")
    rows = [{**made.SERVER, "asset_id": f"dgx-{number}{n}"} for n in range(2)]
    return _table(
        ",".join(made.COLUMNS),
        *(",".join(str(row.get(c, "")) for c in made.COLUMNS) for row in rows),
    )


def _hours(_builders: Builders, number: int) -> bytes:
    day = f"2026-10-0{number + 1}"
    return _table("day,unit,hours,cluster", f"{day},nlp,24,c1", f"{day},web,12.5,c1")


def _slurm(_builders: Builders, number: int) -> bytes:
    head = (
        "JobIDRaw|JobID|Cluster|Account|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES|User"
    )
    at = f"2026-10-0{number + 2}"
    said = f"c1|nlp|long|COMPLETED|{at}T00:00:00|{at}T01:00:00|{at}T03:00:00|7200"
    jobs = (
        f"{number}{n}|{number}{n}|{said}|cpu=9,gres/gpu=8,gres/gpu:h100=8|ann" for n in range(2)
    )
    return _table(head, *jobs)


def _opencost(_builders: Builders, number: int) -> bytes:
    day = f"2026-10-0{number + 1}"
    rows = (f"{day},nlp,train,p1,c,,0.5,99", f"{day},web,serve,p2,c,,2,99")
    return _table("Date,Namespace,ControllerName,Pod,Container,Labels,GPUs,GPUCost", *rows)


def _allocations(_builders: Builders, number: int) -> bytes:
    window = {
        "start": f"2026-10-0{number + 1}T00:00:00Z",
        "end": f"2026-10-0{number + 2}T00:00:00Z",
    }
    units = {
        name: {
            "name": name,
            "properties": {"cluster": "c1", "namespace": name},
            "window": window,
            "gpuHours": hours,
        }
        for name, hours in (("nlp", 12.25), ("web", 7))
    }
    return json.dumps({"code": 200, "data": [units]}).encode()


def _usage(_builders: Builders, number: int) -> bytes:
    rows = (f"2026-10-0{number + 1},nlp,{n}2.5,Done,r-{number}{n}" for n in (1, 2))
    return _table("day,team,n,end,run", *rows)


def _gpu_cloud(_builders: Builders, number: int) -> bytes:
    rows = (f"2026-10-0{number + 1},nlp,pod-{n},NVIDIA H100 80GB,8,5400000,19.92" for n in (1, 2))
    return _table("time,team,pod,gpu,n,billed_ms,amount", *rows)


def _openai(_builders: Builders, number: int) -> bytes:
    start = FIRST + number * DAY
    results = [
        {
            "object": "organization.costs.result",
            "amount": {"value": value, "currency": "usd"},
            "line_item": "gpt-4o-mini, input",
            "project_id": project,
            "quantity": 7,
            "quantity_unit": "tokens",
        }
        for value, project in ((0.25, "proj_a"), (1.5, "proj_b"))
    ]
    day = {"object": "bucket", "start_time": start, "end_time": start + DAY, "results": results}
    return json.dumps({"object": "page", "data": [day], **_following(number)}).encode()


def _anthropic(_builders: Builders, number: int) -> bytes:
    results = [
        {
            "amount": amount,
            "currency": "USD",
            "description": "Claude Sonnet 4.5 Usage - Input Tokens",
            "cost_type": "tokens",
            "model": "claude-sonnet-4-5",
            "token_type": "uncached_input_tokens",
            "workspace_id": workspace,
        }
        for amount, workspace in (("123.5", "wrkspc_1"), ("50", "wrkspc_2"))
    ]
    days = {
        key: f"2026-10-0{number + n}T00:00:00Z" for n, key in ((1, "starting_at"), (2, "ending_at"))
    }
    return json.dumps({"data": [{**days, "results": results}], **_following(number)}).encode()


def _following(number: int) -> dict[str, Any]:
    """Return what a first page says of the second; a page asked for alone says nothing of one."""
    return {"has_more": number == 0, "next_page": "1" if number == 0 else None}


def _runs(_builders: Builders, number: int) -> bytes:
    runs = [
        {
            "info": {
                "run_id": f"r{number}{n}",
                "experiment_id": "1",
                "status": "FINISHED",
                "start_time": (FIRST + number * DAY) * 1000,
                "end_time": (FIRST + number * DAY + 7200) * 1000,
                "lifecycle_stage": "active",
            },
            "data": {"metrics": [], "tags": [{"key": "gpus", "value": "8"}], "params": []},
        }
        for n in range(2)
    ]
    return json.dumps({"runs": runs, **({"next_page_token": "1"} if number == 0 else {})}).encode()


_VENDORS: Final = {
    "acme": {
        "issuer": "Acme Labels",
        "ids": ["vat:DE123456789"],
        "service": "Data labeling",
        "tax_recoverable": True,
        "unnamed": True,
    }
}
_DOCUMENT: Final[Mapping[str, Any]] = {"location": "in", "vendors": _VENDORS}
_KEY: Final = {"key": "k", "organization": "acme", "base_url": "http://localhost"}
_HOURS: Final = {"day": "day", "unit": "unit", "quantity": "hours", "cluster": "cluster"}
_METERED: Final = {"kind": "usage_csv", "location": "in", "driver": "gpu_hours", "columns": _HOURS}
_RATES: Final = """\
currency: USD
roles:
  ML engineer: [{valid_from: 2026-01, monthly: 9000}]
  lead: [{valid_from: 2026-01, monthly: 16000}]
"""


def _given(builders: Builders, folder: str) -> dict[str, Any]:
    return {name: value for name, value in builders(folder).GIVEN.items() if name != "kind"}


def cases(builders: Builders) -> dict[str, Case]:
    """Return every case by its name."""
    invoices, mailed = _given(builders, "invoice"), {"senders": ["billing@annotators.example"]}
    cost = (b"100.50", b"1oo.50")
    hardware = builders("hardware")
    register = "".join(
        f"{line}\n"
        for line in (
            ",".join(hardware.COLUMNS),
            ",".join(str(hardware.SERVER.get(c, "")) for c in hardware.COLUMNS),
        )
    )
    found = {
        "invoices CSV": Case(
            "invoice_csv", invoices, _invoice_csv, 4, cost, "{}.csv", by_line=True
        ),
        "invoices XLSX": Case(
            "invoice_csv",
            {**invoices, "pattern": "*.xlsx"},
            _xlsx,
            4,
            (b"", b""),
            "{}.xlsx",
            is_text=False,
        ),
        "invoices mapped": Case(
            "invoice_csv", _XERO, _xero, 4, (b"178.50,Labels", b"x,Labels"), "{}.csv", by_line=True
        ),
        "UBL": Case("invoice_document", _DOCUMENT, _ubl, 4, (b">1000.00<", b">1000.0o<"), "{}.xml"),
        "CII": Case("invoice_document", _DOCUMENT, _cii, 4, (b">1000.00<", b">1000.0o<"), "{}.xml"),
        "PDF": Case("invoice_document", _DOCUMENT, _pdf, 4, (b"", b""), "{}.pdf"),
        "Stripe JSON": Case(
            "invoice_document",
            _DOCUMENT,
            _stripe,
            2,
            (b'"amount": 245000', b'"amount": "x"'),
            "{}.json",
        ),
        "message": Case(
            "invoice_document", {**_DOCUMENT, **mailed}, _mail, 4, (b"", b""), "{}.eml"
        ),
        "timesheet": Case(
            "timesheet",
            _given(builders, "labor"),
            _timesheet,
            4,
            (b",7.5", b",x"),
            "{}.csv",
            {"rates.yaml": _RATES},
            by_line=True,
        ),
        "register": Case(
            "asset_register",
            {"location": "in", "file": "0.csv"},
            _register,
            2,
            (b"48000", b"48o00"),
            "{}.csv",
            by_line=True,
        ),
        "hours of a register": Case(
            "asset_register",
            {"location": "assets", "file": "a.csv", "hours": _METERED},
            _hours,
            1,
            (b",12.5,", b",x,"),
            "{}.csv",
            {"assets/a.csv": register},
            by_line=True,
        ),
        "sacct": Case(
            "slurm",
            {"location": "in", "time_zone": "UTC"},
            _slurm,
            4,
            (b"|7200|", b"|x|"),
            "{}.txt",
            by_line=True,
        ),
        "OpenCost CSV": Case(
            "opencost", {"location": "in"}, _opencost, 4, (b",0.5,", b",x,"), "{}.csv", by_line=True
        ),
        "OpenCost API": Case(
            "opencost",
            {"url": "http://localhost"},
            _allocations,
            4,
            (b"12.25", b'"x"'),
            "{}.json",
            is_api=True,
        ),
        "usage CSV": Case(
            "usage_csv",
            {
                "location": "in",
                "driver": "gpu_hours",
                "columns": {
                    "day": "day",
                    "unit": "team",
                    "quantity": "n",
                    "state": "end",
                    "run_id": "run",
                },
                "states": {"Done": "succeeded"},
            },
            _usage,
            4,
            (b",12.5,", b",x,"),
            "{}.csv",
            by_line=True,
        ),
        "GPU cloud CSV": Case(
            "gpu_cloud_csv",
            {
                "location": "in",
                "issuer": "Acme GPU",
                "columns": {
                    "start": "time",
                    "project": "team",
                    "resource": "pod",
                    "sku": "gpu",
                    "gpu_count": "n",
                    "quantity": "billed_ms",
                    "cost": "amount",
                },
                "unit": "milliseconds",
            },
            _gpu_cloud,
            4,
            (b",19.92", b",x"),
            "{}.csv",
            by_line=True,
        ),
        "OpenAI": Case("openai_costs", _KEY, _openai, 4, (b"0.25", b'"x"'), "{}.json", is_api=True),
        "Anthropic": Case(
            "anthropic_costs", _KEY, _anthropic, 4, (b'"123.5"', b'"x"'), "{}.json", is_api=True
        ),
        "MLflow": Case(
            "mlflow",
            {"tracking_uri": "http://localhost", "gpu_count": {"tag": "gpus"}},
            _runs,
            4,
            (b'"FINISHED"', b'"GONE"'),
            "{}.json",
            is_api=True,
        ),
    }
    return {name: replace(case, name=name) for name, case in found.items()}


NAMES: Final = (
    *("invoices CSV", "invoices XLSX", "invoices mapped", "UBL", "CII", "PDF", "Stripe JSON"),
    *("message", "timesheet", "register", "hours of a register", "sacct", "OpenCost CSV"),
    *("OpenCost API", "usage CSV", "GPU cloud CSV", "OpenAI", "Anthropic", "MLflow"),
)


class Figures(NamedTuple):
    """What a month became: charges and tables beside, what was set aside, and what is told.

    `rows` are as the second reader counts them; `held` are invoices that are shown, and do not
    count.
    """

    charges: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    rejected: int = 0
    told: tuple[str, ...] = ()
    rows: int = 0
    held: int = 0

    @property
    def sums(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.charges, self.beside


@dataclass(frozen=True)
class Refused:
    """Nothing became a charge, for this reason."""

    said: str


@dataclass(frozen=True)
class Apart:
    """Two readers differ, which a load refuses."""

    said: str


@dataclass(frozen=True)
class Trial:
    """Lays documents at their place, and loads them as a run does."""

    home: Path
    case: Case
    answers: dict[str, bytes]

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    def put(self, *documents: bytes, names: Sequence[str] = "0123") -> None:
        """Put documents at their place, in place of all that was there."""
        self.answers.clear()
        self.answers.update(zip("0123", documents, strict=False))  # by page
        for path in (self.home / "in").glob("*"):
            path.unlink()
        for name, text in self.case.beside.items():
            self._written(self.home / name, text.encode())
        for name, content in zip(names, documents, strict=False):
            self._written(self.home / "in" / self.case.file.format(name), content)

    def _written(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        os.utime(path, (FIRST, FIRST))

    def fetched(self, known: Mapping[Month, str] | None = None) -> list[Delivery | SourceError]:
        source = self.case.source(self.home)
        return list(source.fetch([OCTOBER], self.archive, known or {}))

    def load(self, delivery: Delivery, lake: str = "lake") -> LoadedDelivery:
        return load_delivery(
            self.case.source(self.home), delivery, self.archive, Lake(self.home / lake)
        )

    def outcome(self) -> Figures | Refused | Apart:
        """Return what a load would make of October, without its files."""
        found = self.fetched()
        errors = [str(each) for each in found if isinstance(each, SourceError)]
        if errors:
            return Refused("; ".join(errors))
        try:
            deliveries = [each for each in found if isinstance(each, Delivery)]
            read = [self._read(each, n) for each in deliveries for n in range(len(each.documents))]
        except (SourceError, PolarsError, PanicException) as error:
            return Refused(str(error))
        apart = [each for each in read if isinstance(each, Apart)]
        return apart[0] if apart else _summed([each for each in read if isinstance(each, Figures)])

    def _read(self, delivery: Delivery, number: int) -> Figures | Apart:
        """Return what one document says, in the order in which a load asks."""
        document, source = delivery.documents[number], self.case.source(self.home)
        path = self.archive.path(document.sha256)
        made = source.convert(path, document, delivery)
        control = source.control(path, document, delivery)
        charges = charge_frame(made.charges.with_columns(_NOWHERE)).collect()
        beside = {
            table: beside_frame(table, frame.with_columns(_NOWHERE)).collect()
            for table, frame in made.beside.items()
        }
        if said := _apart(charges, beside, made, control):
            return Apart(said)
        return Figures(
            charges=tuple(_shown("charges", charges)),
            beside=tuple(row for table, frame in beside.items() for row in _shown(table, frame)),
            rejected=made.rejected["x_row"].n_unique(),
            told=tuple(f"{rule}: {detail}" for rule, detail in made.notes),
            rows=control.rows,
            held=_held(beside["invoice_headers"]) if "invoice_headers" in beside else 0,
        )

    def loaded(self, lake: str = "lake") -> tuple[Figures, frozenset[tuple[str, str]]] | Refused:
        """Load October, and return what counts, and the hashes of all files of the lake."""
        try:
            found = self.fetched()
            if errors := [str(each) for each in found if isinstance(each, SourceError)]:
                return Refused("; ".join(errors))
            loads = [self.load(each, lake) for each in found if isinstance(each, Delivery)]
        except SourceError as error:
            return Refused(str(error))
        documents = [each for load in loads for each in load.documents]
        figures = _summed([self._figures(each, lake) for each in documents])
        return figures, self.hashes(lake)

    def hashes(self, lake: str) -> frozenset[tuple[str, str]]:
        root = self.home / lake
        return frozenset(
            (path.relative_to(root).as_posix(), sha256(path.read_bytes()).hexdigest())
            for path in root.rglob("*")
            if path.is_file()
        )

    def _figures(self, each: Loaded, lake: str) -> Figures:
        def frame(table: str) -> pl.DataFrame:
            path = Lake(self.home / lake).path(table, each.charges)
            return pl.read_parquet(path, glob=False)

        return Figures(
            charges=tuple(_shown("charges", frame("charges"))),
            beside=tuple(row for table in each.beside for row in _shown(table, frame(table))),
            rejected=each.rejected_rows,
            told=tuple(f"{rule}: {detail}" for rule, detail in each.notes),
            rows=each.control.rows,
            held=_held(frame("invoice_headers")) if "invoice_headers" in each.beside else 0,
        )

    def reply(self, path: str, question: Mapping[str, Any] | None) -> bytes:
        """Answer as the server of the kind does."""
        address = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/allocation":
            day = str(int(query["window"][8:10]) - 1)
            return self.answers.get(day, b'{"code": 200, "data": [null]}')
        if address.path.endswith("/experiments/search"):
            return b'{"experiments": [{"experiment_id": "1", "name": "ft"}]}'
        if question and "RUNNING" in question["filter"]:
            return b"{}"
        page = query.get("page") or (question or {}).get("page_token") or "0"
        return self.answers.get(page, b"{}")


_NOWHERE: Final = (pl.lit("acme").alias("x_source"), pl.lit("").alias("x_document"))


def _shown(table: str, frame: pl.DataFrame) -> Iterator[str]:
    """Yield rows as text, without where they come from."""
    for row in frame.drop("x_document", "x_row", strict=False).rows():
        yield f"{table} {row}"


def _held(headers: pl.DataFrame) -> int:
    return headers.filter(pl.col("status") != "counted").height


def _summed(read: Sequence[Figures]) -> Figures:
    return Figures(
        charges=tuple(sorted(row for each in read for row in each.charges)),
        beside=tuple(sorted(row for each in read for row in each.beside)),
        rejected=sum(each.rejected for each in read),
        told=tuple(sorted(said for each in read for said in each.told)),
        rows=sum(each.rows for each in read),
        held=sum(each.held for each in read),
    )


def _apart(
    charges: pl.DataFrame, beside: Mapping[str, pl.DataFrame], made: Conversion, control: Control
) -> str:
    """Return in what two readers differ: sums of charges and tables beside, and the rows."""
    keys = ("billing_currency", "charge_category")
    costs = charges.group_by(keys).agg(pl.len(), pl.col("billed_cost", "effective_cost").sum())
    stated = {
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in control.totals
    }
    if stated != set(costs.rows()):
        return f"charges {costs.rows()}, {stated} by the second reader"
    sums = {
        (table, *row)
        for table, frame in beside.items()
        for row in frame.group_by(BESIDE[table].key)
        .agg(pl.len(), pl.col(BESIDE[table].measure).sum())
        .rows()
    }
    said = {(each.table, each.key, each.rows, Decimal(each.amount)) for each in control.beside}
    if sums != said:
        return f"tables {sums}, {said} by the second reader"
    own = {*charges.filter(pl.col("x_derived").is_null())["x_row"]}
    told = {row for table, frame in beside.items() if BESIDE[table].rows for row in frame["x_row"]}
    only = {*told, *made.summed} - {*charges["x_row"]}
    count = len(own) + len(only) + made.rejected["x_row"].n_unique()
    return "" if count == control.rows else f"{count} rows, {control.rows} by the second reader"


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, builders: Builders) -> Case:
    return cases(builders)[request.param]


@pytest.fixture(scope="session")
def every(builders: Builders) -> Mapping[str, Case]:
    """Return all cases by name."""
    return cases(builders)


@pytest.fixture
def trial(tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Trial:
    made = Trial(tmp_path, case, {})

    def answered(_api: Api, _method: str, path: str, question: Mapping[str, Any] | None) -> bytes:
        return made.reply(path, question)

    monkeypatch.setattr(Api, "_answer", answered)
    monkeypatch.setattr(pdf, "asked", _opened)
    return made


def _opened(task: str, data: bytes, limits: Limits) -> object:
    """Open a PDF in this process: a child of its own for each copy would take minutes."""
    del limits
    said = worker.answer(task, data)
    if "refusal" in said:
        raise EinvoiceError(said["refusal"])
    return json.loads(json.dumps(said["answer"]))


@pytest.fixture
def refused() -> type[Refused]:
    return Refused


@pytest.fixture
def silent() -> tuple[type[Refused], type[Apart]]:
    """Return what becomes of a delivery that a load refuses."""
    return Refused, Apart


@pytest.fixture
def ran() -> tuple[str, ...]:
    """Return the names of the cases that tests are run with."""
    return NAMES


@pytest.fixture
def documents(case: Case, builders: Builders) -> tuple[bytes, bytes]:
    """Return both documents of a case."""
    return case.made(builders, 0), case.made(builders, 1)
