from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from models.period import Month
from reconcile.report.since import Side, Since, document, table
from reconcile.since.change import Changed
from reconcile.since.evidence import Evidence
from reconcile.since.reading import Reading

SIDES = [
    Side(as_of=datetime(2026, 11, day, tzinfo=UTC), month=Month(2026, 10), snapshot=mark)
    for day, mark in ((2, "aaa"), (5, "bbb"))
]
PARTS = {("bill", "rates"): Decimal("-2.005"), ("plan",): Decimal("1000.25")}
FOUND = Since(
    before=SIDES[0],
    after=SIDES[1],
    currency="USD",
    changes=[
        Changed(Reading("legal", "2026-10", "ac"), Decimal(10), Decimal("1008.245"), PARTS),
        Changed(
            Reading("legal", "to-date", "bac"), Decimal(0), Decimal(5), {("plan",): Decimal(5)}
        ),
    ],
    evidence=[
        Evidence("plan", "legal", "version 1 to 2"),
        Evidence("bill", "cloud/2026-10", "delivery d", ("a.csv", "b.csv")),
    ],
)


def test_a_row_is_a_figure_and_a_column_a_cause() -> None:
    assert table(FOUND).splitlines() == [
        "changes from 2026-10 as of 2026-11-02 (aaa) to 2026-10 as of 2026-11-05 (bbb), in USD",
        "scope  figure       before     after   change  bill + rates       plan",
        "legal  AC 2026-10    10.00  1,008.25  +998.25         \u22122.00  +1,000.25",
        "legal  BAC to-date    0.00      5.00    +5.00                    +5.00",
        "bill: deliveries of bills, new or restated",
        "  cloud/2026-10: delivery d (a.csv, b.csv)",
        "plan: plans and their approvals",
        "  legal: version 1 to 2",
    ]


def test_figures_that_print_as_they_were_are_counted_and_not_shown() -> None:
    small = [
        Changed(Reading(scope, "2026-10", "ac"), Decimal(1), Decimal("1.001"),
                {("bill",): Decimal("0.001")})
        for scope in ("a", "b")
    ]  # fmt: skip

    both, one = (table(replace(FOUND, changes=[FOUND.changes[1], *small[n:]])) for n in (0, 1))

    assert "and 2 figures by less than a cent" in both.splitlines()
    assert "and 1 figure by less than a cent" in one.splitlines()
    assert not any(line.startswith(("a ", "b ")) for line in both.splitlines())
    assert len(json.loads(document(replace(FOUND, changes=small)))["changes"]) == 2


def test_nothing_changed_is_said() -> None:
    none = Since(before=SIDES[0], after=SIDES[0], currency="USD", changes=[], evidence=[])

    assert table(none).splitlines()[1:] == ["no figure changed"]


def test_amounts_in_json_are_exact() -> None:
    said = json.loads(document(FOUND))

    assert said["schema_version"] == 1
    assert said["since"] == {
        "as_of": "2026-11-02T00:00:00+00:00",
        "month": "2026-10",
        "snapshot": "aaa",
    }
    assert said["until"]["snapshot"] == "bbb"
    assert said["currency"] == "USD"
    assert said["changes"][0] == {
        "scope": "legal",
        "period": "2026-10",
        "measure": "ac",
        "before": "10.00",
        "after": "1008.245",
        "change": "998.245",
        "causes": [
            {"causes": ["bill", "rates"], "amount": "-2.005"},
            {"causes": ["plan"], "amount": "1000.25"},
        ],
    }
    assert said["evidence"][1] == {
        "cause": "bill",
        "subject": "cloud/2026-10",
        "detail": "delivery d",
        "documents": ["a.csv", "b.csv"],
    }
