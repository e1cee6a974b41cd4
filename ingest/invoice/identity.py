"""Which of several invoices are one: duplicates, conflicts, and what only looks alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from ingest.invoice.held import ALIKE, CONFLICT, DUPLICATE, SIMILAR, Found, Held

NEAR: Final = timedelta(days=7)
_ALIKE: Final = {"credit_note": "invoice"}  # a negative invoice is the same correction


def identities(held: Sequence[Held]) -> list[list[Held]]:
    """Return groups that share issuer, family and number, whatever marks it is printed with."""
    groups: defaultdict[tuple[str, str, str], list[Held]] = defaultdict(list)
    for each in held:
        groups[_identity(each)].append(each)
    return list(groups.values())


def _identity(held: Held) -> tuple[str, str, str]:
    return held.issuer, held.invoice.family, held.invoice.similar


def judged(group: Sequence[Held], upheld: Sequence[Held]) -> Iterator[Found]:
    """Yield what is decided within one group; who is not named counts.

    Other content under the number as printed, or issued on the same day, is a conflict. A
    number that only sounds the same, of another day, may be another invoice: `2026-1-11` and
    `2026-11-1` are two.
    """
    first: dict[str, Held] = {}
    for each in sorted(group, key=lambda held: held not in upheld):  # what a person chose leads
        known = first.setdefault(each.invoice.content, each)
        if clash := _clash(each, group, upheld):
            yield each, CONFLICT, clash.file.name
        elif known is not each:
            yield each, DUPLICATE, _place(known, each)
        elif known is not (leader := next(iter(first.values()))):
            yield each, SIMILAR, f"{leader.invoice.number} in {leader.file.name}"


def alike(counting: Sequence[Held]) -> Iterator[Found]:
    """Yield invoices of another number with the amount of one issued within a week before."""
    groups: defaultdict[tuple[str, ...], list[Held]] = defaultdict(list)
    for each in counting:
        invoice = each.invoice
        if gross := invoice.gross:
            family = _ALIKE.get(invoice.family, invoice.family)
            groups[each.issuer, family, invoice.currency, f"{gross.normalize():f}"].append(each)
    for group in groups.values():
        ordered = sorted(group, key=lambda each: (each.issued, each.invoice.number))
        for before, each in pairwise(ordered):
            is_near = each.issued - before.issued <= NEAR
            if is_near and _identity(before) != _identity(each):
                yield each, ALIKE, before.invoice.number


def _clash(each: Held, group: Sequence[Held], upheld: Sequence[Held]) -> Held | None:
    """Return an invoice of other content that cannot count beside this one."""
    if each in upheld:
        return None
    others = (h for h in group if h.invoice.content != each.invoice.content)
    return next((h for h in others if _is_same_claim(each, h)), None)


def _is_same_claim(one: Held, other: Held) -> bool:
    return one.printed == other.printed or one.issued == other.issued


def _place(known: Held, each: Held) -> str:
    if known.invoice.number == each.invoice.number:
        return known.file.name
    return f"{known.invoice.number} in {known.file.name}"
