"""Days of arrival by invoice month: what is there now, what was there, and what to ask again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from ingest.source import Document
from models.fingerprint import fingerprint
from models.money import exact
from models.period import Month

LEAD: Final = timedelta(days=5)  # a month cannot arrive before it begins, in any zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The rows of one invoice month that arrived on one day.

    Attributes:
        newest: Greatest `export_time`; it moves whenever rows are added.
        cost: Sum of `cost`, before credits.
        credits: Sum of all credits; negative.
    """

    month: Month
    day: date
    newest: datetime
    lines: int
    cost: Decimal
    credits: Decimal

    @property
    def start(self) -> datetime:
        """The first instant of the day, UTC."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first instant of the next day, UTC; exclusive."""
        return self.start + timedelta(days=1)


def window(month: Month, days: int) -> tuple[datetime, datetime]:
    """Return the half-open time, whole UTC days, in which rows of an invoice month arrive.

    Args:
        month: The invoice month.
        days: How many days after its end late rows still come.
    """
    return month.start - LEAD, month.end + timedelta(days=days)


def span(months: Iterable[Month], days: int) -> tuple[datetime, datetime]:
    """Return the half-open time that holds the windows of all months."""
    windows = [window(month, days) for month in months]
    return min(start for start, _ in windows), max(end for _, end in windows)


def outside(partitions: Iterable[Partition], days: int) -> list[Partition]:
    """Return what arrived beyond its window: counted or not, by what else was asked."""
    return [each for each in partitions if not _within(each, *window(each.month, days))]


def _within(each: Partition, start: datetime, end: datetime) -> bool:
    return start <= each.start < end


def compact(month: Month) -> str:
    """Return `YYYYMM`, as the export writes an invoice month."""
    return f"{month.year:04d}{month.month:02d}"


def month_of(text: str) -> Month:
    """Return the month of `YYYYMM`."""
    return Month.parse(f"{text[:4]}-{text[4:]}")


def manifest(table: str, form: str, month: Month, kept: Mapping[Partition, Document]) -> bytes:
    """Return what a delivery holds as canonical JSON; equal deliveries give equal bytes.

    Args:
        table: `project.dataset.table`.
        form: Identity of the rows' form.
        month: The invoice month.
        kept: The document of each partition.
    """
    ordered = sorted(kept, key=lambda each: each.day)
    content = {
        "form": form,
        "table": table,
        "month": str(month),
        "partitions": [{**_stated(each), **_document(kept[each])} for each in ordered],
    }
    return json.dumps(content, indent=1, sort_keys=True).encode()


def _stated(each: Partition) -> dict[str, Any]:
    return {
        "day": each.day.isoformat(),
        "newest": each.newest.isoformat(),
        "lines": each.lines,
        "cost": f"{each.cost:f}",
        "credits": f"{each.credits:f}",
    }


def _document(document: Document) -> dict[str, Any]:
    return {"document": document.name, "sha256": document.sha256, "size": document.size}


def held(data: bytes, table: str, form: str, month: Month) -> dict[Partition, Document]:
    """Return what a manifest of ours holds; nothing when it speaks of something else."""
    try:
        content = json.loads(data)
    except ValueError:
        return {}  # the source of that name was of another kind then
    about = {"form": form, "table": table, "month": str(month)}
    if not isinstance(content, dict) or not about.items() <= content.items():
        return {}
    return {_partition(month, each): _kept(each) for each in content["partitions"]}


def _partition(month: Month, each: Mapping[str, Any]) -> Partition:
    return Partition(
        month=month,
        day=date.fromisoformat(each["day"]),
        newest=datetime.fromisoformat(each["newest"]),
        lines=each["lines"],
        cost=exact(each["cost"]),
        credits=exact(each["credits"]),
    )


def _kept(each: Mapping[str, Any]) -> Document:
    return Document(each["document"], each["sha256"], each["size"])


def form_of(schema: Mapping[str, object], version: int) -> str:
    """Return the identity of a form: documents of another one are asked for again."""
    return fingerprint([version, [[name, str(dtype)] for name, dtype in schema.items()]])
