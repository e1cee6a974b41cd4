"""Five hundred bad documents of every kind: refused, set aside by row, or of no effect.

Each is drawn by its number, and is a sound document with one fault. A fault is one that an
export, a proxy or a person's spreadsheet really makes; none of them is another sound bill.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.exceptions import PanicException, PolarsError

from ingest import table
from ingest.normalise import Place, write_charges
from ingest.source import Delivery
from ingest.table import ContractError
from models.errors import SourceError

pytestmark = pytest.mark.once

DOCUMENTS: Final = 504
COSTS: Final = ("billed_cost", "effective_cost")
EVERY: Final = 20  # of those that load one in so many is loaded as a run does
COST: Final = {
    "aws_data_export": "line_item_unblended_cost",
    "aws_cur": "lineItem/UnblendedCost",
    "AWS FOCUS CSV.gz": "BilledCost",
    "gcp_billing_export": "cost",
    "azure_export": "CostInBillingCurrency",
    "Azure FOCUS Parquet": "BilledCost",
    "focus": "BilledCost",
}
START: Final = {
    "aws_data_export": "line_item_usage_start_date",
    "aws_cur": "lineItem/UsageStartDate",
    "AWS FOCUS CSV.gz": "ChargePeriodStart",
    "gcp_billing_export": "usage_start_time",
    "azure_export": "Date",
    "Azure FOCUS Parquet": "ChargePeriodStart",
    "focus": "ChargePeriodStart",
}
TAGS: Final = {
    "aws_data_export": "resource_tags",
    "gcp_billing_export": "labels",
    "azure_export": "Tags",
    "AWS FOCUS CSV.gz": "Tags",
    "focus": "Tags",
}
NO_NUMBERS: Final = (
    *("NaN", "inf", "-Infinity", "1e400", "1e30", "99999999999999999999", "N/A", "-", "$98.32"),
    *("1,98", "1.234,56", "1 000", "9" * 40, "0x10", "1.2.3", "--1", "true", "\u0669\u0668", "1_0"),
    *("98.32 USD", "(98.32)", "=1+1", "null", "None", "[1]", '{"a": 1}', "98.32\u00a0"),
)
NO_DATES: Final = (
    *("2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "05.10.2026", "yesterday", "1759633200"),
    *("2026-10-05T03:00:00+02:00", "2026-10-05T25:00:00Z", "20261005", "0000-00-00T00:00:00Z"),
    *("12026-10-05T03:00:00Z", "NaT", "45935.125", "5 Oct 2026", "2026-10-05T03:00:00 CET"),
)
NO_JSON: Final = (
    *('{"a": 1', "{'a': 'b'}", '{"a": {"b": {"c": []}}}', "[[[[]]]]", '{"a": "b", "a": "c"}'),
    *("{" * 500, "NaN", '{"a": NaN}', '{"a": "\\ud800"}', "tags", '{"a" "b"}', "{a: b}"),
)


def column_of(of: Mapping[str, str], case: Any) -> str:
    return of.get(case.name) or of[case.kind]


@dataclass
class Sheet:
    """A table of text that a fault changes."""

    names: list[str]
    rows: list[list[str]]

    @classmethod
    def of(cls, content: bytes) -> Sheet:
        names, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return cls(names, rows)

    @property
    def content(self) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([self.names, *self.rows])
        return out.getvalue().encode("utf-8", "surrogatepass")

    def put(self, drawn: random.Random, name: str, value: str) -> bytes:
        drawn.choice(self.rows)[self.names.index(name)] = value
        return self.content


Fault = Callable[[random.Random, Any, bytes], bytes]


def no_number(drawn: random.Random, case: Any, content: bytes) -> bytes:
    return Sheet.of(content).put(drawn, column_of(COST, case), drawn.choice(NO_NUMBERS))


def no_date(drawn: random.Random, case: Any, content: bytes) -> bytes:
    return Sheet.of(content).put(drawn, column_of(START, case), drawn.choice(NO_DATES))


def no_json(drawn: random.Random, case: Any, content: bytes) -> bytes:
    if case.kind == "aws_cur":  # has a column for each tag
        return ragged(drawn, case, content)
    return Sheet.of(content).put(drawn, column_of(TAGS, case), drawn.choice(NO_JSON))


def no_currency(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    return content.replace(b"USD", drawn.choice([b"usd", b"US$", b"", b"DOLLAR", b"U\0D"]))


def renamed(drawn: random.Random, case: Any, content: bytes) -> bytes:
    sheet = Sheet.of(content)
    at = sheet.names.index(drawn.choice([column_of(COST, case), column_of(START, case)]))
    sheet.names[at] = drawn.choice([f"{sheet.names[at]}_2", f" {sheet.names[at]}", "x", "\u0430"])
    return sheet.content


def missing(drawn: random.Random, case: Any, content: bytes) -> bytes:
    sheet = Sheet.of(content)
    at = sheet.names.index(drawn.choice([column_of(COST, case), column_of(START, case)]))
    for row in (sheet.names, *sheet.rows):
        del row[at]
    return sheet.content


def doubled(drawn: random.Random, case: Any, content: bytes) -> bytes:
    sheet = Sheet.of(content)
    name = column_of(COST, case)
    sheet.names.append(drawn.choice([name, name.upper()]))
    for row in sheet.rows:
        row.append(drawn.choice(["1", ""]))
    return sheet.content


def added(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    sheet = Sheet.of(content)
    at = drawn.randrange(len(sheet.names))
    sheet.names.insert(at, "brand_new")
    for row in sheet.rows:
        row.insert(at, drawn.choice(NO_NUMBERS))
    return sheet.content


def shuffled(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    sheet = Sheet.of(content)
    order = drawn.sample(range(len(sheet.names)), len(sheet.names))
    sheet.names = [sheet.names[at] for at in order]
    sheet.rows = [[row[at] for at in order] for row in sheet.rows]
    return sheet.content


def ragged(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    lines = content.decode().splitlines()
    at = drawn.randrange(len(lines))
    lines[at] = drawn.choice([f"{lines[at]},", f",{lines[at]}", lines[at].rpartition(",")[0]])
    return ("\n".join(lines) + "\n").encode()


def quoted(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    lines = content.decode().splitlines()
    at = drawn.randrange(len(lines))
    lines[at] = drawn.choice(
        [f'"{lines[at]}', lines[at].replace(",", ";"), lines[at].replace(",", '",', 1)]
    )
    return ("\n".join(lines) + "\n").encode()


def encoded(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    text = content.decode("utf-8-sig").replace("Acme", "Acm\u00e9").replace("Linux", "L\u00efnux")
    text = f"{text.rstrip()}\u00e9\n" if text.isascii() else text
    return text.encode(drawn.choice(["utf-16", "utf-16-le", "latin-1", "utf-32", "cp037"]))


def wrapped(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    page = b"<!DOCTYPE html><html><body>Sign in to the proxy</body></html>\n"
    around = [page, page + content, content + page, b"\0" + content, content + b"\0\n", b"\n\n"]
    return drawn.choice([*around, b"", b"{}\n", b"[]\n", b"sep=,\n" + content, content + b"\n"])


def marked(drawn: random.Random, _case: Any, content: bytes) -> bytes:
    """Return what has no effect: a byte order mark, or other ends of lines."""
    bare = content.decode("utf-8-sig").replace("\r\n", "\n")
    ends = bare.replace("\n", "\r\n")
    return drawn.choice([f"\ufeff{bare}", ends, f"\ufeff{ends}"]).encode()


TEXT_FAULTS: Final[tuple[Fault, ...]] = (
    *(no_number, no_number, no_date, no_date, no_json, no_currency, renamed, missing, doubled),
    *(added, shuffled, ragged, quoted, encoded, wrapped, wrapped, marked),
)


def objects_with(drawn: random.Random, case: Any, content: bytes) -> bytes:
    """Return JSON lines, one of which is not what it should be."""
    lines = content.decode().splitlines()
    at = drawn.randrange(len(lines))
    row = json.loads(lines[at])
    start, cost = column_of(START, case), column_of(COST, case)
    lines[at] = drawn.choice(
        [
            json.dumps({**row, cost: drawn.choice([*NO_NUMBERS, None, [], {}, True])}),
            json.dumps({**row, start: drawn.choice([*NO_DATES, None, 5, []])}),
            json.dumps({**row, "credits": drawn.choice([{}, "x", [1], [{"amount": "x"}], 7])}),
            json.dumps({**row, "labels": drawn.choice(["x", [[]], [{"key": {}}], {"a": "b"}])}),
            json.dumps({**row, "project": drawn.choice(["x", [], 5, {"labels": "x"}])}),
            json.dumps({**row, "invoice": drawn.choice([{}, None, "202610", {"month": "x"}])}),
            json.dumps({k: v for k, v in row.items() if k != drawn.choice([start, cost])}),
            lines[at].replace("{", '{"cost": 1, ', 1),
            lines[at].replace('"cost"', '"Cost"'),
            lines[at][:-1],
            lines[at].replace(",", ";"),
            f"{lines[at]}{lines[at]}",
            f"[{lines[at]}]",
            lines[at].replace('"cost": ', '"cost": 0'),
            lines[at].replace("Engine", "Eng\\ud800ine"),
            "{}",
            "null",
            "{" * 5_000 + "}" * 5_000,
        ]
    )
    return ("\n".join(lines) + "\n").encode()


def columns_with(drawn: random.Random, case: Any, content: bytes) -> bytes:
    """Return Parquet, of which a column is not what it should be."""
    frame = pl.read_parquet(content)
    cost, start = column_of(COST, case), column_of(START, case)
    if drawn.random() < 0.3:
        frame = drawn.choice(
            [
                frame.drop(drawn.choice([cost, start])),
                frame.rename({drawn.choice([cost, start]): "renamed"}),
                frame.with_columns(
                    pl.col(cost).alias(cost.upper() if cost.islower() else cost.lower())
                ),
                frame.select(reversed(frame.columns)),
                frame.with_columns(brand_new=pl.lit([{"a": [1.5]}])),
                frame.clear(),
            ]
        )
    else:
        cells: list[tuple[str, list[Any]]] = [
            (cost, [float("nan"), 1.0]),
            (cost, [1.0, float("-inf")]),
            (cost, [1e300, 1.0]),
            (cost, ["98.32", "x"]),
            (cost, [True, False]),
            (cost, [[98.32], []]),
            (cost, [b"98.32", b"\xff"]),
            (cost, [None, 1.25]),
            (cost, [98, 1]),
            (start, ["2026-10-05T03:00:00Z", "x"]),
            (start, [1759633200, 1759633200]),
            (start, [None, None]),
            (start, [2**62, 0]),
        ]
        name, values = drawn.choice(cells)
        column = pl.Series(name, values)
        if values[0] == 2**62:
            column = column.cast(pl.Datetime("us"))
        frame = frame.with_columns(column)
    out = io.BytesIO()
    frame.write_parquet(out)
    return drawn.choice([out.getvalue()] * 12 + [content + b"PAR1", b"PAR1" + content[99:]])


def bad(number: int, case: Any) -> bytes:
    drawn = random.Random(f"{case.name} {number}")  # noqa: S311 - a test's own
    content = case.unwrapped()
    if not case.is_text:
        return columns_with(drawn, case, content)
    if content.startswith(b"{"):
        return bytes(case.wrap(objects_with(drawn, case, content)))
    return bytes(case.wrap(drawn.choice(TEXT_FAULTS)(drawn, case, content)))


def read_once(trial: Any, case: Any, delivery: Delivery) -> tuple[Any, ...] | None:
    """Return charges, sums and rejected rows of the first reader; None when it refuses."""
    source, rows, rejected = case.source(trial.folder), 0, 0
    sums = [Decimal(0), Decimal(0)]
    for document in delivery.documents:
        path, out = trial.archive.path(document.sha256), trial.folder / "read"
        try:
            conversion = source.convert(path, document, delivery)
            rejected += write_charges(conversion, Place("acme", document), out)["x_row"].n_unique()
        except (SourceError, PolarsError, PanicException):  # as the loader refuses
            return None
        charges = pl.read_parquet(out, glob=False)
        rows += charges.height
        sums = [a + Decimal(charges[name].sum()) for a, name in zip(sums, COSTS, strict=True)]
    return rows, *sums, rejected


@pytest.mark.failure("B02")
@pytest.mark.failure("B04")
@pytest.mark.failure("B05")
@pytest.mark.failure("B08")
@pytest.mark.failure("B11")
def test_bad_documents_are_refused_or_set_aside_or_of_no_effect(
    case: Any, trial: Any, refused: Any
) -> None:
    trial.lay(case.objects(case.document()))
    sound = read_once(trial, case, trial.fetched(case))
    assert sound
    ended = Counter[str]()

    for number in range(DOCUMENTS // 12):
        content = bad(number, case)
        found = trial.fetched(case, case.objects(content))
        read = None if isinstance(found, refused) else read_once(trial, case, found)
        if read is None or not any((read[0], read[3])):  # a run refuses what has no row
            ended["refused"] += 1
            continue
        ended["aside" if read[3] else "same"] += 1
        if not read[3] and read != sound:  # the second reader must tell
            assert isinstance(trial.loaded(case, found), refused), (number, read, content[:3_000])
        elif ended.total() % EVERY == 0:
            assert isinstance(trial.loaded(case, found), refused) or read[0] + read[3] == sound[0]
        assert read[0] + read[3] == sound[0], (number, read, content[:3_000])

    assert ended["refused"] > DOCUMENTS // 24


PARQUET: Final = ("CUR 2.0 Parquet", "GCP Parquet", "Azure FOCUS Parquet", "FOCUS Parquet")
MONTHS: Final = {"GCP Parquet": "usage_start_time", "CUR 2.0 Parquet": "line_item_usage_start_date"}


def moments(case: Any, made: Callable[[int], pa.Array]) -> bytes:
    """Return the document with other moments in the column that its month or days come from."""
    content = pq.read_table(io.BytesIO(case.unwrapped()))
    name = MONTHS.get(case.name, "BillingPeriodStart")
    at, out = content.column_names.index(name), io.BytesIO()
    pq.write_table(content.set_column(at, name, made(len(content))), out)
    return out.getvalue()


@pytest.mark.failure("B04")
@pytest.mark.parametrize("name", PARQUET)
@pytest.mark.parametrize("of_all_months", [False, True])
def test_a_zone_that_the_engine_stops_at_refuses_the_document_and_no_more(
    named: Any, name: str, of_all_months: bool, trial: Any, refused: Any
) -> None:
    case = named[name]
    if of_all_months and "pattern" in case.settings:
        case = replace(case, settings={**case.settings, "pattern": "*"})
    kind = pa.timestamp("us", "Mars/Olympus")

    content = moments(case, lambda rows: pa.array([1_790_000_000_000_000] * rows, kind))

    assert isinstance(trial.outcome(case, case.objects(content)), refused)


@pytest.mark.parametrize(
    ("name", "where"),
    [("FOCUS CSV", "ingest.sources.focus"), ("GCP NDJSON", "ingest.sources.gcp_billing_export")],
)
def test_an_engine_that_stops_while_months_are_looked_up_refuses_the_document(
    named: Any, name: str, where: str, trial: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flipped bit in Parquet can do that; which one, changes with the engine."""

    def stopped(*_: object) -> None:
        raise PanicException("not yet implemented")

    case = named[name]
    monkeypatch.setattr(f"{where}.months", stopped)

    assert isinstance(trial.fetched(case, case.objects(case.document())), refused)


