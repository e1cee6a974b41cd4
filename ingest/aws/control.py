"""The second reader of CUR lines: only their totals, by `ingest.aws.restated`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from ingest.aws.restated import Columns, Windows, by_row, totals
from ingest.counted import counted
from ingest.source import Control
from ingest.verify import Amount
from models.scan import COLUMNS, opened

_NET: Final = "line_item_net_unblended_cost"
_BLOCKS: Final = (
    "count(*) FILTER (contains(coalesce(line_item_usage_type, ''), 'CapacityBlockFee'))"
)
NO_WINDOWS: Final[Windows] = {}
_Ask = Callable[[str], list[tuple[Any, ...]]]


class _Question(Protocol):
    """What is asked of lines: `totals` or `by_row`."""

    def __call__(
        self, columns: Columns, *, net: bool, blocks: bool, windows: Windows
    ) -> str: ...  # pragma: no cover - a signature


def cur(
    path: Path,
    names: Mapping[str, str] | None = None,
    windows: Windows = NO_WINDOWS,
) -> Control:
    """State what a document of CUR lines must become.

    Args:
        path: The document.
        names: What its columns are called in CUR 2.0, where it is text that calls them
            something else.
        windows: Start and end of capacity blocks by the id of their reservation.
    """
    with opened(path, names=names) as ask:
        lines, sql = _asked(ask, totals, windows)
        return counted(ask(_summed(sql)), lines)


def cur_amounts(
    path: Path,
    names: Mapping[str, str] | None = None,
    windows: Windows = NO_WINDOWS,
) -> Iterator[Amount]:
    """Yield what each line of a document comes to; see `cur`."""
    with opened(path, names=names) as ask:
        for row, currency, billed, effective in ask(_asked(ask, by_row, windows)[1]):
            yield Amount(row, currency or "", billed or Decimal(0), effective or Decimal(0))


def _asked(ask: _Ask, question: _Question, windows: Windows) -> tuple[int, str]:
    """Return how many lines a document has, and a question in the words of its columns."""
    types: dict[str, str] = dict(ask(COLUMNS))
    nets = f"count({_NET})" if _NET in types else "0"
    counted = f"SELECT count(*), {nets}, {_BLOCKS} FROM document"  # noqa: S608 - constants
    ((lines, net, blocks),) = ask(counted)
    return lines, question(Columns(types), net=net > 0, blocks=blocks > 0, windows=windows)


def _summed(groups: str) -> str:
    return f"""
        SELECT coalesce(CAST(currency AS VARCHAR), ''), coalesce(CAST(category AS VARCHAR), ''),
            sum(n), sum(billed), sum(effective), min(first), max(last)
        FROM ({groups}) GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608 - built from constants
