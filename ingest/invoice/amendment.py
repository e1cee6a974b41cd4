"""What a person decided about invoices that contradict each other, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.invoice.held import SUPERSEDED, Found, Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """One invoice, by its number as printed, by the SHA-256 of its document, or by both."""

    number: str = ""
    document: str = ""

    def __post_init__(self) -> None:
        """Refuse what would name every invoice.

        Raises:
            ValueError: when both are empty.
        """
        if not self.number and not self.document:
            raise ValueError("a decision names an invoice by number, by document, or by both")

    def names(self, held: Held) -> bool:
        """Whether it is this one."""
        is_number = self.number in ("", held.invoice.number)
        return is_number and self.document in ("", held.file.sha256)

    def __str__(self) -> str:
        """Return number and document in few words."""
        return " in ".join(part for part in (self.number, self.document[:12]) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One invoice counts: instead of another, or beside what it seems to contradict.

    Attributes:
        counts: The invoice that counts.
        supersedes: The one that does not; None when both are real.
        reason: Why, in the words of the person.
        issuer: Whose invoices, as the terms show it; empty for anyone's.
    """

    counts: Which
    supersedes: Which | None = None
    reason: str
    issuer: str = ""

    def chosen(self, held: Sequence[Held]) -> list[Held]:
        """Return the invoice that counts, once for each file that holds it."""
        return [h for h in held if self.issuer in ("", h.issuer) and self.counts.names(h)]

    def put_out(self, held: Sequence[Held]) -> list[Held]:
        """Return those that do not count, as far as the one that counts is there.

        A credit note may have the number of its invoice; what is of the same kind is meant.
        """
        if self.supersedes is None:
            return []
        chosen = self.chosen(held)
        issuers = {each.issuer for each in chosen}
        named = [h for h in held if h.issuer in issuers and self.supersedes.names(h)]
        families = {each.invoice.family for each in chosen}
        alike = [h for h in named if h.invoice.family in families and h not in chosen]
        return alike or [each for each in named if each not in chosen]


def superseded(held: Sequence[Held], amendments: Sequence[Amendment]) -> list[Found]:
    """Return the invoices that do not count any more, and in view of what."""
    found: dict[int, Found] = {}
    for amendment in firm(held, amendments):
        for each in amendment.put_out(held):
            words = f"{amendment.counts}: {amendment.reason}"
            found.setdefault(id(each), (each, SUPERSEDED, words))
    return list(found.values())


def upheld(held: Sequence[Held], amendments: Sequence[Amendment]) -> list[Held]:
    """Return the invoices that a person said count as they stand."""
    return [each for amendment in firm(held, amendments) for each in amendment.chosen(held)]


def idle(held: Sequence[Held], amendments: Sequence[Amendment]) -> Iterator[Amendment]:
    """Yield decisions that decide nothing: an invoice is not there, or they go in a circle."""
    decided = firm(held, amendments)
    for amendment in amendments:
        is_dry = amendment.supersedes is not None and not amendment.put_out(held)
        if is_dry or amendment not in decided or not amendment.chosen(held):
            yield amendment


def firm(held: Sequence[Held], amendments: Sequence[Amendment]) -> list[Amendment]:
    """Return the decisions without those by which an invoice supersedes itself in the end."""
    by: dict[int, set[int]] = {}
    for amendment in amendments:
        for each in amendment.put_out(held):
            by.setdefault(id(each), set()).update(map(id, amendment.chosen(held)))
    return [a for a in amendments if not _is_circle(a, held, by)]


def _is_circle(amendment: Amendment, held: Sequence[Held], by: Mapping[int, set[int]]) -> bool:
    """Whether what supersedes is, by other decisions, superseded by what it supersedes."""
    goal, ahead = (
        {id(each) for each in amendment.put_out(held)},
        set(map(id, amendment.chosen(held))),
    )
    reached: set[int] = set()
    while ahead := {beyond for each in ahead for beyond in by.get(each, ())} - reached:
        reached |= ahead
    return bool(goal & reached)
