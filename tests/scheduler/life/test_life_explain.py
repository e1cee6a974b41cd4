"""Figures are traced to rows of documents: shared, closed, late; and added up from the archive."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.verify import Amount
from models.plan.plan import load_all
from reconcile.explain.proof import exit_code
from reconcile.report import explained, explanation
from scheduler.approving import approve
from scheduler.explaining import Explainer
from scheduler.verifying import Verifier

pytestmark = [pytest.mark.failure("N05"), pytest.mark.failure("E11")]
RULES = """\
rules:
  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: train, when: {source: "*"}, to: {category: training_compute}}
  - {id: rest, when: {source: "*"}, to: {split: overhead}}
splits:
  - {id: overhead, spend: {}}
"""
TWO = "projects:\n  - {id: p}\n  - {id: q}\n"
LINES = [
    ("30.01", "I", "2026-10-05", "p"),
    ("10", "I", "2026-10-06", "q"),
    ("7.000000000000000001", "I", "2026-10-07"),
]
LATE = [*LINES, ("3", "I", "2026-10-07", "p")]
NEXT = [("20", "I", "2026-11-05", "p"), ("1.5", "I", "2026-10-30", "p")]


def tell(life: Any) -> None:
    life.edit(RULES, TWO)
    life.night("2026-11-02", LINES)
    life.night("2026-11-20", NEXT, "2026-11")


def shut(life: Any) -> None:
    tell(life)
    life.shut("2026-11-20")
    life.night("2026-12-18", LATE)


def explainer(life: Any, month: str = "2026-10") -> Explainer:
    books = life.books("2026-12-20")
    return Explainer(life.project, life.stores, books, life.report("2026-12-20", month))


def verified(life: Any, figure: str, month: str = "2026-10") -> tuple[int, list[str]]:
    """Return the exit code, and what is said about verification."""
    one = explainer(life, month)
    said = one.explained(figure)
    proofs = [*Verifier(life.project, life.stores, one.behind).proofs(said)]
    text = explanation.table(said, 10, proofs)
    return exit_code(proofs, lost=bool(said.trace.lost)), text.partition("added up")[2].splitlines()


@pytest.mark.parametrize("told", [tell, shut])
@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_every_figure_adds_up_to_its_rows(after: Any, told: Any, month: str) -> None:
    one = explainer(after(told), month)
    one.hold()

    for figure in [*one.report.figures][::6]:
        found = one.trace(figure)
        assert found.lost == (), figure
        if found.is_sum:
            whole = found.of_rows + found.of_plan + found.of_rest + found.rounding
            assert whole == found.figure.value, figure
            assert abs(found.rounding) < Decimal("1e-15"), figure


def rows(found: Any) -> list[tuple[int, Decimal, Decimal, int]]:
    return list(
        explanation.ordered(found.lines).select("x_row", "cost", "share", "sign").iter_rows()
    )


def test_what_is_shared_is_shown_as_a_share_of_its_line(after: Any) -> None:
    one = explainer(after(tell))

    found = one.trace("q/training_compute/2026-10/ac")

    share = Decimal("0.249937515621094726")
    part = Decimal("1.749562609347663084")
    assert rows(found) == [(2, Decimal(10), 1, 1), (3, Decimal("7.000000000000000001"), share, 1)]
    assert (found.of_rows + found.rounding, found.rounding) == (10 + part, Decimal("2E-18"))
    assert [each.rule for each in one.explained(found.figure.id).rules] == [
        "by-tag, train", "rest, train",
    ]  # fmt: skip


def test_a_closed_month_is_traced_to_what_it_was_closed_with(after: Any) -> None:
    found = explainer(after(shut)).trace("p/training_compute/2026-10/ac")

    assert [row[0] for row in rows(found)] == [1, 3, 2]
    assert {row[3] for row in rows(found)} == {1}


def test_what_is_late_is_what_is_said_now_less_what_was_closed(after: Any) -> None:
    """Both deliveries have the three lines: of the same content, but of two documents."""
    life = after(shut)
    found = explainer(life, "2026-11").trace("p/training_compute/2026-11/ac")

    said = found.rows.group_by("document").agg(pl.col("cost").sum()).sort("cost")["cost"]
    assert found.lost == ()
    assert found.rows.filter(pl.col("sign") < 0)["x_row"].sort().to_list() == [1, 3]
    assert found.figure.value == found.of_rows + found.rounding
    assert len(said) == 3


def test_what_a_month_bears_for_a_closed_one_is_the_sum_of_late_rows(after: Any) -> None:
    """A line of p came late, and with it what is shared went from q to p."""
    one = explainer(after(shut), "2026-11")
    ids = [each for each in one.report.figures if each.endswith(("/adjusted", "/adjusted_billed"))]

    for figure in ids:
        found = one.trace(figure)
        assert (found.is_sum, found.lost) == (True, ()), figure
        assert found.figure.value == found.of_rows + found.rounding, figure

    assert len(ids) > 4
    assert one.report.figures["portfolio/2026-11/adjusted_billed"].value == 3


def test_rows_are_added_up_again_from_the_archive(after: Any) -> None:
    code, said = verified(after(tell), "p/2026-10/ac")

    assert code == 0
    assert said[0] == " again from the archive: 2 documents"
    assert said[-1].startswith("  equal: ")


def test_a_damaged_document_is_found(after: Any) -> None:
    life = after(tell)
    one = explainer(life).explained("q/2026-10/ac").documents[0]
    path = life.stores.archive.path(one.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"10"', b'"11"'))

    code, said = verified(life, "q/2026-10/ac")

    assert code == 1
    assert said[1] == (
        f"  DAMAGED: {one.sha256[:12]} document {one.sha256}: damaged in the archive;"
        " restore it from a backup or its source"
    )
    assert said[-1] == "  DIFFERENT: see the documents above"


def test_a_document_that_was_pruned_is_told(after: Any) -> None:
    life = after(tell)
    one = explainer(life).explained("q/2026-10/ac").documents[0]
    life.stores.archive.remove(one.sha256)

    code, said = verified(life, "q/2026-10/ac")

    assert code == 4
    assert said[1] == (
        f"  not there: {one.sha256[:12]} document {one.sha256}: not in the archive;"
        " restore it from a backup or its source"
    )
    assert said[-1] == (
        "  NOT VERIFIED: the documents above are not there, such as after `trueup prune`"
    )


def test_a_document_of_a_source_that_is_gone_is_told(after: Any) -> None:
    life = after(tell)
    life.project = replace(life.project, sources=())

    code, said = verified(life, "q/2026-10/ac")

    assert code == 4
    assert said[1].endswith(" no source of trueup.yaml reads it any more")


def test_a_file_of_the_lake_that_was_altered_is_found(after: Any) -> None:
    life = after(tell)
    life.books("2026-12-20")
    (path,) = (
        path
        for path in (life.project.state / "lake" / "charges").glob("*.parquet")
        if pl.read_parquet(path)["x_row"].len() == 3
    )
    cost = pl.col("x_tco_cost")
    more = pl.when(pl.col("x_row") == 2).then(cost + 1).otherwise(cost).cast(pl.Decimal(38, 18))
    pl.read_parquet(path).with_columns(more.alias("x_tco_cost")).write_parquet(path)

    code, said = verified(life, "q/2026-10/ac")

    assert code == 1
    assert "DIFFERENT" in said[1]
    assert "the lake is not what its document says; run `trueup rebuild`" in said[1]


def test_a_row_that_the_lake_lost_is_found(after: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that are there are as the second reader has them; the ledger knows of one more."""
    life = after(tell)
    one = explainer(life)
    said = one.explained("p/2026-10/ac")
    (name,) = (
        each for each in (f"{d.delivery}/{d.sha256}" for d in said.documents)
        if one.behind.documents[each].document["rows"] == 3
    )  # fmt: skip
    loaded = one.behind.documents[name].document
    path = life.stores.lake.path("charges", loaded["charges"])
    pl.read_parquet(path).filter(pl.col("x_row") != 2).write_parquet(path)

    def amounts(_: Any, path: Path, *__: Any) -> list[Amount]:
        costs = [Decimal(line[0]) for line in json.loads(path.read_text())[1]]
        return [Amount(row, "USD", cost, cost) for row, cost in enumerate(costs, 1)]

    (source,) = life.project.sources
    monkeypatch.setattr(type(source), "amounts", amounts, raising=False)
    found = Verifier(life.project, life.stores, one.behind).compared(name)

    assert (found.level, found.apart.rows()) == (
        "row", [(None, "", "USD", Decimal(10), Decimal(10), Decimal(10))],
    )  # fmt: skip
    assert found.detail == "the lake is not what its document says; run `trueup rebuild`"


