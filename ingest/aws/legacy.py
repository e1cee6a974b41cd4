"""Legacy Cost and Usage Reports read as if they were CUR 2.0: the same lines, other names.

A report of text calls a column `lineItem/UnblendedCost`, one for queries calls the same
`line_item_unblended_cost`; the provider's rule that makes the second of the first is applied
here, and CUR 2.0 follows it as well. Each tag and cost category has a column of its own:
they become maps again, with the keys as they came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from ingest.aws.columns import FIELDS, UNUSED
from ingest.table import TEXT, Field, Table, names, read
from models.charge import JSON

_CONTRACT: Final = frozenset(field.name for field in FIELDS) - {"product", "resource_tags", "tags"}
_UNUSED: Final = frozenset(UNUSED)
_OTHER_SPELLINGS: Final = {
    "reservation_reservation_arn": "reservation_reservation_a_r_n",
    "savings_plan_savings_plan_arn": "savings_plan_savings_plan_a_r_n",
}
_MAPS: Final = {"resourceTags/": "resource_tags", "costCategory/": "cost_category"}
_QUERIED_MAPS: Final = {f"{name}_": name for name in _MAPS.values()}
_PRODUCT: Final = {"product_product_name": "product_name"}  # what is used of the map in CUR 2.0
_BETWEEN: Final = "\0"  # in no key and no value: a document of text has none


def queried(name: str) -> str:
    """Return what a column of a report of text is called in one for queries, and in CUR 2.0.

    That is the provider's rule: an underscore before each capital and in place of each other
    sign, none doubled and none at an end, all in small letters.
    """
    apart = re.sub(r"([A-Z])", r"_\1", name).lower()
    found = re.sub(r"[^a-z0-9]+", "_", apart).strip("_")
    return _OTHER_SPELLINGS.get(found, found)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one report.

    Attributes:
        called: What each is called while it is read, by its name in the report.
        known: Those of these names that are known and not used.
        maps: By the map of CUR 2.0 that they are entries of: what each is called, and its key.
    """

    called: dict[str, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    maps: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Iterable[str]) -> Columns:
        """Return the columns by their names in the report."""
        columns = cls()
        for number, name in enumerate(given):
            columns._add(name, f"column {number}")
        return columns

    def _add(self, name: str, alias: str) -> None:
        contract, entry = queried(name), _entry(name)
        if contract in _CONTRACT and not entry:
            self.called[name] = contract
            return
        self.called[name] = alias
        if entry:
            self.maps.setdefault(entry[0], {})[alias] = entry[1]
        elif contract in _UNUSED or contract.startswith("product_"):
            self.known.append(alias)

    @property
    def contract(self) -> dict[str, str]:
        """Names of CUR 2.0 by the names in the report, of what has one there."""
        return {name: called for name, called in self.called.items() if called in _CONTRACT}

    @property
    def new(self) -> list[str]:
        """Names in the report of what nobody knows."""
        entries = {alias for keys in self.maps.values() for alias in keys}
        old = {*self.known, *entries, *_CONTRACT}
        return [name for name, called in self.called.items() if called not in old]


def _entry(name: str) -> tuple[str, str] | None:
    """Return map and key where a column is an entry of a map."""
    if (product := _PRODUCT.get(queried(name))) is not None:
        return "product", product
    for prefix, of in (*_MAPS.items(), *_QUERIED_MAPS.items()):
        if name.startswith(prefix) and len(name) > len(prefix):
            return of, name.removeprefix(prefix)
    return None


def opened(path: Path) -> Table:
    """Open a legacy report as a table of CUR 2.0.

    Raises:
        ContractError: when it breaks its contract.
    """
    columns = Columns.of(names(path))
    entries = [alias for keys in columns.maps.values() for alias in keys]
    table = read(
        path,
        (
            *(each for each in FIELDS if each.name not in columns.maps),
            *(Field(alias, TEXT) for alias in entries),
        ),
        columns.known,
        names=columns.called,
    )
    maps = {name: _mapped(keys) for name, keys in columns.maps.items()}
    return replace(
        table,
        frame=table.frame.with_columns(**maps).drop(entries),
        raw=table.raw.with_columns(**maps).drop(entries),
        present=(table.present - {*entries}) | {*maps},
        types={**table.types, **dict.fromkeys(maps, JSON)},
    )


def _mapped(keys: Mapping[str, str]) -> pl.Expr:
    """Return a map of what columns hold, under their keys; what is empty is no entry."""
    # joined as texts: lists of structs take ten times as long
    texts = (
        pl.when(pl.col(alias) != "").then(pl.concat_str(pl.lit(key + _BETWEEN), pl.col(alias)))
        for alias, key in keys.items()
    )
    parts = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    return pl.concat_list(*texts).list.drop_nulls().list.eval(parts).cast(JSON)


def contract(path: Path) -> dict[str, str] | None:
    """Return what columns of a report of text are called in CUR 2.0; None where they are so.

    Raises:
        ContractError: when it is no table.
    """
    given = names(path)
    return Columns.of(given).contract if any("/" in name for name in given) else None
