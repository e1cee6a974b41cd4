"""Who, what, where, when and at which price: the columns of a charge that are no cost."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.gcp import credit, label, service, sku
from models.charge import JSON
from models.money import QUANTITY

PROVIDER: Final = "Google Cloud"
_FREQUENCY: Final = {"Usage": "Usage-Based", "Purchase": "Recurring"}
_RESERVATION: Final = "compute.googleapis.com/reservation_name"
_UNUSED: Final = "compute.googleapis.com/is_unused_reservation"
_MACHINE: Final = "compute.googleapis.com/machine_spec"
_ACCELERATORS: Final = r"-[a-z]*[gt]pu-([0-9]+)[gt]$"  # a3-highgpu-8g, ct5p-hightpu-4t
_BETWEEN: Final = "\0"

_CATEGORY: Final = pl.col("category")
_USED: Final = _CATEGORY == "Usage"
_SOLD: Final = _CATEGORY.is_in(["Usage", "Purchase"])


def of_row() -> dict[str, pl.Expr]:
    """Return the words of a charge from its row."""
    return {
        **_account(),
        **_kind(),
        **_place(),
        **_price(),
        **_commitment(),
        **_reservation(),
        "service_name": service.name(),
        "service_category": service.category(),
        "service_subcategory": service.subcategory(),
        "tags": label.tags(),
        "x_service_code": _of("service", "id"),
        "x_usage_type": _of("sku", "description"),
        "x_operation": _of("consumption_model", "description"),
        "x_gpu_type": pl.col("model"),
        "x_gpu_count": _gpus(),
        "x_workload": sku.work(pl.col("model")),
        "x_period_basis": pl.lit("line"),
    }


def _of(record: str, member: str) -> pl.Expr:
    return pl.col(record).struct.field(member)


def _account() -> dict[str, pl.Expr]:
    project = pl.coalesce(_of("project", "id"), _of("project", "number"))
    return {
        "billing_account_id": pl.col("billing_account_id"),
        "billing_account_type": pl.lit("Billing Account"),
        "billing_currency": pl.col("currency"),
        "pricing_currency": pl.col("currency"),
        "invoice_issuer_name": pl.lit(PROVIDER),
        "provider_name": pl.lit(PROVIDER),
        "publisher_name": pl.coalesce("seller_name", pl.lit(PROVIDER)),
        "sub_account_id": project,
        "sub_account_name": _of("project", "name"),
        "sub_account_type": pl.when(project.is_not_null()).then(pl.lit("Project")),
    }


def _kind() -> dict[str, pl.Expr]:
    """Return what kind of charge it is, and when it was incurred; an instant lasts a second."""
    start, end = pl.col("usage_start_time"), pl.col("usage_end_time")
    cause = _of("adjustment_info", "type")
    frequency = service.chosen((_CATEGORY.eq(name), word) for name, word in _FREQUENCY.items())
    return {
        "charge_category": _CATEGORY,
        "charge_class": pl.when("corrects").then(pl.lit("Correction")),
        "charge_frequency": pl.coalesce(frequency, pl.lit("One-Time")),
        "charge_description": pl.coalesce(
            _of("adjustment_info", "description"), _of("sku", "description")
        ),
        "charge_period_start": start,
        "charge_period_end": pl.when(end == start)
        .then(end + pl.duration(seconds=1))
        .otherwise(end),
        "x_line_type": pl.concat_str("cost_type", cause, separator="/", ignore_nulls=True),
    }


def _place() -> dict[str, pl.Expr]:
    region = pl.coalesce(_of("location", "region"), _of("location", "location"))
    found, given = _of("resource", "global_name"), _of("resource", "name")
    return {
        "availability_zone": _of("location", "zone"),
        "region_id": region,
        "region_name": region,
        "resource_id": pl.coalesce(found, given),
        "resource_name": given,
        "resource_type": found.str.extract(r"/([^/]+)/[^/]+$", 1),
    }


def _price() -> dict[str, pl.Expr]:
    """Return quantities and unit prices, in the unit that is priced.

    The base unit is not used: a terabyte of a month is 10^18 byte-seconds, and sums of so
    many fit no column. A price for 1,000 units is no unit price, and is left out.
    """
    quantity = pl.when(_SOLD).then(_of("usage", "amount_in_pricing_units"))
    per = _of("price", "pricing_unit_quantity")
    single = _SOLD & quantity.is_not_null() & (per.is_null() | (per == 1))
    metered = sku.is_metered(pl.col("model")) & _USED
    unit = service.unit()
    hours = metered & (unit == "Hours")
    negotiated = pl.coalesce(
        _of("price", "effective_price_default"), _of("price", "effective_price")
    )
    return {
        "pricing_quantity": quantity,
        "pricing_unit": pl.when(quantity.is_not_null()).then(unit),
        "pricing_category": _pricing_category(),
        "list_unit_price": pl.when(single).then(_of("price", "list_price")),
        "contracted_unit_price": pl.when(single).then(negotiated),
        "consumed_quantity": pl.when(_USED).then(quantity),
        "consumed_unit": pl.when(_USED & quantity.is_not_null()).then(
            pl.when(hours).then(pl.lit("GPU-Hours")).otherwise(unit)
        ),
        "sku_id": pl.when(_SOLD).then(_of("sku", "id")),
        "sku_price_id": pl.when(_SOLD).then(
            pl.concat_str(
                _of("sku", "id"), _of("consumption_model", "id"), separator="/", ignore_nulls=True
            )
        ),
        "sku_price_details": _details(),
    }


def _pricing_category() -> pl.Expr:
    discounted = _of("consumption_model", "description").str.contains("CUD|[Cc]ommit")
    covered = pl.any_horizontal(map(credit.has, credit.COVERED)) | discounted.fill_null(value=False)
    return service.chosen(
        [
            (_USED & covered, "Committed"),
            (_USED & sku.is_dynamic(), "Dynamic"),
            (_SOLD, "Standard"),
        ]
    )


def _details() -> pl.Expr:
    """Return what else sets the price: the rate from US dollars, where it is not 1."""
    rate = pl.col("currency_conversion_rate").cast(pl.String)
    text = pl.lit(f"x_CurrencyConversionRate{_BETWEEN}") + rate.str.replace(r"\.?0+$", "")
    foreign = pl.when(_SOLD & (pl.col("currency") != "USD")).then(text)
    pair = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    pairs = pl.concat_list(foreign).list.drop_nulls().list.eval(pair)
    return pl.when(foreign.is_not_null()).then(pairs.cast(JSON))


def _commitment() -> dict[str, pl.Expr]:
    """Return the commitment that a row names; FOCUS wants all of it empty without its id."""
    given = _of("subscription", "instance_id")
    credited = ((credit.has(kind), category) for kind, category in credit.COVERED.items())
    by_resource = _of("sku", "description").str.contains(r"^Commitment v\d")
    category = pl.coalesce(
        service.chosen([*credited, (by_resource, "Usage")]),
        pl.lit("Spend"),
    )
    return {
        "commitment_discount_id": given,
        "commitment_discount_name": given,
        "commitment_discount_category": pl.when(given.is_not_null()).then(category),
        "commitment_discount_type": pl.when(given.is_not_null()).then(pl.lit("CUD")),
        "commitment_discount_status": pl.when(given.is_not_null() & _USED).then(pl.lit("Used")),
    }


def _reservation() -> dict[str, pl.Expr]:
    name, unused = (_system(key) for key in (_RESERVATION, _UNUSED))
    status = pl.when(unused == "true").then(pl.lit("Unused")).otherwise(pl.lit("Used"))
    return {
        "capacity_reservation_id": name,
        "capacity_reservation_status": pl.when(name.is_not_null() & _USED).then(status),
    }


def _gpus() -> pl.Expr:
    """Return how many accelerators the machine has, where its type says so."""
    count = _system(_MACHINE).str.extract(_ACCELERATORS, 1).cast(QUANTITY)
    return pl.when(pl.col("model").is_not_null()).then(count)


def _system(key: str) -> pl.Expr:
    """Return the value of a system label."""
    one = pl.element().struct
    values = pl.col("system_labels").list.eval(one.field("value").filter(one.field("key") == key))
    return values.list.first()
