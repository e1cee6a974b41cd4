"""The second reader: the mapping stated once more, in SQL, and only its totals.

It shares no code with `charges` and `ingest.focus` on purpose: two statements that agree to
the last digit are evidence, one statement that agrees with itself is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ingest.source import Control, Total
from models.scan import columns, money, rows

_SPLIT: Final = "coalesce(line_item_operation, '') IN ('EKSPod-EC2', 'ECSTask-EC2')"
_TYPE: Final = "coalesce(CAST(line_item_line_item_type AS VARCHAR), '')"
_COUNT: Final = "SELECT count(*) FROM document"
_COUNT_NET: Final = "SELECT count(line_item_net_unblended_cost) FROM document"
_ZERO: Final = "CAST(0 AS DECIMAL(38, 18))"


def cur(path: Path, names: Mapping[str, str] | None = None) -> Control:
    """State what a document of CUR lines must become.

    Args:
        path: The document.
        names: What its columns are called in CUR 2.0, where it is text that calls them
            something else.
    """
    types = dict.fromkeys(names.values(), "VARCHAR") if names else columns(path)
    net = "line_item_net_unblended_cost"
    nets = rows(path, _COUNT_NET, names=names)[0][0] if net in types else 0
    groups = rows(path, _summed(_cur(types, net=nets > 0)), names=names)
    return _control(rows(path, _COUNT, names=names)[0][0], groups)


def focus(path: Path) -> Control:
    """State what a FOCUS document must become."""
    names = {name.lower(): dtype for name, dtype in columns(path).items()}
    billed, effective = (_money(name, names) for name in ("billedcost", "effectivecost"))
    day = _day("ChargePeriodStart", names)
    sql = f"""
        SELECT BillingCurrency AS currency, ChargeCategory AS category, count(*) AS n,
            sum({billed}) AS billed, sum({effective}) AS effective,
            min({day}) AS first, max({day}) AS last
        FROM document GROUP BY ALL"""  # noqa: S608 - names are constants of this file
    return _control(rows(path, _COUNT)[0][0], rows(path, _summed(sql)))


def _control(lines: int, groups: list[tuple[Any, ...]]) -> Control:
    totals = tuple(
        Total(currency, category, int(n), _text(billed), _text(effective))
        for currency, category, n, billed, effective, _, _ in groups
    )
    days: list[date] = [day for group in groups for day in group[5:7] if day is not None]
    first, last = (min(days).isoformat(), max(days).isoformat()) if days else ("", "")
    return Control(rows=lines, totals=totals, first=first, last=last)


def _text(amount: Decimal | None) -> str:
    return f"{amount or Decimal(0):.18f}"


def _summed(groups: str) -> str:
    return f"""
        SELECT coalesce(CAST(currency AS VARCHAR), ''), coalesce(CAST(category AS VARCHAR), ''),
            sum(n), sum(billed), sum(effective), min(first), max(last)
        FROM ({groups}) GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608 - built from constants


def _money(name: str, names: Mapping[str, str]) -> str:
    """Return a column as money: a double by its shortest text and 12 places, as on entry."""
    dtype = names.get(name, '"NULL"')
    if dtype == "VARCHAR":
        return money(name)
    if dtype == "DOUBLE":
        exact = f"CAST(CAST({name} AS VARCHAR) AS DECIMAL(38, 18))"
        return f"CAST(CAST({exact} AS DECIMAL(38, 12)) AS DECIMAL(38, 18))"
    column = name if dtype.startswith("DECIMAL") else "NULL"
    return f"CAST({column} AS DECIMAL(38, 18))"


def _day(name: str, names: Mapping[str, str]) -> str:
    """Return the UTC day of a moment; one without a zone is UTC already."""
    zoned = names.get(name.lower()) == "TIMESTAMP WITH TIME ZONE"
    return f"CAST(timezone('UTC', {name}) AS DATE)" if zoned else f"CAST({name} AS DATE)"


