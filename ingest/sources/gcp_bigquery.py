"""The usage cost export of Google Cloud in BigQuery, standard or detailed, asked day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from polars.exceptions import PolarsError
from pydantic import Field, StringConstraints, model_validator

from ingest.gcp.access import RETRY_SECONDS, Access, installed
from ingest.gcp.control import amounts, control
from ingest.gcp.convert import VERSION, convert
from ingest.gcp.policy import table_grants
from ingest.gcp.settlement import SETTLEMENT
from ingest.probe import failed
from ingest.reference import Reference
from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
)
from ingest.table import ContractError
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.field import Strict, Text
from models.period import Month
from models.scan import ScanError

if TYPE_CHECKING:
    from ingest.gcp.bigquery import Table  # which wants the client that is an extra

__all__ = ["SOURCE", "Settings", "UsageCostTable"]

_PROJECT = r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
Project = Annotated[str, StringConstraints(pattern=f"^{_PROJECT}$")]
Dataset = Annotated[str, StringConstraints(pattern=rf"^({_PROJECT}\.)?[A-Za-z0-9_]+$")]
TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]


class Settings(Strict):
    """One export table, and in whose name it is asked."""

    kind: Literal["gcp_bigquery"]
    """This kind of source."""
    project: Project
    """Project that the queries run in and are billed to."""
    dataset: Dataset
    """Data set of the export; PROJECT.DATASET when it lies in another project."""
    table: TableName | None = None
    """Table of the export; without it, it follows from billing_account and detailed."""
    billing_account: Account | None = None
    """Billing account, such as 012345-567890-ABCDEF."""
    detailed: bool = True
    """Whether it is the detailed export, which names resources."""
    location: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]*$")] = ""
    """Location of the data set; empty to go by what the table says."""
    maximum_bytes_billed: int = Field(default=10_000_000_000, gt=0)
    """Bytes that one query may read; it is refused, unpaid, before it reads more."""
    window_days: int = Field(default=60, ge=1, le=400)
    """Days after the end of an invoice month in which late rows of it are looked for."""
    query_seconds: int = Field(default=600, gt=0, le=21_600)
    """Time that one query may take."""
    retry_seconds: int = Field(default=RETRY_SECONDS, gt=0, le=3600)
    """Time in which a request that failed is repeated."""
    storage_api: bool = False
    """Whether rows come through the Storage Read API, which is faster and has its own price."""
    impersonate: Mail | None = None
    """Service account to act as; without it, the application default credentials."""
    endpoint: str = ""
    """Address of another server; asked without credentials when it is this machine."""
    projects: bool = False
    """Whether the projects of billing_account are compared with projects.yaml and rules.yaml."""
    catalog: bool = False
    """Whether list prices of accelerators are kept, in the currency of billing_account."""
    catalog_services: tuple[Text, ...] = ("Compute Engine", "Vertex AI")
    """Services whose accelerators are looked for in the price catalogue."""
    billing_endpoint: str = ""
    """Address of another server of accounts and prices; see endpoint."""
    expected_every_hours: int = Field(default=48, gt=0)
    """Hours after which a missing month is late."""
    tax_recoverable: bool = False
    """Whether tax comes back, and so is no cost of a project."""

    @model_validator(mode="after")
    def named(self) -> Settings:
        """Refuse an export without a name."""
        if not self.table and not self.billing_account:
            raise ValueError("names no table; set table, or billing_account, from which it follows")
        if self.informed and not self.billing_account:
            raise ValueError("projects and catalog need billing_account; set it")
        return self

    @property
    def informed(self) -> bool:
        """Whether more is asked for than bills."""
        return self.projects or self.catalog

    @property
    def home(self) -> str:
        """`project.dataset` of the export."""
        return self.dataset if "." in self.dataset else f"{self.project}.{self.dataset}"

    @property
    def address(self) -> str:
        """`project.dataset.table` of the export."""
        kind = "resource_v1" if self.detailed else "v1"
        account = (self.billing_account or "").replace("-", "_")
        return f"{self.home}.{self.table or f'gcp_billing_export_{kind}_{account}'}"

    def access(self, source: str, endpoint: str) -> Access:
        """Return the way in to a service, at its own address or another one."""
        return Access(
            source=source,
            project=self.project,
            impersonate=self.impersonate or "",
            endpoint=endpoint,
            retry_seconds=self.retry_seconds,
        )


@dataclass(frozen=True, slots=True)
class UsageCostTable:
    """One configured export."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and the one setting that changes charges."""
        return f"gcp_bigquery {VERSION} tax_recoverable={self.settings.tax_recoverable}"

    @property
    def settlement(self) -> Settlement:
        """Ten days after the invoice month, and no invoice id; see `ingest.gcp.settlement`."""
        return SETTLEMENT

    def due(self, period: Month) -> datetime:
        """Return when a month is late: rows of its first hours come within a day."""
        return period.start + timedelta(hours=self.settings.expected_every_hours)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Ask what changed, and only that again; see `ingest.gcp.export`."""
        try:
            table = self._table()
            from ingest.gcp.export import Export  # noqa: PLC0415 - an extra

            export = Export(source=self.name, table=table, window_days=self.settings.window_days)
            yield from export.deliveries(periods, archive, known)
        except SourceError as error:
            yield error

    def references(
        self, periods: Sequence[Month], archive: Archive, known: Collection[str]
    ) -> Iterator[Reference | SourceError]:
        """Bring projects and list prices, where they are asked for; see `ingest.gcp.reference`."""
        given = self.settings
        if not given.informed:
            return
        try:
            with installed(self.name):
                from ingest.gcp.reference import Wanted, brought  # noqa: PLC0415 - an extra
        except SourceError as error:
            yield error
            return
        wanted = Wanted(
            account=given.billing_account or "",
            projects=given.projects,
            services=given.catalog_services if given.catalog else (),
        )
        access = given.access(self.name, given.billing_endpoint)
        yield from brought(access, wanted, periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the table what works, without a query that costs; see `ingest.gcp.inspection`."""
        try:
            table = self._table()
        except SourceError as error:
            yield failed(
                "read" if error.document == self.settings.address else "credentials", error
            )
            return
        from ingest.gcp.inspection import findings  # noqa: PLC0415 - an extra

        yield from findings(table, periods, self.settings.window_days, at)

    def grants(self) -> Iterator[Grant]:
        """Yield the roles on data set, project and billing account."""
        yield from table_grants(
            self.settings.project,
            self.settings.home,
            self.settings.billing_account if self.settings.informed else None,
            storage_api=self.settings.storage_api,
        )

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one day of arrival into charges; see `ingest.gcp.convert`."""
        try:
            return convert(path, delivery.period, tax_recoverable=self.settings.tax_recoverable)
        except (ContractError, PolarsError) as error:
            said = " ".join(str(error).split())
            raise BrokenError(self.name, document.name, said) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.gcp.control`."""
        try:
            return control(path, delivery.period)
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.gcp.control`."""
        del document, delivery
        return amounts(path)

    def _table(self) -> Table:
        with installed(self.name):
            from ingest.gcp.bigquery import Bounds, table  # noqa: PLC0415 - an extra
        given = self.settings
        if given.storage_api:
            with installed(self.name, "google-cloud-bigquery-storage"):
                import_module("google.cloud.bigquery_storage")
        bounds = Bounds(
            maximum_bytes=given.maximum_bytes_billed,
            query_seconds=given.query_seconds,
            storage_api=given.storage_api,
        )
        access = given.access(self.name, given.endpoint)
        return table(access, given.address, given.location, bounds)


SOURCE: type[Source] = UsageCostTable
