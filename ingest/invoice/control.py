"""The second reader: the same file through another engine, and only its totals.

Which invoices count is decided once, in `invoice` and `decision`. What they add up to is
read here anew: cells, numbers, signs, tax and days, with nothing of `sheet`, `cell`,
`reading` and `charge`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ingest.invoice.itemised import lost
from ingest.invoice.proof import Amounts
from ingest.invoice.recount import Counted, Value
from ingest.invoice.settings import Settings
from ingest.invoice.taken import Taken
from ingest.source import Control, Total
from ingest.verify import Amount
from models.subunit import subunit

Key = tuple[str, str]
Rows = Mapping[int, Counted]
_STRPTIME: Final = {"{Month}": "%B", "{month}": "%m", "{year}": "%Y"}
_CENTURY: Final = date(2000, 1, 1)
_WORD: Final = re.compile("[0-9A-Za-z]+")
_SIGN: Final = re.compile(r"\S")


def control(
    rows: Rows, settings: Settings, *, counting: Collection[int], aside: Collection[int]
) -> Control:
    """State what the counting rows of a file must become, and how many there are in all.

    Args:
        rows: All rows of the file, as this reader sees them.
        settings: How the vendor writes.
        counting: Rows of invoices that count.
        aside: Rows that are set aside.
    """
    sums: defaultdict[Key, list[Decimal]] = defaultdict(list)
    days: list[date] = []
    for number, row in rows.items():
        if number in counting:
            days += (months := _months(row, settings))
            for category, amount in _amounts(row, settings):
                key = _currency(row, settings), category
                sums[key] += [amount, *[Decimal(0)] * (len(months) - 1)]
    totals = tuple(_total(key, amounts) for key, amounts in sorted(sums.items()))
    first, last = (min(days).isoformat(), max(days).isoformat()) if days else ("", "")
    return Control(rows=len(counting) + len(aside), totals=totals, first=first, last=last)


def by_row(rows: Rows, settings: Settings, counting: Collection[int]) -> Iterator[Amount]:
    """Yield what each counting row of a file comes to, its tax included; see `control`."""
    share = 1 - settings.tax_recoverable
    for number, row in rows.items():
        if number in counting:
            currency = _currency(row, settings)
            for category, amount in _amounts(row, settings):
                tco = lost(amount, share, currency) if category == "Tax" else amount
                yield Amount(number, currency, amount, amount, tco=tco)


def amounts(rows: Rows, settings: Settings, taken: Taken) -> Amounts:
    """State what one invoice adds up to; nothing of one that could not be read."""
    if taken.invoice.faults:
        first = rows[taken.invoice.rows[0]]
        return Amounts(currency=_currency(first, settings) if taken.invoice.head else "XXX")
    found = [rows[row] for row in taken.invoice.rows]
    said = [amount for row in found for amount in _amounts(row, settings)]
    net = sum((amount for category, amount in said if category != "Tax"), Decimal(0))
    tax = sum((amount for category, amount in said if category == "Tax"), Decimal(0))
    currency = _currency(found[0], settings)
    return Amounts(currency=currency, net=net, tax=tax, payable=net + tax, rows=len(found))


def _total(key: Key, amounts: list[Decimal]) -> Total:
    cost = f"{sum(amounts, Decimal(0)):f}"
    return Total(*key, len(amounts), cost, cost)


def _currency(row: Counted, settings: Settings) -> str:
    return row.text("currency") or str(settings.currency or "")


def _amounts(row: Counted, settings: Settings) -> list[tuple[str, Decimal]]:
    """Return charge category and amount of a line, and of its tax."""
    kind = row.text("kind")
    sign = -1 if _is_among(kind, settings.credit_kinds) and settings.credit_sign == "negate" else 1
    cent = subunit(_currency(row, settings))
    if settings.columns.amount:
        amount = _number(row.cells["amount"], settings)
    else:
        quantity, price = (_number(row.cells[n], settings) for n in ("quantity", "unit_price"))
        base = _number(row.cells.get("price_base", ""), settings) or Decimal(1)
        amount = (quantity * price / base).quantize(cent, ROUND_HALF_UP)
    if row.is_tax or _is_among(kind, settings.tax_kinds):
        return [("Tax", sign * amount)]
    tax = _tax(row, amount, cent, settings)
    net = amount - tax if settings.amounts == "gross" else amount
    return [("Usage", sign * net), *([("Tax", sign * tax)] if tax else [])]


def _tax(row: Counted, amount: Decimal, cent: Decimal, settings: Settings) -> Decimal:
    if "tax" in row.cells:
        return _number(row.cells["tax"], settings)
    rate = _number(row.cells.get("tax_rate", ""), settings)
    base = 100 + rate if settings.amounts == "gross" else Decimal(100)
    return (amount * rate / base).quantize(cent, ROUND_HALF_UP) if rate else Decimal(0)


def _is_among(kind: str, kinds: Iterable[str]) -> bool:
    return kind.casefold() in {known.strip().casefold() for known in kinds}


def _number(cell: Value, settings: Settings) -> Decimal:
    """Return the digits of a cell, less than nothing with a minus or a bracket; empty is 0."""
    if isinstance(cell, Decimal):
        return cell
    text = str(cell)
    for sign in settings.currency_signs:
        text = text.replace(sign, "")
    digits = "".join(sign for sign in text if sign.isdigit() or sign == settings.decimal)
    number = Decimal(digits.replace(settings.decimal, ".") or 0)
    return -number if set("-(") & set(text) else number


def _months(row: Counted, settings: Settings) -> list[date]:
    """Return the first day of the work in each of its months."""
    stated = [row.cells.get(field, "") for field in ("service_start", "service_end")]
    if not any(stated) and (named := _named(row, settings)):
        return [named]
    first, last = (_day(cell or row.cells["issued"], settings) for cell in stated)
    later = range(first.year * 12 + first.month, last.year * 12 + last.month)
    return [first, *(date(month // 12, month % 12 + 1, 1) for month in later)]


def _day(cell: Value, settings: Settings) -> date:
    if isinstance(cell, date):
        return cell
    text, form = str(cell), settings.dates
    if form.endswith("*"):
        form = form[:-1]
        text = " ".join(re.split("[T ]", text)[: form.count(" ") + 1])
    return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone


def _named(row: Counted, settings: Settings) -> date | None:
    """Return the first day of the month that the words of a line name."""
    if settings.work_month is None:
        return None
    form = settings.work_month.written
    for directive, part in _STRPTIME.items():
        form = form.replace(directive, part)
    text = row.text(settings.work_month.within)
    sample = _CENTURY.strftime(form)
    words, wanted = list(_WORD.finditer(text)), list(_WORD.finditer(sample))
    before, after = wanted[0].start(), len(sample) - wanted[-1].end()
    for first, last in zip(words, words[len(wanted) - 1 :], strict=False):
        said = text[max(0, first.start() - before) : last.end() + after]
        if found := _month(said, form):
            return found
    return None


def _month(said: str, form: str) -> date | None:
    """Return the month that a text is; it must have the very spaces of its form."""
    if _SIGN.sub("", said) != _SIGN.sub("", form):
        return None
    try:
        found = datetime.strptime(said, form).date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None
    return found if found.year // 100 == _CENTURY.year // 100 else None