def _cur(names: Mapping[str, str], *, net: bool) -> str:
    def amount(*wanted: str) -> str:
        return f"coalesce({', '.join(_money(name, names) for name in wanted)}, NULL)"

    def netted(group: str, name: str) -> str:
        pair = (f"{group}_net_{name}", f"{group}_{name}")
        return amount(*(pair if net else pair[1:]))

    def filled(name: str) -> str:
        return f"coalesce({name}, '') <> ''" if name in names else "FALSE"

    gross = amount("line_item_unblended_cost")
    folded = f"CASE WHEN {_TYPE} LIKE '%Discount' THEN {_ZERO} ELSE {gross} END"
    cost = f"coalesce({amount('line_item_net_unblended_cost')}, {folded})" if net else gross
    ri, plan = filled("reservation_reservation_a_r_n"), filled("savings_plan_savings_plan_a_r_n")
    fee_back = (
        f"({ri} OR {plan} OR coalesce(line_item_line_item_description, '')"
        " LIKE 'Refund for one-time fee for Savings Plan ID%')"
    )
    block = "contains(coalesce(line_item_usage_type, ''), 'CapacityBlockFee')"
    category = f"""CASE
        WHEN {_SPLIT} THEN 'Adjustment'
        WHEN {_TYPE} IN ('Tax', 'Credit') THEN line_item_line_item_type
        WHEN {_TYPE} = 'SavingsPlanNegation' THEN 'Adjustment'
        WHEN {_TYPE} IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'Fee',
            'FlatRateSubscription') THEN 'Purchase'
        WHEN {_TYPE} = 'Refund' AND ({fee_back} OR {block}) THEN 'Purchase'
        ELSE 'Usage' END"""
    billed = f"""CASE
        WHEN {_SPLIT} OR {_TYPE} IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') THEN {_ZERO}
        ELSE {cost} END"""
    effective = f"""CASE
        WHEN {_SPLIT} THEN {_ZERO}
        WHEN {_TYPE} = 'SavingsPlanCoveredUsage'
            THEN {netted("savings_plan", "savings_plan_effective_cost")}
        WHEN {_TYPE} = 'DiscountedUsage' THEN {netted("reservation", "effective_cost")}
        WHEN {_TYPE} IN ('SavingsPlanNegation', 'SavingsPlanRecurringFee',
            'SavingsPlanUpfrontFee', 'RIFee') THEN {_ZERO}
        WHEN {_TYPE} = 'Fee' AND {ri} THEN {_ZERO}
        WHEN {_TYPE} = 'Refund' AND {fee_back} THEN {_ZERO}
        ELSE {cost} END"""
    committed = amount("savings_plan_total_commitment_to_date")
    used = amount("savings_plan_used_commitment")
    idle = " + ".join(
        f"coalesce({netted('reservation', name)}, {_ZERO})"
        for name in ("unused_amortized_upfront_fee_for_billing_period", "unused_recurring_fee")
    )
    unused = f"CASE WHEN {_TYPE} = 'RIFee' THEN {idle} ELSE {committed} - {used} END"
    arn = "savings_plan_savings_plan_a_r_n" if plan != "FALSE" else "NULL"
    day = _day("line_item_usage_start_date", names)
    month = _day("bill_billing_period_start_date", names)
    return f"""
        SELECT line_item_currency_code AS currency, {category} AS category, count(*) AS n,
            sum({billed}) AS billed, sum({effective}) AS effective,
            min({day}) AS first, max({day}) AS last
        FROM document GROUP BY ALL
        UNION ALL
        SELECT currency, 'Usage', count(*), {_ZERO}, sum(amount), min(day), max(day)
        FROM (
            SELECT line_item_currency_code AS currency, {unused} AS amount, {day} AS day
            FROM document
            WHERE {_TYPE} IN ('RIFee', 'SavingsPlanRecurringFee') AND NOT {_SPLIT})
        WHERE amount <> 0 GROUP BY ALL
        UNION ALL
        SELECT currency, 'Adjustment', count(*), sum(amount), {_ZERO}, min(day), max(day)
        FROM (
            SELECT line_item_currency_code AS currency, nullif({arn}, '') AS plan,
                sum({cost}) AS amount, min({month}) AS day
            FROM document
            WHERE {_TYPE} IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') AND NOT {_SPLIT}
            GROUP BY ALL)
        WHERE amount <> 0 GROUP BY ALL"""  # noqa: S608 - names are constants of this file
