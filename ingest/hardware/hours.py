"""Asking who used the accelerators: a source of usage, read when the register is fetched.

Converting a register must depend on nothing but its bytes and its delivery, so hours are
summed here, once, and become a part of the delivery, with the documents they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl

from ingest.cluster.used import GPU_HOURS
from ingest.hardware import told
from ingest.hardware.asset import Asset
from ingest.hardware.told import Told
from ingest.source import Conversion, Delivery, Document, Source
from ingest.source import Known as Manifests
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.money import exact
from models.period import Month, between

Known = Mapping[Month, Told]
Answers = Mapping[Month, Told | SourceError]


@dataclass(frozen=True, slots=True)
class Hours:
    """A source of hours, where its documents are kept, and all it told before, by month."""

    source: Source
    archive: Archive
    before: Known = field(default_factory=dict)

    def answers(self, months: Sequence[Month], known: Known) -> Answers:
        """Return what is told about each month, or why nothing can be.

        A month about which nothing is new, or nothing is there any more, keeps what is
        known of it. About one that was never told, nothing is.

        Raises:
            SourceError: when the source as a whole does not answer.
        """
        sound = Manifests(self._manifests(known), self._manifests(self.before))
        found: dict[Month, Told | SourceError] = {m: known.get(m, Told()) for m in months}
        for answer in self.source.fetch(months, self.archive, sound):
            if isinstance(answer, Delivery):
                found[answer.period] = self._proved(answer)
            elif not answer.period:
                raise answer
            elif not isinstance(answer, AbsentError | EmptyError):
                found[Month.parse(answer.period)] = answer
        return found

    def _manifests(self, known: Known) -> dict[Month, str]:
        """Return the manifests of hours that are still there."""
        found = {month: each.manifest for month, each in known.items() if each.manifest}
        return {month: sha256 for month, sha256 in found.items() if sha256 in self.archive}

    def so_far(
        self, answer: Told | SourceError, month: Month, assets: Sequence[Asset], known: Known
    ) -> Told | SourceError:
        """Return what is told about a month with the hours of all months of use until then.

        Only what is disposed of in the month wants them.
        """
        first = [
            Month.of(asset.in_service)
            for asset in assets
            if asset.disposal and Month.of(asset.disposal) == month
        ]
        if not first or isinstance(answer, SourceError):
            return answer
        before = self.answers([*between(min(first), month + -1)], known)
        so_far: dict[str, dict[str, Decimal]] = {}
        for each in (*before.values(), answer):
            if isinstance(each, SourceError):
                return each
            for cluster, units in each.of.items():
                told.added(so_far.setdefault(cluster, {}), units)
        return replace(answer, so_far=so_far)

    def _proved(self, delivery: Delivery) -> Told | SourceError:
        try:
            return self._told(delivery)
        except BrokenError as error:
            return error

    def _told(self, delivery: Delivery) -> Told:
        of: dict[str, dict[str, Decimal]] = {}
        aside, seen = 0, set[str]()
        for document in delivery.documents:
            conversion = self._read(document, delivery)
            aside += conversion.rejected["x_row"].n_unique()
            found = _summed(conversion.beside["usage"])
            if document.sha256 in seen and found.height:
                said = f"is twice among the hours of {delivery.period}; take one of both away"
                raise BrokenError(delivery.source, document.name, said)
            seen.add(document.sha256)
            for cluster, unit, hours in found.iter_rows():
                told.added(of.setdefault(cluster, {}), {unit: hours})
        return Told(
            of=of,
            documents=tuple(document.sha256 for document in delivery.documents),
            manifest=delivery.manifest.sha256 if delivery.manifest else "",
            aside=aside,
        )

    def _read(self, document: Document, delivery: Delivery) -> Conversion:
        """Return what a document says, once the second reader of hours agrees.

        Raises:
            BrokenError: when it cannot be read, or both differ.
        """
        path = self.archive.path(document.sha256)
        conversion = self.source.convert(path, document, delivery)
        stated = self.source.control(path, document, delivery).beside
        apart = _sums(conversion) ^ {(each.key, each.rows, exact(each.amount)) for each in stated}
        if apart:
            driver, rows, amount = min(apart)
            said = f"{driver}: two readers differ, one has {rows} rows, sum {amount.normalize():f}"
            raise BrokenError(delivery.source, document.name, said)
        return conversion


def _sums(conversion: Conversion) -> set[tuple[str, int, Decimal]]:
    """Return number and sum of the rows of each driver."""
    sums = conversion.beside["usage"].group_by("driver").agg(pl.len(), pl.col("quantity").sum())
    return {*sums.collect().iter_rows()}


def _summed(usage: pl.LazyFrame) -> pl.DataFrame:
    """Return hours by cluster and unit, without what stood idle: that follows from the rest."""
    used = usage.filter(
        (pl.col("driver") == GPU_HOURS) & pl.col("detail").ne_missing(pl.lit("idle"))
    )
    key = pl.col("cluster").fill_null("").alias("cluster"), pl.col("unit")
    return used.group_by(*key).agg(pl.col("quantity").sum()).sort("cluster", "unit").collect()
