"""`purchases.yaml` as it is written: orders, prepaid wallets and minimum commitments."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field

from models.canonical import canonical_value
from models.field import (
    Amount,
    Category,
    Currency,
    DayText,
    MonthText,
    Number,
    Rate,
    Slug,
    Strict,
    Text,
)
from models.settings import Percent

Driver = Literal["gpu_hours", "tokens", "requests", "labels_accepted", "labor_hours", "runs"]
Step = Literal["month", "quarter"]


class Tolerance(Strict):
    """How far an invoice may be above order and acceptance; what is exactly so far passes."""

    price_percent: Percent = Decimal(2)
    """Above the price of the order, in percent."""
    quantity_percent: Percent = Decimal(5)
    """Above what was ordered or accepted, in percent."""


class Selection(Strict):
    """Which rows of the table `usage` count; `*` stands for any text, case does not matter."""

    driver: Driver
    """What is counted."""
    source: Text | None = None
    """Name of the source that states it; any unless given."""
    unit: Text | None = None
    """Account, batch, namespace or experiment it belongs to, in the source's words."""
    detail: Text | None = None
    """Part of the driver, such as input or output tokens."""
    state: Text | None = None
    """How runs ended."""
    model: Text | None = None
    """Model that was trained or called."""
    tags: dict[Text, Text] = Field(default_factory=dict)
    """Tags and the values they must have."""


class Receipt(Strict):
    """Units that were accepted, drawn or given back on a day."""

    day: DayText
    """When."""
    quantity: Number
    """How many; negative for what went back."""


class OrderLine(Strict):
    """One line of an order; what was accepted comes from one of the last three keys."""

    id: Text
    """Number of the line, as invoices print it."""
    unit: Text = "unit"
    """What is counted."""
    quantity: Rate
    """How many were ordered."""
    unit_price: Amount
    """Price of `price_base` units, without tax."""
    price_base: Rate = Decimal(1)
    """How many units the price is of."""
    usage: Selection | None = None
    """Accepted is what this usage counts."""
    receipts: tuple[Receipt, ...] | None = None
    """Accepted is what is stated here."""
    as_invoiced: bool = False
    """Nothing is accepted apart: order and invoice alone are compared, and nothing accrues."""

    @property
    def price(self) -> Fraction:
        """Price of one unit."""
        return Fraction(self.unit_price) / Fraction(self.price_base)


class Purchase(Strict):
    """What every purchase says about itself."""

    number: Text
    """Number of the order or contract; one of a kind in the file."""
    issuer: Text
    """Who invoices, as invoices name them."""
    aliases: tuple[Text, ...] = ()
    """Other names the issuer invoices by."""
    project: Text
    """Project that bears the cost."""
    category: Category
    """Term of the TCO formula."""
    item: Slug | None = None
    """Item of the plan."""
    currency: Currency
    """ISO 4217 code of all amounts."""

    @property
    def issuers(self) -> frozenset[str]:
        """Canonical names of the issuer."""
        return frozenset(map(canonical_value, (self.issuer, *self.aliases)))


class Order(Purchase):
    """A purchase order."""

    start: DayText = Field(alias="from")
    """First day of its term; usage before it does not count."""
    end: DayText | None = Field(default=None, alias="to")
    """Last day of its term; usage after it does not count."""
    status: Literal["open", "closed"] = "open"
    """`closed` when nothing more is to be invoiced: what was accrued falls away."""
    closed_on: DayText | None = None
    """Day it was closed."""
    tolerance: Tolerance = Tolerance()
    """Other tolerances than those of the file."""
    invoices: tuple[Text, ...] = ()
    """Numbers of the issuer's invoices that belong to it, though they do not name it."""
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    """What was ordered."""


class Lot(Strict):
    """Units that were paid for before they are used."""

    day: DayText
    """When they were bought."""
    amount: Amount
    """What was paid, without tax."""
    units: Rate | None = None
    """How many; as many as the amount for credits that are worth one unit of the currency."""
    expires: DayText | None = None
    """Last day on which they can be used; what is left then is waste."""
    invoice: Text | None = None
    """Invoice of the prepayment; it must not be booked as cost beside the drawdown."""

    @property
    def quantity(self) -> Decimal:
        """How many units."""
        return self.amount if self.units is None else self.units


class Wallet(Purchase):
    """Prepaid units; drawn in order of expiry, by usage or as stated."""

    unit: Text = "unit"
    """What is counted."""
    purchases: tuple[Lot, ...] = Field(min_length=1)
    """What was bought."""
    usage: Selection | None = None
    """Drawn is what this usage counts."""
    drawn: tuple[Receipt, ...] | None = None
    """Drawn is what is stated here."""


class Counts(Strict):
    """Which invoices count towards a commitment, beside those of its issuer."""

    issuers: tuple[Text, ...] = ()
    """Invoices of these issuers, too."""
    orders: tuple[Text, ...] | None = None
    """Of all these only what names one of these purchase orders."""


class Commitment(Purchase):
    """The least that is paid in a time."""

    floor: Rate
    """The least amount, without tax."""
    per: Step = "month"
    """Time that the floor is of."""
    true_up: Step | None = None
    """Time after which the rest is due; that of `per` unless given."""
    start: MonthText = Field(alias="from")
    """First month."""
    end: MonthText = Field(alias="to")
    """Last month; it ends a whole time of `true_up`."""
    counts: Counts = Counts()
    """What counts towards it; what the issuer invoices, unless given."""
    true_ups: dict[Text, MonthText] = Field(default_factory=dict)
    """Numbers of invoices of the rest, and a month of the time they are for."""

    @property
    def months(self) -> int:
        """Months after which the rest is due."""
        return 3 if (self.true_up or self.per) == "quarter" else 1

    @property
    def due(self) -> Decimal:
        """The least that is paid in that many months."""
        return self.floor * 3 if self.per == "month" and self.months > 1 else self.floor


class PurchaseFile(Strict):
    """`purchases.yaml`."""

    tolerance: Tolerance = Tolerance()
    """Tolerances of every order without its own."""
    orders: tuple[Order, ...] = ()
    """Purchase orders."""
    wallets: tuple[Wallet, ...] = ()
    """What was paid before it was used."""
    commitments: tuple[Commitment, ...] = ()
    """Minimum commitments."""
