"""The export's table behind its client: every job bounded in bytes and time, and told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl
from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry
from google.cloud.bigquery import (
    ArrayQueryParameter,
    Client,
    QueryJobConfig,
    ScalarQueryParameter,
    TableReference,
)
from google.cloud.bigquery.retry import DEFAULT_RETRY

from ingest.gcp import query
from ingest.gcp.access import READ_SECONDS, Access
from ingest.gcp.fault import FAULTS, fault
from ingest.gcp.partition import Partition, compact, month_of
from ingest.gcp.schema import COLUMNS
from models.errors import AbsentError, BrokenError, SourceError
from models.money import ZERO
from models.period import Month

PAGE: Final = 50_000  # rows of one answer
_WRITES: Final = ["bigquery.tables.updateData", "bigquery.tables.delete"]
_LABEL: Final = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one question may cost.

    Attributes:
        maximum_bytes: What it may read; it is refused, unpaid, before it reads more.
        query_seconds: How long it may run.
        storage_api: Whether rows come through the Storage Read API.
    """

    maximum_bytes: int
    query_seconds: int
    storage_api: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The export's table.

    Attributes:
        name: `project.dataset.table`.
        location: Where the data set lies.
        present: Paths of its columns, such as `project.id`.
        modified: When it was last written; None when it does not say.
        retry: How long a request is repeated.
    """

    access: Access
    client: Any
    name: str
    location: str
    present: frozenset[str]
    modified: datetime | None
    bounds: Bounds
    retry: Retry

    @property
    def columns(self) -> int:
        """How many columns it has, members of records not counted."""
        return sum("." not in path for path in self.present)

    def partitions(
        self, start: datetime, end: datetime, months: Sequence[Month]
    ) -> list[Partition]:
        """Return what arrived from `start` up to, not including, `end`, of some months.

        Raises:
            SourceError: when it cannot be read.
        """
        answer = self._answer(query.pairs(self.name), _asked(start, end, months))
        return [_partition(row) for row in answer.iter_rows(named=True)]

    def estimate(self, start: datetime, end: datetime, months: Sequence[Month]) -> int:
        """Return how many bytes `partitions` would read; the query is planned and not run.

        Raises:
            SourceError: when it could not be run.
        """
        try:
            job = self._job(query.pairs(self.name), _asked(start, end, months), dry_run=True)
        except FAULTS as error:
            raise self._fault(error) from error
        return int(job.total_bytes_processed or 0)

    def writable(self) -> bool | None:
        """Say whether the table could be written; None when the server does not tell."""
        try:
            found = self.client.test_iam_permissions(
                TableReference.from_string(self.name),
                _WRITES,
                retry=self.retry,
                timeout=READ_SECONDS,
            )
        except FAULTS:
            return None
        return bool(found.get("permissions"))

    def rows(self, each: Partition) -> pl.DataFrame:
        """Return the answer about one partition; see `ingest.gcp.query.rows`.

        Raises:
            SourceError: when it cannot be read.
        """
        parameters = [
            *_within(each.start, each.end),
            ScalarQueryParameter("month", "STRING", compact(each.month)),
        ]
        return self._answer(query.rows(self.name, self.present), parameters)

    def _answer(self, sql: str, parameters: list[Any]) -> pl.DataFrame:
        """Ask; a job that failed for a passing reason is asked again, within the time for it."""
        try:
            arrow = self.retry(self._once)(sql, parameters)
        except FAULTS as error:
            raise self._fault(error) from error
        frame: pl.DataFrame = pl.from_arrow(arrow)  # type: ignore[assignment]
        return frame

    def _once(self, sql: str, parameters: list[Any]) -> Any:  # noqa: ANN401 - the library has no types
        rows = self._job(sql, parameters).result(
            page_size=PAGE, retry=self.retry, timeout=self.bounds.query_seconds, job_retry=None
        )
        return rows.to_arrow(create_bqstorage_client=self.bounds.storage_api)

    def _job(self, sql: str, parameters: list[Any], *, dry_run: bool = False) -> Any:  # noqa: ANN401
        config = QueryJobConfig(
            query_parameters=parameters,
            maximum_bytes_billed=self.bounds.maximum_bytes,
            job_timeout_ms=self.bounds.query_seconds * 1000,
            labels={"trueup": _LABEL.sub("_", self.access.source.lower())[:63]},
            use_legacy_sql=False,
            dry_run=dry_run,
        )
        return self.client.query(
            sql,
            job_config=config,
            location=self.location,
            retry=self.retry,
            timeout=READ_SECONDS,
            job_retry=None,  # else a request that fails is repeated for ten minutes all the same
        )

    def _fault(self, error: Exception) -> SourceError:
        if isinstance(error, TimeoutError):
            seconds = self.bounds.query_seconds
            said = f"a query took longer than {seconds} seconds; raise query_seconds"
            return BrokenError(self.access.source, self.name, said)
        return _fault(self.access, self.name, error)


def table(access: Access, name: str, location: str, bounds: Bounds) -> Table:
    """Return the table of a name, as the credentials of an access see it.

    Raises:
        SourceError: when there is no way in, or it is no usage cost export.
    """
    options = ClientOptions(api_endpoint=access.endpoint) if access.endpoint else None
    client = Client(
        project=access.project, credentials=access.credentials(), client_options=options
    )
    retry = DEFAULT_RETRY.with_delay(initial=0.25, maximum=10).with_timeout(access.retry_seconds)
    try:
        found = client.get_table(name, retry=retry, timeout=READ_SECONDS)
    except FAULTS as error:
        raise _fault(access, name, error) from error
    present = frozenset(_paths(found.schema, ""))
    _refuse_other(access.source, name, found, present)
    return Table(
        access=access,
        client=client,
        name=name,
        location=location or found.location or "",
        present=present,
        modified=found.modified,
        bounds=bounds,
        retry=retry,
    )


def _refuse_other(source: str, name: str, found: Any, present: frozenset[str]) -> None:  # noqa: ANN401
    if found.table_type != "TABLE" or not found.time_partitioning:
        said = "is no table partitioned by day of arrival; name the export's own table, not a view"
        raise BrokenError(source, name, said)
    needed = [*(cell.name for cell in COLUMNS if cell.required), "export_time"]
    lacking = [column for column in needed if column not in present]
    if lacking:
        raise BrokenError(source, name, f"has no column {lacking[0]}; name a usage cost export")


def _fault(access: Access, name: str, error: Exception) -> SourceError:
    needs = (
        "roles/bigquery.dataViewer on the data set and roles/bigquery.jobUser on the "
        f"project {access.project}"
    )
    found = fault(access.source, name, error, needs)
    if not isinstance(found, AbsentError):
        return found
    said = (
        "there is no such table; check project, dataset, table and location, and that the "
        "export is enabled"
    )
    return AbsentError(access.source, name, said)


def _paths(fields: Sequence[Any], before: str) -> list[str]:
    return [
        path
        for field in fields
        for path in (f"{before}{field.name}", *_paths(field.fields, f"{before}{field.name}."))
    ]


def _asked(start: datetime, end: datetime, months: Sequence[Month]) -> list[Any]:
    named = ArrayQueryParameter("months", "STRING", [compact(month) for month in months])
    return [*_within(start, end), named]


def _within(start: datetime, end: datetime) -> list[Any]:
    return [
        ScalarQueryParameter("start", "TIMESTAMP", start),
        ScalarQueryParameter("end", "TIMESTAMP", end),
    ]


def _partition(row: dict[str, Any]) -> Partition:
    day: date = row["day"]
    return Partition(
        month=month_of(row["month"]),
        day=day,
        newest=row["newest"],
        lines=row["line_count"],
        cost=row["cost"] or ZERO,
        credits=row["credits"] or ZERO,
    )
