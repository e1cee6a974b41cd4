"""The redacted document: what the archive keeps of the timesheets of one month, as CSV.

One line for each entry, or for each day of one that goes over midnight: where it stands in
which file, how long it is, of which project and role. Rows count from 1, below the headings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import localcontext
from typing import Final, get_args

from ingest.labor.entry import Entry, Status
from models.money import WIDE, exact

HEADINGS: Final = tuple(field.name for field in fields(Entry))
_STATES: Final = get_args(Status)


class DocumentError(ValueError):
    """The document is none of ours."""


def written(entries: Iterable[Entry]) -> bytes:
    """Return entries as a document: the same entries give the same bytes, in any order."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADINGS)
    ordered = sorted(entries, key=lambda entry: (entry.file, entry.row, entry.day))
    with localcontext(prec=WIDE):
        writer.writerows(map(_cells, ordered))
    return out.getvalue().encode()


def read(data: bytes) -> list[Entry]:
    """Return the entries of a document, in order of its rows.

    Raises:
        DocumentError: when it is none that `written` makes.
    """
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    if tuple(next(reader, ())) != HEADINGS:
        raise DocumentError("is no redacted timesheet of this version; fetch the files again")
    return [_entry(dict(zip(HEADINGS, cells, strict=True))) for cells in reader]


def _cells(entry: Entry) -> list[str]:
    seconds = f"{entry.seconds.normalize():f}"
    return [seconds if name == "seconds" else str(getattr(entry, name)) for name in HEADINGS]


def _entry(cells: dict[str, str]) -> Entry:
    status = next((state for state in _STATES if state == cells["status"]), None)
    if status is None:
        raise DocumentError("has an entry of no known status; fetch the files again")
    own = {
        **cells,
        "row": int(cells["row"]),
        "status": status,
        "day": date.fromisoformat(cells["day"]),
        "seconds": exact(cells["seconds"]),
    }
    return Entry(**own)
