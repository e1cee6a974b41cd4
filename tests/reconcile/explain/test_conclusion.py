"""What adding up again proves of a figure, and what it leaves open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from reconcile.explain.counted import COUNTED
from reconcile.explain.explanation import DocumentLine
from reconcile.explain.formula import Formula
from reconcile.explain.leaf import PlanRow, Stated
from reconcile.explain.proof import Outcome, Proof
from reconcile.explain.trace import Trace
from reconcile.figure import Figure
from reconcile.report.explanation import conclusion

pytestmark = pytest.mark.failure("N05")
REST = "the rest is of plans, methods, purchases or statements, and not of the archive"
PART = f"equal: rows of 3.00; the figure is 7.00 USD, and {REST}"
FORECAST = Stated(kind="method", said="p/2026-11/fc", value=Decimal(4))
PLAN = PlanRow(
    project="p", version=1, file="plans/p.yaml:4", item="a", category="data", month="2026-10",
    amount=Decimal(4), currency="USD", rate=Decimal(1), value=Decimal(4),
)  # fmt: skip


def traced(*documents: str | None) -> Trace:
    """Return a sum of rows of 3 USD, each of a document or of none, of a figure of 7 USD."""
    rows = [{"document": each, "amount": Decimal(3)} for each in documents]
    frame = pl.DataFrame(rows, schema=COUNTED)
    return Trace(
        figure=Figure("p/2026-10/ac", Decimal(7), "effective", "USD", "d"),
        formula=Formula(how="sum", said="s"),
        rows=frame, used=frame, planned=(), stated=(), rounding=Decimal(0),
    )  # fmt: skip


def proof(outcome: Outcome = "equal") -> Proof:
    document = DocumentLine(
        sha256="a", name="a", size=1, delivery="d", scope="s", loaded_at="", rows=1,
        amount=Decimal(3),
    )  # fmt: skip
    return Proof(document=document, level="row", outcome=outcome, detail="", rows=1, sums=())


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (traced("a"), "equal: 7.00 USD"),
        (traced("a", None), PART),
        (replace(traced("a"), stated=((1, FORECAST),)), PART),
        (replace(traced("a"), planned=((-1, PLAN),)), PART),
        (replace(traced("a"), planned=((0, PLAN),), stated=((0, FORECAST),)), "equal: 7.00 USD"),
        (
            replace(traced("a"), formula=Formula(how="percent", said="s")),
            "equal: each row that it looks at; the figure itself is no sum of them",
        ),
    ],
)
def test_no_more_is_said_to_be_equal_than_was_added_up(found: Trace, said: str) -> None:
    assert conclusion(found, [proof()]) == said


def test_a_figure_without_documents_has_nothing_to_be_added_up() -> None:
    assert conclusion(traced(), []) == "nothing of it is in the archive"
    assert conclusion(traced("a"), [proof(), proof("unread")]).startswith("NOT VERIFIED: ")
    assert conclusion(traced("a"), [proof("gone"), proof("damaged")]).startswith("DIFFERENT: ")
