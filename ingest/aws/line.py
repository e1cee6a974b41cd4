"""Kinds of CUR 2.0 lines, and what each means as a charge: the table `LINES` is the mapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

import polars as pl

from ingest.aws.distinct import Distinct
from ingest.aws.usage import BLOCK

Amount = Literal["cost", "zero", "plan", "reservation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the charges of one kind of line have in common.

    Attributes:
        category: Their charge_category.
        frequency: Their charge_frequency.
        billed: `cost` is what the invoice says (net or gross, decided once a document).
        effective: `plan` and `reservation` are the amortised cost of covered usage.
        price: What quantity and unit prices rest on: the metered `usage`, one `piece`
            (a fee, which is its own price), or `none`.
        list: `usage` is the public price, `cost` the line's own, `zero` none.
        commitment: Which ARN names the commitment the line belongs to.
    """

    category: str
    frequency: str
    billed: Literal["cost", "zero"] = "cost"
    effective: Amount = "cost"
    price: Literal["usage", "piece", "none"] = "none"
    list: Literal["usage", "cost", "zero"] = "cost"
    commitment: Literal["", "plan", "reservation"] = ""


def _purchase(
    frequency: str, effective: Amount, commitment: Literal["", "plan", "reservation"] = ""
) -> Line:
    return Line(
        category="Purchase",
        frequency=frequency,
        effective=effective,
        price="piece",
        commitment=commitment,
    )


def _usage(
    effective: Amount = "cost",
    billed: Literal["cost", "zero"] = "cost",
    commitment: Literal["", "plan", "reservation"] = "",
) -> Line:
    return Line(
        category="Usage",
        frequency="Usage-Based",
        billed=billed,
        effective=effective,
        price="usage",
        list="usage",
        commitment=commitment,
    )


_ONCE: Final = "One-Time"
_NOTHING: Final = Line(
    category="Adjustment", frequency=_ONCE, billed="zero", effective="zero", list="zero"
)

# Order gives each kind its number. Sources: AWS "Line item details" for the types, FOCUS 1.2
# "Discount handling" for commitments, the Cloud Intelligence Dashboards for amortisation.
LINES: Final[dict[str, Line]] = {
    "usage": _usage(),
    # Shown at the on-demand price and cancelled by negation lines; neither is invoiced.
    "covered": _usage("plan", "zero", "plan"),
    # Grouped n:1, so it cannot be paired with its usage; kept, worth nothing.
    "negation": Line(
        category="Adjustment",
        frequency=_ONCE,
        billed="zero",
        effective="zero",
        list="zero",
        commitment="plan",
    ),
    "plan_fee": _purchase("Recurring", "zero", "plan"),
    "plan_upfront": _purchase(_ONCE, "zero", "plan"),
    # Its cost is 0 in every bill seen; if one is not, the invoice is right.
    "reserved": _usage("reservation", "cost", "reservation"),
    "reservation_fee": _purchase("Recurring", "zero", "reservation"),
    # Of a dedicated host: nothing says what of it was used, so the month bears what it paid.
    "reservation_fee_whole": _purchase("Recurring", "cost", "reservation"),
    "reservation_upfront": _purchase(_ONCE, "zero", "reservation"),
    "fee": _purchase(_ONCE, "cost"),
    # Of a capacity block: the days of the block bear it, on rows of their own.
    "block": _purchase(_ONCE, "zero"),
    "subscription": _purchase("Recurring", "cost"),
    "tax": Line(category="Tax", frequency=_ONCE),
    "credit": Line(category="Credit", frequency=_ONCE, list="zero"),
    "refund": Line(category="Usage", frequency="Usage-Based", price="piece"),
    "refund_of_purchase": _purchase(_ONCE, "cost"),
    "refund_of_block": _purchase(_ONCE, "zero"),
    # The fee it gives back had no effective cost either.
    "refund_of_commitment": _purchase(_ONCE, "zero"),
    # Separate discount lines; zero where net costs already hold them.
    "discount": Line(category="Usage", frequency="Usage-Based", price="piece", list="zero"),
    # Shares of a parent instance that is billed on its own line.
    "split": _NOTHING,
    "unknown": _usage(),
}
KINDS: Final = tuple(LINES)

