"""Reads files of a folder in a process with little memory and time; tells how each is refused."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from ingest.invoice.settings import Settings
from ingest.invoice.sheet import SheetError, read

GIVEN = {
    **dict.fromkeys(("issuer", "service", "folder"), "A"),
    "kind": "invoice_csv",
    "currency": "EUR",
    "columns": {"number": "No", "issued": "Date", "amount": "Net"},
}


def main(folder: Path, memory: int, seconds: int) -> None:
    settings = Settings.model_validate(GIVEN)
    read(b"No,Date,Net\n1,2026-10-05,1\n", settings)  # engines take what they need
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for path in sorted(folder.iterdir()):
        began = time.monotonic()
        try:
            read(path.read_bytes(), settings)
            said = "read"
        except SheetError as error:
            said = str(error)
        sys.stdout.write(f"{path.name}\t{time.monotonic() - began:.1f}\t{said}\n")


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
