from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.source import build, settings_model
from ingest.verify import reading
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
ALIKE = ["invoice R-2 has the amount of R-1, issued within a week; both count"]
LINE = "R-1,2026-10-05,100.00,EUR,19.00,2026-10-01,2026-10-31,Invoice"


def test_the_kind_is_found_by_its_name_and_says_when_a_month_is_late(
    vendor: Any, tmp_path: Path
) -> None:
    model = settings_model("invoice_csv")
    given = model.model_validate({**vendor.given, "expected_by_day": 10})

    source = build("labeling", "invoice_csv", given, tmp_path)

    assert str(source.due(OCTOBER)) == "2026-11-11 00:00:00+00:00"
    assert vendor.source.due(OCTOBER) is None


@pytest.mark.failure("N05")
@pytest.mark.parametrize(("share", "lost"), [(0, "119.00"), ("0.4", "111.40"), (1, "100.00")])
def test_a_second_reader_tells_of_each_row_which_tax_does_not_come_back(
    vendor: Any, share: Any, lost: str
) -> None:
    vendor.given["tax_recoverable"] = share
    vendor.put("a.csv", LINE, LINE.replace("R-1", "R-2").replace("Invoice", "credit note"))
    (delivery,) = vendor.deliveries()
    (document,) = delivery.documents

    found = reading(vendor.source, vendor.archive.path(document.sha256), document, delivery)

    costs = dict.fromkeys(("billed_cost", "effective_cost"), Decimal("119.00"))
    first, second = found.amounts.sort("x_row").rows(named=True)
    both = {"part": "", "currency": "EUR"}
    assert first == {"x_row": 1, **both, **costs, "tco_cost": Decimal(lost)}
    assert second["tco_cost"] == -Decimal(lost)
    rows = vendor.charges().group_by("x_row").agg(pl.col("x_tco_cost").sum()).sort("x_row")
    assert rows.rows() == [(1, Decimal(lost)), (2, -Decimal(lost))]


def test_an_invoice_becomes_charges_of_focus(vendor: Any) -> None:
    vendor.put("a.csv", LINE)

    tax, usage = vendor.charges().rows(named=True)

    assert (usage["charge_category"], tax["charge_category"]) == ("Usage", "Tax")
    assert (usage["x_derived"], tax["x_derived"]) == (None, "tax")
    assert usage["billed_cost"] == usage["effective_cost"] == usage["x_tco_cost"] == Decimal(100)
    assert usage["service_category"] == "AI and Machine Learning"
    assert {usage[name] for name in ("invoice_issuer_name", "provider_name", "publisher_name")} == {
        "Acme Labels"
    }
    assert usage["invoice_id"] == "R-1"
    assert (usage["billing_period_start"], usage["billing_period_end"]) == (
        OCTOBER.start,
        OCTOBER.end,
    )


@pytest.mark.parametrize(
    ("net", "rate", "recoverable", "tco", "billed"),
    [
        ("4500.00", "19", True, "4500.00", "5355.00"),
        ("4500.00", "19", False, "5355.00", "5355.00"),
        ("-450.00", "19", False, "-535.50", "-535.50"),
        ("1000.00", "8.25", False, "1082.50", "1082.50"),
    ],
)
def test_tax_is_billed_and_is_a_cost_only_where_it_does_not_come_back(
    vendor: Any, net: str, rate: str, recoverable: bool, tco: str, billed: str
) -> None:
    vendor.given["columns"] = {**vendor.given["columns"], "tax": None, "tax_rate": "Tax"}
    vendor.given["tax_recoverable"] = recoverable
    vendor.put("a.csv", f"R-1,2026-10-05,{net},EUR,{rate},,,Invoice")

    charges = vendor.charges()

    assert charges["x_tco_cost"].sum() == Decimal(tco)
    assert charges["billed_cost"].sum() == charges["effective_cost"].sum() == Decimal(billed)


def test_a_line_of_tax_is_tax_and_not_taxed_again(vendor: Any) -> None:
    vendor.given |= {"tax_kinds": ["VAT"], "tax_recoverable": True}
    vendor.put("a.csv", LINE, "R-1,2026-10-05,5.00,EUR,1.00,,,vat")

    charges = vendor.charges().filter(pl.col("x_row") == 2).rows(named=True)

    assert [(c["charge_category"], c["billed_cost"], c["x_derived"]) for c in charges] == [
        ("Tax", Decimal(5), None)
    ]