@pytest.mark.parametrize(("tco", "apart"), [("0", []), ("4", [(1, "", "USD", 0, 0, Decimal(-4))])])
def test_tax_that_comes_back_is_compared_where_the_second_reader_tells_it(
    after: Any, monkeypatch: pytest.MonkeyPatch, tco: str, apart: list[Any]
) -> None:
    """A part of it is no less than what a reader says that tells none of it."""
    life = after(tell)
    one = explainer(life)
    one.explained("q/2026-10/ac")
    (name,) = (
        each for each, known in one.behind.documents.items() if known.document["rows"] == 3
    )  # fmt: skip
    path = life.stores.lake.path("charges", one.behind.documents[name].document["charges"])
    frame = pl.read_parquet(path)
    taxed = pl.when(pl.col("x_row") == 1).then(pl.lit(Decimal(tco))).otherwise("x_tco_cost")
    frame.with_columns(
        taxed.cast(pl.Decimal(38, 18)).alias("x_tco_cost"),
        charge_category=pl.when(pl.col("x_row") == 1)
        .then(pl.lit("Tax"))
        .otherwise("charge_category"),
    ).write_parquet(path)

    def amounts(_: Any, path: Path, *__: Any) -> list[Amount]:
        costs = [Decimal(line[0]) for line in json.loads(path.read_text())[1]]
        none = [Decimal(0), *costs[1:]]
        both = enumerate(zip(costs, none, strict=True), 1)
        return [Amount(row, "USD", cost, cost, tco=less) for row, (cost, less) in both]

    (source,) = life.project.sources
    monkeypatch.setattr(type(source), "amounts", amounts, raising=False)

    found = Verifier(life.project, life.stores, one.behind).compared(name)

    assert found.apart.rows() == apart


