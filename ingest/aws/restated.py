"""CUR lines to totals, stated once more in SQL: what `charges`, `line` and `block` state.

It shares no code with them on purpose: two statements that agree to the last digit are
evidence, one statement that agrees with itself is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.lockdown import text
from models.scan import money

Windows = Mapping[str, tuple[datetime, datetime]]

_TYPE: Final = "coalesce(CAST(line_item_line_item_type AS VARCHAR), '')"
_SPLIT: Final = "coalesce(line_item_operation, '') IN ('EKSPod-EC2', 'ECSTask-EC2')"
_BLOCK: Final = (
    f"({_TYPE} IN ('Fee', 'Refund') AND NOT {_SPLIT}"
    " AND contains(coalesce(line_item_usage_type, ''), 'CapacityBlockFee'))"
)
_ZERO: Final = "CAST(0 AS DECIMAL(38, 18))"
_ISO: Final = "([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2})"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a document by name, each with its type in SQL."""

    types: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a column of text, empty where it is null or not there."""
        return f"coalesce(CAST({name} AS VARCHAR), '')" if name in self.types else "''"

    def filled(self, name: str) -> str:
        """Return whether a column of text says anything."""
        return f"{self.text(name)} <> ''"

    def amount(self, *names: str) -> str:
        """Return the first of several columns of money that is not null."""
        return f"coalesce({', '.join(map(self._money, names))}, NULL)"

    def moment(self, name: str) -> str:
        """Return a column as a moment of UTC; one without a zone is UTC already."""
        if self.types.get(name) == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('UTC', {name})"
        return f"CAST({name} AS TIMESTAMP)"

    def _money(self, name: str) -> str:
        """Return a column as money: a double by its shortest text and 12 places, as on entry."""
        dtype = self.types.get(name, '"NULL"')
        if dtype == "VARCHAR":
            return money(name)
        if dtype == "DOUBLE":
            exact = f"CAST(CAST({name} AS VARCHAR) AS DECIMAL(38, 18))"
            return f"CAST(CAST({exact} AS DECIMAL(38, 12)) AS DECIMAL(38, 18))"
        column = name if dtype.startswith("DECIMAL") else "NULL"
        return f"CAST({column} AS DECIMAL(38, 18))"


def totals(columns: Columns, *, net: bool, blocks: bool, windows: Windows) -> str:
    """Return SQL for currency, category, rows, both costs, and the first and last day.

    The document is read once; what is added beside its lines is told from their groups.

    Args:
        columns: What the document has.
        net: Whether net costs count.
        blocks: Whether there are fees of capacity blocks, or refunds of them.
        windows: Start and end of capacity blocks by the id of their reservation.
    """
    return f"""
        WITH told AS ({_told(columns, net=net, blocks=blocks, windows=windows)}),
        lines AS ({_lines(columns, net=net)}),
        found AS MATERIALIZED (
            SELECT currency, category, offsets, CASE WHEN offsets THEN plan END AS plan,
                count(*) AS n, sum(billed) AS billed, sum(effective) AS effective,
                sum(cost) AS cost, min(month) AS month, min(day) AS first, max(day) AS last,
                count(*) FILTER (idle <> 0) AS idles, sum(idle) AS idle,
                min(day) FILTER (idle <> 0) AS idle_first,
                max(day) FILTER (idle <> 0) AS idle_last,
                sum(date_diff('day', block_first, block_last) + 1) AS days,
                sum(cost) FILTER (block_first IS NOT NULL) AS block,
                min(block_first) AS block_first, max(block_last) AS block_last
            FROM lines GROUP BY 1, 2, 3, 4)
        SELECT currency, category, n, billed, effective, first, last FROM found
        UNION ALL
        SELECT currency, 'Usage', idles, {_ZERO}, idle, idle_first, idle_last
        FROM found WHERE idles > 0
        UNION ALL
        SELECT currency, 'Usage', days, {_ZERO}, block, block_first, block_last
        FROM found WHERE days > 0
        UNION ALL
        SELECT currency, 'Adjustment', 1, sum(cost), {_ZERO}, min(month), min(month)
        FROM found WHERE offsets GROUP BY currency, plan HAVING sum(cost) <> 0"""  # noqa: S608 - built from constants


def by_row(columns: Columns, *, net: bool, blocks: bool, windows: Windows) -> str:
    """Return SQL for row, currency and both costs, with all that is told from the row.

    What covered usage and its negation leave is of no one line; its row is 0.

    Args:
        columns: What the document has.
        net: Whether net costs count.
        blocks: Whether there are fees of capacity blocks, or refunds of them.
        windows: Start and end of capacity blocks by the id of their reservation.
    """
    return f"""
        WITH document AS (SELECT *, row_number() OVER () AS place FROM main.document),
        told AS ({_told(columns, net=net, blocks=blocks, windows=windows)}),
        lines AS ({_lines(columns, net=net, more="place, ")})
        SELECT place, currency, billed, effective + coalesce(idle, {_ZERO})
            + CASE WHEN block_first IS NULL THEN {_ZERO} ELSE cost END
        FROM lines
        UNION ALL
        SELECT 0, currency, sum(cost), {_ZERO} FROM lines WHERE offsets GROUP BY currency"""  # noqa: S608 - built from constants


def _told(columns: Columns, *, net: bool, blocks: bool, windows: Windows) -> str:
    """Return SQL for the lines with their cost, and with the window of a block, if it is one."""
    gross = columns.amount("line_item_unblended_cost")
    folded = f"CASE WHEN {_TYPE} LIKE '%Discount' THEN {_ZERO} ELSE {gross} END"
    netted = columns.amount("line_item_net_unblended_cost")
    start, end = (_edges(columns, windows, index) for index in (0, 1))
    nothing = "CAST(NULL AS TIMESTAMP)"
    return f"""
        SELECT *, {f"coalesce({netted}, {folded})" if net else gross} AS cost,
            {f"CASE WHEN {_BLOCK} THEN {start} END" if blocks else nothing} AS since,
            {f"CASE WHEN {_BLOCK} THEN {end} END" if blocks else nothing} AS upto
        FROM document"""  # noqa: S608 - names are constants, texts are escaped


def _lines(columns: Columns, *, net: bool, more: str = "") -> str:
    """Return SQL for one row a line: what it is, what it costs, what is added beside it."""
    offsets = f"{_TYPE} IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') AND NOT {_SPLIT}"
    known = "since < upto AND upto <= since + INTERVAL 366 DAY"
    bought = f"({_TYPE} = 'Fee' AND {_reserved(columns)})"
    back = f"({_TYPE} = 'Refund' AND {_bought_back(columns)})"
    spread = f"({_BLOCK} AND coalesce({known}, FALSE) AND NOT {bought} AND NOT {back})"
    day = columns.moment("line_item_usage_start_date")
    month = columns.moment("bill_billing_period_start_date")
    return f"""
        SELECT {more}line_item_currency_code AS currency, {_category(columns)} AS category, cost,
            {offsets} AS offsets,
            nullif({columns.text("savings_plan_savings_plan_a_r_n")}, '') AS plan,
            CASE WHEN {spread} AND cost <> 0 THEN CAST(since AS DATE) END AS block_first,
            CASE WHEN {spread} AND cost <> 0
                THEN CAST(upto - INTERVAL 1 MICROSECOND AS DATE) END AS block_last,
            CASE WHEN {_SPLIT} OR {offsets} THEN {_ZERO} ELSE cost END AS billed,
            CASE WHEN {spread} THEN {_ZERO} ELSE {_effective(columns, net=net)} END AS effective,
            CASE WHEN NOT {_SPLIT} THEN {_idle(columns, net=net)} END AS idle,
            CAST({day} AS DATE) AS day, CAST({month} AS DATE) AS month
        FROM told"""  # noqa: S608 - names are constants, texts are escaped


def _bought_back(columns: Columns) -> str:
    """Return whether a refund is of a commitment."""
    description = columns.text("line_item_line_item_description")
    return (
        f"({_reserved(columns)} OR {columns.filled('savings_plan_savings_plan_a_r_n')}"
        f" OR {description} LIKE 'Refund for one-time fee for Savings Plan ID%')"
    )


def _reserved(columns: Columns) -> str:
    return columns.filled("reservation_reservation_a_r_n")


def _category(columns: Columns) -> str:
    return f"""CASE
        WHEN {_SPLIT} THEN 'Adjustment'
        WHEN {_TYPE} IN ('Tax', 'Credit') THEN {_TYPE}
        WHEN {_TYPE} = 'SavingsPlanNegation' THEN 'Adjustment'
        WHEN {_TYPE} IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'Fee',
            'FlatRateSubscription') THEN 'Purchase'
        WHEN {_TYPE} = 'Refund' AND ({_bought_back(columns)} OR {_BLOCK}) THEN 'Purchase'
        ELSE 'Usage' END"""


def _effective(columns: Columns, *, net: bool) -> str:
    covered = columns.amount(*_netted("savings_plan", "savings_plan_effective_cost", net=net))
    reserved = columns.amount(*_netted("reservation", "effective_cost", net=net))
    return f"""CASE
        WHEN {_SPLIT} THEN {_ZERO}
        WHEN {_TYPE} = 'SavingsPlanCoveredUsage' THEN {covered}
        WHEN {_TYPE} = 'DiscountedUsage' THEN coalesce({reserved}, cost)
        WHEN {_TYPE} = 'RIFee' AND {_stated(columns)} THEN {_ZERO}
        WHEN {_TYPE} IN ('SavingsPlanNegation', 'SavingsPlanRecurringFee',
            'SavingsPlanUpfrontFee') THEN {_ZERO}
        WHEN {_TYPE} = 'Fee' AND {_reserved(columns)} THEN {_ZERO}
        WHEN {_TYPE} = 'Refund' AND {_bought_back(columns)} THEN {_ZERO}
        ELSE cost END"""


_IDLE: Final = ("unused_amortized_upfront_fee_for_billing_period", "unused_recurring_fee")


def _idle(columns: Columns, *, net: bool) -> str:
    """Return what of a recurring fee nothing used; null on other lines."""
    parts = (columns.amount(*_netted("reservation", name, net=net)) for name in _IDLE)
    reservation = " + ".join(f"coalesce({part}, {_ZERO})" for part in parts)
    committed = columns.amount("savings_plan_total_commitment_to_date")
    used = columns.amount("savings_plan_used_commitment")
    return f"""CASE
        WHEN {_TYPE} = 'RIFee' AND {_stated(columns)} THEN {reservation}
        WHEN {_TYPE} = 'SavingsPlanRecurringFee' THEN {committed} - {used} END"""


def _stated(columns: Columns) -> str:
    """Return whether anything says how much of a reservation nothing used."""
    names = [name for part in _IDLE for name in _netted("reservation", part, net=True)]
    there = [f"{name} IS NOT NULL" for name in names if name in columns.types]
    return f"({' OR '.join(there)})" if there else "FALSE"


def _netted(group: str, name: str, *, net: bool) -> tuple[str, ...]:
    gross = f"{group}_{name}"
    return (f"{group}_net_{name}", gross) if net else (gross,)


def _edges(columns: Columns, windows: Windows, index: int) -> str:
    """Return SQL for the start or the end of a block, where anything states it."""
    stated = (
        _configured(columns, windows, index),
        _described(columns, index),
        _dated(columns, index),
    )
    return f"coalesce({', '.join(stated)})"


def _configured(columns: Columns, windows: Windows, index: int) -> str:
    names = (
        "line_item_resource_id",
        "line_item_line_item_description",
        "capacity_reservation_capacity_reservation_arn",
    )
    cases = " ".join(
        f"WHEN {_any_contains(map(columns.text, names), reservation)}"
        f" THEN TIMESTAMP {text(f'{window[index]:%Y-%m-%d %H:%M:%S.%f}')}"
        for reservation, window in windows.items()
    )
    return f"CASE {cases} END" if cases else "CAST(NULL AS TIMESTAMP)"


def _any_contains(texts: Iterable[str], part: str) -> str:
    return "(" + " OR ".join(f"contains({each}, {text(part)})" for each in texts) + ")"


def _described(columns: Columns, index: int) -> str:
    description = columns.text("line_item_line_item_description")
    start, end = (
        f"try_strptime(replace(regexp_extract({description}, '{_ISO}.*?{_ISO}', {group}),"
        " ' ', 'T'), '%Y-%m-%dT%H:%M')"
        for group in (1, 2)
    )
    wanted = (start, end)[index]
    return f"CASE WHEN {start} IS NOT NULL AND {end} IS NOT NULL THEN {wanted} END"


def _dated(columns: Columns, index: int) -> str:
    dates = ("line_item_usage_start_date", "line_item_usage_end_date")
    start, end = map(columns.moment, dates)
    midnights = f"(date_trunc('day', {start}) = {start} AND date_trunc('day', {end}) = {end})"
    stated = f"NOT {midnights} AND {end} > {start} + INTERVAL 1 HOUR"
    return f"CASE WHEN {stated} THEN {(start, end)[index]} END"
