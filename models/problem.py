"""Bad data as a value: what is wrong, where, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding about delivered data.

    Attributes:
        source: Name of the configured source.
        document: Object or file it was found in, as the source names it.
        row: Row in the document, 1 is the first data row; 0 concerns the whole document.
        column: Column it concerns; empty for the whole row.
        rule: Stable name of the check that found it.
        detail: One line for a person: the value, and the way out.
        severity: `error` set rows or a delivery aside, `warning` and `info` did not.
    """

    source: str
    document: str
    rule: str
    detail: str
    row: int = 0
    column: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return `source: document:row:column: detail [rule]` with empty parts left out."""
        row = f":{self.row}" if self.row else ""
        column = f":{self.column}" if self.column else ""
        return f"{self.source}: {self.document}{row}{column}: {self.detail} [{self.rule}]"