PLAN = """\
plan: {project: p, id: p, version: 1, currency: USD, start: 2026-10, horizon_months: 2}
approval: {author: ada}
items:
- {id: machines, category: training_compute, amount: 101}
"""


def test_a_plan_that_only_the_ledger_approved_is_explained_by_file_and_line(after: Any) -> None:
    life = after(tell)
    path = life.project.folder / "plans" / "p.yaml"
    path.write_text(PLAN)
    plans = load_all([path], life.project.registry)
    approve(life.stores.ledger, plans[0], by="bob", reason="first", at=date(2026, 10, 1))
    life.project = replace(life.project, plans=plans)

    found = explainer(life).trace("p/training_compute/2026-10/pl")

    (row,) = [row for _, row in found.planned]
    assert (found.figure.value, row.item, row.value) == (
        Decimal("50.50"), "machines", Decimal("50.50"),
    )  # fmt: skip
    assert row.file == "plans/p.yaml:4"


def test_a_forecast_that_no_report_prints_can_be_asked_for(after: Any) -> None:
    """Formulas name it: what a category is expected to cost in one of the months to come."""
    life = after(tell)
    path = life.project.folder / "plans" / "p.yaml"
    path.write_text(
        PLAN.replace(
            "{author: ada}", "{status: approved, author: ada, by: bob, at: 2026-10-01, reason: r}"
        )
    )
    life.project = replace(life.project, plans=load_all([path], life.project.registry))
    one = explainer(life)
    figure = "p/training_compute/2026-11/fc"

    found = one.trace(figure)

    assert figure not in one.report.figures
    assert (found.figure.unit, found.formula.how) == ("USD", "method")
    assert [each.id for each in found.formula.inputs] == ["p/training_compute/2026-11/pl"]
    assert [each.value for each in found.formula.inputs] == [Decimal("50.50")]
    for other in ("p/training_compute/2026-11/cpi", "p/2026-13/fc", "p/soon/fc", "fc", "a/b"):
        with pytest.raises(KeyError):
            one.trace(other)


def test_json_says_the_same_at_full_scale(after: Any) -> None:
    said = explainer(after(tell)).explained("q/training_compute/2026-10/ac")

    text = explained.document(said, 1)

    assert '"value": "11.749562609347663084"' in text
    assert '"count": 2' in text
    assert '"cost": "10"' in text
