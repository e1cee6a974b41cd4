"""What a person decided about invoices that contradict each other, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        """Return those that do not count, as far as the one that counts is there."""
        if self.supersedes is None:
            return []
        chosen = self.chosen(held)
        issuers = {each.issuer for each in chosen}
        named = [h for h in held if h.issuer in issuers and self.supersedes.names(h)]
        return [each for each in named if each not in chosen]


def superseded(held: Sequence[Held], amendments: Sequence[Amendment]) -> list[Found]:
    """Return the invoices that do not count any more, and in view of what.

    Two that supersede each other both stay, and stay in conflict.
    """
    found: dict[int, Found] = {}
    for amendment in amendments:
        mutual = [a for a in amendments if _is_mutual(amendment, a)]
        for each in amendment.put_out(held) if not mutual else ():
            words = f"{amendment.counts}: {amendment.reason}"
            found.setdefault(id(each), (each, SUPERSEDED, words))
    return list(found.values())


def upheld(held: Sequence[Held], amendments: Sequence[Amendment]) -> list[Held]:
    """Return the invoices that a person said count as they stand."""
    return [each for amendment in amendments for each in amendment.chosen(held)]


def idle(held: Sequence[Held], amendments: Sequence[Amendment]) -> Iterator[Amendment]:
    """Yield decisions that name an invoice which is not there: their words fit nothing."""
    for amendment in amendments:
        is_dry = amendment.supersedes is not None and not amendment.put_out(held)
        if is_dry or not amendment.chosen(held):
            yield amendment


def _is_mutual(one: Amendment, other: Amendment) -> bool:
    return one.counts == other.supersedes and one.supersedes == other.counts
