"""Who the six projects are, what each planned, and how it really went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Final, Literal

from models.money import rounded
from models.plan.phasing import Method, phased, weights
from scheduler.demo.calendar import CLOSED, HORIZON

PER_MILLE: Final = 1000
DRIFT: Final = (988, 1012)  # per mille of plan that an uneventful month costs

Covered = Literal["", "plan", "reservation"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an item's cost, bought from one meter.

    Attributes:
        meter: A name in `METERS`.
        share: Per mille of what the covered parts leave of the item's cost.
        machines: Over how many resources it is spread.
        covered: `plan` or `reservation` pays for these machines, which run all day.
    """

    meter: str
    share: int = PER_MILLE
    machines: int = 1
    covered: Covered = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a plan, what it is bought as, and how it went.

    Attributes:
        quantity: Named factors, whose product is the planned quantity.
        amount: The planned amount, instead of quantity and price.
        went: Actual cost in per mille of plan, one a month, and the last one goes on;
            empty for an item without a story, which costs about its plan.
        parts: Where the cost comes from; none for what comes by invoice.
        moved: Per mille that comes from the second part instead of the first, one a month.
        untagged: From the last ended month on, per mille that carries no project tag.
        workload: Value of the tag `workload`.
        tracked: What each machine does in a month is one run, which the tag `run_id` names.
    """

    id: str
    category: str
    term: str = ""
    quantity: Mapping[str, int] = field(default_factory=dict)
    unit: str = ""
    price: str = ""
    price_basis: str = ""
    amount: str = ""
    phasing: Method = "even"
    went: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    moved: tuple[int, ...] = ()
    untagged: int = 0
    workload: str = ""
    tracked: bool = False

    @property
    def planned(self) -> Decimal:
        """The planned amount of the whole horizon."""
        if self.amount:
            return Decimal(self.amount)
        units = Decimal(1)
        for factor in self.quantity.values():
            units *= factor
        return rounded(units * Decimal(self.price))

    @property
    def months(self) -> tuple[Decimal, ...]:
        """The planned amount of each month."""
        return phased(self.planned, weights(self.phasing, HORIZON))

    def actual(self, number: int) -> Fraction:
        """Return what a month really costs, the whole of it, if it runs to its end."""
        if self.went:
            share = self.went[min(number, len(self.went) - 1)]
        else:
            random = Random(f"{self.id}/{self.planned}/{number}")  # noqa: S311 - no secret
            share = random.randint(*DRIFT)
        return Fraction(self.months[number]) * share / PER_MILLE

    def mix(self, number: int) -> tuple[tuple[Part, int], ...]:
        """Return the parts that are metered, with their per mille of a month's cost."""
        if not self.moved:
            return tuple((part, part.share) for part in self.parts if not part.covered)
        moved = self.moved[min(number, len(self.moved) - 1)]
        first, second = self.parts
        return ((first, PER_MILLE - moved), (second, moved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One project.

    Attributes:
        tells: What a reader should see, in one sentence.
        state: Status of the project at the last ended month.
        source: The source of its cloud bills.
        contingency: Approved reserve, USD.
        tags: How its project tag is spelled on resources; the first is the usual one.
    """

    id: str
    name: str
    owner: str
    cost_center: str
    tells: str
    state: str
    source: str = "aws"
    contingency: str
    tags: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    def budget(self) -> Decimal:
        """Budget at completion, without contingency."""
        return sum((item.planned for item in self.items), Decimal(0))

    @property
    def delta(self) -> Decimal:
        """Planned deviation of the ended months, tags or no tags; + is over plan."""
        gaps = (
            item.actual(number) - Fraction(item.months[number])
            for item in self.items
            for number in range(CLOSED)
        )
        return rounded(sum(gaps, Fraction(0)))


def labels(quantity: int, unit: str, price: str, name: str) -> Item:
    """Return annotation by the labeling company."""
    return Item(
        id="labels",
        category="data",
        term="labeling",
        quantity={name: quantity},
        unit=unit,
        price=price,
    )


def storage(terabyte_months: int, meter: str = "s3") -> Item:
    """Return the training corpus in object storage."""
    return Item(
        id="storage",
        category="data",
        term="storage",
        quantity={"terabyte_months": terabyte_months},
        unit="TB-month",
        price="23.00",
        parts=(Part(meter),),
    )


def engineers(people: int, hours_per_month: int, price: str) -> Item:
    """Return contractors by the hour."""
    return Item(
        id="engineers",
        category="labor",
        quantity={"people": people, "hours_per_month": hours_per_month, "months": HORIZON},
        unit="hour",
        price=price,
    )


def serving(
    endpoints: int, price: str, *parts: Part, gpus: int = 1, went: tuple[int, ...] = ()
) -> Item:
    """Return staging endpoints that run all year; `price` is of an hour of one accelerator."""
    each = {"gpus_per_endpoint": gpus} if gpus > 1 else {}
    return Item(
        id="serving",
        category="inference",
        quantity={"endpoints": endpoints, **each, "hours": 8760},
        unit="gpu-hour",
        price=price,
        parts=parts,
        went=went,
    )


def infra(amount: str, *parts: Part) -> Item:
    """Return disks, file systems and machines for evaluation and continuous integration."""
    shared = parts or (Part("lustre", 400), Part("disk", 350, machines=4), Part("cpu", 250))
    return Item(id="infra", category="infra", amount=amount, parts=shared)


def observability(amount: str, meter: str = "logs") -> Item:
    """Return logs and metrics."""
    return Item(id="observability", category="ops_overhead", amount=amount, parts=(Part(meter),))
