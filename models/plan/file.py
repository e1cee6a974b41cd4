"""The plan file: what a person writes about a planned TCO."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from models.field import Amount, Category, Slug, Strict, Text
from models.money import ZERO, rounded
from models.plan.head import Approval, Head, Lines, ScenarioHead
from models.plan.phasing import SHAPES, Method, weights
from models.progress import Progress

DataTerm = Literal["labeling", "storage", "acquisition"]
Row = Literal[
    "training_compute",
    "data",
    "labor",
    "infra",
    "inference",
    "ops_overhead",
    "depreciation",
    "contingency",
    "labeling",
    "storage",
    "acquisition",
]
PLACES: Final = 2  # decimals of a planned amount


def product(factors: Iterable[Decimal]) -> Fraction:
    """Return the exact product of factors."""
    return reduce(mul, map(Fraction, factors), Fraction(1))


class Contingency(Strict):
    """The reserve: held by the project, in no month, drawn by approval."""

    rate: Amount = ZERO
    """Share of base, 0.15 for 15 percent."""
    stated_amount: Amount | None = None
    """What the document printed, where it differs from rate x base."""
    use: Literal["stated", "computed"] = "computed"
    """Which of the two counts; both are always reported."""
    tolerance: Amount = ZERO
    """Difference of the two that is not worth a lint row."""

    @field_validator("rate")
    @classmethod
    def share(cls, value: Decimal) -> Decimal:
        """Refuse percent written as a number above 1."""
        if value > 1:
            raise ValueError(f"{value} is more than the whole base; write 0.15 for 15 percent")
        return value

    @model_validator(mode="after")
    def stated(self) -> Contingency:
        """Refuse to use an amount that is not there."""
        if self.use == "stated" and self.stated_amount is None:
            raise ValueError("use: stated without stated_amount; add it, or use: computed")
        return self


class Phasing(Strict):
    """How an item is spread over the months."""

    method: Method = "even"
    """A shape, or milestone / explicit_* with numbers given."""
    weights: tuple[Amount, ...] | None = None
    """One weight a month, for milestone and explicit_weights."""
    amounts: tuple[Amount, ...] | None = None
    """One amount a month, for explicit_amounts; they sum to the item."""

    @property
    def given(self) -> tuple[Decimal, ...]:
        """The weights or amounts stated; empty for a shape."""
        return self.weights or self.amounts or ()

    @model_validator(mode="after")
    def fitting(self) -> Phasing:
        """Refuse numbers that the method does not use, and a method without its numbers."""
        wanted = "amounts" if self.method == "explicit_amounts" else "weights"
        other = "weights" if wanted == "amounts" else "amounts"
        if self.method in SHAPES and (self.weights or self.amounts):
            raise ValueError(f"{self.method} takes no numbers; use explicit_weights")
        if self.method not in SHAPES and (not getattr(self, wanted) or getattr(self, other)):
            raise ValueError(f"{self.method} takes {wanted}, one a month")
        return self


class Drivers(Strict):
    """What an item costs and why; in `override`, only what differs."""

    quantity: dict[Text, Amount] | None = None
    """Named factors whose product is the quantity, for example runs and gpu_hours_per_run."""
    unit: Text | None = None
    """Unit of the product of the factors."""
    unit_price: Amount | None = None
    """Price of one unit."""
    amount: Amount | None = None
    """The amount itself, instead of quantity and unit_price."""
    price_basis: Text | None = None
    """What the price rests on, for example spot_average."""
    term: DataTerm | None = None
    """Part of data costs."""
    role: Text | None = None
    """Role, for labor."""
    po: Text | None = None
    """Purchase order it is bought with."""
    phasing: Phasing | None = None
    """How it is spread over the months; even when absent."""
    progress: Progress | None = None
    """What it brings forth, by which its forecast tells how far it is."""
    levers: tuple[Text, ...] = ()
    """What is done to make it cheaper."""
    assumed: bool = False
    """The drivers are ours, not stated by the source."""
    note: Text | None = None
    """For people."""


class Override(Drivers):
    """What differs from the item of the plan that is extended."""

    remove: bool = False
    """The item falls away."""


class Item(Drivers):
    """One line of the plan."""

    id: Slug
    """Stable id, used by rules and figures."""
    category: Category
    """Term of the TCO formula."""

    @model_validator(mode="after")
    def priced(self) -> Item:
        """Refuse an item with two prices or none, and a data term elsewhere."""
        driven = [self.quantity is not None, self.unit is not None, self.unit_price is not None]
        if self.amount is not None and any(driven):
            raise ValueError(
                "has amount and drivers; give amount, or quantity, unit and unit_price"
            )
        if self.amount is None and not (all(driven) and self.quantity):
            raise ValueError("has no whole price; give amount, or quantity, unit and unit_price")
        if self.term is not None and self.category != "data":
            raise ValueError(f"term {self.term} belongs to category data, not {self.category}")
        return self

    @property
    def cost(self) -> Decimal:
        """Its whole amount: as stated, or the product of factors and price, in cents."""
        if self.amount is not None or self.unit_price is None:
            return self.amount or ZERO
        return rounded(product((*(self.quantity or {}).values(), self.unit_price)), PLACES)

    def shares(self, months: int) -> tuple[Fraction, ...]:
        """Return the weight of each month.

        Raises:
            ValueError: when its phasing does not fit the months.
        """
        phasing = self.phasing or Phasing()
        return weights(phasing.method, months, phasing.given)


class Lever(Strict):
    """One measure that makes an item cheaper, and by how much."""

    id: Slug
    """Name used in an item's `levers`."""
    item: Slug
    """The item it acts on."""
    factor: Text
    """The factor of the item's quantity, or unit_price."""
    claimed_max_reduction: Amount | None = None
    """Largest reduction that its source claims, 0.80 for 80 percent."""
    planned_reduction: Amount
    """Reduction planned here."""

    @model_validator(mode="after")
    def possible(self) -> Lever:
        """Refuse a reduction above the whole, or above what is claimed."""
        claimed = Decimal(1) if self.claimed_max_reduction is None else self.claimed_max_reduction
        if self.planned_reduction > min(claimed, Decimal(1)):
            raise ValueError(
                f"planned_reduction {self.planned_reduction} is above {min(claimed, 1)}"
            )
        return self


