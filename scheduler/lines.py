"""The lines behind spend: which charges of which documents a row of spend is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from ingest import book
from models.attribution import epoch
from models.category import UNALLOCATED
from models.ledger import Record
from models.reduction import SEEN, TAGS
from models.spend import SPEND
from models.split import ARROW
from models.tags import tag_texts
from reconcile.explain.counted import LINES
from scheduler.attributing import Attribution, attribution
from scheduler.version import Versions, present, versions
from scheduler.workspace import Project, Stores

HELD_ROWS: Final = 200_000  # charges of a document up to which its lines are kept for the next
# what spend says of a charge, in the names of spend: name in charges
_OF_CHARGE: Final = {
    "service_name": "service_name",
    "charge_category": "charge_category",
    "pricing_category": "pricing_category",
    "commitment_discount_status": "commitment_discount_status",
    "gpu_type": "x_gpu_type",
    "currency": "billing_currency",
    "consumed_unit": "consumed_unit",
}
_OF_RULES: Final = ("project", "category", "item", "project_rule", "category_rule", "path")
_SAME: Final = ("source", "period", "day", *_OF_RULES, *_OF_CHARGE)
_COSTS: Final = {
    "billed_cost": "billed_cost",
    "effective_cost": "effective_cost",
    "tco_cost": "x_tco_cost",
}
Body = Mapping[str, Any]


@dataclass
class Lines:
    """The lines of one project, read as they are asked for.

    Attributes:
        project: Whose rules they are attributed by, where their month is open.
        stores: Where they are.
        counting: The deliveries that count, by scope.
    """

    project: Project
    stores: Stores
    counting: Mapping[str, Record] = field(init=False)
    _versions: Versions = field(init=False)
    _held: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask the ledger once."""
        self.counting = book.counting(self.stores.ledger)
        self._versions = versions(self.stores.ledger, present(self.project))

    def of(self, spend: pl.DataFrame) -> pl.DataFrame:
        """Return the lines of some rows of spend, in the schema LINES.

        Args:
            spend: Columns of RECOGNISED and `sid`.
        """
        keyed = _direct(spend)
        frames = [pl.DataFrame(schema=LINES)]
        for (source, period), mine in keyed.partition_by("source", "period", as_dict=True).items():
            record = self.counting.get(f"{source}/{period}")
            if record is not None:
                frames += self._of_delivery(f"{source}/{period}", record.body, mine)
        return pl.concat(frames)

    def _of_delivery(self, scope: str, body: Body, spend: pl.DataFrame) -> Iterator[pl.DataFrame]:
        for document in body["documents"]:
            lines = self._of_document(scope, body, document, spend)
            found = lines.join(spend.select("sid", *_SAME), on=_SAME, nulls_equal=True)
            yield found.select(LINES.names())

    def _of_document(
        self, scope: str, body: Body, document: Body, spend: pl.DataFrame
    ) -> pl.DataFrame:
        """Return the lines of a document, all where they are few; else those that may be asked."""
        name = f"{body['delivery']}/{document['charges']}"
        if name in self._held:
            return self._held[name]
        few = document["rows"] <= HELD_ROWS
        days = None if few else spend.select("day", "service_name").unique()
        lines = self._read(scope, body, document, days)
        if few:
            self._held[name] = lines
        return lines

    def _read(
        self, scope: str, body: Body, document: Body, asked: pl.DataFrame | None
    ) -> pl.DataFrame:
        lake, (source, _, period) = self.stores.lake, scope.rpartition("/")
        charges = pl.scan_parquet(lake.path("charges", document["charges"]), glob=False)
        day = pl.col("charge_period_start").dt.date().alias("day")
        names = ("x_row", "x_derived", "charge_description", TAGS, *SEEN)
        read = charges.select(*dict.fromkeys(names), day, *_costs())
        if asked is not None:
            read = read.join(asked.lazy(), on=("day", "service_name"), how="semi")
        found = attribution(lake, document, self._versions.of(period))
        return _attributed(read.collect(engine="streaming"), found).with_columns(
            source=pl.lit(source),
            period=pl.lit(period),
            delivery=pl.lit(body["delivery"]),
            document=pl.lit(document["document"]["sha256"]),
            sign=pl.lit(1, pl.Int8),
        )


def _costs() -> Iterator[pl.Expr]:
    for name, column in _COSTS.items():
        yield pl.col(column).alias(name)


def _direct(spend: pl.DataFrame) -> pl.DataFrame:
    """Return spend with the words that it had before what is shared was divided."""
    shared = pl.col("path").is_not_null()
    return spend.with_columns(
        project=pl.when(shared).then(pl.lit(UNALLOCATED)).otherwise("project"),
        path=pl.col("path").str.splitn(ARROW, 2).struct[0],
    ).select("sid", *(name for name in SPEND.names() if name in _SAME))


def _attributed(charges: pl.DataFrame, found: Attribution) -> pl.DataFrame:
    """Return charges with what the rules say of them: each by its key, in the epoch of its day."""
    keyed = charges.with_columns(tag_texts(charges[TAGS]).alias(TAGS)).join(
        found.keys.drop("x_source"), on=(*SEEN, TAGS), nulls_equal=True
    )
    at = keyed.with_columns(epoch=epoch(pl.col("day"), found.edges))
    ruled = at.join(found.found, on=("key_id", "epoch"))
    return ruled.select(
        "x_row", "day", *_OF_RULES, *_COSTS,
        *(pl.col(column).alias(name) for name, column in _OF_CHARGE.items()),
        derived="x_derived", said="charge_description",
    )  # fmt: skip
