"""Timesheets as CSV files: labor by project, role and month, at standard rates.

The files are read anew each time, and what is personal is dropped before anything is written:
names, mail addresses, notes and pay. What arrives is one redacted document a month, made of
the entries of that month in all files; see `ingest.labor.document`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import localcontext
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from ingest.bucket import grants
from ingest.labor import card, charge, document, people
from ingest.labor.control import amounts, control
from ingest.labor.entry import Entry, Reader
from ingest.labor.settings import Settings
from ingest.labor.shelf import File, files, months
from ingest.labor.told import notes
from ingest.labor.work import labor
from ingest.probe import Probe, failed, newest_file
from ingest.source import (
    REJECTED,
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    expected,
)
from ingest.verify import Amount
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "Settings", "Timesheets"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other charges


@dataclass(frozen=True)
class Timesheets:
    """One configured timesheet system."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, every setting that changes charges, and the rates."""
        try:
            rates = self._card.fingerprint
        except SourceError:
            rates = "unreadable"  # `fetch` says why; the last good delivery stays
        return f"timesheet {VERSION} {self.settings.reading} {rates}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say; nothing invoices a timesheet."""
        return Settlement(after=timedelta(days=self.settings.final_after_days), invoiced=False)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the timesheets of a month are expected."""
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Read and redact the files; yield each month's delivery, or what is wrong."""
        if not periods:
            return
        try:
            read = self._read()
        except SourceError as error:
            yield error
            return
        held = months(read)
        for period in periods:
            if not held[period]:
                yield self._absence(read, period).of(period)
                continue
            delivery = self._delivery(period, read, archive)
            if delivery.manifest and known.get(period) != delivery.manifest.sha256:
                yield delivery

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place, and look at the confidential files beside it."""
        look = newest_file(self.name, self.settings.pattern)
        yield from Probe(
            source=self, opened=lambda: self.settings.place(self.name, self.folder), look=look
        ).findings(periods, at)
        try:
            _ = self._card
        except SourceError as error:
            yield failed("rates", error, "see docs/labor.md")
        else:
            yield Finding("rates", "ok", f"{self.settings.rates}: only its owner can read it")
        yield self._counting()

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the entries of a redacted document into charges and usage of its month."""
        if document.sha256 in _originals(delivery):
            return Conversion(charges=charge.charges([], self.settings, delivery.period, ""))
        entries, settings = self._entries(path, document), self.settings
        counted = [entry for entry in entries if entry.status == "counted"]
        with localcontext(prec=WIDE):
            told = labor(
                counted, self._card, delivery.period, settings.divisor, settings.smallest_group
            )
            lines = charge.charges(told, settings, delivery.period, self._card.currency)
            hours = charge.usage(told, delivery.period)
            said = tuple(notes(entries, delivery.table, is_folded_whole=self._is_folded_whole))
        return Conversion(
            charges=lines,
            rejected=_rejected(entries),
            notes=said,
            beside={"usage": hours} if told else {},
            summed=tuple(
                row for row, entry in enumerate(entries, start=1) if entry.status != "rejected"
            ),
        )

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what a document must become; see `ingest.labor.control`."""
        if document.sha256 in _originals(delivery):
            return Control(rows=0, totals=(), first="", last="")
        return control(path.read_bytes(), self._card, delivery.period, self.settings)

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Return what roles come to; see `ingest.labor.control`."""
        if document.sha256 in _originals(delivery):
            return ()
        return amounts(path.read_bytes(), self._card, delivery.period, self.settings)

    @cached_property
    def _card(self) -> card.Card:
        return card.load(self.name, self.folder / self.settings.rates)

    @property
    def _is_folded_whole(self) -> bool:
        """Whether no role is ever shown, since nobody can be counted."""
        settings = self.settings
        is_keyed = settings.key is not None or settings.key_file is not None
        return settings.smallest_group > 1 and not is_keyed

    def _read(self) -> list[File]:
        """Return the files, redacted; what is wrong with the rates is told before."""
        _ = self._card
        reader = Reader(self.settings, people.load(self.name, self.settings, self.folder))
        place = self.settings.place(self.name, self.folder)
        read = list(files(place, self.name, self.settings, reader))
        if not read:
            raise AbsentError(self.name, self.settings.pattern, "no file has such a name")
        return read

    def _absence(self, read: Sequence[File], period: Month) -> SourceError:
        if not any(file.entries for file in read):
            detail = f"no entry is in any of {len(read)} files"
            return EmptyError(self.name, self.settings.pattern, detail)
        detail = f"no entry is of {period} in {len(read)} files"
        return AbsentError(self.name, self.settings.pattern, detail)

    def _delivery(self, period: Month, read: Sequence[File], archive: Archive) -> Delivery:
        own = [file for file in read if any(entry.month == period for entry in file.entries)]
        entries = [entry for file in own for entry in file.entries if entry.month == period]
        kept = archive.put([document.written(entries)])
        redacted = Document(f"timesheets of {period}, redacted", kept.sha256, kept.size)
        originals = list(self._originals(own, archive))
        table = json.dumps(
            {
                "originals": [each.sha256 for each in originals],
                "copies": {file.name: file.copies for file in own if file.copies},
            },
            sort_keys=True,
        )
        documents = (redacted, *originals)
        manifest = json.dumps([[[each.name, each.sha256] for each in documents], table])
        stored = archive.put([manifest.encode()])
        return Delivery(
            source=self.name,
            period=period,
            version=stored.sha256,
            documents=documents,
            manifest=Document(f"what is kept of {period}", stored.sha256, stored.size),
            table=table,
        )

    def _originals(self, own: Sequence[File], archive: Archive) -> Iterator[Document]:
        """Yield the files as they are, in the archive, where the settings say so."""
        if self.settings.keep == "original":
            for file in own:
                kept = archive.put([file.data])
                yield Document(file.name, kept.sha256, kept.size)

    def _entries(self, path: Path, named: Document) -> list[Entry]:
        try:
            return document.read(path.read_bytes())
        except document.DocumentError as error:
            raise BrokenError(self.name, named.name, str(error)) from error

    def _counting(self) -> Finding:
        """Say whether people can be counted, without which every role is `other_roles`."""
        try:
            found = people.load(self.name, self.settings, self.folder)
        except SourceError as error:
            key = self.folder / (self.settings.key_file or "")
            check = "key" if error.document == str(key) else "people"
            return failed(check, error, "see docs/labor.md")
        said = f"roles of {self.settings.smallest_group} people and more are shown"
        if found.key or self.settings.smallest_group == 1:
            return Finding("people", "ok", said)
        fix = "`openssl rand -hex 32` makes a key; name its file as key_file, mode 0600"
        return Finding("people", "warn", "no key: every role is told as other_roles", fix)


def _originals(delivery: Delivery) -> frozenset[str]:
    return frozenset(json.loads(delivery.table)["originals"] if delivery.table else ())


def _rejected(entries: Sequence[Entry]) -> pl.DataFrame:
    rows = [
        (number, entry.column, f"{entry.file}, row {entry.row}: {entry.reason}", "")
        for number, entry in enumerate(entries, start=1)
        if entry.status == "rejected"
    ]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


SOURCE: type[Source] = Timesheets
