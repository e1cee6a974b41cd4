"""What changed since another report, as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from models.period import Month
from reconcile.figure import MEASURES, exact_text
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import grouped
from reconcile.since.change import CAUSES, Changed, columns
from reconcile.since.evidence import Evidence

PLACES: Final = 2
VERSION: Final = 1
_WORDS: Final = 2  # columns of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two reports: when it is of, and which month it is about."""

    as_of: datetime
    month: Month
    snapshot: str

    def document(self) -> dict[str, str]:
        """Return it as plain values."""
        return {
            "as_of": self.as_of.isoformat(),
            "month": str(self.month),
            "snapshot": self.snapshot,
        }

    def __str__(self) -> str:
        """Return it in a few words."""
        return f"{self.month} as of {self.as_of.date()} ({self.snapshot})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What changed from one report to another, and by what; sums in one currency."""

    before: Side
    after: Side
    currency: str
    changes: Sequence[Changed]
    evidence: Sequence[Evidence]


def table(found: Since) -> str:
    """Return it for a terminal: a row a figure, a column a cause, and below what they are."""
    head = f"changes from {found.before} to {found.after}, in {found.currency}"
    if not found.changes:
        return "".join(f"{line}\n" for line in (head, "no figure changed", *_evidence(found)))
    causes = columns(found.changes)
    named = [" + ".join(each) for each in causes]
    rounded = [each.rounded(PLACES) for each in found.changes]
    shown = [each for each in rounded if any(each.parts.values())]
    rows = [("scope", "figure", "before", "after", "change", *named)]
    rows += [_row(each, causes) for each in shown]
    numbers = range(_WORDS, len(rows[0]))
    lines = (head, *aligned(rows, tuple(numbers)), *_less(len(rounded) - len(shown)))
    return "".join(f"{line}\n" for line in (*lines, *_evidence(found)))


def _less(count: int) -> Iterator[str]:
    """Yield how many figures are left out, since none of their amounts prints otherwise."""
    if count:
        yield f"and {count} figure{'s' if count > 1 else ''} by less than a cent"


def _row(each: Changed, causes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    parts = [each.parts.get(cause) for cause in causes]
    return (
        visible(each.reading.scope),
        f"{MEASURES[each.reading.measure].title} {each.reading.period}",
        grouped(each.before, places=PLACES),
        grouped(each.after, places=PLACES),
        grouped(each.after - each.before, "+", PLACES),
        *("" if part is None else grouped(part, "+", PLACES) for part in parts),
    )


def _evidence(found: Since) -> Iterator[str]:
    for cause, said in CAUSES.items():
        mine = [each for each in found.evidence if each.cause == cause]
        if mine:
            yield f"{cause}: {said}"
        for each in mine:
            came = f" ({', '.join(each.documents)})" if each.documents else ""
            yield visible(f"  {each.subject}: {each.detail}{came}")


def document(found: Since) -> str:
    """Return it as JSON: amounts as text, exact; the causes of a figure sum to its change."""
    content = {
        "schema_version": VERSION,
        "since": found.before.document(),
        "until": found.after.document(),
        "currency": found.currency,
        "changes": [_change(each) for each in found.changes],
        "evidence": [_said(each) for each in found.evidence],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _change(each: Changed) -> Mapping[str, Any]:
    return {
        "scope": each.reading.scope,
        "period": each.reading.period,
        "measure": each.reading.measure,
        "before": exact_text(each.before),
        "after": exact_text(each.after),
        "change": exact_text(each.change),
        "causes": [
            {"causes": list(causes), "amount": exact_text(part)}
            for causes, part in each.parts.items()
        ],
    }


def _said(each: Evidence) -> Mapping[str, Any]:
    return {
        "cause": each.cause,
        "subject": each.subject,
        "detail": each.detail,
        "documents": list(each.documents),
    }