@pytest.mark.failure("H08")
def test_work_over_two_months_is_billed_once_and_spread_by_day(vendor: Any) -> None:
    vendor.put("a.csv", "R-1,2026-02-20,1000.00,EUR,190.00,2026-01-15,2026-02-14,Invoice")

    charges = vendor.charges()

    assert vendor.costs() == [
        "Tax 104.19 2026-01-15",
        "Usage 548.39 2026-01-15",
        "Tax 85.81 2026-02-01",
        "Usage 451.61 2026-02-01",
    ]
    assert charges["billing_period_start"].unique().to_list() == [Month(2026, 2).start]
    assert charges["x_row"].unique().to_list() == [1]
    derived = charges.filter(pl.col("charge_category") == "Usage")["x_derived"]
    assert derived.to_list() == [None, "accrual_part"]


@pytest.mark.failure("H08")
def test_without_days_of_work_the_cost_lies_on_the_day_of_issue_and_says_so(vendor: Any) -> None:
    vendor.put("a.csv", "R-1,2026-10-31,100.00,EUR,,,,Invoice")

    (charge,) = vendor.charges().rows(named=True)

    assert charge["x_period_basis"] == "invoice_date"
    assert str(charge["charge_period_start"]) == "2026-10-31 00:00:00+00:00"
    assert str(charge["charge_period_end"]) == "2026-11-01 00:00:00+00:00"
    (load,) = vendor.loads()
    assert [problem.detail for problem in load.problems] == [
        "1 lines state no days of work; their cost lies on the date of issue"
    ]


@pytest.mark.failure("H04")
@pytest.mark.failure("C07")
@pytest.mark.parametrize(
    ("sign", "printed", "kind", "booked"),
    [
        ("negate", "1325.00", "Credit Note", "-1325.00"),
        ("as_printed", "-1325.00", "Credit Note", "-1325.00"),
        ("negate", "1325.00", "Invoice", "1325.00"),
        ("negate", "-1325.00", "Invoice", "-1325.00"),
        ("as_printed", "1325.00", "Invoice", "1325.00"),
    ],
)
def test_a_credit_takes_back_once_however_it_is_printed(
    vendor: Any, sign: str, printed: str, kind: str, booked: str
) -> None:
    vendor.given["credit_sign"] = sign
    vendor.put("a.csv", f"R-1,2026-10-05,{printed},EUR,,,,{kind}")

    (charge,) = vendor.charges().rows(named=True)

    assert charge["billed_cost"] == Decimal(booked)
    assert charge["charge_class"] == ("Correction" if kind == "Credit Note" else None)


@pytest.mark.failure("H04")
@pytest.mark.parametrize(("sign", "printed"), [("negate", "-1325.00"), ("as_printed", "1325.00")])
def test_a_credit_that_would_add_to_the_cost_is_set_aside(
    vendor: Any, sign: str, printed: str
) -> None:
    vendor.given["credit_sign"] = sign
    vendor.put("a.csv", f"R-1,2026-10-05,{printed},EUR,,,,credit note")

    assert vendor.problems() == [
        (
            "'1325.00': is what credit notes would add to the cost; set credit_sign to `negate` "
            "when they are printed without a minus, to `as_printed` when with one"
        )
    ]
    assert vendor.charges().is_empty()


@pytest.mark.failure("H04")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.decimals("0.01", 10**7, places=2),
    st.dates(min_value=OCTOBER.first, max_value=NOVEMBER.last),
    st.integers(0, 90),
)
def test_a_credit_note_mirrors_its_invoice_month_by_month(
    vendor: Any, amount: Decimal, first: Any, days: int
) -> None:
    last = first.fromordinal(first.toordinal() + days)
    cells = f"2026-10-05,{amount},EUR,{amount / 4:.2f},{first},{last}"
    vendor.put("a.csv", f"R-1,{cells},Invoice", f"C-1,{cells},Credit note")

    charges = vendor.charges()

    months = charges.group_by("charge_category", "charge_period_start").agg(
        pl.col("billed_cost").sum()
    )
    assert months["billed_cost"].unique().to_list() == [Decimal(0)]


