"""A sheet beside a plan: what is read, and every cell that is refused with its place."""

# ruff: noqa: E501 - a cell and what is said of it are one line

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest

from models.errors import ConfigError
from models.plan.plan import Plan, load

Written = Callable[[str, str], Path]
Change = Callable[[Any], None]

HEAD: Final = (
    "plan: {project: legal, id: p, version: 1, currency: USD, start: 2026-11, horizon_months: 2}\n"
)
LINES: Final = HEAD + "lines: legal.csv\n"
MONTHLY: Final = "Item,Category,2026-11,2026-12\ntrain,training_compute,0,500.50\nci,infra,1,2\n"
DRIVEN: Final = (
    "id;category;term;quantity.runs;quantity.hours;unit;unit price;phasing;PO;levers;assumed;note\n"
    "train;training_compute;;4;2.50;gpu-hour;3.00;back_loaded;;lora;yes;\n"
    'label;data;labeling;;10;hour;30;;PO-007;;;"two\nlines"\n'
)
TABLE: Final = (
    ("Item", "Category", "2026-11", "2026-12"),
    ("train", "training_compute", 1, Decimal("2.50")),
)


@pytest.fixture
def of_csv(written: Written) -> Callable[[str], Plan]:
    def read(text: str) -> Plan:
        written("legal.csv", text)
        return load(written("plan.yaml", LINES))

    return read


@pytest.fixture
def of_book(written: Written) -> Callable[..., Plan]:
    """Return what loads a plan whose sheet is a workbook of these rows, changed before."""

    def read(
        change: Change = lambda _: None, rows: Sequence[Sequence[object]] = TABLE, more: str = ""
    ) -> Plan:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Plan"
        for row in rows:
            sheet.append([*row])
        change(sheet)
        path = written("plan.yaml", HEAD + (more or "lines: legal.xlsx\n"))
        data = io.BytesIO()
        book.save(data)
        Path("legal.xlsx").write_bytes(data.getvalue())
        return load(path)

    return read


