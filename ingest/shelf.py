"""Files without a manifest: which of them are the delivery of a month.

Where the pattern names the month, all files of that name are its delivery. Where it does not,
each row belongs to the month it states, and a month's delivery is all files that hold one of
its rows. One unreadable file then stops the whole place, since nobody knows which months it
would have changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from ingest.arrival import whole
from ingest.bucket import Place
from ingest.files import Check, found, names_month, stored
from ingest.source import Delivery, Document
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.period import Month

Held = Mapping[Document, AbstractSet[Month]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Files of one name pattern at one place.

    Attributes:
        source: Name of the source.
        pattern: Names of the files, with `*`, `?`, and perhaps the month.
        opened: Returns the place; may raise SourceError.
        months: Returns the months that the rows of a document, of this path, are of; may
            raise SourceError.
        check: What each file must be to pass into the archive.
        tolerant: Rows of another month in a file whose name says one are left to the
            conversion, which sets them aside; else they refuse the file.
    """

    source: str
    pattern: str
    opened: Callable[[], Place]
    months: Callable[[Path, Document], AbstractSet[Month]]
    check: Check = whole
    tolerant: bool = False

    @property
    def alone(self) -> bool:
        """Whether a file is of one month alone, which its name says."""
        return names_month(self.pattern)

    def deliveries(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; see `ingest.source.Source.fetch`."""
        if not periods:
            return
        try:
            place = self.opened()
            held = {} if self.alone else self._held(place, periods[0], archive)
        except SourceError as error:
            yield error
            return
        for period in periods:
            try:
                mine = self._held(place, period, archive) if self.alone else held
                delivery = self._delivery(period, mine, archive)
            except SourceError as error:
                yield error.of(period)
                continue
            if delivery.manifest and known.get(period) != delivery.manifest.sha256:
                yield delivery

    def _held(self, place: Place, period: Month, archive: Archive) -> Held:
        """Bring the files of the pattern into the archive, with the months of their rows.

        Files may come while they are read: they are listed again, and must be the same.
        """
        keys = found(place, self.pattern, period)
        documents = stored(place, keys, archive, self.source, self.check)
        if found(place, self.pattern, period) != keys:
            detail = "files came or went while they were read; run again"
            raise BrokenError(self.source, self.pattern, detail)
        held = {each: self.months(archive.path(each.sha256), each) for each in documents}
        if self.alone and not self.tolerant:
            self._refuse_strangers(held, period)
        return held

    def _refuse_strangers(self, held: Held, period: Month) -> None:
        """Refuse rows that no delivery would ever take: their own month has other files."""
        for document, months in held.items():
            others = ", ".join(map(str, sorted(set(months) - {period})))
            if others:
                raise BrokenError(
                    self.source,
                    document.name,
                    f"holds rows of {others}, but its name says {period}; leave the month out "
                    "of the pattern, and each row goes to its own",
                )

    def _delivery(self, period: Month, held: Held, archive: Archive) -> Delivery:
        if not held:
            raise AbsentError(self.source, self.pattern, "no file has such a name")
        if not any(held.values()):
            raise EmptyError(self.source, self.pattern, f"no row is in any of {len(held)} files")
        named = self.alone and self.tolerant
        documents = tuple(each for each, months in held.items() if named or period in months)
        if not documents:
            detail = f"no row is of {period} in {len(held)} files"
            raise AbsentError(self.source, self.pattern, detail)
        manifest = json.dumps([[document.name, document.sha256] for document in documents])
        kept = archive.put([manifest.encode()])
        return Delivery(
            source=self.source,
            period=period,
            version=kept.sha256,
            documents=documents,
            manifest=Document(f"what lies at the place for {period}", kept.sha256, kept.size),
        )
