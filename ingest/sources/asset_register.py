"""Hardware of one's own: a register of assets, depreciated by month and charged to its users.

A month's delivery is the register as it lies there, and the hours that were told when it was
fetched: both decide what the month costs whom, and both are pinned by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import localcontext
from pathlib import Path
from typing import Final

from ingest.bucket import Body, Place, grants
from ingest.cluster.text import lines
from ingest.files import stored
from ingest.hardware import charge, told
from ingest.hardware.asset import Asset
from ingest.hardware.control import amounts, control
from ingest.hardware.doubt import doubts
from ingest.hardware.hours import Answers, Hours
from ingest.hardware.part import Books
from ingest.hardware.register import assets
from ingest.hardware.settings import Settings
from ingest.hardware.told import Told
from ingest.probe import Look, Probe, failed
from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    build,
    held,
)
from ingest.verify import Amount
from models.archive import Archive
from models.errors import AbsentError, BrokenError, ConfigError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "AssetRegister", "Settings"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other charges


@dataclass(frozen=True, slots=True)
class AssetRegister:
    """One register."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"asset_register {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say."""
        return self.settings.settlement

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the register of a month is expected."""
        return self.settings.due(period)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the register and the hours into the archive; yield each month's delivery."""
        try:
            register = self._stored(archive)
            found = self._assets(archive.path(register.sha256).read_bytes(), register.name)
            months = [month for month in periods if any(a.is_there(month) for a in found)]
            answers = self._answers(months, found, archive, known)
        except SourceError as error:
            yield error
            return
        for period in periods:
            answer = answers.get(period)
            if answer is None:
                absent = AbsentError(self.name, register.name, f"no asset is there in {period}")
                yield absent.of(period)
            elif isinstance(answer, SourceError):
                yield answer.of(period)
            else:
                delivery = self._delivery(period, register, answer, archive)
                if delivery.version != known.get(period):
                    yield delivery

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place for the register, then the source of hours all it is asked."""
        probe = Probe(source=self, opened=self._place, look=self._look)
        yield from probe.findings(periods, at)
        yield self._read()
        if hours := self._hours():
            for found in hours.probe(periods, at):
                yield replace(found, detail=f"hours: {found.detail}")

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the register and the hours needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)
        if hours := self._hours():
            yield from hours.grants()

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the assets that are there in the month into charges, and rows of their table."""
        with localcontext(prec=WIDE):
            books = self._books(path, document, delivery)
            return Conversion(
                charges=charge.charges(books).lazy(),
                notes=tuple(doubts(books)),
                beside={"assets": charge.table(books).lazy()},
            )

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the register must become; see `ingest.hardware.control`."""
        del document
        with localcontext(prec=WIDE):
            return control(path, self.settings, delivery.period, delivery.table)

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.hardware.control`."""
        del document
        return amounts(path, self.settings, delivery.period)

    def _place(self) -> Place:
        return self.settings.place(self.name, self.folder)

    def _look(self, place: Place, period: Month) -> Look:
        del period  # one register is of all months
        modified = place.read(self.settings.file).modified
        return Look(document=self.settings.file, data=self.settings.file, modified=modified)

    def _stored(self, archive: Archive) -> Document:
        check = _bytes if self.settings.is_yaml else lines
        return stored(self._place(), [self.settings.file], archive, self.name, check)[0]

    def _assets(self, data: bytes, name: str) -> tuple[Asset, ...]:
        try:
            return assets(data, name, self.settings)
        except ConfigError as error:
            first, more = error.mistakes[0], len(error.mistakes) - 1
            place = f"{first.file}:{first.line}:{first.column}"
            said = f"{first.message}; and {more} more mistakes" if more else first.message
            raise BrokenError(self.name, place, said) from error

    def _read(self) -> Finding:
        """Return whether the register can be read as one, without keeping it."""
        try:
            data = b"".join(self._place().read(self.settings.file).chunks)
            return Finding("schema", "ok", f"{len(self._assets(data, self.settings.file))} assets")
        except SourceError as error:
            return failed("schema", error)

    def _books(self, path: Path, document: Document, delivery: Delivery) -> Books:
        month = delivery.period
        whole = self._assets(path.read_bytes(), document.name)
        there = [asset for asset in whole if asset.is_there(month)]
        said = told.read(json.loads(delivery.table))
        return Books(month=month, assets=there, told=said, settings=self.settings)

    def _hours(self) -> Source | None:
        """Return the source of hours; it speaks in the name of this one."""
        if self.settings.hours is None:
            return None
        return build(self.name, self.settings.hours.kind, self.settings.hours, self.folder)

    def _answers(
        self,
        months: Sequence[Month],
        found: Sequence[Asset],
        archive: Archive,
        known: Mapping[Month, str],
    ) -> Answers:
        """Return what is told about the hours of each month, or why nothing can be."""
        source = self._hours()
        if source is None:
            return {month: Told() for month in months}
        told_of = _told_of(archive, known)
        hours = Hours(source, archive, _told_of(archive, held(known)))
        answers = hours.answers(months, told_of)
        if not self.settings.share_disposal:
            return answers
        return {month: hours.so_far(answers[month], month, found, told_of) for month in months}

    def _delivery(
        self, period: Month, register: Document, answer: Told, archive: Archive
    ) -> Delivery:
        table = told.text(answer)
        manifest = {"register": register.sha256, "hours": json.loads(table)}
        kept = archive.put([json.dumps(manifest, sort_keys=True).encode()])
        return Delivery(
            source=self.name,
            period=period,
            version=kept.sha256,
            documents=(register,),
            manifest=Document(f"register and hours of {period}", kept.sha256, kept.size),
            table=table,
        )


def _told_of(archive: Archive, known: Mapping[Month, str]) -> dict[Month, Told]:
    """Return the hours that deliveries were made with."""
    manifests = {month: archive.path(sha256).read_bytes() for month, sha256 in known.items()}
    return {month: told.read(json.loads(each)["hours"]) for month, each in manifests.items()}


def _bytes(body: Body, source: str, name: str) -> Iterator[bytes]:
    """Pass bytes on; what is wrong with them, their reader says with its place."""
    del source, name
    yield from body.chunks


SOURCE: type[Source] = AssetRegister
