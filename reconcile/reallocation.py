"""Reallocations: what an edit of rules or projects moved, told once it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Self

from models.money import exact
from models.period import Month
from reconcile.figure import exact_text
from reconcile.preview import Net, Preview
from reconcile.report.number import grouped
from reconcile.report.preview import PLACES, amounts

LONGEST: Final = 3  # projects named in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reallocation:
    """What the rules of a night moved, compared with those of the night before.

    Attributes:
        seq: Its place in the ledger.
        at: Day of the night.
        currency: Of every amount.
        moved: Every move between projects, without its sign.
        months: In which something moved.
        net: Change by month and project, splits included; each month sums to zero.
        staying: What would have moved in closed months.
    """

    seq: int
    at: date
    currency: str
    moved: Decimal
    months: tuple[Month, ...]
    net: Net
    staying: Mapping[Month, Decimal]

    @classmethod
    def read(cls, seq: int, body: Mapping[str, Any]) -> Self:
        """Return what `body` wrote."""
        return cls(
            seq=seq,
            at=date.fromisoformat(body["as_of"][:10]),
            currency=body["currency"],
            moved=exact(body["moved"]),
            months=tuple(map(Month.parse, body["months"])),
            net={
                (Month.parse(each["month"]), each["project"]): exact(each["amount"])
                for each in body["net"]
            },
            staying={
                Month.parse(month): exact(amount) for month, amount in body["staying"].items()
            },
        )

    def said(self, month: Month | None = None) -> str:
        """Return it as a sentence for people; of one month, with its largest changes."""
        return f"rules changed on {self.at}: {self.told(month)}"

    def told(self, month: Month | None = None) -> str:
        """Return the same without the day."""
        count, what = len(self.months), amounts(self.moved, self.net, self.currency)
        whole = f"{what} in {count} month{'s' * (count != 1)}"
        return "; ".join([whole, *self._of(month), *self._closed()])

    def _of(self, month: Month | None) -> Iterator[str]:
        mine = {project: amount for (each, project), amount in self.net.items() if each == month}
        if month is None:
            return
        ordered = sorted(mine, key=lambda project: (-mine[project].copy_abs(), project))
        named = ", ".join(
            f"{each} {grouped(mine[each], '+', PLACES)}" for each in ordered[:LONGEST]
        )
        more = f" and {len(ordered) - LONGEST} more" if len(ordered) > LONGEST else ""
        yield f"in {month} {named}{more}" if mine else f"nothing in {month}"

    def _closed(self) -> Iterator[str]:
        kept = [f"{m} ({grouped(a, places=PLACES)})" for m, a in self.staying.items() if a]
        if kept:
            yield f"closed, and stays as it was: {', '.join(kept)}"


def body(found: Preview, *, before: str, after: str, as_of: str) -> dict[str, Any]:
    """Return what the ledger keeps of it; amounts are text.

    Args:
        found: What moves.
        before: Hash of the version until then.
        after: Hash of the version from then on.
        as_of: When the data was current, ISO.
    """
    return {
        "before": before,
        "after": after,
        "as_of": as_of,
        "currency": found.currency,
        "moved": exact_text(found.moved),
        "months": list(map(str, found.months)),
        "net": [
            {"month": str(month), "project": project, "amount": exact_text(amount)}
            for (month, project), amount in found.net.items()
        ],
        "staying": {str(month): exact_text(amount) for month, amount in found.staying.items()},
    }
