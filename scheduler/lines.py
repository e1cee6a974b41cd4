"""The lines behind spend: which charges of which documents a row of recognised spend is made of.

A row of an open month is of what sources say now. One of a closed month is of what they said
when it was closed, by the rules of then. One that is late for a closed month is of what they
say now of that month less what its books hold: each line with its sign, those in both left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from ingest import book
from ingest.closing import closed
from models.attribution import epoch
from models.books import GRAIN
from models.books import read as read_books
from models.category import UNALLOCATED
from models.ledger import Ledger, Record
from models.money import MONEY
from models.purchase import SOURCE as ACCRUALS
from models.reduction import SEEN, TAGS
from models.split.split import ARROW
from models.tags import tag_texts
from reconcile.explain.counted import COSTS, LINES
from scheduler.attributing import Attribution, attribution
from scheduler.version import Version, Versions, present, recorded, versions
from scheduler.workspace import Project, Stores

HELD_ROWS: Final = 200_000  # charges of a document up to which its lines are kept for the next
# what spend says of a charge, in the names of spend: name in charges
_ALIKE: Final = (
    *("service_name", "charge_category", "pricing_category", "consumed_unit"),
    "commitment_discount_status",
)
_OF_CHARGE: Final = {
    **dict(zip(_ALIKE, _ALIKE, strict=True)),
    "gpu_type": "x_gpu_type",
    "currency": "billing_currency",
}
_OF_RULES: Final = ("project", "category", "item", "project_rule", "category_rule", "path")
_LATE: Final = ("source", "period", *_OF_RULES, *_OF_CHARGE)
_SAME: Final = (*_LATE, "day")
_READ: Final = {
    "billed_cost": "billed_cost",
    "effective_cost": "effective_cost",
    "tco_cost": "x_tco_cost",
}
_ONCE: Final = ("sid", "document", "x_row", "part", "derived", *COSTS)
_WHOSE: Final = pl.concat_str("sub_account_id", "sku_id", separator="/", ignore_nulls=True)
PART: Final = pl.when(pl.col("x_row") == 0).then(_WHOSE).otherwise(pl.lit(""))  # of no one row
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One document of a delivery, as the ledger says it was loaded."""

    scope: str
    record: Record
    document: Body


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What was said at a moment.

    Attributes:
        ledger: As it was.
        versions: By which rules each billing month was attributed.
        closed: The months that were closed with books.
        parted: The months that bear nothing of another one's bill: those, and the one whose
            books are looked at.
        stated: The deliveries that counted, by scope.
    """

    ledger: Ledger
    versions: Versions
    closed: Mapping[str, Record]
    parted: frozenset[str]
    stated: Mapping[str, Record]


@dataclass
class Lines:
    """The lines of one project, read as they are asked for.

    Attributes:
        project: By whose rules lines of open months are attributed.
        stores: Where they are.
        documents: Those that were read, by delivery and hash.
    """

    project: Project
    stores: Stores
    documents: dict[str, Loaded] = field(default_factory=dict)
    _held: dict[str, pl.DataFrame] = field(default_factory=dict)
    _stands: dict[int, Stand] = field(default_factory=dict)

    def of(self, spend: pl.DataFrame) -> pl.DataFrame:
        """Return the lines of some rows of spend, in the schema LINES.

        Args:
            spend: Columns of RECOGNISED, each grain once, and `sid`.
        """
        owed = pl.col("source") == ACCRUALS
        rows = _direct(spend.filter(~owed))
        now = self._stand(self.stores.ledger, present(self.project), 0)
        found = [*self._behind(rows, now)]
        return pl.concat([pl.DataFrame(schema=LINES), _owed(spend.filter(owed)), *found])

    def _stand(self, ledger: Ledger, current: Version, seq: int, month: str = "") -> Stand:
        if seq not in self._stands:
            shut = {str(at): record for at, record in closed(ledger).items()}
            with_books = {at: each for at, each in shut.items() if each.body.get("books")}
            self._stands[seq] = Stand(
                ledger=ledger,
                versions=versions(ledger, current),
                closed=with_books,
                parted=frozenset((*with_books, *filter(None, (month,)))),
                stated=book.stated(ledger),
            )
        return self._stands[seq]

    def _behind(self, rows: pl.DataFrame, at: Stand) -> Iterator[pl.DataFrame]:
        shut = pl.col("period").is_in([*at.closed])
        late = pl.col("adjusts").is_not_null()
        yield from self._said(rows.filter(~shut & ~late), at, _SAME)
        if not (behind_times := rows.filter(~shut & late)).is_empty():
            yield self._late(behind_times, at)
        for (month,), mine in rows.filter(shut).partition_by("period", as_dict=True).items():
            yield from self._behind(mine, self._closing(at, str(month)))

    def _closing(self, at: Stand, month: str) -> Stand:
        """Return what was said when a month was closed."""
        record = at.closed[month]
        rules = recorded(at.ledger, record.body["rules"])
        return self._stand(at.ledger.until(record.seq - 1), rules, record.seq, month)

    def _late(self, rows: pl.DataFrame, at: Stand) -> pl.DataFrame:
        """Return what is said now of closed months, less what their books hold."""
        due = rows.with_columns(period="adjusts")
        held = _direct(pl.concat(self._books(at)).with_row_index("sid"))
        month = pl.coalesce("adjusts", "period").alias("period")
        keyed = held.with_columns(month).rename({"sid": "held"})
        on = (*_LATE, "share")
        pairs = keyed.select("held", *on, *COSTS).join(
            due.select("sid", *on), on=on, nulls_equal=True
        )
        mine = held.join(pairs.select(sid="held"), on="sid", how="semi")
        borne = pl.concat([pl.DataFrame(schema=LINES), *self._behind(mine, at)])
        back = borne.rename({"sid": "held"}).join(pairs.select("held", "sid"), on="held")
        anew = [*self._said(_anew(due, pairs), at, _LATE)]
        said = pl.concat([pl.DataFrame(schema=LINES), *anew])
        return _apart(said, back.with_columns(-pl.col("sign")).select(LINES.names()))

    def _books(self, at: Stand) -> Iterator[pl.DataFrame]:
        for month, record in at.closed.items():
            path = self.stores.archive.path(record.body["books"]["sha256"])
            yield read_books(path.read_bytes(), f"books of {month}")

    def _said(self, rows: pl.DataFrame, at: Stand, on: tuple[str, ...]) -> Iterator[pl.DataFrame]:
        """Yield the lines of what deliveries said, of rows that are not late."""
        for (source,), mine in rows.partition_by("source", as_dict=True).items():
            wanted = {*mine["period"].unique()}
            for scope, record in at.stated.items():
                if scope.rpartition("/")[0] == source:
                    for document in record.body["documents"]:
                        if _may_say(scope, document, wanted, at.parted):
                            loaded = Loaded(scope=scope, record=record, document=document)
                            yield self._matched(loaded, mine, at, on)

    def _matched(
        self, loaded: Loaded, rows: pl.DataFrame, at: Stand, on: tuple[str, ...]
    ) -> pl.DataFrame:
        lines = _parted(self._of_document(loaded, rows, at), at.parted)
        found = lines.join(rows.select("sid", *on), on=on, nulls_equal=True)
        return found.select(LINES.names())

    def _of_document(self, loaded: Loaded, rows: pl.DataFrame, at: Stand) -> pl.DataFrame:
        """Return the lines of a document, all where they are few; else those that may be asked."""
        body, document = loaded.record.body, loaded.document
        period = loaded.scope.rpartition("/")[2]
        name = f"{body['delivery']}/{document['charges']}/{at.versions.name(period)}"
        self.documents[f"{body['delivery']}/{document['document']['sha256']}"] = loaded
        if name in self._held:
            return self._held[name]
        few = document["rows"] <= HELD_ROWS
        lines = self._read(loaded, at, None if few else rows)
        if few:
            self._held[name] = lines
        return lines

    def _read(self, loaded: Loaded, at: Stand, rows: pl.DataFrame | None) -> pl.DataFrame:
        lake, (source, _, period) = self.stores.lake, loaded.scope.rpartition("/")
        path = lake.path("charges", loaded.document["charges"])
        read = pl.scan_parquet(path, glob=False).select(
            *dict.fromkeys(("x_row", "x_derived", "charge_description", TAGS, *SEEN)),
            pl.col("charge_period_start").dt.date().alias("day"),
            *(pl.col(column).alias(name) for name, column in _READ.items()),
        )
        if rows is not None:
            asked = rows.select("service_name").unique().lazy()
            read = read.join(asked, on="service_name", how="semi")
        found = attribution(lake, loaded.document, at.versions.of(period))
        return _attributed(read.collect(engine="streaming"), found).with_columns(
            source=pl.lit(source),
            period=pl.lit(period),
            delivery=pl.lit(loaded.record.body["delivery"]),
            document=pl.lit(loaded.document["document"]["sha256"]),
            sign=pl.lit(1, LINES["sign"]),
        )


def _may_say(scope: str, document: Body, months: set[str], parted: frozenset[str]) -> bool:
    """Say whether a document may have lines of some months: by its bill, or by its days."""
    if scope.rpartition("/")[2] in months:
        return True
    first, last = document["control"]["first"][:7], document["control"]["last"][:7]
    return bool(parted) and any(first <= month <= last for month in months)


def _direct(spend: pl.DataFrame) -> pl.DataFrame:
    """Return spend with the words that it had before what is shared was divided."""
    shared = pl.col("path").is_not_null()
    return spend.with_columns(
        project=pl.when(shared).then(pl.lit(UNALLOCATED)).otherwise("project"),
        path=pl.col("path").str.splitn(ARROW, 2).struct[0],
    ).select("sid", *GRAIN, *COSTS)


def _attributed(charges: pl.DataFrame, found: Attribution) -> pl.DataFrame:
    """Return charges with what the rules say of them: each by its key, in the epoch of its day."""
    keyed = charges.with_columns(tag_texts(charges[TAGS]).alias(TAGS)).join(
        found.keys.drop("x_source"), on=(*SEEN, TAGS), nulls_equal=True
    )
    at = keyed.with_columns(epoch=epoch(pl.col("day"), found.edges))
    ruled = at.join(found.found, on=("key_id", "epoch"))
    return ruled.select(
        "x_row", "day", *_OF_RULES, *_READ,
        *(pl.col(column).alias(name) for name, column in _OF_CHARGE.items()),
        part=PART, derived="x_derived", said="charge_description",
    )  # fmt: skip


def _parted(lines: pl.DataFrame, months: frozenset[str]) -> pl.DataFrame:
    """Return lines as `reconcile.recognition.parted` parts spend."""
    charged = pl.col("day").dt.strftime("%Y-%m")
    touches = pl.col("period").is_in([*months]) | charged.is_in([*months])
    mixed = touches & (pl.col("period") != charged)
    two = lines.filter(mixed)
    if two.is_empty():
        return lines
    first = (pl.col("period") + "-01").str.to_date("%Y-%m-%d")
    nothing = pl.lit(0).cast(MONEY)
    billed = two.with_columns(day=first, effective_cost=nothing, tco_cost=nothing)
    effective = two.with_columns(period=charged, billed_cost=nothing)
    return pl.concat([lines.filter(~mixed), billed, effective])


def _anew(due: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return late rows of which anything is said now: what books held is not all there is to them.

    What is shared by other shares than then is two rows, one of which is only taken back.
    """
    sums = pairs.group_by("sid").agg(pl.col(*COSTS).sum().cast(MONEY).name.suffix("_held"))
    both = due.join(sums, on="sid", how="left")
    left = (pl.col(name) + pl.col(f"{name}_held").fill_null(0) for name in COSTS)
    return both.filter(pl.any_horizontal(each != 0 for each in left)).select(due.columns)


def _apart(said: pl.DataFrame, back: pl.DataFrame) -> pl.DataFrame:
    """Return lines of both without those that cancel: the same row of the same document."""
    both = pl.concat([said, back])
    left = both.group_by(_ONCE, maintain_order=True).agg(
        pl.col("sign").sum(), pl.col("delivery", "said").first()
    )
    return left.filter(pl.col("sign") != 0).select(LINES.names())


def _owed(spend: pl.DataFrame) -> pl.DataFrame:
    """Return what no document bills as lines of its own: accruals of purchases."""
    nothing = pl.lit(None, pl.String())
    return spend.select(
        "sid",
        delivery=nothing,
        document=nothing,
        x_row=pl.lit(None, pl.Int64()),
        sign=pl.lit(1, LINES["sign"]),
        part=pl.lit(""),
        derived=pl.lit("accrual"),
        said=pl.col("project_rule"),
        **{name: pl.col(name) for name in COSTS},
    ).match_to_schema(LINES)