def said(read: Callable[[], object]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read()
    return str(caught.value).splitlines()


def test_a_row_is_an_item_and_months_are_its_amounts(of_csv: Callable[[str], Plan]) -> None:
    train, ci = of_csv(MONTHLY).items

    assert (train.id, train.category, str(train.amount)) == ("train", "training_compute", "500.50")
    assert [*map(str, train.phased)] == ["0.00", "500.50"]
    assert [*map(str, ci.phased)] == ["1.00", "2.00"]


def test_drivers_terms_and_levers_are_columns_too(of_csv: Callable[[str], Plan]) -> None:
    train, label = of_csv(DRIVEN).items

    assert train.quantity == {"runs": Decimal(4), "hours": Decimal("2.50")}
    assert (str(train.amount), train.unit, str(train.unit_price)) == ("30.00", "gpu-hour", "3.00")
    assert [*map(str, train.phased)] == ["10.00", "20.00"]
    assert (train.levers, train.assumed) == (("lora",), True)
    assert (label.term, str(label.amount), label.quantity) == (
        "labeling",
        "300.00",
        {"hours": Decimal(10)},
    )


def test_a_plan_says_the_same_in_a_sheet_a_workbook_and_its_own_file(
    of_csv: Callable[[str], Plan], of_book: Callable[..., Plan], written: Written
) -> None:
    item = "- {id: train, category: training_compute, amount: 3.5, phasing: {method: explicit_amounts, amounts: [1, 2.5]}}\n"
    own = load(written("own.yaml", HEAD + "items:\n" + item))
    text = "\n".join(",".join(map(str, row)) for row in TABLE) + "\n"

    assert of_csv(text).fingerprint == of_book().fingerprint == own.fingerprint


def test_rows_stand_beside_items_of_the_file_and_in_scenarios(written: Written) -> None:
    written("legal.csv", MONTHLY)
    written("base.yaml", LINES + "items:\n- {id: own, category: labor, amount: 7}\n")
    text = (
        "plan: {id: q, version: 1, extends: base.yaml, scenario: lean}\n"
        "override: {ci: {remove: true}}\n"
    )
    found = load(written("lean.yaml", text))

    assert [item.id for item in load(Path("base.yaml")).items] == ["own", "train", "ci"]
    assert ([item.id for item in found.items], found.scenario) == (["own", "train"], "lean")


def test_a_day_by_its_type_heads_the_month_it_begins(of_book: Callable[..., Plan]) -> None:
    def change(sheet: Any) -> None:
        sheet["C1"] = datetime(2026, 11, 1)  # noqa: DTZ001 - a cell has no zone

    assert str(of_book(change).items[0].amount) == "3.5"


def test_a_double_is_the_number_that_was_meant(of_book: Callable[..., Plan]) -> None:
    def change(sheet: Any) -> None:
        sheet["C2"] = 1.1 + 2.2

    assert str(of_book(change).items[0].phased[0]) == "3.30"


@pytest.mark.failure("F12")
@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("500.50", '"500,50"', "2:4: '500,50' is not a number; write without separators, for example 1200.50"),
        ("500.50", "1\u202f500", "2:4: '1\\u202f500' is not a number; write plain digits, for example 1200.50"),
        ("500.50", "1 500", "2:4: '1 500' is not a number; write without separators, for example 1200.50"),
        ("500.50", "$500", "2:4: '$500' is not a number; write plain digits, for example 1200.50"),
        ("500.50", "5%", "2:4: '5%' is not a number; write plain digits, for example 1200.50"),
        ("500.50", "=C1+1", "2:4: '=C1+1' is not a number; write plain digits, for example 1200.50"),
        ("500.50", "", "2:4: is empty; write 0 where nothing is planned"),
        ("2026-12", "46357", "1:4: 46357 is how a spreadsheet keeps 2026-12-01; write 2026-12"),
        ("2026-12", "Dec 2026", "1:4: 'Dec 2026' is no month as it is written here; write 2026-12"),
        ("2026-12", "12/2026", "1:4: '12/2026' is no month as it is written here; write 2026-12"),
        ("Item", "Itme", "1:1: unknown heading 'Itme'. Did you mean 'item'?"),
        ("2026-12", "2026-11", "1:4: '2026-11' is 2026-11 again, as '2026-11' in column 3; keep one"),
        ("2026-12", "2027-12", "1:4: 2027-12 is not a month of the plan, 2026-11 to 2026-12; change the column or the plan"),
        ("ci,", "Total,", "3:1: 'Total' is a total, which would count twice; delete the row"),
        ("ci,", ",", "3:2: the row has no id; write one, or delete the row"),
        ("infra,1", "infra,1,9", "3:1: has 5 cells, the headings have 4; quote cells with a delimiter"),
        ("Category,", "Category;,", "1:1: has commas, semicolons or tabs between its headings; use one of them"),
        ("infra", "infrra", "3:2: items.1.category: 'infrra' is not possible. Did you mean 'infra'?"),
        ("500.50", "500.505", "2:4: items.0.phasing.amounts.1: 500.505 has more than 2 decimals; round it"),
    ],
)  # fmt: skip
def test_a_cell_of_text_that_cannot_be_meant_is_refused(
    old: str, new: str, place: str, of_csv: Callable[[str], Plan]
) -> None:
    found = said(lambda: of_csv(MONTHLY.replace(old, new)))

    assert f"legal.csv:{place}" in found


@pytest.mark.failure("F04")
def test_a_negative_amount_of_a_sheet_is_refused(of_csv: Callable[[str], Plan]) -> None:
    assert said(lambda: of_csv(MONTHLY.replace("500.50", "-1"))) == [
        "legal.csv:2:4: -1 is negative; a plan and its parts are zero or more"
    ]


