"""A finance workbook as a plan: what is guessed is told, what is not known is refused."""

# ruff: noqa: E501 - a workbook and what is said of it are one line

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from models.errors import ConfigError
from models.period import Month
from models.plan.grid import Cell
from models.plan.guess import category_of, number
from models.plan.importing import Reading, reading
from models.plan.line import Asked, Stated
from models.plan.plan import load
from models.plan.table import opened
from models.plan.written import Head
from models.plan.written import written as plan_text

Written = Callable[[str, str], Path]
START: Final = Month(2026, 1)
HEADS: Final = ("Cost item", "Cost type", "Owner", "Jan-26", "Feb 2026", "M3", "Total")
ROWS: Final = (
    ("FY26 budget",),
    HEADS,
    ("GPU training", "Compute", "x", 1000, "2,000.50", "-", 3000.5),
    ("Annotation", "Data", "y", 10.005, 20, 30, 60),
    ("Annotation", "Data", "y", 1, 1, 1, 3),
    ("Buffer", "", "", None, None, None, 300),
    ("Total", "", "", 1011.005, 2021.5, 31, 3363.5),
    ("Note", "", "hello"),
    (None, None, "z"),
)


def of(
    rows: Sequence[Sequence[object]], asked: Asked | None = None, hidden: Sequence[int | str] = ()
) -> Reading:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append([*row])
    for each in hidden:
        sheet = book.active
        shown = sheet.row_dimensions if isinstance(each, int) else sheet.column_dimensions
        shown[each].hidden = True
    data = io.BytesIO()
    book.save(data)
    grid = opened(data.getvalue(), "b.xlsx", is_lenient=True)
    return reading(grid, asked or Asked(START))


