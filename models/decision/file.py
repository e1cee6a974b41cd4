"""The decision file: `decisions.yaml`, what persons decided or ask about what a project costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from models.canonical import canonical_key, canonical_value
from models.decision.judgement import Judgement
from models.field import (
    Amount,
    Currency,
    DayText,
    Fingerprinted,
    MonthText,
    Number,
    Rate,
    Slug,
    Strict,
    Text,
)
from models.fingerprint import fingerprint
from models.money import ZERO, rounded
from models.period import Month, between
from models.plan.file import PLACES

HOURS: Final = Decimal(730)  # of a month, as prices by the hour are usually multiplied


def _cents(value: Decimal) -> Decimal:
    if not value:
        raise ValueError("0 draws nothing; give an amount, or remove the draw")
    if rounded(value, PLACES) != value:
        raise ValueError(f"{value} has more than {PLACES} decimals; a draw is whole cents")
    return value


def _share(value: Decimal) -> Decimal:
    if value > 1:
        raise ValueError(f"{value} is more than the whole; write 0.5 for half")
    return value


Cents = Annotated[Number, AfterValidator(_cents)]
Share = Annotated[Amount, AfterValidator(_share)]
PositiveShare = Annotated[Rate, AfterValidator(_share)]


class Draw(Fingerprinted):
    """Contingency that somebody approved to be given to an item; nothing else draws."""

    project: Slug
    """Project whose contingency it is."""
    on: DayText
    """Day of the approval; the budget of the item rises in its month, which must be open."""
    amount: Cents
    """Currency of the plan; below zero it gives back what was drawn."""
    item: Slug
    """Item of the plan that gets it."""
    by: Text
    """Who approved it: not the owner of the project, and not the author of the plan."""
    reason: Text
    """Why."""
    through: MonthText | None = None
    """Last month over which it is spread evenly; the month of `on` alone unless given."""
    in_version: int | None = Field(default=None, ge=1)
    """Version of the plan whose items and contingency have it; from it on it is not added again."""

    @model_validator(mode="after")
    def forward(self) -> Draw:
        """Refuse to spread over months before the approval."""
        if self.through is not None and self.through < self.month:
            raise ValueError(f"through {self.through} is before {self.month}; give a later month")
        return self

    @property
    def month(self) -> Month:
        """The month of the approval."""
        return Month.of(self.on)

    @property
    def months(self) -> tuple[Month, ...]:
        """The months over which it is spread."""
        return tuple(between(self.month, self.through or self.month))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was drawn; that a later version of the plan has it makes it no other."""
        return fingerprint({**self.model_dump(mode="json"), "in_version": None})


class Span(Strict):
    """A lowest and a highest price."""

    low: Rate
    """The lowest that could be paid."""
    high: Rate
    """The highest."""

    @model_validator(mode="after")
    def ordered(self) -> Span:
        """Refuse a span that is upside down."""
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; swap them")
        return self


class Api(Strict):
    """What a provider takes for 1,000 tokens: one price, or one of each direction."""

    price: Span | None = None
    """Of any token."""
    input: Span | None = None
    """Of tokens that are read."""
    output: Span | None = None
    """Of tokens that are written."""

    @model_validator(mode="after")
    def whole(self) -> Api:
        """Refuse a price that is not there, or is there twice."""
        directions = (self.input is not None) + (self.output is not None)
        if directions != (0 if self.price else 2):
            raise ValueError("give price, or input and output")
        return self


class Capacity(Strict):
    """What the machines behind an endpoint can serve."""

    tokens_per_second: Rate
    """Of one replica, input and output together."""
    utilisation: PositiveShare
    """Share of the time that it can be kept busy, 0.60 for 60 percent."""
    replicas: int = Field(default=1, ge=1)
    """How many the cost of the month is of."""
    hours: Rate = HOURS
    """Hours of a month that one replica runs."""


class Hosting(Strict):
    """One question: to host a model ourselves, or to call somebody's API."""

    id: Slug
    """What the question is called."""
    project: Slug
    """Whose endpoint it is."""
    items: tuple[Slug, ...] = ()
    """Items of its inference; all of its inference unless given."""
    models: tuple[Text, ...] = ()
    """Models whose tokens count, as usage calls them; all unless given."""
    api: Api
    """Prices of 1,000 tokens."""
    currency: Currency | None = None
    """Currency of every price here; the reporting currency unless given."""
    own_per_1k: Amount = ZERO
    """What 1,000 more tokens cost us, beyond the cost of the items."""
    ops_share: Share = ZERO
    """Share of the project's ops overhead that the endpoint needs, 0.5 for half."""
    tco_months: int | None = Field(default=None, ge=1)
    """Months over which what making the model cost is spread, to ask whether we should have."""
    capacity: Capacity | None = None
    """What the machines can serve."""


class Tag(Strict):
    """A tag with the values that mean something."""

    tag: Text
    """Its key, in any spelling."""
    values: tuple[Text, ...] = Field(min_length=1)
    """Its values, in any spelling."""


STANDBY: Final = (
    Tag(tag="standby", values=("true", "yes", "1")),
    *(Tag(tag=tag, values=("standby", "dr")) for tag in ("purpose", "role")),
)


class Endpoints(Strict):
    """When an endpoint that costs and is not called is told."""

    days: int = Field(default=14, ge=1)
    """Days without a request, one after the other."""
    grace: int = Field(default=7, ge=0)
    """First days of an endpoint that do not count."""
    standby: tuple[Tag, ...] = STANDBY
    """Tags of endpoints that are meant to wait."""


class Quality(Strict):
    """A target that labels are bought for; without one nobody knows how many were needed."""

    project: Slug
    """Whose labels."""
    item: Slug
    """Item of the plan that the labels are."""
    kpi: Text
    """What is measured, and its target."""
    reached: DayText | None = None
    """Day on which the target was reached."""


class DataPrep(Strict):
    """Labor that prepares data, which surveys of data cost include."""

    project: Slug
    """Whose labor."""
    items: tuple[Slug, ...] = Field(min_length=1)
    """Items of its plan."""


class Levers(Strict):
    """How savings of several levers on one item are told apart."""

    attribution: Literal["sequential", "shapley"] = "sequential"
    """In the order in which the plan declares them, or averaged over every order."""


class DecisionFile(Fingerprinted):
    """`decisions.yaml`."""

    draws: tuple[Draw, ...] = ()
    """Contingency that was drawn by approval."""
    hosting: tuple[Hosting, ...] = ()
    """Endpoints of which it is asked whether an API would cost less."""
    endpoints: Endpoints = Endpoints()
    """When an endpoint without requests is told."""
    levers: Levers = Levers()
    """How savings are told apart."""
    quality: tuple[Quality, ...] = ()
    """Targets of labels."""
    data_prep: tuple[DataPrep, ...] = ()
    """Labor that counts as work on data in the second measure of its share."""
    anomalies: tuple[Judgement, ...] = ()
    """What is said of days that stood out."""

    @property
    def standby(self) -> frozenset[tuple[str, str]]:
        """Tag and value, canonical, of what is meant to wait."""
        return frozenset(
            (canonical_key(each.tag), canonical_value(value))
            for each in self.endpoints.standby
            for value in each.values
        )
