"""Verifying a figure: its rows added up again from the archive, by the second readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import polars as pl

from ingest import book
from ingest.load import lake_name
from ingest.source import Delivery, Document, Source
from ingest.verify import reading
from models.errors import SourceError, StoreError
from models.money import MONEY
from reconcile.explain.counted import COSTS
from reconcile.explain.explanation import Explanation
from reconcile.explain.proof import APART, Comparison, Outcome, Proof, proved
from scheduler.lines import PART, Lines, Loaded
from scheduler.workspace import Project, Stores

KEYS: Final = ("x_row", "part", "currency")
_NOTHING: Final = pl.lit(0).cast(MONEY)


@dataclass
class Verifier:
    """What compares documents with their bytes, each once.

    Attributes:
        project: Whose sources read them.
        stores: Where they are.
        behind: What the lines of figures were read with.
    """

    project: Project
    stores: Stores
    behind: Lines
    _held: dict[str, Comparison] = field(default_factory=dict)

    def proofs(self, said: Explanation) -> Iterator[Proof]:
        """Yield the proof of each document of a figure."""
        lines = said.trace.lines
        for document in said.documents:
            if document.sha256:
                mine = (pl.col("document") == document.sha256) & (
                    pl.col("delivery") == document.delivery
                )
                found = self.compared(f"{document.delivery}/{document.sha256}")
                yield proved(document, lines.filter(mine), found)

    def compared(self, name: str) -> Comparison:
        """Return how a document stands to its bytes: by delivery and hash."""
        if name not in self._held:
            self._held[name] = self._compare(self.behind.documents[name])
        return self._held[name]

    def _compare(self, loaded: Loaded) -> Comparison:
        document = Document(**loaded.document["document"])
        known = {source.name: source for source in self.project.sources}
        source = known.get(loaded.scope.rpartition("/")[0])
        if source is None:
            return _unread("unread", "no source of trueup.yaml reads it any more")
        try:
            path = self.stores.archive.path(document.sha256)
        except StoreError as error:
            there = document.sha256 in self.stores.archive
            return _unread("damaged" if there else "gone", str(error))
        delivery = book.delivery(loaded.scope, loaded.record.body)
        try:
            read = reading(source, path, document, delivery)
        except SourceError as error:
            return _unread("different", str(error))
        charges = self._charges(loaded)
        apart = _apart(charges, read.amounts)
        apart = _missing(charges, loaded) if apart.is_empty() else apart
        detail = "" if apart.is_empty() else _why(source, document, delivery, loaded)
        return Comparison(level=read.level, detail=detail, apart=apart)

    def _charges(self, loaded: Loaded) -> pl.DataFrame:
        path = self.stores.lake.path("charges", loaded.document["charges"])
        read = pl.scan_parquet(path, glob=False)
        own = read.select(
            "x_row",
            "billed_cost",
            "effective_cost",
            "charge_category",
            part=PART,
            currency="billing_currency",
            tco_cost="x_tco_cost",
        )
        return own.collect(engine="streaming")


def _apart(charges: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    """Return where a second reader says something else, in the schema APART.

    A reader that does not tell the tax that comes back is asked for effective cost: what a plan
    is compared with is that, but for such tax; other charges whose `x_tco_cost` is something
    else differ by that.
    """
    tax = (pl.col("charge_category") == "Tax") & (pl.col("tco_cost") == 0)
    odd = pl.when(tax).then(_NOTHING).otherwise(pl.col("effective_cost") - pl.col("tco_cost"))
    keys = ["currency"] if read["x_row"].is_null().all() else [*KEYS]
    if not (read["part"] != "").any():
        charges = charges.with_columns(part=pl.lit(""))
    sums = pl.col(*COSTS, "odd").sum().cast(MONEY)
    ours = charges.with_columns(odd=odd).group_by(keys).agg(sums)
    both = ours.join(read.select(*keys, *COSTS), on=keys, how="left", suffix="_read")
    effective = pl.col("effective_cost_read").fill_null(0) - pl.col("effective_cost")
    differing = both.with_columns(
        billed_cost=pl.col("billed_cost_read").fill_null(0) - pl.col("billed_cost"),
        effective_cost=effective,
        tco_cost=(pl.col("tco_cost_read") - pl.col("tco_cost")).fill_null(
            effective + pl.col("odd")
        ),
    ).filter(pl.any_horizontal(pl.col(COSTS) != 0))
    if "x_row" not in keys:
        differing = differing.with_columns(x_row=pl.lit(None, pl.Int64()), part=pl.lit(""))
    return differing.select(APART.names()).match_to_schema(APART)


def _missing(charges: pl.DataFrame, loaded: Loaded) -> pl.DataFrame:
    """Return what a document came to when it was loaded, less what the lake has of it now.

    A row that the lake lost differs from none; the ledger has what all of them were.
    """
    names = ("billed_cost", "effective_cost")
    said = [[each[name] for name in ("currency", *names)] for each in loaded.document["totals"]]
    schema = {"currency": pl.String(), **dict.fromkeys(names, MONEY)}
    rows = [(money, *map(Decimal, costs)) for money, *costs in said]
    held = charges.select("currency", *(-pl.col(name) for name in names))
    both = pl.concat([pl.DataFrame(rows, schema=schema, orient="row"), held])
    left = both.group_by("currency").agg(pl.col(names).sum().cast(MONEY))
    gone = left.filter(pl.any_horizontal(pl.col(names) != 0))
    whole = {"x_row": pl.lit(None, pl.Int64()), "part": pl.lit("")}
    found = gone.with_columns(**whole, tco_cost="effective_cost")
    return found.select(APART.names()).match_to_schema(APART)


def _why(source: Source, document: Document, delivery: Delivery, loaded: Loaded) -> str:
    """Return why the lake may say something else than the bytes."""
    if lake_name(source, document, delivery) != loaded.document["charges"]:
        return f"{source.name} is configured otherwise than when it was loaded"
    return "the lake is not what its document says; run `trueup rebuild`"


def _unread(outcome: Outcome, detail: str) -> Comparison:
    return Comparison(outcome=outcome, detail=detail, apart=pl.DataFrame(schema=APART))