@pytest.mark.failure("B05")
@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (
            "R-1,2026-10-05,n/a,EUR,,,,Invoice",
            "'n/a': is not a number written like 1234.56, at 3:3",
        ),
        ("R-1,2026-10-05,,EUR,,,,Invoice", "is not a number written like 1234.56, at 3:3"),
        (
            "R-1,05.10.2026,1,EUR,,,,Invoice",
            "'05.10.2026': is not a date written like %Y-%m-%d, at 3:2",
        ),
        (
            "R-1,2026-10-05,1,Euro,,,,Invoice",
            "'Euro': is not an ISO 4217 code of three capital letters, at 3:4",
        ),
        ("R-1,2026-10-05,1,EUR,x,,,Invoice", "'x': is not a number written like 1234.56, at 3:5"),
        (
            "R-1,2026-10-05,1,EUR,,2026-10-05,,Invoice",
            "is not a date written like %Y-%m-%d, at 3:7",
        ),
        (
            "R-1,2026-10-05,1,EUR,,2026-10-05,2026-10-04,Invoice",
            "'2026-10-04': lies before the first day of the work, 2026-10-05, at 3:7",
        ),
    ],
)
def test_a_bad_cell_sets_its_whole_invoice_aside_and_no_other(
    vendor: Any, bad: str, detail: str
) -> None:
    vendor.put("a.csv", LINE, bad, LINE.replace("R-1", "R-2"))

    assert vendor.problems() == [
        "'R-1': row 2 of the same invoice is bad; no part of an invoice is booked",
        detail,
    ]
    assert set(vendor.charges()["invoice_id"]) == {"R-2"}


def test_a_line_without_a_number_is_set_aside(vendor: Any) -> None:
    vendor.put("a.csv", LINE, LINE.replace("R-1", " "))

    assert vendor.problems() == ["must not be empty, at 3:1"]


