"""Rows of the costs API as charges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ingest.vendor.charge import Item, Use
from ingest.vendor.openai.settings import WORKLOADS, Settings
from ingest.vendor.reply import Part, ReplyError, number_of, text_of
from ingest.vendor.workload import workloads
from models.period import Month

RESULT: Final = "organization.costs.result"

# unit of a row: consumed unit, factor, priced unit
UNITS: Final[Mapping[str, tuple[str, int, str]]] = {
    "tokens": ("Tokens", 1, "Tokens"),
    "1000_tokens": ("Tokens", 1000, "1000 Tokens"),
    "duration_seconds": ("Seconds", 1, "Seconds"),
    "duration_minutes": ("Minutes", 1, "Minutes"),
    "duration_hours": ("Hours", 1, "Hours"),
    "gibibyte_hours": ("GiB-Hours", 1, "GiB-Hours"),
    "images": ("Images", 1, "Images"),
    "characters": ("Characters", 1, "Characters"),
}
TUNED: Final = "ft:"  # what names of fine-tuned models begin with


def items(found: Sequence[tuple[int, Part, Part]], settings: Settings, period: Month) -> list[Item]:
    """Return the charges of rows.

    Raises:
        ReplyError: for a row without amount or currency, or of another month.
    """
    words = workloads(
        [text_of(row, "line_item") for _, _, row in found], settings.workloads, WORKLOADS
    )
    return [
        _item(number, bucket, row, word or "other", period)
        for (number, bucket, row), word in zip(found, words, strict=True)
    ]


def _item(number: int, bucket: Part, row: Part, word: str, period: Month) -> Item:
    start, end = bucket.at("start_time").seconds(), bucket.at("end_time").seconds()
    if not period.start <= start < end <= period.end:
        raise ReplyError(f"{bucket.path}: is from {start:%Y-%m-%d}, outside {period}")
    amount, project = row.at("amount"), text_of(row, "project_id")
    key = text_of(row, "api_key_id")
    consumed, priced = quantities(row)
    return Item(
        row=number,
        start=start,
        end=end,
        cost=amount.at("value").number(),
        currency=amount.at("currency").text().upper(),
        quantity=consumed,
        priced=priced,
        tags={"api_key_id": key} if key else {},
        columns={
            "sub_account_id": project,
            "sub_account_name": text_of(row, "project_name"),
            "sub_account_type": "Project" if project else None,
            "x_workload": word,
            **_named(text_of(row, "line_item")),
        },
    )


def _named(line: str | None) -> dict[str, str | None]:
    """Return what a line item says: it is `model, kind`, or a product."""
    model, kind = split(line)
    tuned = model if model and model.startswith(TUNED) else None
    return {
        "charge_description": line or "not told apart by line item",
        "sku_id": line,
        "sku_meter": kind,
        "x_usage_type": line,
        "x_service_code": model,
        "resource_id": tuned,
        "resource_name": tuned,
        "resource_type": "Fine-tuned model" if tuned else None,
    }


def split(line: str | None) -> tuple[str | None, str | None]:
    """Return model and kind of a line item; a name without a comma is a model."""
    if line is None:
        return None, None
    model, _, kind = line.rpartition(", ")
    return (model, kind) if model else (line, None)


def quantities(row: Part) -> tuple[tuple[Decimal, str] | None, tuple[Decimal, str] | None]:
    """Return what was consumed and what was priced, with their units; None where it is not said."""
    quantity, unit = number_of(row, "quantity"), text_of(row, "quantity_unit")
    if quantity is None or unit is None:
        return None, None
    consumed, factor, priced = UNITS.get(unit, (unit, 1, unit))
    return (quantity * factor, consumed), (quantity, priced)


def uses(items_: Sequence[Item]) -> Iterator[Use]:
    """Yield the tokens that charges measure; credits measure nothing."""
    for item in items_:
        if item.cost < 0 or item.quantity is None or item.quantity[1] != "Tokens":
            continue
        said = item.columns
        is_training = said["x_workload"] == "training"
        yield Use(
            row=item.row,
            unit=said["sub_account_id"] or "",
            driver="tokens",
            day=item.start.date(),
            quantity=item.quantity[0],
            tags=item.tags,
            columns={
                "detail": "training" if is_training else said["sku_meter"],
                "model": said["x_service_code"],
            },
        )
