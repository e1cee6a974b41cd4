"""Reports that were signed: rendered once when their month was closed, and shown as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.closing import Close, closes
from models.errors import RefusedError, StoreError
from models.ledger import Ledger
from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page, text
from scheduler.workspace import Stores

WRITTEN: Final = ("html", "md", "json")  # into the folder of reports
TABLE: Final = "table"  # for the terminal, without colours


def rendered(report: Portfolio) -> dict[str, bytes]:
    """Return the report in every form, as bytes."""
    found = {
        "html": page.render(report),
        "md": markdown.render(report),
        "json": document.render(report),
        TABLE: text.render(report, colour=False),
    }
    return {form: said.encode() for form, said in found.items()}


def signed(stores: Stores, month: Month, version: int | None = None) -> dict[str, bytes]:
    """Return the report that a month was closed with, by form.

    Args:
        stores: The stores.
        month: The month.
        version: Which of its closes; without one the newest, while the month is closed.

    Returns:
        Nothing where the month is open, or was closed without a report.

    Raises:
        RefusedError: when it was never closed so often.
        StoreError: when the archive does not have it, or it was altered.
    """
    found = _body(stores.ledger, month, version)
    return {form: _bytes(stores, month, sha) for form, sha in found.get("reports", {}).items()}


def _body(ledger: Ledger, month: Month, version: int | None) -> Mapping[str, Any]:
    mine = [each for each in closes(ledger) if each.month == month]
    if version is None:
        return mine[-1].record.body if mine and mine[-1].reopened is None else {}
    wanted = [each for each in mine if each.version == version]
    if not wanted:
        raise RefusedError(f"{month}: has no version {version}; {_there(mine)}")
    return wanted[0].record.body


def _there(mine: list[Close]) -> str:
    known = ", ".join(str(each.version) for each in mine)
    return f"there are: {known}" if known else "it was never closed: `trueup close` lists months"


def _bytes(stores: Stores, month: Month, sha256: str) -> bytes:
    try:
        return stores.archive.path(sha256).read_bytes()
    except StoreError as error:
        raise StoreError(
            f"{month}: its signed report {sha256[:12]} is lost or was altered; restore the archive "
            "from a backup"
        ) from error
