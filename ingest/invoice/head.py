"""The head of an invoice, whatever form it came in: who, when, how much in all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from models.money import ZERO

Kind = Literal[
    "invoice", "credit_note", "corrective", "self_billed", "prepayment", "proforma", "receipt"
]
KINDS: Final = (
    *("invoice", "credit_note", "corrective", "self_billed"),  # these are cost
    *("prepayment", "proforma", "receipt"),  # these are not
)
COSTS: Final = KINDS[:5]  # what becomes charges; a prepayment is billed, and costs nothing yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An allowance (negative) or a charge (positive) on the whole document.

    Amounts are as cost: in a credit note an allowance is positive.
    """

    amount: Decimal
    reason: str = ""
    tax_category: str = ""  # UNTDID 5305, such as S or AE
    tax_rate: Decimal | None = None  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is printed once. Amounts are in `currency`, as cost: credits negative.

    Attributes:
        number: As printed.
        kind: What it is; decides the sign once, in whoever reads the form.
        type_code: UNTDID 1001, where the form has it.
        issuer: Seller's name as printed; `issuer_ids` its ids as `scheme:value`, such as
            `vat:DE123456789`, `0088:7300010000001`.
        net, tax, gross: Totals as printed; None when the form has none.
        prepaid: Of `gross` paid before; `payable` is what is left. Neither is a cost.
        rounding: What was added to make `payable` round.
        service: First and last day of the work, inclusive, of the whole document.
        preceding: Numbers of invoices that it refers to.
        attachments: Names of files inside; never opened.
    """

    number: str
    kind: Kind = "invoice"
    type_code: str = ""
    issuer: str = ""
    issuer_ids: tuple[str, ...] = ()
    buyer_account: str = ""
    issued: date
    due: date | None = None
    currency: str
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    payable: Decimal | None = None
    purchase_order: str = ""
    buyer_reference: str = ""
    payment_terms: str = ""
    service: tuple[date, date] | None = None
    preceding: tuple[str, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    attachments: tuple[str, ...] = ()
