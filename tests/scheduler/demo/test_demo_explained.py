"""A thousand figures of the demonstration, explained and added up again from raw bytes (P6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl
import pytest

from ingest import book
from ingest.source import Document
from ingest.verify import reading
from models.money import MONEY
from models.period import Month
from reconcile.explain.proof import exit_code
from scheduler.booking import booked
from scheduler.explaining import Explainer
from scheduler.progress import Quiet
from scheduler.publish import reconcile
from scheduler.verifying import Verifier
from scheduler.workspace import Project, Stores, configured, stores

pytestmark = [pytest.mark.once, pytest.mark.failure("N05")]
MANY = 1000
OF_ROW = "effective_cost_read"


@pytest.fixture(scope="module")
def here(told_demo: tuple[Path, str]) -> Iterator[tuple[Project, Stores, Explainer]]:
    """Return what explains the demonstration; it is only read."""
    project = configured(told_demo[0])
    with ExitStack() as stack:
        held = stack.enter_context(stores(project))
        as_of = datetime.fromisoformat("2026-11-22T00:00Z")
        books = booked(project, held, Quiet(), as_of)
        report = reconcile(project, held, books, Month(2026, 10))
        explainer = Explainer(project, held, books, report)
        explainer.hold()
        yield project, held, explainer


def read_again(project: Project, held: Stores, explainer: Explainer) -> pl.DataFrame:
    """Return what each row of each document comes to, by raw bytes; sums of a document, too."""
    sources = {source.name: source for source in project.sources}
    frames = []
    for name, loaded in explainer.behind.documents.items():
        scope, document = loaded.scope, Document(**loaded.document["document"])
        read = reading(
            sources[scope.rpartition("/")[0]],
            held.archive.path(document.sha256),
            document,
            book.delivery(scope, loaded.record.body),
        )
        delivery, _, sha256 = name.partition("/")
        frames.append(read.amounts.with_columns(delivery=pl.lit(delivery), document=pl.lit(sha256)))
    return pl.concat(frames)


def test_a_thousand_figures_are_added_up_again_from_raw_bytes(
    here: tuple[Project, Stores, Explainer],
) -> None:
    project, held, explainer = here
    verifier = Verifier(project, held, explainer.behind)
    ids = sorted(explainer.report.figures)
    counted: Counter[str] = Counter()
    for figure in Random(20261122).sample(ids, MANY):  # noqa: S311 - no secret
        said = explainer.explained(figure)
        found = said.trace
        assert exit_code([*verifier.proofs(said)], lost=bool(found.lost)) == 0, figure
        if found.is_sum:
            whole = found.of_rows + found.of_plan + found.of_rest + found.rounding
            assert whole == found.figure.value, figure
            assert abs(found.rounding) < Decimal("1e-12"), figure
            counted["sums of rows"] += not found.rows.is_empty()
        counted["figures"] += 1
    assert counted["figures"] == MANY
    assert counted["sums of rows"] > MANY // 10


def test_all_spend_is_what_raw_bytes_say_row_by_row(
    here: tuple[Project, Stores, Explainer],
) -> None:
    """Every line behind spend, against its row as the second reader has it: sums to the digit."""
    project, held, explainer = here
    raw = read_again(project, held, explainer)
    lines = explainer.behind.of(explainer.spend_of_all)
    keys = ["delivery", "document"]
    ours = lines.filter(pl.col("document").is_not_null()).group_by(keys)
    theirs = raw.group_by(keys).agg(pl.col("effective_cost").sum().cast(MONEY).alias(OF_ROW))

    both = ours.agg(pl.col("effective_cost").sum().cast(MONEY)).join(theirs, on=keys)

    assert both.height == lines.drop_nulls("document").select(keys).n_unique()
    assert both.filter(pl.col("effective_cost") != pl.col(OF_ROW)).is_empty()
