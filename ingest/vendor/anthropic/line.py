"""Rows of cost reports as charges, and of the usage report as usage. Amounts are cents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from ingest.vendor.anthropic.settings import WORKLOADS, Settings
from ingest.vendor.charge import Item, Use
from ingest.vendor.reply import Part, ReplyError, number_of, text_of
from ingest.vendor.workload import workloads
from models.period import Month

Row = tuple[int, Part, Part]  # number, time, content

# member of the usage report: what the tokens were
TOKENS: Final[Mapping[str, str]] = {
    "uncached_input_tokens": "input",
    "cache_read_input_tokens": "cached input",
    "output_tokens": "output",
}
WRITTEN: Final = "_input_tokens"  # how the members of `cache_creation` end, one a lifetime


def is_cost(row: Part) -> bool:
    """Say whether a row states a cost: of one report, or of the other."""
    return row.maybe("amount") is not None or row.maybe("cost") is not None


def items(found: Sequence[Row], settings: Settings, period: Month) -> list[Item]:
    """Return the charges of rows.

    Raises:
        ReplyError: for a row without amount or currency, or of another month.
    """
    texts = [_description(_named(row)) for _, _, row in found]
    words = workloads(texts, settings.workloads, WORKLOADS)
    return [
        _item(number, _span(time, period), row, (text, word or "other"), settings)
        for (number, time, row), text, word in zip(found, texts, words, strict=True)
    ]


def _item(
    number: int, span: tuple[datetime, datetime], row: Part, said: tuple[str, str], given: Settings
) -> Item:
    amounts, named = row.maybe("cost") or row, _named(row)
    listed = amounts.maybe("list_amount")
    token_type, cost_type = text_of(named, "token_type"), text_of(named, "cost_type")
    model = text_of(named, "model")
    return Item(
        row=number,
        start=span[0],
        end=span[1],
        cost=amounts.at("amount").number(hundredths=True),
        list_cost=listed.number(hundredths=True) if listed else None,
        currency=amounts.at("currency").text().upper(),
        columns={
            "sub_account_id": text_of(named, "workspace_id") or given.default_workspace,
            "sub_account_type": "Workspace",
            "charge_description": said[0],
            "sku_id": said[0],
            "sku_meter": token_type,
            "x_usage_type": token_type or cost_type,
            "x_line_type": cost_type,
            "x_service_code": model,
            "x_workload": said[1],
        },
    )


def _named(row: Part) -> Part:
    """Return what tells a row apart: the newer report has it in a group."""
    return row.maybe("group") or row


def _description(named: Part) -> str:
    """Return the description, or the words of the newer report, which has none."""
    said = text_of(named, "description")
    words = [text_of(named, name) for name in ("model", "cost_type", "token_type")]
    return said or ", ".join(word for word in words if word) or "not told apart"


def _span(time: Part, period: Month) -> tuple[datetime, datetime]:
    start, end = time.at("starting_at").moment(), time.at("ending_at").moment()
    if not period.start <= start < end <= period.end:
        raise ReplyError(f"{time.path}: is from {start:%Y-%m-%d}, outside {period}")
    return start, end


def uses(found: Sequence[Row], settings: Settings, period: Month) -> Iterator[Use]:
    """Yield the tokens of rows.

    Raises:
        ReplyError: for a row without tokens, or of another month.
    """
    for number, time, row in found:
        day = _span(time, period)[0].date()
        unit = text_of(row, "workspace_id") or settings.default_workspace
        for detail, tokens in _tokens(row):
            yield Use(
                row=number,
                unit=unit,
                driver="tokens",
                day=day,
                quantity=tokens,
                columns={"detail": detail, "model": text_of(row, "model")},
            )


def _tokens(row: Part) -> Iterator[tuple[str, Decimal]]:
    for name, detail in TOKENS.items():
        yield detail, row.at(name).number()
    written = row.maybe("cache_creation")
    if written is None:
        return
    whole = (number_of(written, name) for name in written.members() if name.endswith(WRITTEN))
    yield from (("cache write", tokens) for tokens in whole if tokens)