@pytest.mark.failure("H05")
@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        (
            ["R-1,2026-10-05,10.00,EUR,30.00", "R-1,2026-10-05,19.00,EUR,30.00"],
            "'30.00': is stated, the lines add up to 29.00, -1.00 apart",
        ),
        (
            ["R-1,2026-10-05,10.00,EUR,", "R-1,2026-10-06,19.00,EUR,"],
            "'R-1': differs between lines of one invoice: 2026-10-05, 2026-10-06",
        ),
        (
            ["R-1,2026-10-05,10.00,EUR,", "R-1,2026-10-05,19.00,USD,"],
            "'R-1': differs between lines of one invoice: EUR, USD",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_set_aside_as_a_whole(
    vendor: Any, lines: list[str], detail: str
) -> None:
    names = ("number", "issued", "amount", "currency", "total")
    headings = ["Invoice", "Date", "Net", "Currency", "Sum"]
    vendor.given |= {"columns": dict(zip(names, headings, strict=True)), "credit_kinds": []}
    vendor.put("a.csv", *lines, headings=",".join(headings))

    assert vendor.problems() == [detail, detail]
    assert vendor.charges().is_empty()


def test_a_line_id_twice_in_an_invoice_sets_it_aside(vendor: Any) -> None:
    vendor.given["columns"] = {**vendor.given["columns"], "line": "Type"}
    vendor.given["credit_kinds"] = []
    vendor.put("a.csv", *[LINE.replace("Invoice", "1")] * 2)

    assert vendor.problems() == ["'1': is on two lines of one invoice; remove one of them"] * 2


@pytest.mark.failure("H05")
def test_odd_arithmetic_of_a_line_is_told_and_booked_as_printed(vendor: Any) -> None:
    names = ("number", "issued", "amount", "currency", "quantity", "unit_price")
    headings = ["Invoice", "Date", "Net", "Currency", "Qty", "Rate"]
    vendor.given |= {"columns": dict(zip(names, headings, strict=True)), "credit_kinds": []}
    vendor.put(
        "a.csv",
        "R-1,2026-10-05,41.63,EUR,336,0.12",
        "R-2,2026-10-05,40.32,EUR,336,0.12",
        headings=",".join(headings),
    )

    assert vendor.problems() == [
        "invoice R-1, row 1: 336 x 0.12 is 40.32, not 41.63; booked as printed"
    ]
    assert [f"{cost:.2f}" for cost in vendor.charges()["billed_cost"]] == ["41.63", "40.32"]
    prices = vendor.charges()["contracted_unit_price"].to_list()
    assert prices == [None, Decimal("0.12")]


def test_a_service_period_of_more_than_a_year_is_told(vendor: Any) -> None:
    vendor.put("a.csv", "R-1,2026-10-05,1,EUR,,2026-01-01,2027-01-02,Invoice")

    assert vendor.problems() == ["invoice R-1, row 1: 2026-01-01 to 2027-01-02 is more than a year"]


@pytest.mark.failure("C05")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.sampled_from(["1.00", "-2.50", "3.333", "oops", ""]),
            st.sampled_from(["2026-09-30", "2026-10-05", "never"]),
            st.sampled_from([",", "2026-08-20,2026-10-02", "2026-10-02,2026-10-01"]),
            st.sampled_from(["Invoice", "Credit note"]),
        ),
        min_size=4,
    )
)
def test_every_line_is_a_charge_or_set_aside(vendor: Any, lines: list[tuple[str, ...]]) -> None:
    dated = [("D", "5.00", "2026-10-05", ",", "Invoice"), *lines]
    vendor.put(
        "a.csv", *(f"{n},{day},{net},EUR,,{days},{kind}" for n, net, day, days, kind in dated)
    )

    loads = [document for load in vendor.loads() for document in load.documents]

    charged = {
        row
        for document in loads
        for row in pl.read_parquet(vendor.lake.path("charges", document.charges))["x_row"]
    }
    aside = {problem.row for document in loads for problem in document.problems if problem.row}
    assert charged | aside == set(range(1, len(dated) + 1))
    assert not charged & aside
    booked = sum(Decimal(total.billed_cost) for document in loads for total in document.totals)
    signs = {"Invoice": 1, "Credit note": -1}
    assert booked == sum(signs[dated[row - 1][4]] * Decimal(dated[row - 1][1]) for row in charged)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thousands": "."}, "decimal and thousands are both '.'; one must differ"),
        ({"dates": "%d.%m"}, "'%d.%m' is not a format of dates; write day, month and year once"),
        ({"dates": "%d.%M.%Y"}, "'%d.%M.%Y' is not a format of dates"),
        (
            {"columns": {"number": "a", "issued": "b", "amount": "c", "currency": "d"}},
            "credit_kinds and tax_kinds need the column `kind`",
        ),
        ({"encoding": "latin-1"}, "Input should be 'utf-8'"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    vendor: Any, change: dict[str, Any], message: str
) -> None:
    vendor.given |= change

    with pytest.raises(ValueError, match=message.replace(".", r"\.").replace("*", r"\*")):
        vendor.source  # noqa: B018 - building it is what fails


def test_half_a_service_period_in_the_columns_is_refused(vendor: Any) -> None:
    vendor.given["columns"] = {**vendor.given["columns"], "service_end": None}

    with pytest.raises(ValueError, match="both service_start and service_end, or neither"):
        vendor.source  # noqa: B018 - building it is what fails


@pytest.mark.parametrize(
    ("change", "is_other"),
    [
        ({"credit_sign": "as_printed"}, True),
        ({"tax_recoverable": True}, True),
        ({"issuer": "Other"}, True),
        ({"folder": "elsewhere"}, False),
        ({"expected_by_day": 3}, False),
    ],
)
def test_the_fingerprint_is_of_what_changes_charges(
    vendor: Any, change: dict[str, Any], is_other: bool
) -> None:
    before = vendor.source.fingerprint
    vendor.given |= change

    assert (vendor.source.fingerprint != before) == is_other


@pytest.mark.failure("H06")
@pytest.mark.parametrize(
    ("printed", "detail"),
    [
        ("$100.00", ""),
        ("100.00 USD", "'100.00 USD': is in USD, and its line in EUR, at 2:3"),
        ("100.00-", "'100.00-': is not a number written like 1234.56, at 2:3"),
    ],
)
def test_the_sign_of_a_currency_must_be_that_of_its_line(
    vendor: Any, printed: str, detail: str
) -> None:
    vendor.given["currency_signs"] = {"$": "EUR", "USD": "USD"}
    vendor.put("a.csv", LINE.replace("100.00", printed), LINE.replace("R-1", "R-2"))

    assert vendor.problems() == ([detail] if detail else ALIKE)