def said(rows: Sequence[Sequence[object]], asked: Asked | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        of(rows, asked)
    return str(caught.value).splitlines()


@pytest.fixture(scope="module")
def found() -> Reading:
    return of(ROWS)


def test_headings_are_found_below_a_title_and_told_one_by_one(found: Reading) -> None:
    assert [(each.meaning, each.is_sure) for each in found.columns] == [
        ("id", True), ("category", True), ("", True),
        ("2026-01", True), ("2026-02", True), ("2026-03", True), ("amount", True),
    ]  # fmt: skip
    assert [*map(str, found.months)] == ["2026-01", "2026-02", "2026-03"]


def test_rows_become_items_and_contingency_and_the_rest_is_told(found: Reading) -> None:
    assert [
        (line.row, line.id, line.category, line.term, str(line.amount), line.remark)
        for line in found.lines
    ] == [
        (3, "gpu-training", "training_compute", None, "3000.50", ""),
        (4, "annotation", "data", "labeling", "60.01",
         "rounded to cents, by 0.005; months sum to 60.01, the row says 60.00"),
        (5, "annotation-2", "data", "labeling", "3.00", ""),
        (6, "buffer", "contingency", None, "300.00", ""),
    ]  # fmt: skip
    assert (str(found.total), str(found.reserve)) == ("3063.51", "300.00")
    assert found.stated == (Stated(7, "Total", Decimal("3363.5"), Decimal("3363.51")),)
    assert found.left_out == (
        (1, "'FY26 budget' stands above the headings"),
        (8, "'Note' has no amount"),
        (9, "has no name"),
    )


def test_what_is_written_is_a_plan_of_the_same_amounts(found: Reading, written: Written) -> None:
    head = Head(
        project="legal", id="legal", version=2, currency="USD", author="jo", source="b.xlsx"
    )

    plan = load(written("plan.yaml", plan_text(found, head)))

    assert (plan.project, plan.version, plan.status, plan.approval.author) == (
        "legal", 2, "draft", "jo",
    )  # fmt: skip
    assert (plan.base, str(plan.contingency)) == (found.total, "300.00")
    assert [item.id for item in plan.items] == ["gpu-training", "annotation", "annotation-2"]
    assert [*map(str, plan.items[0].phased)] == ["1000.00", "2000.50", "0.00"]


def test_quantity_and_price_become_drivers_where_they_give_the_amount(written: Written) -> None:
    rows = (
        ("Item", "Category", "Qty", "Unit", "Unit price", "Total"),
        ("Labels", "Data labeling", 1000, "label", 0.045, 45),
        ("Serving", "Inference", 10, "hour", 2, 25),
        ("Ops", "Support", 3, None, 2, None),
    )
    found = of(rows, Asked(START, 2))
    head = Head(project="p", id="p", version=1, currency="EUR", author=None, source="b.xlsx")
    plan = load(written("plan.yaml", plan_text(found, head)))

    assert [line.drivers for line in found.lines] == [("1000", "label", "0.045"), None, None]
    assert [line.remark for line in found.lines] == [
        "",
        "quantity and price are not the amount, and are left out",
        "quantity and price have no unit, and are left out",
    ]
    assert [str(item.amount) for item in plan.items] == ["45.00", "25.00", "6.00"]
    assert plan.items[0].units == 1000
    assert (plan.approval.author, plan.horizon) == (None, 2)


@pytest.mark.failure("F12")
def test_what_a_workbook_hides_is_left_out_and_told() -> None:
    rows = (
        ("Item", "Old budget", "Amount"),
        ("GPU", 900, 100),
        ("Old GPU", 50, 50),
        (None, 7, None),
    )

    found = of(rows, Asked(START, 2), hidden=(3, "B"))

    assert [(line.name, str(line.amount)) for line in found.lines] == [("GPU", "100.00")]
    assert found.left_out == ((3, "'Old GPU' is hidden"), (4, "has no name"))
    assert [(each.meaning, each.why) for each in found.columns] == [
        ("id", ""),
        ("", "hidden"),
        ("amount", ""),
    ]


def test_columns_that_are_read_as_nothing_say_why() -> None:
    rows = (("Item", "Description", "Amount", "Budget"), ("GPU", "x", 100, 900, "beside"))

    found = of(rows, Asked(START, 2))

    assert str(found.lines[0].amount) == "100.00"
    assert [(each.meaning, each.why, each.cell.column) for each in found.columns] == [
        ("id", "", 1),
        ("", "id is column A", 2),
        ("amount", "", 3),
        ("", "amount is column C", 4),
        ("", "no heading", 5),
    ]


@pytest.mark.parametrize(
    "name",
    ["Total", "Sub-total:", "Grand total", "Total labor", "GPU subtotal", "Sum of GPU", "Summe",
     "Zwischensumme GPU", "Gesamt", "Gesamtsumme", "Total cost", "Labor totals"],
)  # fmt: skip
def test_a_row_that_is_called_a_total_is_no_item(name: str) -> None:
    rows = (("Item", "Amount"), ("GPU", 60), ("GPU spot", 40), (name, 100), ("Labor", 5))

    found = of(rows, Asked(START, 2))

    assert [line.name for line in found.lines] == ["GPU", "GPU spot", "Labor"]
    assert found.stated == (Stated(4, name, Decimal(100), Decimal(100)),)


def test_a_row_whose_meaning_is_stated_is_an_item_whatever_it_is_called() -> None:
    rows = (("Item", "Amount"), ("Total Recall licence", 60), ("Summer interns", 1))
    said = {"total recall licence": "infra", "summer interns": "labor"}

    found = of(rows, Asked(START, 2, categories=said))

    assert [line.category for line in found.lines] == ["infra", "labor"]
    assert found.stated == ()


@pytest.mark.parametrize(
    ("amounts", "rows"),
    [
        ((100, 60, 40, 7), "3 to 4"),
        ((7, 60, 40, 100), "3 to 4"),
        ((100, 60, 0, 40), "3 to 5"),
        ((100, 100, 0, 7), ""),
        ((100, 0, 100, 7), ""),
        ((100, 60, 41, 7), ""),
        ((0, 0, 0, 7), ""),
    ],
)
def test_a_line_that_is_as_much_as_its_neighbours_together_is_doubted(
    amounts: Sequence[int], rows: str
) -> None:
    sheet = [("Item", "Amount"), *((f"GPU {n}", amount) for n, amount in enumerate(amounts))]

    found = of(sheet, Asked(START, 2))

    said = [line.remark for line in found.lines if line.remark]
    told = f"as much as rows {rows} together: if it is their sum, delete or hide it"
    assert said == ([told] if rows else [])
    assert sum(line.amount for line in found.lines) == sum(amounts)


def test_quantity_and_price_stay_beside_months_that_they_sum_to(written: Written) -> None:
    rows = (
        ("Item", "Qty", "Unit", "Unit price", "2026-01", "2026-02"),
        ("GPU", 10, "gpu-hour", 2.5, 5, 20),
    )
    found = of(rows)
    head = Head(project="p", id="p", version=1, currency="USD", author=None, source="b.xlsx")
    (item,) = load(written("plan.yaml", plan_text(found, head))).items

    assert found.lines[0].remark == ""
    assert item.units == 10
    assert (str(item.unit_price), item.unit) == ("2.5", "gpu-hour")
    assert [*map(str, item.phased)] == ["5.00", "20.00"]


def test_an_amount_that_is_no_cents_is_rounded_and_told() -> None:
    (line,) = of((("Item", "Amount"), ("GPU", 10.005)), Asked(START, 2)).lines

    assert (str(line.amount), line.remark) == ("10.01", "rounded to cents, by 0.005")


@pytest.mark.parametrize(
    ("rows", "asked", "place"),
    [
        ((("a",), ("b", 1)), None, "b.xlsx:1:1: has no row of headings with an item and an amount or months; name them so"),
        ((("Item", "Amount"), ("Thing", 1)), Asked(START, 2), "b.xlsx:2:1: Sheet!A2: 'Thing' says no category; use --category 'Thing'=TERM, with one of training_compute, data, labor, infra, inference, ops_overhead, depreciation, contingency"),
        ((("Item", "Amount"), ("GPU", 1)), None, "b.xlsx:1:1: Sheet!A1: no column is a month; say how many with --months"),
        ((("Item", "Jan 2026", "2026-01"), ("GPU", 1, 1)), None, "b.xlsx:1:1: Sheet!A1: two columns are the same month; keep one"),
        ((("Item", "Dec 2025"), ("GPU", 1)), Asked(START, 2), "b.xlsx:1:1: Sheet!A1: columns are of 2025-12 to 2025-12, the plan of 2026-01 to 2026-02; change --start or --months"),
        ((("Item", "2026-01"), ("GPU", "1.234,5")), None, "b.xlsx:2:2: Sheet!B2: '1.234,5' is not a number with '.' before its decimals; mend the cell, or use --decimal ,"),
        ((("Item", "2026-01"), ("GPU", -1)), None, "b.xlsx:2:2: Sheet!B2: -1 is negative; write a plain amount"),
        ((("Item", "2026-01"), ("Total", 1)), None, "b.xlsx:1:1: has no line with a name and an amount"),
    ],
)  # fmt: skip
def test_a_workbook_that_cannot_be_read_is_refused(
    rows: Sequence[Sequence[object]], asked: Asked | None, place: str
) -> None:
    assert said(rows, asked) == [place]


@pytest.mark.failure("F12")
@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("$ 1,000", ".", "1000"),
        ("1\u202f234,5 €", ",", "1234.5"), ("1'234.5", ".", "1234.5"), ("USD 7", ".", "7"),
        ("\u2013", ".", "0"), ("1234", ".", "1234"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_way_of_writing_that_is_stated(
    text: str, mark: str, amount: str
) -> None:
    assert number(Cell(1, 1, text), mark) == Decimal(amount)


@pytest.mark.parametrize("text", ["12,34.5", "1,23", "1.2.3", "(5)", "5-", "5%", "abc", "\u0661"])
def test_a_number_that_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number with '\.' before its decimals"):
        number(Cell(1, 1, text), ".")


@pytest.mark.parametrize(
    ("name", "stated", "category"),
    [
        ("x", "Inference", ("inference", None)), ("Storage", "Data", ("data", "storage")),
        ("ML engineer", "", ("labor", None)), ("H100 depreciation", "Compute", ("training_compute", None)),
        ("Monitoring", "", ("ops_overhead", None)), ("CI/CD", "", ("infra", None)),
        ("Odd", "", ("labor", None)), ("nothing known", "", None),
    ],
)  # fmt: skip
def test_a_category_follows_the_words_of_a_line(
    name: str, stated: str, category: tuple[str, str | None] | None
) -> None:
    assert category_of(name, stated, {"odd": "labor"}) == category