class Statement(Strict):
    """What the source document prints; compared by lint, never used as data."""

    total: Amount | None = None
    """Its total."""
    rows: dict[Row, Amount] = Field(default_factory=dict)
    """Its rows, by category or data term."""


class PlanFile(Strict):
    """A plan file."""

    plan: Head
    """Which plan this is."""
    approval: Approval = Approval()
    """Who stands behind it."""
    contingency: Contingency = Contingency()
    """Its reserve."""
    items: tuple[Item, ...] = Field(default=(), min_length=1)
    """Its lines, beside those of `lines`."""
    lines: Text | Lines | None = None
    """File beside this one whose rows are items: its name, or file and sheet."""
    levers: tuple[Lever, ...] = ()
    """Measures, in the order they are counted."""
    source_statement: Statement | None = None
    """What the source document prints."""


class ScenarioFile(Strict):
    """A plan file that extends another."""

    plan: ScenarioHead
    """Which plan this is, and which it extends."""
    approval: Approval = Approval()
    """Who stands behind it; never taken from the plan that is extended."""
    contingency: Contingency | None = None
    """Its reserve; that of the plan that is extended when absent."""
    override: dict[Slug, Override] = Field(default_factory=dict)
    """By item id: what differs."""
    items: tuple[Item, ...] = ()
    """Lines that the plan that is extended does not have."""
    lines: Text | Lines | None = None
    """File beside this one whose rows are such lines: its name, or file and sheet."""
    levers: tuple[Lever, ...] = ()
    """Measures, in the order they are counted."""
    source_statement: Statement | None = None
    """What the source document prints."""
