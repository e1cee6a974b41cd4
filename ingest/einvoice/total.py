"""What an e-invoice states once, as printed, and whether it adds up (EN 16931, BR-CO-10 to -16)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ingest.einvoice.form import Form, Node
from ingest.invoice.head import Allowance
from models.money import ZERO

TOLERANCE: Final = Decimal("0.01")  # what rounding may leave; lines may have more decimals
# what EN 16931 wants of every invoice
MANDATORY: Final = {"net": "BT-109", "gross": "BT-112", "payable": "BT-115"}

TOTALS: Final = (
    *("lines_net", "allowances_total", "charges_total", "net", "tax", "gross"),
    *("prepaid", "rounding", "payable"),
)

Fault = tuple[str, str, str]  # column, reason, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtotal:
    """Tax of one category and rate, as printed."""

    amount: Decimal
    tax_category: str
    tax_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Amounts with their printed signs, and allowances negative; None where not stated."""

    lines_net: Decimal | None
    allowances_total: Decimal | None
    charges_total: Decimal | None
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    prepaid: Decimal | None
    rounding: Decimal | None
    payable: Decimal | None
    allowances: tuple[Allowance, ...]
    charges: tuple[Allowance, ...]
    subtotals: tuple[Subtotal, ...]

    def amount(self, term: str) -> Decimal:
        """Return a total by its name, 0 where it is not stated."""
        value: Decimal | None = getattr(self, term)
        return ZERO if value is None else value


def printed(node: Node, form: Form) -> Printed:
    """Return what a document states once.

    Raises:
        TermError: for a value that cannot be read.
    """
    both = [_allowance(each) for each in node.nodes("allowances", form.allowance)]
    return Printed(
        **{term: node.number(term) for term in TOTALS},
        allowances=tuple(each for is_charge, each in both if not is_charge),
        charges=tuple(each for is_charge, each in both if is_charge),
        subtotals=tuple(map(_subtotal, node.nodes("subtotals", form.subtotal))),
    )


def _allowance(node: Node) -> tuple[bool, Allowance]:
    amount = node.number("amount") or ZERO
    is_charge = node.text("is_charge").lower() not in {"false", "0"}
    return is_charge, Allowance(
        amount=amount if is_charge else -amount,
        reason=node.text("reason") or node.text("reason_code"),
        tax_category=node.text("tax_category"),
        tax_rate=node.number("tax_rate"),
    )


def _subtotal(node: Node) -> Subtotal:
    return Subtotal(
        amount=node.number("amount") or ZERO,
        tax_category=node.text("tax_category"),
        tax_rate=node.number("tax_rate") or ZERO,
    )


def faults(stated: Printed, nets: Sequence[Decimal]) -> Iterator[Fault]:
    """Yield what is missing or does not add up, with the difference; nothing is mended.

    Args:
        stated: Totals as printed.
        nets: Net amounts of the lines as printed; empty when the form has no lines.
    """
    missing = [term for term in MANDATORY if getattr(stated, term) is None]
    for term in missing:
        yield term, f"is not stated in the currency of the invoice ({MANDATORY[term]})", ""
    for rule, term, words, total in _sums(stated, nets):
        apart = stated.amount(term) - total
        if term not in missing and abs(apart) > TOLERANCE:
            reason = f"is stated, {words} {total:f}, {apart:f} apart ({rule})"
            yield term, reason, f"{stated.amount(term):f}"


def _sums(s: Printed, nets: Sequence[Decimal]) -> Iterator[tuple[str, str, str, Decimal]]:
    """Yield each rule, the total it is about, and what the others make it."""
    if nets:
        yield "BR-CO-10", "lines_net", "the lines add up to", sum(nets, ZERO)
    allowed, charged = (-_sum(s.allowances), _sum(s.charges))
    yield "BR-CO-11", "allowances_total", "the allowances add up to", allowed
    yield "BR-CO-12", "charges_total", "the charges add up to", charged
    if nets or s.lines_net is not None:
        total = s.amount("lines_net") - s.amount("allowances_total") + s.amount("charges_total")
        yield "BR-CO-13", "net", "lines, allowances and charges make it", total
    if s.subtotals:
        yield "BR-CO-14", "tax", "its parts add up to", _sum(s.subtotals)
    yield "BR-CO-15", "gross", "net and tax make it", s.amount("net") + s.amount("tax")
    if not nets and s.lines_net is None:
        return  # Factur-X MINIMUM does not know of prepaid amounts
    total = s.amount("gross") - s.amount("prepaid") + s.amount("rounding")
    yield "BR-CO-16", "payable", "gross, prepaid and rounding make it", total


def _sum(parts: Sequence[Allowance] | Sequence[Subtotal]) -> Decimal:
    return sum((part.amount for part in parts), ZERO)
