"""The two questions put to the export: what changed, and the reduced rows of what did."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from ingest.gcp.schema import COLUMNS, SUMMED, Cell

PATH: Final = "."
ALIAS: Final = "__"
DAY: Final = "usage_day"
CREDIT_TYPE: Final = "credit__type"
CREDIT_AMOUNT: Final = "credit__amount"
LINES: Final = "line_count"

# Answered from the row: a pair is one day of arrival and one invoice month. Sums are taken
# the way the invoice is checked by hand, and not as the other query takes them.
_PAIRS: Final = """SELECT
  DATE(_PARTITIONTIME, 'UTC') AS day,
  invoice.month AS month,
  MAX(export_time) AS newest,
  COUNT(*) AS line_count,
  SUM(CAST(cost AS NUMERIC)) AS cost,
  SUM((SELECT SUM(CAST(credit.amount AS NUMERIC)) FROM UNNEST(credits) AS credit)) AS credits
FROM `{table}`
WHERE _PARTITIONTIME >= @start AND _PARTITIONTIME < @end
  AND invoice.month IN UNNEST(@months)
GROUP BY 1, 2
ORDER BY 1, 2"""

# A row meets each of its credits, and adds its own amounts at the first of them alone.
_ROWS: Final = """SELECT
  {selected}
FROM `{table}` AS line
LEFT JOIN UNNEST(line.credits) AS credit WITH OFFSET AS place
WHERE _PARTITIONTIME >= @start AND _PARTITIONTIME < @end
  AND invoice.month = @month
GROUP BY {ordinals}"""
_LIST: Final = "SELECT STRUCT({record}) FROM UNNEST({path}) AS pair ORDER BY {order}"
_ONCE: Final = "IFNULL(place, 0) = 0"


def pairs(table: str) -> str:
    """Return the query of days of arrival by invoice month.

    Parameters are `start` and `end` (timestamps, half-open) and `months` (`YYYYMM`).
    """
    return _PAIRS.format(table=table)


def rows(table: str, present: Collection[str]) -> str:
    """Return the query of the reduced rows of one such pair.

    Parameters are `start` and `end` (timestamps, half-open) and `month` (`YYYYMM`). Its
    columns are named by their path with `__`; labels and tags come as JSON text.

    Args:
        table: `project.dataset.table`.
        present: Paths of the columns that the table has, such as `project.id`.
    """
    keys = [_key(path, cell) for path, cell in leaves() if path in present and path not in SUMMED]
    sums = [_sum(path) for path in SUMMED if path in present and not path.startswith("credits")]
    return _ROWS.format(
        table=table,
        selected=",\n  ".join([*keys, f"credit.type AS {CREDIT_TYPE}", *sums, *_COUNTS]),
        ordinals=", ".join(str(n + 1) for n in range(len(keys) + 1)),
    )


_COUNTS: Final = (
    f"SUM(CAST(credit.amount AS NUMERIC)) AS {CREDIT_AMOUNT}",
    f"COUNTIF({_ONCE}) AS {LINES}",
)


def leaves() -> Iterator[tuple[str, Cell]]:
    """Yield path and cell of what a query asks for: plain values, and lists of records."""
    asked = [cell for cell in COLUMNS if cell.leaf not in {"count", "day"}]
    for cell in asked:
        if cell.name in {"credits", "usage_end_time"}:
            continue
        if not cell.members or cell.repeated:
            yield cell.name, cell
        for member in () if cell.repeated else cell.members:
            yield f"{cell.name}{PATH}{member.name}", member


def alias(path: str) -> str:
    """Return what a path is called in the answer."""
    return DAY if path == "usage_start_time" else path.replace(PATH, ALIAS)


def _key(path: str, cell: Cell) -> str:
    if cell.repeated:
        names = [member.name for member in cell.members]
        record = ", ".join(f"pair.{name} AS {name}" for name in names)
        order = ", ".join(f"pair.{name}" for name in names)
        listed = _LIST.format(record=record, path=path, order=order)
        return f"TO_JSON_STRING(ARRAY({listed})) AS {alias(path)}"
    if cell.leaf == "moment":
        return f"DATE({path}, 'UTC') AS {alias(path)}"
    value = f"CAST({path} AS NUMERIC)" if cell.leaf == "amount" else path
    return f"{value} AS {alias(path)}"


def _sum(path: str) -> str:
    return f"SUM(IF({_ONCE}, CAST({path} AS NUMERIC), NULL)) AS {alias(path)}"
