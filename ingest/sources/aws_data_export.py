"""AWS Data Exports in Parquet, CUR 2.0 or FOCUS 1.2, from S3 or from a folder laid out alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import polars as pl
from polars.exceptions import PolarsError
from pydantic import BaseModel, ConfigDict, Field

from ingest import bucket
from ingest.aws import control, cur
from ingest.aws.manifest import LIMIT, SUFFIX, Manifest, key, parse
from ingest.bucket import Body, ChangedError, Place
from ingest.files import stored
from ingest.focus.convert import convert as convert_focus
from ingest.source import Control, Conversion, Delivery, Document, Settlement, Source
from ingest.table import ContractError
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.period import Month
from models.scan import ScanError

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges
TRIES: Final = 3  # deliveries are hours apart: three changes in one read are no accident

_MARKS: Final = {"cur2": "line_item_line_item_type", "focus_1_2": "billedcost"}


class Settings(BaseModel):
    """One export, as `CreateExport` of AWS Data Exports makes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["aws_data_export"] = Field(description="This kind of source.")
    location: str = Field(
        min_length=1,
        description="s3://bucket/prefix of the export, or a folder with the same layout.",
    )
    export: str = Field(
        pattern=r"^[\w.!'()*-]+$", description="Name of the export, the folder below the prefix."
    )
    profile: str | None = Field(default=None, description="Profile of the AWS configuration.")
    role_arn: str | None = Field(default=None, description="Role to assume before reading.")
    region: str | None = Field(default=None, description="Region of the bucket.")
    endpoint_url: str | None = Field(
        default=None, description="Address of another server that speaks S3."
    )
    expected_every_hours: int = Field(
        default=36, gt=0, description="Hours after which a missing delivery is late."
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        description="How often a request is tried before it counts as failed.",
    )
    tax_recoverable: bool = Field(
        default=False, description="Whether tax comes back, and so is no cost of a project."
    )


@dataclass(frozen=True, slots=True)
class DataExport:
    """One configured export."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and the one setting that changes charges."""
        return f"aws_data_export {VERSION} tax_recoverable={self.settings.tax_recoverable}"

    @property
    def settlement(self) -> Settlement:
        """An invoice id on every line, and two weeks: AWS "Understanding export delivery"."""
        every = timedelta(hours=self.settings.expected_every_hours)
        return Settlement(after=timedelta(days=14), invoiced=True, every=every)

    def due(self, period: Month) -> datetime:
        """Return when a month is late: the first delivery comes within a day of its start."""
        return period.start + timedelta(hours=self.settings.expected_every_hours)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the newest delivery of each period, as its manifest states it, or say why not."""
        try:
            place = self._place()
        except SourceError as error:
            yield error
            return
        for period in periods:
            try:
                if not self._is_known(place, period, known):
                    yield self._delivery(place, period, archive)
            except SourceError as error:
                yield error.of(period)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one document into charges; see `ingest.aws.cur` and `ingest.focus.convert`."""
        convert = cur.convert if delivery.table == "cur2" else convert_focus
        try:
            return convert(path, tax_recoverable=self.settings.tax_recoverable)
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.aws.control`."""
        try:
            return control.cur(path) if delivery.table == "cur2" else control.focus(path)
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error

    def _place(self) -> Place:
        return bucket.place(
            self.settings.location,
            source=self.name,
            folder=self.folder,
            **self.settings.model_dump(
                include={"profile", "role_arn", "region", "endpoint_url", "max_attempts"}
            ),
        )

    def _is_known(self, place: Place, period: Month, known: Mapping[Month, str]) -> bool:
        """Say whether the manifest is the one that was loaded: then no data is read again."""
        if period not in known:
            return False
        return sha256(self._manifest(place, period)[1]).hexdigest() == known[period]

    def _delivery(self, place: Place, period: Month, archive: Archive) -> Delivery:
        """Read manifest, data, and manifest again: a delivery that moved meanwhile is dropped."""
        address = ""
        for _ in range(TRIES):
            address, data = self._manifest(place, period)
            try:
                delivery = self._stored(place, period, archive, address, data)
            except ChangedError:
                continue
            except AbsentError as error:
                if self._manifest(place, period) != (address, data):
                    continue
                raise BrokenError(
                    self.name, error.document, f"{error.detail}, but the manifest lists it"
                ) from error
            if self._manifest(place, period) == (address, data):
                return delivery
        raise BrokenError(
            self.name, address, f"kept changing while it was read, {TRIES} times; run again later"
        )

    def _manifest(self, place: Place, period: Month) -> tuple[str, bytes]:
        """Return the manifest of a period with its key: the export's own, else the only one."""
        home = f"{self.settings.export}/metadata/BILLING_PERIOD={period}/"
        usual = f"{home}{self.settings.export}-{SUFFIX}"
        try:
            return usual, _whole(place.read(usual), self.name, usual)
        except AbsentError as error:
            others = [
                name
                for name in place.keys(home)
                if name.endswith(SUFFIX) and "/" not in name.removeprefix(home)
            ]
            if not others:
                raise AbsentError(self.name, usual, "nothing is delivered for the month") from error
        if len(others) > 1:
            raise BrokenError(self.name, home, f"holds several manifests: {', '.join(others)}")
        return others[0], _whole(place.read(others[0]), self.name, others[0])

    def _stored(
        self, place: Place, period: Month, archive: Archive, address: str, data: bytes
    ) -> Delivery:
        try:
            manifest = parse(data)
            keys = [
                key(file, root=place.root, export=self.settings.export, period=str(period))
                for file in manifest.files
            ]
        except ValueError as error:
            raise BrokenError(self.name, address, f"the manifest {error}") from error
        if not keys:
            raise EmptyError(self.name, address, "the manifest lists no data file")
        kept = archive.put([data])
        documents = stored(place, keys, archive, self.name)
        return Delivery(
            source=self.name,
            period=period,
            version=manifest.version,
            documents=documents,
            manifest=Document(address, kept.sha256, kept.size),
            table=self._table(manifest, documents[0], archive),
        )

    def _table(self, manifest: Manifest, document: Document, archive: Archive) -> str:
        """Return which table this is, by the columns of the manifest, else of its first file."""
        columns = manifest.columns
        if not columns:
            try:
                columns = tuple(pl.read_parquet_schema(archive.path(document.sha256)))
            except PolarsError as error:
                raise BrokenError(self.name, document.name, _line(error)) from error
        lower = {column.lower() for column in columns}
        for table, mark in _MARKS.items():
            if mark in lower:
                return table
        raise BrokenError(
            self.name,
            document.name,
            "is neither CUR 2.0 nor FOCUS 1.2; export COST_AND_USAGE_REPORT or FOCUS_1_2_AWS",
        )


def _whole(body: Body, source: str, name: str) -> bytes:
    """Return a small object; a huge one is refused before it fills the memory."""
    data = bytearray()
    for chunk in body.chunks:
        data += chunk
        if len(data) > LIMIT:
            raise BrokenError(source, name, f"the manifest is larger than {LIMIT} bytes")
    return bytes(data)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


SOURCE: type[Source] = DataExport
