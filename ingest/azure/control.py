"""The second reader: cost details stated once more, in SQL, and only their totals.

It shares no code with `charges` on purpose: two statements that agree to the last digit are
evidence, one statement that agrees with itself is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from ingest.counted import counted
from ingest.source import Control
from ingest.verify import Amount
from models.scan import ScanError, columns, money, rows

_ZERO: Final = "CAST(0 AS DECIMAL(38, 18))"
_DAYS: Final = "['%m/%d/%Y', '%Y-%m-%d']"

# By role: which cost of ordinary rows counts, and which of commitments (billed, effective).
_COUNTS: Final = {
    "actual": ("be", "be"),
    "amortized": ("be", "e"),
    "both": ("be", "be"),
    "actual of a pair": ("be", "b"),
    "amortized of a pair": ("", "e"),
    "actual apart": ("b", "b"),
    "amortized apart": ("e", "e"),
}


def details(path: Path, role: str) -> Control:
    """State what a document of cost details must become.

    Raises:
        ScanError: when it cannot be read so.
    """
    types = {name.lower(): dtype for name, dtype in columns(path).items()}
    answer = rows(path, _summed(_classified(types), *_COUNTS[role]))
    return counted(answer)


def amounts(path: Path, role: str) -> Iterator[Amount]:
    """Yield what each row of cost details counts for, nothing where another document says it.

    Raises:
        ScanError: when the document cannot be read so.
    """
    types = {name.lower(): dtype for name, dtype in columns(path).items()}
    billed, effective = (_counted(basis, *_COUNTS[role]) for basis in "be")
    sql = f"""
        SELECT more, coalesce(currency, ''), {billed}, {effective}
        FROM ({_classified(types, "row_number() OVER ()")})"""  # noqa: S608 - built from constants
    for row, currency, cost, accrued in rows(path, sql):
        yield Amount(row, currency, cost or Decimal(0), accrued or Decimal(0))


def count(path: Path) -> int:
    """Return how many rows a document has.

    Raises:
        ScanError: when it cannot be read.
    """
    return int(rows(path, "SELECT count(*) FROM document")[0][0])


def ordinary(path: Path) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """Return rows and cost of the charges that both datasets state, by currency, day, account.

    Raises:
        ScanError: when the document cannot be read so.
    """
    types = {name.lower(): dtype for name, dtype in columns(path).items()}
    account = _first(types, ("SubscriptionId", "SubscriptionGuid"))
    sql = f"""
        SELECT currency, CAST(day AS VARCHAR), more, count(*), sum(cost)
        FROM ({_classified(types, f"CAST({account} AS VARCHAR)")})
        WHERE NOT committed GROUP BY ALL"""  # noqa: S608 - built from constants
    return {
        (str(currency), str(day), str(of)): (int(n), amount or Decimal(0))
        for currency, day, of, n, amount in rows(path, sql)
    }


def _summed(classified: str, ordinary: str, committed: str) -> str:
    needed = f"""CASE WHEN NOT committed THEN {ordinary != ""}
        WHEN cost IS NULL OR cost <> 0 THEN TRUE
        WHEN kind = 'usage' OR kind LIKE 'unused%' THEN {"e" in committed}
        ELSE {"b" in committed} END"""
    return f"""
        SELECT coalesce(currency, ''), category, count(*),
            sum({_counted("b", ordinary, committed)}), sum({_counted("e", ordinary, committed)}),
            min(day), max(day)
        FROM ({classified}) WHERE {needed} GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608 - from constants


def _counted(basis: str, ordinary: str, committed: str) -> str:
    """Return the cost of a row where it counts for a basis, `b` or `e`."""
    counts = f"CASE WHEN committed THEN {basis in committed} ELSE {basis in ordinary} END"
    return f"CASE WHEN {counts} THEN cost ELSE {_ZERO} END"


def _classified(types: Mapping[str, str], more: str = "''") -> str:
    """Return SQL of each row's kind, whether it is of a commitment, its cost, day and so on."""
    kind = _lower(types, "ChargeType")
    model = _lower(types, "PricingModel")
    reserved = f"({_first(types, ('ReservationId',))} IS NOT NULL AND {model} = '')"
    committed = (
        f"({model} IN ('savingsplan', 'reservation') OR {kind} LIKE 'unused%' OR {reserved})"
    )
    metered = f"(coalesce({_first(types, ('Frequency',))}, '') = 'UsageBased' AND NOT {committed})"
    category = f"""CASE
        WHEN {kind} IN ('', 'usage') OR {kind} LIKE 'unused%' THEN 'Usage'
        WHEN {kind} = 'refund' AND {metered} THEN 'Usage'
        WHEN {kind} IN ('refund', 'purchase') THEN 'Purchase'
        WHEN {kind} = 'tax' THEN 'Tax' ELSE 'Adjustment' END"""
    currency = _first(types, ("BillingCurrency", "BillingCurrencyCode", "Currency"))
    return f"""
        SELECT {currency} AS currency, CASE {kind} WHEN '' THEN 'usage' ELSE {kind} END AS kind,
            {committed} AS committed, {category} AS category, {_cost(types)} AS cost,
            {_day(types)} AS day, {more} AS more
        FROM document"""  # noqa: S608 - names are constants of this file


def _first(types: Mapping[str, str], names: Sequence[str]) -> str:
    """Return the first of these columns that the document has, with an empty text as null."""
    found = [name for name in names if name.lower() in types]
    return f"nullif(CAST(\"{found[0]}\" AS VARCHAR), '')" if found else "CAST(NULL AS VARCHAR)"


def _lower(types: Mapping[str, str], name: str) -> str:
    return f"replace(lower(coalesce({_first(types, (name,))}, '')), ' ', '')"


def _cost(types: Mapping[str, str]) -> str:
    """Return the cost: text as printed, a double by its shortest text and 12 places."""
    names = ("CostInBillingCurrency", "Cost", "PreTaxCost")
    name = next((name for name in names if name.lower() in types), "")
    if not name:
        raise ScanError(f"has no column {' or '.join(names)}")
    dtype = types[name.lower()]
    if dtype == "VARCHAR":
        return money(f'"{name}"')
    if dtype == "DOUBLE":
        exact = f'CAST(CAST("{name}" AS VARCHAR) AS DECIMAL(38, 18))'
        return f"CAST(CAST({exact} AS DECIMAL(38, 12)) AS DECIMAL(38, 18))"
    return f'CAST("{name}" AS DECIMAL(38, 18))'


def _day(types: Mapping[str, str]) -> str:
    name = next((n for n in ("Date", "UsageDate", "UsageDateTime") if n.lower() in types), "")
    dtype = types.get(name.lower(), "")
    if dtype == "VARCHAR":
        text = f"regexp_extract(\"{name}\", '^\\s*([0-9/-]+)', 1)"
        return f"CAST(try_strptime({text}, {_DAYS}) AS DATE)"
    if dtype == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone('UTC', \"{name}\") AS DATE)"
    return f'CAST("{name}" AS DATE)' if name else "CAST(NULL AS DATE)"
