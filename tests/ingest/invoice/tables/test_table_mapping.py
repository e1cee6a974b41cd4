"""Mappings: what a program's export is by itself, and what only its user can know."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.invoice.gathering import invoices
from ingest.invoice.profile import NAMES, mapping_schema
from ingest.invoice.reading import Lines
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import rows
from models.errors import ConfigError

ORACLES = Path(__file__).resolve().parents[3] / "oracles" / "invoices"
XERO: dict[str, Any] = {
    "kind": "invoice_csv",
    "folder": "in",
    "mapping": "xero",
    "service": "Data labeling",
    "vendors": {"Example Annotators GmbH": "Example Annotators"},
    "dates": "%d/%m/%Y",
    "amounts": "net",
    "work_month": {"within": "description", "written": "{Month} {year}"},
    "tax_recoverable": True,
}
PLAIN: dict[str, Any] = {
    "kind": "invoice_csv",
    "folder": "in",
    "service": "Data labeling",
    "issuer": "Acme",
    "columns": {"number": "No", "issued": "Date", "amount": "Net", "currency": "Currency"},
}


def refusal(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(given)
    return str(refused.value.errors()[0]["msg"]).removeprefix("Value error, ")


def bills() -> bytes:
    return (ORACLES / "xero_bills.csv").read_bytes()


def test_the_bill_of_the_oracle_has_its_net_tax_and_gross(vendor: Any) -> None:
    oracle = json.loads((ORACLES / "expected.json").read_text("utf-8"))["xero_bills.csv"]
    vendor.given = XERO
    vendor.put_bytes("bills.csv", bills())

    charges = vendor.charges()

    sums = dict(charges.group_by("charge_category").agg(pl.col("billed_cost").sum()).rows())
    assert sums == {"Usage": Decimal(oracle["net"]), "Tax": Decimal(oracle["tax"])}
    assert charges["billed_cost"].sum() == Decimal(oracle["gross"])
    assert charges["x_tco_cost"].sum() == Decimal(oracle["net"])
    (usage,) = charges.filter(pl.col("charge_category") == "Usage").rows(named=True)
    assert usage["tags"] == {"Project": "FT-001", "account": "429"}
    assert usage["invoice_issuer_name"] == "Example Annotators"
    assert (usage["x_period_basis"], str(usage["charge_period_start"].date())) == (
        "line",
        "2026-03-01",
    )
    assert vendor.problems() == []


def test_amounts_with_tax_give_the_same_net(vendor: Any) -> None:
    vendor.given = XERO | {"amounts": "gross"}
    vendor.put_bytes("bills.csv", bills().replace(b",30.00,429", b",35.70,429"))

    assert vendor.costs() == ["Tax 285.00 2026-03-01", "Usage 1500.00 2026-03-01"]
    assert vendor.problems() == []


@pytest.mark.failure("H05")
@pytest.mark.parametrize(
    ("printed", "changed", "detail"),
    [
        (b"1785.00", b"1784.99", "'1784.99': is stated, the lines add up to 1785.00, 0.01 apart"),
        (
            b"285.00,Pro",
            b"284.00,Pro",
            "'1785.00': is stated, the lines add up to 1784.00, -1.00 apart",
        ),
        (
            b",50,30.00",
            b",51,30.00",
            "'1785.00': is stated, the lines add up to 1815.00, 30.00 apart",
        ),
    ],
)
def test_a_gross_total_that_the_lines_do_not_reach_sets_the_bill_aside(
    vendor: Any, printed: bytes, changed: bytes, detail: str
) -> None:
    vendor.given = XERO
    vendor.put_bytes("bills.csv", bills().replace(printed, changed, 1))

    assert vendor.problems() == [detail]
    assert vendor.charges().is_empty()


@pytest.mark.failure("H05")
def test_a_total_that_is_said_to_be_net_is_compared_with_the_net(vendor: Any) -> None:
    vendor.given = XERO | {"total_is": "net"}
    vendor.put_bytes("bills.csv", bills())

    assert vendor.problems() == ["'1785.00': is stated, the lines add up to 1500.00, -285.00 apart"]


@pytest.mark.failure("H15")
def test_an_issuer_whom_nobody_declared_is_set_aside_and_the_others_count(vendor: Any) -> None:
    lines = bills().decode().splitlines()
    other = (
        lines[1].replace("Example Annotators GmbH", "Example Annotator GmbH").replace("-0401", "-1")
    )
    vendor.given = XERO
    vendor.put("bills.csv", lines[1], other, headings=lines[0])

    assert vendor.charges()["billed_cost"].sum() == Decimal("1785.00")
    assert vendor.problems() == [
        (
            "'LAB-2026-1': is from Example Annotator GmbH, which is no vendor of this source; add "
            "the vendor, or remove the file"
        )
    ]


def test_one_number_of_two_issuers_is_two_bills(vendor: Any) -> None:
    lines = bills().decode().splitlines()
    vendor.given = XERO | {"vendors": ["Example Annotators GmbH", "Other Ltd"]}
    other = lines[1].replace("Example Annotators GmbH", "other ltd")
    vendor.put("bills.csv", lines[1], other, headings=lines[0])

    issuers = vendor.charges()["invoice_issuer_name"].unique().to_list()

    assert sorted(issuers) == ["Example Annotators GmbH", "Other Ltd"]
    assert vendor.problems() == []


@pytest.mark.parametrize(
    ("mapping", "stated", "detail"),
    [
        (
            "xero",
            {},
            (
                'the mapping xero cannot know `dates`; set it to "%d/%m/%Y" where the day comes '
                "first, "
                '"%m/%d/%Y" where the month does (region of the organisation)'
            ),
        ),
        (
            "xero",
            {"dates": "%d/%m/%Y"},
            (
                "the mapping xero cannot know `amounts`; set it to net where unit amounts are tax "
                "exclusive, gross where they are tax inclusive, for the whole file"
            ),
        ),
        (
            "quickbooks",
            {"dates": "%d/%m/%Y", "amounts": "net"},
            (
                "the mapping quickbooks cannot know `currency`; set it to the home currency, which "
                "bills in it do not state, for example USD"
            ),
        ),
        (
            "coupa",
            {},
            (
                "the mapping coupa cannot know `credit_sign`; set it to as_printed where credit "
                "notes "
                "have negative amounts, negate where they have not"
            ),
        ),
        (
            "xerox",
            {},
            (
                "'xerox' is no mapping; there are coupa, generic, quickbooks, xero, or the path "
                "of a "
                "mapping file, for example ./my-vendor.yaml"
            ),
        ),
    ],
)
def test_what_a_mapping_cannot_know_must_be_stated(
    mapping: str, stated: dict[str, Any], detail: str
) -> None:
    own = {"kind": "invoice_csv", "folder": "in", "service": "Labels", "issuer": "Acme"}

    assert refusal(**own, mapping=mapping, **stated) == detail


@pytest.mark.parametrize(
    ("stated", "detail"),
    [
        (
            {"columns": {"issued": "D", "amount": "N"}},
            "columns must name `number`, the invoice number",
        ),
        (
            {"columns": {"number": "D", "amount": "N"}},
            "columns must name `issued`, the date of issue",
        ),
        (
            {"columns": {"number": "D", "issued": "N", "quantity": "Q"}},
            "columns must name `amount`, or both `quantity` and `unit_price`",
        ),
        (
            {"columns": {"number": "D", "issued": "N", "amount": "Q"}},
            "columns must name `currency`, or `currency` must be set for all lines",
        ),
        (
            {"issuer": ""},
            "`issuer` must say who sends the invoices; or name the column, and its `vendors`",
        ),
        ({"vendors": ["A"]}, "`vendors` needs the column `issuer`"),
        (
            {"amounts": "gross"},
            "amounts with tax need the column `tax` or `tax_rate`, so that the net is known",
        ),
        (
            {"open_statuses": ["draft"]},
            "void_statuses and open_statuses need the column `status`",
        ),
        ({"credit_kinds": ["C"]}, "credit_kinds and tax_kinds need the column `kind`"),
        ({"type_column": "type"}, "`type_column` and `rows` go together"),
        ({"optional": ["number"]}, "`number` cannot be optional"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','; one must differ"),
        (
            {"work_month": {"within": "description", "written": "{month}/{year}"}},
            "work_month is within 'description', which is neither a column nor a tag",
        ),
        (
            {"work_month": {"within": "description", "written": "{year}"}},
            (
                "'{year}' does not say a month; write the year and the month once each with "
                "{Month}, "
                "{month}, {year}, for example {Month} {year}"
            ),
        ),
        (
            {"dates": "%d*.%m.%Y"},
            (
                "'%d*.%m.%Y' is not a format of dates; write day, month and year once each as "
                "%d, %m "
                "and %Y or %y, for example %d.%m.%Y"
            ),
        ),
    ],
)
def test_settings_that_leave_something_open_are_refused(
    stated: dict[str, Any], detail: str
) -> None:
    assert refusal(**(PLAIN | stated)) == detail


def test_what_the_settings_state_counts_more_than_the_mapping(vendor: Any) -> None:
    given = XERO | {
        "columns": {"total": None, "tags": {"tax": "*TaxType"}},
        "tax_recoverable": "0.4",
    }
    vendor.given = given
    vendor.put_bytes("bills.csv", bills().replace(b"1785.00", b"1.00"))

    (_, usage) = vendor.charges().sort("charge_category").rows(named=True)

    assert usage["tags"]["tax"] == "19% (VAT on Expenses)"
    assert usage["tags"]["account"] == "429"


def test_a_heading_that_the_settings_name_is_no_longer_optional(vendor: Any) -> None:
    vendor.given = XERO | {"columns": {"sku": "Article"}}
    vendor.put_bytes("bills.csv", bills())

    assert "has no heading 'Article' for sku" in vendor.error().detail


def test_a_file_without_a_currency_needs_one_in_the_settings(vendor: Any) -> None:
    vendor.given = XERO
    vendor.put_bytes("bills.csv", bills().replace(b",Currency", b",Code", 1))

    assert vendor.error().detail == ("has no column of the currency; set `currency` of the source")


@pytest.mark.parametrize(
    ("words", "written", "days"),
    [
        ("Labels of March 2026", "{Month} {year}", ("2026-03-01", "2026-04-01")),
        ("labels of MARCH 2026.", "{Month} {year}", ("2026-03-01", "2026-04-01")),
        ("Labels (03/2026)", "{month}/{year}", ("2026-03-01", "2026-04-01")),
        ("2026-02 boxes", "{year}-{month}", ("2026-02-01", "2026-03-01")),
        ("Labels-March 2026/2", "{Month} {year}", ("2026-03-01", "2026-04-01")),
        ("Work (3/2026) on boxes", "({month}/{year})", ("2026-03-01", "2026-04-01")),
        ("202603-A", "{year}{month}", ("2026-03-01", "2026-04-01")),
        ("Work 3/2026 on boxes", "({month}/{year})", ("2026-04-01", "2026-04-02")),
        ("Labels of March  2026", "{Month} {year}", ("2026-04-01", "2026-04-02")),
        ("Labels of March 1926", "{Month} {year}", ("2026-04-01", "2026-04-02")),
        ("Labels of Mar 2026", "{Month} {year}", ("2026-04-01", "2026-04-02")),
        ("Batch 12026-021", "{year}-{month}", ("2026-04-01", "2026-04-02")),
        ("Labels", "{Month} {year}", ("2026-04-01", "2026-04-02")),
    ],
)
def test_the_month_of_the_work_is_read_as_declared_or_is_that_of_issue(
    vendor: Any, words: str, written: str, days: tuple[str, str]
) -> None:
    vendor.given = XERO | {"work_month": {"within": "description", "written": written}}
    vendor.put_bytes(
        "bills.csv", bills().replace(b"Labeling March 2026 PO-LABEL-001", words.encode())
    )

    charge = vendor.charges().row(0, named=True)

    assert (
        str(charge["charge_period_start"].date()),
        str(charge["charge_period_end"].date()),
    ) == days


def test_a_line_that_names_two_months_is_set_aside(vendor: Any) -> None:
    vendor.given = XERO
    vendor.put_bytes("bills.csv", bills().replace(b"March 2026", b"March 2026 and April 2026"))

    assert vendor.problems() == [
        (
            "'Labeling March 2026 and April 2026 PO-LABEL-001': names several months; name "
            "the days "
            "of the work, at 2:16"
        )
    ]


@pytest.mark.failure("H02")
def test_a_number_may_repeat_on_another_day_and_not_on_the_same(vendor: Any) -> None:
    headings = "Bill No,Vendor,Bill Date,Line Amount"
    vendor.given = {
        "kind": "invoice_csv",
        "folder": "in",
        "service": "Labels",
        "mapping": "quickbooks",
        "vendors": ["A"],
        "dates": "%Y-%m-%d",
        "amounts": "net",
        "currency": "USD",
    }
    days = ("7,A,2026-10-05,1.00", "7,A,2026-10-06,2.00", "7,A,2026-10-07,4.00")
    vendor.put("a.csv", *days, headings=headings)
    vendor.put("b.csv", "7,A,2026-10-06,3.00", headings=headings)

    assert vendor.costs() == ["Usage 1.00 2026-10-05", "Usage 4.00 2026-10-07"]
    assert sorted(vendor.problems()) == [
        f"'7': is also in {other} with other content; neither is booked: remove one, or give the "
        "correction a number of its own"
        for other in ("a.csv", "b.csv")
    ]


TYPES = {
    "kind": "invoice_csv",
    "folder": "in",
    "service": "Labels",
    "mapping": "coupa",
    "issuer": "A",
    "credit_sign": "negate",
    "columns": {"issuer": None},
}
HEADER = "Header,status,invoice-date,invoice-number,currency,gross-total"


@pytest.mark.parametrize(
    ("lines", "place", "detail"),
    [
        (
            ["Line,total", "Line,1.00"],
            ":3",
            "is of type 'Line', and no header is above",
        ),
        (
            ["Split,total", "Split,1.00"],
            ":2:1",
            "has a row of type 'Split'; say in `rows` what it holds",
        ),
        (
            ["type,total"],
            ":2",
            (
                "is a second row of headings that begins with 'type'; let each begin with its "
                "type, "
                "such as 'Header'"
            ),
        ),
        (
            ["Header,approved,2026-10-05,C-1,EUR,0"],
            "",
            "has headings and no line; deliver it again, or remove it",
        ),
    ],
)
def test_rows_of_types_that_do_not_fit_together_stop_the_folder(
    vendor: Any, lines: list[str], place: str, detail: str
) -> None:
    vendor.given = TYPES
    vendor.put("a.csv", *lines, headings=HEADER)

    assert str(vendor.error()) == f"labeling: a.csv{place}: {detail}"


def test_one_row_of_headings_may_hold_for_all_types(vendor: Any) -> None:
    vendor.given = TYPES
    vendor.put(
        "a.csv",
        "Header,approved,2026-10-05,C-1,EUR,12.00,,2.00",
        "Line,,,,,,10.00,",
        headings="type,status,invoice-date,invoice-number,currency,gross-total,total,tax-amount",
    )

    assert vendor.costs() == ["Tax 2.00 2026-10-05", "Usage 10.00 2026-10-05"]


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_that_comes_along_reads(name: str) -> None:
    own = {"kind": "invoice_csv", "folder": "in", "service": "Labels", "issuer": "A"}
    asked = {"dates": "%d/%m/%Y", "amounts": "net", "currency": "EUR", "credit_sign": "negate"}
    columns = PLAIN["columns"] if name == "generic" else {}

    settings = Settings.model_validate({**own, **asked, "mapping": name, "columns": columns})

    assert settings.columns.number is not None


def test_the_example_of_a_mapping_file_reads_a_statement(vendor: Any, root: Path) -> None:
    vendor.given = {
        "kind": "invoice_csv",
        "folder": "in",
        "service": "Labels",
        "issuer": "A",
        "mapping": str(root / "config" / "my-vendor.yaml"),
        "delimiter": ";",
        "currency": "EUR",
    }
    vendor.put(
        "a.csv",
        "S-1;05.10.2026;1;Boxes;10.000,000;EA;€ 45,00;1.000;450,00;19;400,00;01.09.2026;30.09.2026;"
        "PO-1;A1;04.11.2026;Invoice;FT-1",
        "S-1;05.10.2026;2;Returned;;;;;50,00-;19;400,00;01.09.2026;30.09.2026;PO-1;A1;04.11.2026;"
        "Invoice;FT-1",
        "carried over;;;;;;;;400,00;;;;;;;;;",
        headings="Statement No;Date;Pos.;Work;Units;Unit;Price;per;Net;VAT %;Sum;From;"
        "To;PO;Article;"
        "Payable by;Type;Project".replace("No;", "No.;", 1),
    )

    charges = vendor.charges().filter(pl.col("charge_category") == "Usage")

    assert vendor.costs() == [
        *("Tax 85.50 2026-09-01", "Usage 450.00 2026-09-01"),
        *("Tax -9.50 2026-09-01", "Usage -50.00 2026-09-01"),
    ]
    assert charges["consumed_unit"].to_list() == ["pieces", None]
    assert charges["sku_id"].unique().to_list() == ["A1"]
    assert vendor.problems() == ["1 rows that `total_rows` names are no lines"]


def test_a_mistake_in_a_mapping_file_has_its_place_in_it(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("columns:\n  numbre: No\n", "utf-8")

    with pytest.raises(ConfigError) as refused:
        Settings.model_validate({**PLAIN, "mapping": "v.yaml"}, context={"folder": tmp_path})

    assert str(refused.value) == "v.yaml:2:3: columns.numbre: unknown key. Did you mean 'number'?"


def test_the_schema_of_mapping_files_is_the_one_in_config(root: Path) -> None:
    path = root / "config" / "schema" / "mapping.schema.json"

    assert path.read_text("utf-8") == json.dumps(mapping_schema(), indent=2, sort_keys=True) + "\n"


@pytest.mark.failure("H05")
@hypothesis_settings(max_examples=25)
@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(0, 10**5),
    st.sampled_from(["quantity", "price", "tax", "total", ""]),
    st.integers(1, 999).flatmap(lambda cents: st.sampled_from([cents, -cents])),
)
def test_one_figure_that_is_another_sets_the_whole_bill_aside(
    quantity: int, cents: int, tax: int, changed: str, by: int
) -> None:
    figures = {"quantity": quantity, "price": cents, "tax": tax}
    figures["total"] = quantity * cents + tax
    if changed:
        figures[changed] += by
    price, vat, total = (Decimal(figures[name]) / 100 for name in ("price", "tax", "total"))
    line = f"A,1,01/04/2026,{total},{figures['quantity']},{price},{vat},EUR"
    names = "ContactName,InvoiceNumber,InvoiceDate,Total,Quantity,UnitAmount,TaxAmount,Currency"
    own = Settings.model_validate(XERO | {"work_month": None})

    (bill,) = invoices(rows(f"{names}\n{line}\n".encode(), own), Lines(own))

    assert bool(bill.faults) == bool(changed)
    assert bool(bill.lines) != bool(changed)