def _set(place: str, value: object, shown: str = "") -> Change:
    def change(sheet: Any) -> None:
        sheet[place] = value
        if shown:
            sheet[place].number_format = shown

    return change


def _hide_row(sheet: Any) -> None:
    sheet.row_dimensions[2].hidden = True


def _hide_column(sheet: Any) -> None:
    sheet.column_dimensions["D"].hidden = True


def _merge(sheet: Any) -> None:
    sheet.merge_cells("C3:D3")


@pytest.mark.failure("F12")
@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_hide_row, "2:1: Plan!A2: row 2 is hidden; show it, or delete it"),
        (_hide_column, "1:4: Plan!D1: its column is hidden; show it, or delete it"),
        (_merge, "3:3: Plan!C3: cells C3:D3 are merged; part them"),
        (_set("D2", "=C2*2"),
         "2:4: Plan!D2: is a formula without a value; calculate and save the workbook, or write it"),
        (_set("D2", "#REF!"), "2:4: Plan!D2: #REF! is an error of the workbook; mend the formula"),
        (_set("D2", datetime(2026, 12, 1)),  # noqa: DTZ001
         "2:4: Plan!D2: 2026-12-01 is a day by its type; format the cell as text or number, and write it again"),
        (_set("D1", datetime(2026, 12, 2)),  # noqa: DTZ001
         "1:4: Plan!D1: 2026-12-02 is no first day of a month; write 2026-12"),
        (_set("D1", 46357), "1:4: Plan!D1: 46357 is how a spreadsheet keeps 2026-12-01; write 2026-12"),
        (_set("D2", 5, "0%"), "2:4: Plan!D2: 5 is shown as percent; format it as a number"),
        (_set("E2", 5), "2:5: Plan!E2: '5' has no heading above it; write one"),
        (_set("D2", value=True), "2:4: Plan!D2: 'TRUE' is not a number; write plain digits, for example 1200.50"),
    ],
)  # fmt: skip
def test_a_cell_of_a_workbook_that_is_not_what_it_seems_is_refused(
    change: Change, place: str, of_book: Callable[..., Plan]
) -> None:
    assert f"legal.xlsx:{place}" in said(lambda: of_book(change))


@pytest.mark.failure("F08")
@pytest.mark.parametrize(
    ("shown", "what"),
    [('"€"#,##0.00', "€"), ("#,##0 [$EUR]", "EUR"), ("[$£-809]#,##0", "£")],
)
def test_an_amount_shown_in_another_currency_than_the_plans_is_refused(
    shown: str, what: str, of_book: Callable[..., Plan]
) -> None:
    assert said(lambda: of_book(_set("D2", 5, shown))) == [
        f"legal.xlsx:2:4: Plan!D2: 5 is shown in {what}, the plan is in USD; convert it"
    ]


@pytest.mark.parametrize("shown", ["$#,##0.00", "[$$-409]#,##0", "General", "#,##0 [$USD]"])
def test_an_amount_shown_in_the_plans_currency_is_read(
    shown: str, of_book: Callable[..., Plan]
) -> None:
    assert str(of_book(_set("D2", 5, shown)).items[0].phased[1]) == "5.00"


@pytest.mark.failure("F08")
def test_a_row_in_another_currency_than_the_plans_is_refused(of_csv: Callable[[str], Plan]) -> None:
    text = "id,category,amount,currency\na,infra,1,USD\nb,infra,1,EUR\n"

    assert said(lambda: of_csv(text)) == [
        "legal.csv:3:4: EUR is not the plan's USD; convert the row, or part the plan"
    ]


