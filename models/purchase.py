"""Purchases: what was ordered, paid before or promised; `purchases.yaml`, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from models.canonical import canonical_value
from models.errors import ConfigError, Mistake
from models.fingerprint import fingerprint
from models.project import Registry
from models.purchasefile import (
    Commitment,
    Order,
    OrderLine,
    Purchase,
    PurchaseFile,
    Selection,
    Tolerance,
    Wallet,
)
from models.wording import suggestion
from models.yamlfile import Tree, read

SOURCE: Final = "accruals"  # whose rows of spend follow from purchases
KINDS: Final = ("orders", "wallets", "commitments")
Kind = TypeVar("Kind", bound=Purchase)
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Purchases:
    """All purchases in the order of the file; projects are ids, tolerances the ones that hold."""

    orders: tuple[Order, ...] = ()
    wallets: tuple[Wallet, ...] = ()
    commitments: tuple[Commitment, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self.orders or self.wallets or self.commitments)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that is stated."""
        return fingerprint({kind: _plain(getattr(self, kind)) for kind in KINDS})


def load(path: Path, registry: Registry, sources: Collection[str]) -> Purchases:
    """Read `purchases.yaml`.

    Args:
        path: The file.
        registry: The projects that bear the costs.
        sources: Names of the configured sources.

    Raises:
        ConfigError: with every mistake: projects, sources and orders that are not there,
            numbers stated twice, terms that end before they begin, and what contradicts itself.
    """
    tree = read(path)
    file = tree.validated(PurchaseFile)
    mistakes = [*_mistakes(tree, file, registry, sources)]
    if mistakes:
        raise ConfigError(*mistakes)
    return Purchases(
        orders=tuple(_tolerant(_owned(each, registry), file.tolerance) for each in file.orders),
        wallets=tuple(_owned(each, registry) for each in file.wallets),
        commitments=tuple(_owned(each, registry) for each in file.commitments),
    )


def _owned(purchase: Kind, registry: Registry) -> Kind:
    return purchase.model_copy(update={"project": registry.resolve(purchase.project)})


def _tolerant(order: Order, usual: Tolerance) -> Order:
    """Return an order with the tolerances that hold: its own, else those of the file."""
    own = {name: getattr(order.tolerance, name) for name in order.tolerance.model_fields_set}
    return order.model_copy(update={"tolerance": usual.model_copy(update=own)})


def _mistakes(
    tree: Tree, file: PurchaseFile, registry: Registry, sources: Collection[str]
) -> Iterator[Mistake]:
    if SOURCE in sources:
        said = f"a source is named '{SOURCE}', as what follows from purchases; rename the source"
        yield tree.mistake(said)
    numbers: dict[str, int] = {}
    for kind in KINDS:
        for index, purchase in enumerate(getattr(file, kind)):
            at = (kind, index)
            if purchase.number in numbers:
                line = numbers[purchase.number]
                said = f"{purchase.number} is already stated in line {line}; numbers are unique"
                yield tree.mistake(said, *at, "number")
            numbers.setdefault(purchase.number, tree.at(*at).line)
            if registry.resolve(purchase.project) is None:
                said = f"'{purchase.project}' is not a project. "
                hint = suggestion(purchase.project, registry.ids)
                yield tree.mistake(said + hint, *at, "project")
    for index, order in enumerate(file.orders):
        yield from _of_order(tree, ("orders", index), order, sources)
    for index, wallet in enumerate(file.wallets):
        yield from _of_wallet(tree, ("wallets", index), wallet, sources)
    orders = [order.number for order in file.orders]
    for index, commitment in enumerate(file.commitments):
        yield from _of_commitment(tree, ("commitments", index), commitment, orders)


def _of_order(tree: Tree, at: Place, order: Order, sources: Collection[str]) -> Iterator[Mistake]:
    if order.end and order.end < order.start:
        yield tree.mistake(f"{order.end} lies before from, {order.start}", *at, "to")
    if order.status == "closed" and not order.closed_on:
        yield tree.mistake("closed, but not when; add closed_on: YYYY-MM-DD", *at, "status")
    if order.status == "open" and order.closed_on:
        said = "is a day on which an open order was closed; set status: closed"
        yield tree.mistake(said, *at, "closed_on")
    seen: set[str] = set()
    for index, line in enumerate(order.lines):
        place = (*at, "lines", index)
        if canonical_value(line.id) in seen:
            yield tree.mistake(f"line {line.id} is already stated; remove one", *place, "id")
        seen.add(canonical_value(line.id))
        yield from _accepted(tree, place, line, sources)


def _accepted(
    tree: Tree, at: Place, line: OrderLine, sources: Collection[str]
) -> Iterator[Mistake]:
    """Yield what is wrong with where the accepted quantity comes from."""
    ways = (line.usage is not None, line.receipts is not None, line.as_invoiced)
    if sum(ways) != 1:
        yield tree.mistake(
            f"says in {sum(ways)} ways what is accepted; give one of usage, receipts, "
            "as_invoiced: true",
            *at,
        )
    yield from _selected(tree, at, line.usage, sources)


def _selected(
    tree: Tree, at: Place, selection: Selection | None, sources: Collection[str]
) -> Iterator[Mistake]:
    name = selection.source if selection else None
    if name is not None and name not in sources:
        said = f"'{name}' is not a source. {suggestion(name, sources)}"
        yield tree.mistake(said, *at, "usage", "source")


def _of_wallet(
    tree: Tree, at: Place, wallet: Wallet, sources: Collection[str]
) -> Iterator[Mistake]:
    if (wallet.usage is None) == (wallet.drawn is None):
        said = "says in {} ways what is drawn; give one of usage, drawn"
        yield tree.mistake(said.format(0 if wallet.usage is None else 2), *at)
    yield from _selected(tree, at, wallet.usage, sources)
    for index, lot in enumerate(wallet.purchases):
        if lot.expires and lot.expires < lot.day:
            said = f"{lot.expires} lies before the day of purchase, {lot.day}"
            yield tree.mistake(said, *at, "purchases", index, "expires")
        if not lot.quantity:
            said = "units that cost nothing must be counted; add units"
            yield tree.mistake(said, *at, "purchases", index)


def _of_commitment(
    tree: Tree, at: Place, commitment: Commitment, orders: Collection[str]
) -> Iterator[Mistake]:
    length = commitment.end - commitment.start + 1
    if length < 1 or length % commitment.months:
        said = f"{length} months from {commitment.start} are not whole times of "
        yield tree.mistake(f"{said}{commitment.months} months; correct it", *at, "to")
    if commitment.per == "quarter" and commitment.true_up == "month":
        said = "month is shorter than per, quarter; a rest is known when its time is over"
        yield tree.mistake(said, *at, "true_up")
    for index, number in enumerate(commitment.counts.orders or ()):
        if number not in orders:
            said = f"'{number}' is not an order. {suggestion(number, orders)}"
            yield tree.mistake(said, *at, "counts", "orders", index)
    for number, month in commitment.true_ups.items():
        if not commitment.start <= month <= commitment.end:
            said = f"{month} is not in {commitment.start} to {commitment.end}"
            yield tree.mistake(said, *at, "true_ups", number)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any plain data
    """Return a model as data that a fingerprint can be made of."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, Decimal | bool) else str(value)