TYPES: Final = {
    "Usage": "usage",
    "SavingsPlanCoveredUsage": "covered",
    "SavingsPlanNegation": "negation",
    "SavingsPlanRecurringFee": "plan_fee",
    "SavingsPlanUpfrontFee": "plan_upfront",
    "DiscountedUsage": "reserved",
    "RIFee": "reservation_fee",
    "Fee": "fee",
    "FlatRateSubscription": "subscription",
    "Tax": "tax",
    "Credit": "credit",
    "Refund": "refund",
}
SPLIT_OPERATIONS: Final = ("EKSPod-EC2", "ECSTask-EC2")
# What of a reservation's fee nothing used; without any of them the fee is not amortised.
UNUSED: Final = tuple(
    f"reservation_{net}{name}"
    for name in ("unused_amortized_upfront_fee_for_billing_period", "unused_recurring_fee")
    for net in ("", "net_")
)
DISCOUNT_SUFFIX: Final = "Discount"  # EdpDiscount, PrivateRateDiscount, BundledDiscount, ...

_TYPE: Final = pl.col("line_item_line_item_type")
# Its members stand where the numbers of their kinds are. To look a text up in a type is done
# batch by batch; the engine's `replace` collects whole columns, and memory grew with the rows.
_NUMBERED: Final = pl.Enum(
    [next((t for t, k in TYPES.items() if k == kind), f"\0{kind}") for kind in KINDS]
)
_KIND: Final = pl.col("kind")
_FEE_REFUND: Final = "Refund for one-time fee for Savings Plan ID"


def number(kind: str) -> int:
    """Return the number of a kind, as the column `kind` holds it."""
    return KINDS.index(kind)


def kind(types: Distinct, *, unamortised: bool) -> pl.Expr:
    """Return the number of a line's kind.

    Args:
        types: The line types of the document; only these are asked for.
        unamortised: Whether fees of reservations occur that are not amortised.
    """
    found = _TYPE.cast(_NUMBERED, strict=False).to_physical().fill_null(number("unknown"))
    asked = {"Refund": _refund(), "Fee": _fee(), "RIFee": _whole()}
    for name, refined in asked.items():
        if name in types.texts and (unamortised or name != "RIFee"):
            found = pl.when(_TYPE.eq(name)).then(pl.coalesce(refined, found)).otherwise(found)
    apart = types.where(lambda name: name.endswith(DISCOUNT_SUFFIX))
    split = pl.col("line_item_operation").is_in(SPLIT_OPERATIONS).fill_null(value=False)
    return (
        pl.when(split)
        .then(_code("split"))
        .when(apart)
        .then(_code("discount"))
        .otherwise(found)
        .alias("kind")
    )


def _whole() -> pl.Expr:
    """Return what a fee is that does not say what of it was used."""
    nothing = pl.all_horizontal(pl.col(UNUSED).is_null())
    return pl.when(nothing).then(_code("reservation_fee_whole"))


def _fee() -> pl.Expr:
    """Return what a fee bought, if it is more than a fee."""
    reservation = pl.col("reservation_reservation_a_r_n").is_not_null()
    block = pl.col("block_start").is_not_null()
    return pl.when(reservation).then(_code("reservation_upfront")).when(block).then(_code("block"))


def _refund() -> pl.Expr:
    """Return what was refunded, if not usage: a commitment, or another purchase."""
    description = pl.col("line_item_line_item_description").fill_null("")
    plan = pl.col("savings_plan_savings_plan_a_r_n").is_not_null()
    reservation = pl.col("reservation_reservation_a_r_n").is_not_null()
    usage_type = pl.col("line_item_usage_type").fill_null("")
    return (
        pl.when(reservation | plan | description.str.starts_with(_FEE_REFUND))
        .then(_code("refund_of_commitment"))
        .when(pl.col("block_start").is_not_null())
        .then(_code("refund_of_block"))
        .when(usage_type.str.contains(BLOCK, literal=True))
        .then(_code("refund_of_purchase"))
    )


def _code(name: str) -> pl.Expr:
    return pl.lit(number(name), dtype=pl.UInt8)


def is_kind(kinds: Iterable[str]) -> pl.Expr:
    """Say whether a line is of one of these kinds."""
    return _KIND.is_in(pl.Series([number(name) for name in kinds], dtype=pl.UInt8).implode())


def where(attribute: str, value: str) -> pl.Expr:
    """Say whether a line's kind has this value of an attribute of `Line`."""
    return is_kind(name for name, line in LINES.items() if getattr(line, attribute) == value)


def text(attribute: str) -> pl.Expr:
    """Return an attribute of a line's kind."""
    values = dict.fromkeys(getattr(line, attribute) for line in LINES.values())
    return chosen((where(attribute, each), each) for each in values)


def chosen(texts: Iterable[tuple[pl.Expr, str]]) -> pl.Expr:
    """Return the text whose condition holds, of conditions that exclude each other."""
    nothing = pl.lit(None, dtype=pl.String)
    return reduce(
        lambda rest, each: pl.when(each[0]).then(pl.lit(each[1])).otherwise(rest), texts, nothing
    )