@pytest.mark.failure("F11")
def test_an_item_of_a_sheet_that_is_one_already_names_both_lines(written: Written) -> None:
    written("legal.csv", MONTHLY)
    text = LINES + "items:\n- {id: ci, category: infra, amount: 7}\n"

    assert said(lambda: load(written("plan.yaml", text))) == [
        "legal.csv:3:1: items.2.id: 'ci' is already the item in line 4 of plan.yaml; choose another"
    ]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("lines: other.csv\n", "plan.yaml:2:8: lines: 'other.csv' cannot be read: No such file or directory; put it beside this file"),
        ("lines: ../legal.xlsx\n", "plan.yaml:2:8: lines.file: '../legal.xlsx' is not beside this file; write a file name only"),
        ("lines: {file: legal.xlsx, sheet: Plans}\n", "legal.xlsx:1:1: has no sheet 'Plans' that can be seen; there are Plan"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_there_is_refused(
    more: str, place: str, of_book: Callable[..., Plan]
) -> None:
    assert place in said(lambda: of_book(more=more))


def test_of_several_sheets_with_values_one_is_named(of_book: Callable[..., Plan]) -> None:
    def change(sheet: Any) -> None:
        sheet.parent.create_sheet("Old")["A1"] = 1
        sheet.parent.create_sheet("Hidden")["A1"] = 1
        sheet.parent["Hidden"].sheet_state = "hidden"

    assert said(lambda: of_book(change)) == [
        "legal.xlsx:1:1: has values on Plan, Old; name one: lines: {file: FILE, sheet: NAME}, or --sheet NAME of an import"
    ]
    assert of_book(change, more="lines: {file: legal.xlsx, sheet: Plan}\n").base == Decimal("3.5")


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", "1:1: is empty; write headings and one row an item"),
        (b"id,category\n", "1:1: has no items; write headings and a row each"),
        ("id,category\nä".encode("latin-1"), "2:1: byte 0xe4 is not UTF-8; save it as CSV UTF-8"),
        ("id".encode("utf-16"), "1:1: is UTF-16; save it as CSV UTF-8"),
        (b'id,"category\n', "1:1: is not CSV: unexpected end of data; save it again"),
        (b"x" * 1_000_001, "1:1: 1000001 bytes; the limit is 1000000, split it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "1:1: is a workbook of the old form (.xls), or encrypted; save it as .xlsx"),
        (b"PK\x03\x04rest", "1:1: is not a readable workbook: File is not a zip file; save it as .xlsx"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet_is_refused(raw: bytes, place: str, written: Written) -> None:
    path = written("plan.yaml", LINES)
    Path("legal.csv").write_bytes(raw)

    assert said(lambda: load(path)) == [f"legal.csv:{place}"]


def test_text_has_no_sheets(written: Written) -> None:
    written("legal.csv", MONTHLY)
    path = written("plan.yaml", HEAD + "lines: {file: legal.csv, sheet: Plan}\n")

    assert said(lambda: load(path)) == [
        "legal.csv:1:1: is text and has no sheet 'Plan'; leave it out"
    ]


@pytest.mark.parametrize(
    ("head", "row", "place"),
    [
        ("id,amount", "a,1", "1:1: no column 'category'; known headings of it: category, tco category, tco term"),
        ("id,category,2026-11", "a,infra,1", "1:3: no column for 2026-12; write 0 where nothing is planned"),
        ("id,category,2026-11,2026-12,phasing", "a,infra,1,2,even", "2:5: phasing is what the columns of months say; leave one of the two out"),
        ("id,category,amount,2026-11,2026-12", "a,infra,4,1,2", "2:4: items.0.phasing.amounts: they sum to 3, the item is 4; make them equal"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused(
    head: str, row: str, place: str, of_csv: Callable[[str], Plan]
) -> None:
    assert said(lambda: of_csv(f"{head}\n{row}\n")) == [f"legal.csv:{place}"]


def test_an_order_by_its_number_may_have_lost_zeros(of_book: Callable[..., Plan]) -> None:
    rows = (("id", "category", "amount", "po"), ("a", "infra", 1, 123))

    assert said(lambda: of_book(rows=rows)) == [
        "legal.xlsx:2:4: Plan!D2: 123 is a number by its type, which loses zeros; format it as text"
    ]
