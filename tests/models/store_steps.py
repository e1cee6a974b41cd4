"""One step of each store, and what it then holds; run in a process that a test kills.

A step is numbered: step n takes a store from what n - 1 steps made of it to the next state.
"""

# ruff: noqa: PLC0415 - a process imports only the store it writes
from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path


def document(n: int) -> list[bytes]:
    return [f"document {n}, part {part}\n".encode() * 50 for part in range(3)]


def archive_step(folder: Path, n: int) -> None:
    from models.archive import Archive

    Archive(folder / "archive").put(document(n))


def archive_state(folder: Path) -> int:
    from models.archive import Archive

    archive = Archive(folder / "archive")
    found = sorted(path.name for path in archive.folder.glob("??/*"))
    sound = {archive.path(name).read_bytes() for name in found}  # raises when one is torn
    assert sound == {b"".join(document(n)) for n in range(1, len(found) + 1)}
    return len(found)


def rows(n: int) -> bytes:
    return f"rows of {n}\n".encode() * 5000


def lake_step(folder: Path, n: int) -> None:
    from models.lake import Lake

    Lake(folder / "lake").write("spend", f"{n:06x}", lambda part: part.write_bytes(rows(n)))


def lake_state(folder: Path) -> int:
    found = sorted((folder / "lake" / "spend").glob("[!.]*"))
    assert [path.read_bytes() for path in found] == [rows(n) for n in range(1, len(found) + 1)]
    return len(found)


def noon() -> datetime:
    return datetime(2026, 11, 21, 12, tzinfo=UTC)


def ledger_step(folder: Path, n: int) -> None:
    from models.ledger import Entry, Ledger

    with Ledger(f"sqlite:///{folder}/ledger.sqlite", noon) as it:
        it.append(*(Entry("step", str(n), {"part": part}) for part in range(3)))


def ledger_state(folder: Path) -> int:
    from models.ledger import Ledger

    with Ledger(f"sqlite:///{folder}/ledger.sqlite", noon) as it:
        it.verify()
        subjects = [record.subject for record in it.entries("step")]
    assert subjects == [str(n + 1) for n in range(len(subjects) // 3) for _ in range(3)]
    return len(subjects) // 3


def warehouse_step(folder: Path, n: int) -> None:
    import polars as pl

    from models.warehouse import publish

    frame = pl.DataFrame({"n": [n] * 1000})
    publish(folder / "trueup.duckdb", folder / "lake", [], {"spend": frame, "plan": frame})


def warehouse_state(folder: Path) -> int:
    from models.warehouse import query

    sql = "SELECT n, count(*) FROM (FROM spend UNION ALL FROM plan) GROUP BY n"
    [(n, count)] = query(folder / "trueup.duckdb", folder / "lake", sql)
    assert count == 2000
    return int(n)


STEPS = {
    "archive": archive_step,
    "lake": lake_step,
    "ledger": ledger_step,
    "warehouse": warehouse_step,
}
STATES = {
    "archive": archive_state,
    "lake": lake_state,
    "ledger": ledger_state,
    "warehouse": warehouse_state,
}


if __name__ == "__main__":
    store, place, first, last = sys.argv[1:]
    for number in range(int(first), int(last) + 1):
        STEPS[store](Path(place), number)
        os.write(1, f"{number}\n".encode())
