"""A night accrues what purchases owe, and takes it back when the invoice comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from ingest.closing import close
from models import warehouse
from models.period import Month
from reconcile.report.number import NONE
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.close.adjusting import adjustments
from scheduler.close.closing import freeze
from scheduler.commands.invoice_match import command
from scheduler.progress import Quiet
from scheduler.publish import publish, reconcile
from scheduler.version import entries
from scheduler.workspace import configured, stores

Trueup = Callable[..., Any]
TODAY: Final = "2026-11-22"
OCTOBER: Final = Month(2026, 10)
SOURCES: Final = """\
sources:
  usage:
    kind: usage_csv
    location: usage
    driver: labels_accepted
    columns: {day: Day, unit: Batch, quantity: Labels}
  labeling:
    kind: invoice_csv
    folder: invoices
    issuer: Acme Labels
    service: Data labeling
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              quantity: Quantity, purchase_order: PO, service_start: From, service_end: To,
              tags: {project: Project}}
    dates: "%Y-%m-%d"
"""
HEAD: Final = "Invoice,Date,Line,Net,Currency,Quantity,PO,From,To,Project\n"
PURCHASES: Final = """\
orders:
  - {number: PO-1, issuer: Acme Labels, project: support-bot, category: data, currency: USD,
     from: 2026-09-01, lines: [{id: "1", unit: label, quantity: 2000, unit_price: 45,
     price_base: 1000, usage: {driver: labels_accepted, source: usage}}]}