def test_a_schema_at_which_the_engine_stops_is_no_table(named: Any, tmp_path: Path) -> None:
    kind = pa.timestamp("us", "Mars/Olympus")
    (path := tmp_path / "x").write_bytes(
        moments(named["FOCUS Parquet"], lambda rows: pa.array([0] * rows, kind))
    )

    with pytest.raises(ContractError, match="is not a readable Parquet file"):
        table.names(path)


@pytest.mark.failure("B04")
@pytest.mark.parametrize("name", PARQUET)
@pytest.mark.parametrize("micros", [2**62, -(2**62), 2**63 - 1])
def test_a_number_that_is_no_moment_of_any_calendar_is_told_with_its_row(
    named: Any, name: str, micros: int, trial: Any
) -> None:
    case = named[name]

    content = moments(case, lambda rows: pa.array([micros] * rows, pa.timestamp("us", "UTC")))

    said = trial.outcome(case, case.objects(content)).said
    assert f"row 1: column {MONTHS.get(name, 'BillingPeriodStart')} holds" in said
    assert "cannot be read as" in said


@pytest.mark.failure("B05")
@pytest.mark.parametrize("day", ["10/05/0000", "0000-10-05"])
def test_the_year_nought_is_no_date(named: Any, day: str, trial: Any, refused: Any) -> None:
    case = named["Azure actual and amortised CSV"]
    content = case.unwrapped().replace(b"10/05/2026", day.encode())

    found = trial.outcome(case, case.objects(content))

    assert isinstance(found, refused)
    assert f"row 1: column Date holds {day!r}, not a date" in found.said
