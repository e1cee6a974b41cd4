"""What must be known of a whole document of CUR lines before its first line can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.aws import line, usage
from ingest.aws.columns import FIELDS, NEEDED
from ingest.aws.distinct import Distinct
from ingest.aws.service import SERVICES
from ingest.table import ContractError, Table, refuse_unsound, unsound

TYPE: Final = "line_item_line_item_type"
MAPS: Final = ("cost_category", "tags", "resource_tags")
_NET: Final = "line_item_net_unblended_cost"
_KEYS: Final = {
    "types": TYPE,
    "codes": "line_item_product_code",
    "usages": "line_item_usage_type",
    "units": "pricing_unit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a document holds.

    Attributes:
        net: Whether net costs count.
        types, codes, usages, units: The line types, product codes, usage types and units.
        names: Names of product codes that are not in the table of services; a code that
            has several is not among them.
        several: Whether some code has several names, or a line no code.
        maps: Tag maps that hold anything.
        split: How many lines only state shares of a parent.
        unmeasured: How many savings plan fees do not say what was used.
        unamortised: How many reservation fees do not say what was used.
        hidden: Whether discounts are stated, but neither net costs nor lines of their own.
    """

    net: bool
    types: Distinct
    codes: Distinct
    usages: Distinct
    units: Distinct
    names: Mapping[str, str]
    several: bool
    maps: tuple[str, ...]
    split: int
    unmeasured: int
    unamortised: int
    hidden: bool

    def texts(self) -> tuple[tuple[Distinct, str], ...]:
        """Return the distinct texts that lines are numbered by, each with its column."""
        return tuple((getattr(self, name), column) for name, column in _KEYS.items())

    def name(self, code: str) -> str:
        """Return the name of a product: of the table of services, of the bill, else its code."""
        return SERVICES[code][0] if code in SERVICES else self.names.get(code, code)

    @property
    def has_nameless(self) -> bool:
        """Whether spot instances may occur whose type only the description tells."""
        return any(map(usage.nameless, self.usages.texts))

    @property
    def has_blocks(self) -> bool:
        """Whether the fee of a capacity block, or its refund, may occur."""
        return any(map(usage.block, self.usages.texts))

    def has(self, *types: str) -> bool:
        """Say whether lines of one of these types occur."""
        return not set(types).isdisjoint(self.types.texts)


def profile(table: Table) -> Profile:
    """Read the deciding columns once; refuse what no charge can be made of.

    Raises:
        ContractError: when the document breaks its contract.
    """
    texts = [_text(table, column).alias(name) for name, column in _KEYS.items()]
    counts = {
        "net": _any_net(table),
        "split": _split(),
        "unmeasured": _unmeasured(table),
        "unamortised": _unamortised(table),
        "discounts": _discounts(table),
        **{name: pl.col(name).map.len().max() for name in _countable(table)},
    }
    distinct, whole = pl.collect_all(
        [
            table.raw.select(texts).unique(),
            table.raw.select(*unsound(table, FIELDS), **counts),
        ],
        engine="streaming",
    )
    refuse_unsound(whole, table)
    found = {name: Distinct.of(name, distinct[name]) for name in _KEYS}
    _refuse_uncosted(found["types"].texts, table.present)
    names, several = _named(table, distinct["codes"])
    said = whole.row(0, named=True)
    return Profile(
        **found,
        names=names,
        several=several,
        maps=tuple(name for name in MAPS if name in table.present and said.get(name, 1)),
        net=said["net"],
        split=said["split"],
        unmeasured=said["unmeasured"],
        unamortised=said["unamortised"],
        hidden=said["discounts"] and not said["net"] and not _apart(found["types"]),
    )


def _text(table: Table, column: str) -> pl.Expr:
    """Return a text column, as null where the file has none."""
    if column not in table.present:
        return pl.lit(None, dtype=pl.String)
    return pl.col(column).cast(pl.String)


def _any_net(table: Table) -> pl.Expr:
    return pl.col(_NET).is_not_null().any() if _NET in table.present else pl.lit(value=False)


def _split() -> pl.Expr:
    return pl.col("line_item_operation").is_in(line.SPLIT_OPERATIONS).fill_null(value=False).sum()


def _unmeasured(table: Table) -> pl.Expr:
    """Count fees whose unused part is unknown, since one of its two numbers is empty."""
    plan = ("savings_plan_total_commitment_to_date", "savings_plan_used_commitment")
    return (_is("SavingsPlanRecurringFee") & ~_all_there(table, plan)).sum()


def _unamortised(table: Table) -> pl.Expr:
    """Count fees of reservations that the provider does not amortise: of dedicated hosts."""
    return (_is("RIFee") & ~_any_there(table, line.UNUSED)).sum()


def _discounts(table: Table) -> pl.Expr:
    return _any_there(table, ["discount_total_discount"]).any()


def _is(kind: str) -> pl.Expr:
    return (pl.col(TYPE) == kind).fill_null(value=False)


def _all_there(table: Table, names: Iterable[str]) -> pl.Expr:
    there = [pl.col(name).is_not_null() for name in names if name in table.present]
    return pl.all_horizontal(there or pl.lit(value=True))


def _any_there(table: Table, names: Iterable[str]) -> pl.Expr:
    there = [pl.col(name).is_not_null() for name in names if name in table.present]
    return pl.any_horizontal(there or pl.lit(value=False))


def _apart(types: Distinct) -> bool:
    return any(name.endswith(line.DISCOUNT_SUFFIX) for name in types.texts)


def _countable(table: Table) -> list[str]:
    """Return the tag maps that are often empty, where it matters and is cheap to know.

    To join maps line by line is slow. Resource tags are not counted: they are many, and
    hardly ever none.
    """
    there: list[str] = [name for name in MAPS if name in table.present]
    few = [name for name in there if name != MAPS[-1] and isinstance(table.types.get(name), pl.Map)]
    return few if len(there) > 1 else []


def _named(table: Table, codes: pl.Series) -> tuple[dict[str, str], bool]:
    """Return the one name of each code that is not in the table of services.

    Also whether some code has several names, or some line no code, so that lines are asked.
    """
    nameless = codes.null_count() > 0 or "" in codes
    if "product" not in table.present or not (nameless or set(codes) - {*SERVICES}):
        return {}, False
    code = pl.col(_KEYS["codes"])
    pairs = (
        table.frame.filter(code.is_not_null() & ~code.is_in(list(SERVICES)))
        .select(code=code, name=pl.col("product").map.get("product_name"))
        .filter(pl.col("name").is_not_null())
        .unique()
        .collect(engine="streaming")
    )
    single = pairs.filter(pl.col("code").is_unique())
    return dict(single.iter_rows()), nameless or single.height < pairs.height


def _refuse_uncosted(types: Iterable[str], present: frozenset[str]) -> None:
    for kind in sorted(set(types) & set(NEEDED)):
        for name in NEEDED[kind]:
            if name not in present:
                raise ContractError(
                    f"holds lines of type {kind} but no column {name}, without which they "
                    "have no cost; select it in the export's query"
                )