"""


@pytest.fixture
def owing(small: Path) -> Path:
    """Return a project that accepted 1,200 labels and got an invoice of 800 of them."""
    settings = small / "trueup.yaml"
    before, _, rest = settings.read_text().partition("sources:\n")
    settings.write_text(before + SOURCES + rest[rest.index("\n\n") :])
    (small / "purchases.yaml").write_text(PURCHASES)
    (small / "usage").mkdir()
    (small / "usage" / "labels.csv").write_text(
        "Day,Batch,Labels\n2026-09-20,b-1,500\n2026-10-20,b-2,700\n"
    )
    october = "A-1,2026-10-31,1,36.00,USD,800,PO-1,2026-10-01,2026-10-31,support-bot\n"
    (small / "invoices" / "october.csv").write_text(HEAD + october)
    return small


def night(trueup: Trueup, folder: Path) -> Any:
    return trueup("-q", "-C", str(folder), "run", "--today", TODAY)


def loaded(trueup: Trueup, folder: Path) -> Any:
    return trueup("-q", "-C", str(folder), "ingest", "--today", TODAY)


def told(trueup: Trueup, folder: Path) -> Any:
    said = trueup("-C", str(folder), "report", "--month", "2026-10", "--today", TODAY, "-f", "json")
    return json.loads(said.out)


def published(folder: Path) -> None:
    """Build the warehouse, without the pages that a night writes."""
    project, as_of = configured(folder), datetime.fromisoformat(f"{TODAY}T00:00Z")
    with stores(project) as opened:
        books = booked(project, opened, Quiet(), as_of)
        publish(project, opened, books, reconcile(project, opened, books, OCTOBER))


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.query(folder / ".trueup" / "trueup.duckdb", folder / ".trueup" / "lake", sql)


def test_the_actual_is_what_was_accepted_and_an_invoice_only_takes_its_place(
    trueup: Trueup, owing: Path
) -> None:
    assert loaded(trueup, owing).code == 0
    before = told(trueup, owing)
    november = "A-2,2026-11-20,1,18.00,USD,400,PO-1,2026-10-01,2026-10-31,support-bot\n"
    (owing / "invoices" / "november.csv").write_text(HEAD + november)
    loaded(trueup, owing)
    after = told(trueup, owing)

    def actual(report: Any) -> list[str]:
        line = report["projects"][0]
        return [line["month"]["actual"], line["to_date"]["actual"]]

    # 500 labels in September, then 700 more; 800 of them billed in October
    assert actual(before) == ["31.50", "54.00"]
    assert [line["amount"] for line in before["accruals"]] == ["-4.50"]
    assert before["accruals"][0]["balance"] == "18.00"
    # 400 more are billed for October: September keeps what it was, nothing is owed any more
    assert actual(after) == ["31.50", "54.00"]
    assert [line["balance"] for line in after["accruals"]] == ["0.00"]
    assert before["snapshot"] != after["snapshot"]


def test_nothing_of_it_is_billed_and_the_warehouse_has_it_rebuilt_or_not(
    trueup: Trueup, owing: Path
) -> None:
    loaded(trueup, owing)
    published(owing)
    state = next(row for row in told(trueup, owing)["sources"] if row["source"] == "accruals")

    assert (state["state"], state["rows"], state["billed"]) == ("accrued", 1, "0.00")
    assert (state["control"], state["difference"]) == ("0.00", "0.00")
    assert asked(
        owing, "select source, sum(billed_cost), sum(tco_cost) from spend group by 1 order by 1"
    ) == [
        ("accruals", Decimal(0), Decimal(18)),
        ("labeling", Decimal(36), Decimal(36)),
    ]
    assert asked(owing, "select sum(billed_cost), sum(effective_cost) from charges") == [(36, 36)]
    assert asked(owing, "select basis, sum(amount) from actuals group by 1 order by 1") == [
        ("billed", Decimal(36)),
        ("effective", Decimal(54)),
    ]
    assert asked(owing, "select month, amount, balance from accruals order by 1") == [
        ("2026-09", Decimal("22.50"), Decimal("22.50")),
        ("2026-10", Decimal("-4.50"), Decimal("18.00")),
    ]
    position = "select accepted, invoiced, accrued, open_commitment, match from purchase_orders"
    again = trueup("-q", "-C", str(owing), "rebuild", "--today", TODAY)
    assert (again.code, again.out.count(" equal\n")) == (0, 2)
    assert asked(owing, position) == [(1200, 800, Decimal(18), Decimal(36), "matched")]


@pytest.mark.once
def test_a_night_shows_accruals_and_tells_the_ledger_which_purchases_they_follow_from(
    trueup: Trueup, owing: Path
) -> None:
    said = night(trueup, owing)
    before = told(trueup, owing)["snapshot"]
    path = owing / "purchases.yaml"
    path.write_text(PURCHASES.replace("unit_price: 45", "unit_price: 46"))

    assert said.code == 0, said.err
    assert "<h2>Accruals</h2>" in (owing / "reports" / "2026-10.html").read_text("utf-8")
    assert told(trueup, owing)["snapshot"] != before
    with stores(configured(owing)) as opened:
        assert list(opened.ledger.latest("purchases")) == ["purchases.yaml"]


def test_a_mistake_in_purchases_stops_before_anything_runs(trueup: Trueup, owing: Path) -> None:
    (owing / "purchases.yaml").write_text(PURCHASES.replace("support-bot", "suport-bot"))

    said = night(trueup, owing)

    assert said.code == 5
    assert said.err == (
        f"trueup: {owing}/purchases.yaml:2:50: orders.0.project: 'suport-bot' is not a project."
        " Did you mean 'support-bot'?\n"
    )


def match(folder: Path, *arguments: str) -> Any:
    runner = CliRunner()
    return runner.invoke(
        command,
        ["--today", TODAY, *arguments],
        obj=Shell(folder, quiet=True),
        standalone_mode=False,
        catch_exceptions=False,
    )


def test_match_shows_every_line_with_what_it_is_compared_with(trueup: Trueup, owing: Path) -> None:
    more = "A-0,2026-10-30,1,50.00,USD,1000,,2026-10-01,2026-10-30,support-bot\n"
    (owing / "invoices" / "more.csv").write_text(HEAD + more)
    loaded(trueup, owing)

    shown = match(owing)
    content = json.loads(match(owing, "--format", "json", "--month", "2026-10").output)

    head, first, second, note = shown.output.splitlines()
    assert head.split()[:4] == ["issued", "invoice", "issuer", "order"]
    assert first.split() == (
        f"2026-10-30 A-0 line 1 Acme Labels {NONE} 0 0 {NONE} {NONE} 50.00 USD no_po".split()
    )
    expected = "2026-10-31 A-1 line 1 Acme Labels PO-1 line 1 0 800 1200 2000 36.00 USD matched"
    assert " ".join(second.split()) == expected
    assert note == "! invoice A-0 line 1: Acme Labels has an order, the invoice names none"
    assert [each["match"] for each in content["matches"]] == [["no_po"], ["matched"]]
    assert content["matches"][1] == {
        "source": "labeling",
        "invoice": "A-1",
        "line": "1",
        "issuer": "Acme Labels",
        "issued": "2026-10-31",
        "order": "PO-1",
        "order_line": "1",
        "invoiced_before": "0",
        "quantity": "800",
        "accepted": "1200",
        "ordered": "2000",
        "amount": "36.00",
        "currency": "USD",
        "match": ["matched"],
        "note": "",
    }
    codes = [
        match(owing, *month, "--fail-on", "unmatched").return_value
        for month in ((), ("--month", "2026-11"))
    ]
    assert (codes, shown.return_value) == ([3, 0], 0)
    assert match(owing, "--month", "2026-11").output == (
        "no line of an invoice has, or should have, an order\n"
    )


@pytest.mark.failure("E03")
def test_an_accrual_of_a_closed_month_is_taken_back_in_the_month_that_bears_its_invoice(
    trueup: Trueup, owing: Path
) -> None:
    loaded(trueup, owing)
    at = datetime.fromisoformat(f"{TODAY}T00:00Z")
    project = configured(owing)
    with stores(project) as opened:
        opened.ledger.append(*entries(project, opened.ledger))
        for month in (OCTOBER + -1, OCTOBER):
            pins = freeze(project, opened, booked(project, opened, Quiet(), at), month, {})
            close(opened.ledger, month, by="ada", pins=pins)
    november = "A-2,2026-11-20,1,20.00,USD,400,PO-1,2026-10-01,2026-10-31,support-bot\n"
    (owing / "invoices" / "november.csv").write_text(HEAD + november)
    loaded(trueup, owing)

    with stores(project) as opened:
        books = booked(project, opened, Quiet(), at)
        found = adjustments(project, opened, books)

    late = [(str(a.month), a.source, a.billed, a.effective, a.cause.reason) for a in found]
    owed = sum(each[3] for each in late if each[1] == "accruals")
    assert {each[-1] for each in late if each[1] == "accruals"} == {"accrual reversed"}
    assert [each[3:] for each in late if each[1] == "labeling"] == [(Decimal(20), "late lines")]
    assert owed == Decimal(-18)  # of 54 accepted, 36 were invoiced when the months were closed
    assert {str(a.posted) for a in found} == {"2026-11"}
    assert books.spend["tco_cost"].sum() == Decimal(56)
