"""The part `splits:` of `rules.yaml`: how shared cost is divided, as written, and its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from models.field import Rate, Slug, Strict, Text, rate
from models.project import Registry
from models.split.split import Even, Fixed, Idle, Method, Spend, Split, Usage

METERED: Final = "gpu_hours"  # the driver that there is a capacity of
BILLED: Final = "billed"
_METHODS: Final = ("fixed", "even", "usage", "spend")
Place = tuple[str | int, ...]


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


_TEXTS: Final[JsonDict] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}


def _capacity(value: object) -> object:
    try:
        return value if value == BILLED else rate(value)
    except ValueError as error:
        raise ValueError(f"{error}, or write {BILLED}") from None


_CAPACITY: Final[JsonDict] = {
    "anyOf": [{"const": BILLED}, {"type": ["number", "string"], "exclusiveMinimum": 0}]
}
Capacity = Annotated[
    Literal["billed"] | Decimal, BeforeValidator(_capacity), WithJsonSchema(_CAPACITY)
]
Targets = Annotated[tuple[Text, ...], Field(min_length=1)]
Names = Annotated[tuple[Text, ...], BeforeValidator(_several), WithJsonSchema(_TEXTS)]
Driver = Literal["gpu_hours", "tokens", "requests", "labels_accepted", "labor_hours", "runs"]


class UsageEntry(Strict):
    """By what each target used in the month, from the table `usage`."""

    driver: Driver
    """What is counted."""
    among: Targets | None = None
    """Targets; every project that used something when absent."""
    source: Names = ()
    """Only usage of these sources in trueup.yaml."""
    cluster: Names = ()
    """Only usage of these clusters."""
    capacity: Capacity | None = None
    """GPU-hours there were: `billed` by the shared charges, or a number of accelerators."""
    idle: Idle = "visible"
    """Whether what nobody used is a share of its own, or borne by those who used something."""

    @model_validator(mode="after")
    def metered(self) -> UsageEntry:
        """Refuse a capacity of what has none."""
        if self.capacity is not None and self.driver != METERED:
            raise ValueError(f"only {METERED} has a capacity; leave it out for {self.driver}")
        return self


class SpendEntry(Strict):
    """By what each target spent in the month without any split."""

    among: Targets | None = None
    """Targets; every project when absent."""


class Otherwise(Strict):
    """What holds where the driver is zero or missing, instead of nothing."""

    fixed: dict[Text, Rate] | None = None
    """Percent by target; together 100."""
    even: Targets | None = None
    """Targets under way on the day, each the same."""

    @model_validator(mode="after")
    def one(self) -> Otherwise:
        """Refuse none of the methods, and several."""
        _one(self, ("fixed", "even"))
        return self


class SplitEntry(Strict):
    """One split as written in `rules.yaml`."""

    id: Slug
    """What rules, other splits and the path of a share call it."""
    fixed: dict[Text, Rate] | None = None
    """Percent by target; together 100. A target is a project, or a split that divides on."""
    even: Targets | None = None
    """Targets under way on the day, each the same."""
    usage: UsageEntry | None = None
    """By what each target used."""
    spend: SpendEntry | None = None
    """By what each target spent."""
    otherwise: Otherwise | None = None
    """What holds where the method gives nobody a share; unallocated when absent."""

    @model_validator(mode="after")
    def one(self) -> SplitEntry:
        """Refuse none of the methods, several, and what can never hold."""
        _one(self, _METHODS)
        if self.fixed and self.otherwise:
            raise ValueError("fixed shares always hold; leave out 'otherwise'")
        return self


def _one(entry: Strict, methods: Sequence[str]) -> None:
    given = [name for name in methods if getattr(entry, name) is not None]
    if len(given) != 1:
        said = " and ".join(given) if given else "no method"
        raise ValueError(f"{said}; give one of {', '.join(methods)}")


def splits(entries: Sequence[SplitEntry], registry: Registry) -> tuple[Split, ...]:
    """Return splits that have no mistakes, with targets by id, whatever they are spelled."""

    def known(target: str) -> str:
        return registry.resolve(target) or target

    return tuple(_split(entry, known) for entry in entries)


def named(entry: SplitEntry) -> Iterator[tuple[str, Place]]:
    """Yield every target that a split names, and where in the split it does."""
    for parts, at in ((entry, ()), (entry.otherwise, ("otherwise",))):
        if parts is not None:
            yield from ((target, (*at, "fixed", target)) for target in parts.fixed or ())
            yield from ((each, (*at, "even", n)) for n, each in enumerate(parts.even or ()))
    for name, by in (("usage", entry.usage), ("spend", entry.spend)):
        among = by.among if by and by.among else ()
        yield from ((target, (name, "among", number)) for number, target in enumerate(among))


def _split(entry: SplitEntry, known: Callable[[str], str]) -> Split:
    declared = _declared(entry, known)
    otherwise = _declared(entry.otherwise, known) if entry.otherwise else None
    return Split(entry.id, declared or _driven(entry, known), otherwise)


def _declared(entry: SplitEntry | Otherwise, known: Callable[[str], str]) -> Fixed | Even | None:
    if entry.fixed:
        return Fixed(tuple((known(target), percent) for target, percent in entry.fixed.items()))
    return Even(tuple(map(known, entry.even))) if entry.even else None


def _driven(entry: SplitEntry, known: Callable[[str], str]) -> Method:
    if entry.usage is None:
        among = entry.spend.among if entry.spend else None
        return Spend(tuple(map(known, among or ())))
    by = entry.usage
    return Usage(
        driver=by.driver,
        among=tuple(map(known, by.among or ())),
        source=by.source,
        cluster=by.cluster,
        capacity=by.capacity,
        idle=by.idle,
    )
