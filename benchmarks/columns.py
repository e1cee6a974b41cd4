"""The columns of a generated file, named and typed as CUR 2.0 has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from lines import COVERED, NEGATED, PLAN_FEE, RESERVATION_FEE, RESERVED, TAX, TYPES, Lines
from world import ACCOUNTS, PAYER, PLACES, SKUS, UNIT, Ints, World

RESERVATION: Final = f"arn:aws:ec2:us-east-1:{PAYER}:reserved-instances/5c0ffee5-0001"
PLAN: Final = f"arn:aws:savingsplans::{PAYER}:savingsplan/5c0ffee5-0002"
ISSUER: Final = "Amazon Web Services, Inc."
ID_LENGTH: Final = 52
_LETTERS: Final = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)


def table(
    rng: np.random.Generator,
    there: World,
    drawn: Lines,
    money: dict[str, Ints],
    month: datetime,
) -> pa.Table:
    """Return one file."""
    columns = {
        **_bill(len(drawn.sku), month),
        **_identity(rng, drawn, month),
        **_line(there, drawn, month),
        **_money(drawn, money),
        **_product(there, drawn),
        **_commitments(drawn),
    }
    return pa.table(dict(sorted(columns.items())))


def _bill(count: int, month: datetime) -> dict[str, pa.Array]:
    return {
        "bill_bill_type": _same("Anniversary", count),
        "bill_billing_entity": _same("AWS", count),
        "bill_billing_period_end_date": _moments(np.zeros(count), following(month)),
        "bill_billing_period_start_date": _moments(np.zeros(count), month),
        "bill_invoice_id": _same("", count),
        "bill_invoicing_entity": _same(ISSUER, count),
        "bill_payer_account_id": _same(PAYER, count),
        "bill_payer_account_name": _same("Acme payer", count),
        "cost_category": _no_maps(pa.string(), count),
        "discount": _no_maps(pa.float64(), count),
        "line_item_currency_code": _same("USD", count),
        "line_item_legal_entity": _same(ISSUER, count),
        "line_item_unblended_rate": _same("", count),
        "pricing_currency": _same("USD", count),
        "pricing_public_on_demand_rate": _same("", count),
    }


def _identity(rng: np.random.Generator, drawn: Lines, month: datetime) -> dict[str, pa.Array]:
    count = len(drawn.sku)
    letters = _LETTERS[rng.integers(0, len(_LETTERS), count * ID_LENGTH, dtype=np.uint8)]
    ends = pa.py_buffer(np.arange(0, (count + 1) * ID_LENGTH, ID_LENGTH, dtype=np.int32))
    hours = [month + timedelta(hours=n) for n in range(int(drawn.hour.max()) + 2)]
    texts = [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in hours]
    spans = [f"{start}/{end}" for start, end in pairwise(texts)]
    return {
        "identity_line_item_id": pa.StringArray.from_buffers(count, ends, pa.py_buffer(letters)),
        "identity_time_interval": _one_of(spans, drawn.hour),
    }


def _line(there: World, drawn: Lines, month: datetime) -> dict[str, pa.Array]:
    owned = drawn.type < PLAN_FEE  # fees, taxes and credits belong to no resource
    place, account = there.places[drawn.resource], there.accounts[drawn.resource]
    resource = pa.array(drawn.resource, mask=~owned)
    usage_types = [f"{prefix}-{sku.usage_type}" for sku in SKUS for _, prefix in PLACES]
    texts = [f"${sku.mean} per {sku.unit} of {sku.usage_type}" for sku in SKUS]
    return {
        "line_item_availability_zone": _one_of([f"{name}a" for name, _ in PLACES], place, owned),
        "line_item_line_item_description": _one_of(texts, drawn.sku),
        "line_item_line_item_type": _one_of(TYPES, drawn.type),
        "line_item_operation": _one_of([sku.operation for sku in SKUS], drawn.sku),
        "line_item_product_code": _one_of([sku.code for sku in SKUS], drawn.sku),
        "line_item_resource_id": there.ids.take(resource),
        "line_item_tax_type": _one_of(("", "VAT"), drawn.type == TAX),
        "line_item_usage_account_id": _one_of(ACCOUNTS, account),
        "line_item_usage_account_name": _one_of([f"ml-{n}" for n in range(len(ACCOUNTS))], account),
        "line_item_usage_amount": pa.array(drawn.quantity / 1e6),
        "line_item_usage_end_date": _moments(drawn.hour + 1, month),
        "line_item_usage_start_date": _moments(drawn.hour, month),
        "line_item_usage_type": _one_of(usage_types, drawn.sku * len(PLACES) + place),
        "resource_tags": there.tags.take(resource),
    }


def _money(drawn: Lines, money: dict[str, Ints]) -> dict[str, pa.Array]:
    named = {
        "line_item_blended_cost": "unblended",
        "line_item_unblended_cost": "unblended",
        "pricing_public_on_demand_cost": "list",
        "reservation_effective_cost": "reserved",
        "reservation_recurring_fee_for_usage": "reserved",
        "reservation_unused_recurring_fee": "unused",
        "savings_plan_recurring_commitment_for_billing_period": "plan_total",
        "savings_plan_savings_plan_effective_cost": "plan_effective",
        "savings_plan_total_commitment_to_date": "plan_total",
        "savings_plan_used_commitment": "plan_used",
    }
    nothing = (
        "reservation_amortized_upfront_cost_for_usage",
        "reservation_amortized_upfront_fee_for_billing_period",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_upfront_value",
        "savings_plan_amortized_upfront_commitment_for_billing_period",
    )
    return {
        **{name: pa.array(money[units] / UNIT) for name, units in named.items()},
        **{name: pa.array(np.zeros(len(drawn.sku))) for name in nothing},
        "split_line_item_split_cost": pa.nulls(len(drawn.sku), pa.float64()),
    }


def _product(there: World, drawn: Lines) -> dict[str, pa.Array]:
    maps = [[("product_name", sku.product), ("servicecode", sku.code)] for sku in SKUS]
    place = there.places[drawn.resource]
    rates = [f"RC{n:08d}.JRTCKXETXF.6YS6EN2CT7" for n in range(len(SKUS))]
    terms = np.where(drawn.type == RESERVED, 1, np.where(drawn.type >= PLAN_FEE, 2, 0))
    return {
        "pricing_rate_code": _one_of(rates, drawn.sku),
        "pricing_term": _one_of(("OnDemand", "Reserved", ""), terms),
        "pricing_unit": _one_of([sku.unit for sku in SKUS], drawn.sku),
        "product": pa.array(maps, pa.map_(pa.string(), pa.string())).take(pa.array(drawn.sku)),
        "product_product_family": _one_of([sku.resource for sku in SKUS], drawn.sku),
        "product_region_code": _one_of([name for name, _ in PLACES], place),
        "product_servicecode": _one_of([sku.code for sku in SKUS], drawn.sku),
        "product_sku": _one_of([f"SKU{n:010d}" for n in range(len(SKUS))], drawn.sku),
    }


def _commitments(drawn: Lines) -> dict[str, pa.Array]:
    plan = np.isin(drawn.type, (COVERED, NEGATED, PLAN_FEE))
    reservation = np.isin(drawn.type, (RESERVED, RESERVATION_FEE))
    return {
        "reservation_reservation_a_r_n": _one_of(("", RESERVATION), reservation),
        "savings_plan_offering_type": _one_of(("", "SageMakerSavingsPlans"), plan),
        "savings_plan_savings_plan_a_r_n": _one_of(("", PLAN), plan),
    }


def following(month: datetime) -> datetime:
    """Return the first instant of the next month."""
    return (month + timedelta(days=32)).replace(day=1)


def _same(word: str, count: int) -> pa.Array:
    return pa.repeat(word, count)


def _one_of(
    words: list[str] | tuple[str, ...],
    index: npt.NDArray[np.generic],
    present: npt.NDArray[np.bool_] | None = None,
) -> pa.Array:
    mask = None if present is None else ~present
    return pa.array(list(words)).take(pa.array(index.astype(np.int64), mask=mask))


def _no_maps(value: pa.DataType, count: int) -> pa.Array:
    empty = pa.array([[]], pa.map_(pa.string(), value))
    return empty.take(pa.array(np.zeros(count, dtype=np.int64)))


def _moments(hour: npt.NDArray[np.generic], month: datetime) -> pa.Array:
    seconds = int(month.timestamp()) + hour.astype(np.int64) * 3_600
    return pa.array(seconds * 10**9).cast(pa.timestamp("ns"))
