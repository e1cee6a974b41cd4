"""Hours of accelerators and runs of a Slurm cluster, from files that `sacct` wrote.

A job belongs to every month it touches, cut at midnight UTC: sacct selects jobs that touch a
window and prints them whole, so the cut is made here. Where several files tell the same
allocation, it counts once, as it was last seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ingest.bucket import Place, grants
from ingest.cluster import repeat, sacct
from ingest.cluster.job import Job, usage
from ingest.cluster.look import findings
from ingest.cluster.sacct import PASSED, Sacct
from ingest.cluster.sacct_control import control
from ingest.cluster.settings import SlurmSettings as Settings
from ingest.cluster.text import TextError, lines
from ingest.cluster.used import conversion, said
from ingest.shelf import Shelf
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
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.period import Month

__all__ = ["SOURCE", "Settings", "Slurm"]

Held = dict[str, tuple[Job, ...]]  # jobs of documents, by SHA-256

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other usage


@dataclass(frozen=True, slots=True)
class Slurm:
    """One cluster."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"slurm {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say."""
        return self.settings.settlement

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the files of a month are expected."""
        return self.settings.due(period)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; yield each month's delivery, or what is wrong."""
        try:
            place = self.settings.place(self.name, self.folder)
        except SourceError as error:
            yield error
            return
        held: Held = {}
        for asked in [[month] for month in periods] if self.settings.alone else [periods]:
            for found in self._shelf(place, asked, held).deliveries(asked, archive, known):
                yield _decided(found, held) if isinstance(found, Delivery) else found

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place, and look into the newest file of the pattern."""
        yield from findings(
            self, self.settings, self.folder, periods=periods, at=at, count=self._count
        )

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the jobs of a file that touch the month into usage."""
        read, month = self._read(path, document), delivery.period
        repeated = repeat.repeated(delivery.table, document.sha256)
        jobs = [job for job in read.jobs if job.row not in repeated and month in job.months]
        used = (row for job in jobs for row in usage(job, month))
        return conversion(used, read.faults, [*_notes(read, jobs, len(repeated))])

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the file must become; see `ingest.cluster.sacct_control`."""
        return control(
            path.read_bytes(),
            self.settings,
            delivery.period,
            repeated=repeat.repeated(delivery.table, document.sha256),
            aside={fault.row for fault in self._read(path, document).faults},
        )

    def _count(self, data: bytes) -> tuple[int, str]:
        read = sacct.read(data, self.settings)
        return len(read.jobs), said(read.faults)

    def _shelf(self, place: Place, asked: Sequence[Month], held: Held) -> Shelf:
        """Return the files of months; a file of one month tells nothing of its neighbours."""

        def months(path: Path, document: Document) -> frozenset[Month]:
            read = held[document.sha256] = self._sound(path, document)
            touched = frozenset(month for job in read for month in job.months)
            return touched & {*asked} if self.settings.alone else touched

        return Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=lambda: place,
            months=months,
            check=lines,
        )

    def _sound(self, path: Path, document: Document) -> tuple[Job, ...]:
        """Return the jobs of a file; without a readable line nobody knows its months."""
        read = self._read(path, document)
        if read.faults and not read.jobs:
            first = read.faults[0]
            where = f"{document.name}: row {first.row}, {first.column or 'the line'}"
            said = f"{first.value!r} {first.reason}; no other line can be read"
            raise BrokenError(self.name, where, said)
        return read.jobs

    def _read(self, path: Path, document: Document) -> Sacct:
        try:
            return sacct.read(path.read_bytes(), self.settings)
        except TextError as error:
            raise BrokenError(self.name, error.place(document.name), error.detail) from error


def _decided(delivery: Delivery, held: Held) -> Delivery:
    """Return a delivery that says which rows of it another row says better.

    Of files with the same bytes there is one, which has all their names.
    """
    names: dict[str, list[str]] = {}
    for document in delivery.documents:
        names.setdefault(document.sha256, []).append(document.name)
    sizes = {document.sha256: document.size for document in delivery.documents}
    documents = tuple(Document(" = ".join(names[sha]), sha, sizes[sha]) for sha in names)
    table = repeat.table((sha, held[sha]) for sha in names)
    return replace(delivery, documents=documents, table=table)


def _notes(read: Sacct, jobs: Sequence[Job], repeated: int) -> Iterator[tuple[str, str]]:
    """Yield what is told of lines that are no usage, and of jobs that are, in a way."""
    for rule, count in sorted(read.passed.items()):
        yield rule, f"{count} {PASSED[rule]}"
    if repeated:
        yield "repeated", f"{repeated} lines are told better by a later one, and not counted"
    if running := sum(not job.has_ended for job in jobs):
        yield "running", f"{running} jobs still ran when sacct was called, and count up to then"
    if still := sum(job.elapsed < job.wall for job in jobs):
        yield "suspended", f"{still} jobs stood still for a while, which is not counted"


SOURCE: type[Source] = Slurm