@pytest.mark.failure("H06")
@pytest.mark.parametrize(
    ("negative", "printed"), [("trailing", "5.00-"), ("parentheses", "(5.00)")]
)
def test_both_readers_know_how_negative_numbers_are_written(
    vendor: Any, negative: str, printed: str
) -> None:
    vendor.given["negative"] = negative
    vendor.put("a.csv", f"R-1,2026-10-05,{printed},EUR,0.95,,,Invoice")

    assert vendor.costs() == ["Tax 0.95 2026-10-05", "Usage -5.00 2026-10-05"]


@pytest.mark.parametrize(
    ("line", "costs"),
    [
        ("R-1,2026-10-05,2000,0.05,1000,19", ["Tax 0.02 2026-10-05", "Usage 0.10 2026-10-05"]),
        ("R-1,2026-10-05,3,1.005,,0", ["Usage 3.02 2026-10-05"]),
    ],
)
def test_an_amount_that_no_column_holds_is_quantity_times_price(
    vendor: Any, line: str, costs: list[str]
) -> None:
    columns = {"number": "No", "issued": "Date", "quantity": "Q", "unit_price": "P"}
    vendor.given |= {"columns": columns | {"price_base": "B", "tax_rate": "T"}}
    vendor.given |= {"credit_kinds": [], "currency": "EUR"}
    vendor.put("a.csv", line, headings="No,Date,Q,P,B,T")

    assert vendor.costs() == costs
    assert vendor.problems() == []


def test_a_price_of_no_units_is_set_aside(vendor: Any) -> None:
    vendor.given["columns"] = {**vendor.given["columns"], "price_base": "Base"}
    vendor.put("a.csv", f"{LINE},0", headings="Invoice,Date,Net,Currency,Tax,From,To,Type,Base")

    assert vendor.problems() == ["'0': is not above zero, at 2:9"]


@pytest.mark.parametrize(
    ("rate", "tax", "net"), [("19", "15.97", "84.03"), ("8.25", "7.62", "92.38")]
)
def test_the_tax_in_an_amount_is_taken_out_by_its_rate(
    vendor: Any, rate: str, tax: str, net: str
) -> None:
    vendor.given["columns"] = {**vendor.given["columns"], "tax": None, "tax_rate": "Tax"}
    vendor.given["amounts"] = "gross"
    vendor.put("a.csv", f"R-1,2026-10-05,100.00,EUR,{rate},,,Invoice")

    assert vendor.costs() == [f"Tax {tax} 2026-10-05", f"Usage {net} 2026-10-05"]


@pytest.mark.failure("B11")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_a_file_is_read_in_the_encoding_that_is_declared(vendor: Any, encoding: str) -> None:
    vendor.given |= {"encoding": encoding, "currency_signs": {"\u20ac": "EUR"}}
    vendor.given["columns"] = {**vendor.given["columns"], "tags": {"team": "Gr\u00f6\u00dfe"}}
    headings = "Invoice,Date,Net,Currency,Tax,From,To,Type,Gr\u00f6\u00dfe"
    line = LINE.replace("100.00", "\u20ac100.00")
    text = f"{headings}\n{line},M\u00fcnchen\n"
    vendor.put_bytes("a.csv", text.encode(encoding))

    assert vendor.charges()["tags"].to_list() == [{"team": "M\u00fcnchen"}] * 2


@pytest.mark.failure("B11")
@pytest.mark.parametrize(
    ("declared", "data", "detail"),
    [
        (
            "windows-1252",
            "A\n1\n".encode("utf-16"),
            "is UTF-16; save it as Windows-1252, or set `encoding` of the source",
        ),
        (
            "utf-16",
            b"A\n1\n",
            "has no byte order mark of UTF-16; save it so, or set `encoding` of the source",
        ),
        (
            "windows-1252",
            b"A\n\x81\n",
            (
                "byte 0x81 is not Windows-1252; save the file as Windows-1252, or set `encoding` "
                "of the source"
            ),
        ),
    ],
)
def test_a_file_in_another_encoding_than_declared_is_refused(
    vendor: Any, declared: str, data: bytes, detail: str
) -> None:
    vendor.given["encoding"] = declared
    vendor.put_bytes("a.csv", data)

    assert vendor.error().detail == detail
