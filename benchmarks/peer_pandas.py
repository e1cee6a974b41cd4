"""CUR lines to FOCUS charges as one writes it in pandas: whole file in memory, binary doubles.

It does less than an ingest: no check of any row, no second reader, amounts not exact, a third
of the columns. It is the job that a notebook does.

    python benchmarks/peer_pandas.py FILE.csv.gz|FILE.parquet OUT.parquet
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
import pandas as pd

HEADINGS: Final = {
    "bill/BillingPeriodStartDate": "bill_billing_period_start_date",
    "bill/BillingPeriodEndDate": "bill_billing_period_end_date",
    "bill/InvoiceId": "bill_invoice_id",
    "bill/PayerAccountId": "bill_payer_account_id",
    "lineItem/AvailabilityZone": "line_item_availability_zone",
    "lineItem/CurrencyCode": "line_item_currency_code",
    "lineItem/LineItemDescription": "line_item_line_item_description",
    "lineItem/LineItemType": "line_item_line_item_type",
    "lineItem/Operation": "line_item_operation",
    "lineItem/ProductCode": "line_item_product_code",
    "lineItem/ResourceId": "line_item_resource_id",
    "lineItem/UnblendedCost": "line_item_unblended_cost",
    "lineItem/UsageAccountId": "line_item_usage_account_id",
    "lineItem/UsageAmount": "line_item_usage_amount",
    "lineItem/UsageEndDate": "line_item_usage_end_date",
    "lineItem/UsageStartDate": "line_item_usage_start_date",
    "lineItem/UsageType": "line_item_usage_type",
    "pricing/publicOnDemandCost": "pricing_public_on_demand_cost",
    "pricing/unit": "pricing_unit",
    "product/sku": "product_sku",
    "reservation/EffectiveCost": "reservation_effective_cost",
    "reservation/ReservationARN": "reservation_reservation_a_r_n",
    "savingsPlan/SavingsPlanARN": "savings_plan_savings_plan_a_r_n",
    "savingsPlan/SavingsPlanEffectiveCost": "savings_plan_savings_plan_effective_cost",
}
AMOUNTS: Final = [
    name for name in HEADINGS.values() if name.endswith(("_cost", "_amount", "_rate"))
]
PURCHASES: Final = ("Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee")


def lines(path: str) -> Any:  # noqa: ANN401 - pandas has no types here
    """Return the lines under the names of CUR 2.0."""
    if path.endswith(".parquet"):
        return pd.read_parquet(path, columns=[*HEADINGS.values(), "resource_tags"])
    tags = [f"resourceTags/user:{tag}" for tag in ("project", "team", "app")]
    frame = pd.read_csv(path, usecols=[*HEADINGS, *tags], dtype=str, keep_default_na=False)
    frame = frame.rename(columns=HEADINGS)
    for name in AMOUNTS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").fillna(0)
    for name in [name for name in HEADINGS.values() if name.endswith("_date")]:
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["resource_tags"] = frame[tags].to_dict("records")
    return frame


def charges(frame: Any) -> Any:  # noqa: ANN401
    """Return the charges: the same amortisation, by the same line types."""
    kind, cost = frame["line_item_line_item_type"], frame["line_item_unblended_cost"]
    covered = kind.isin(["SavingsPlanCoveredUsage", "SavingsPlanNegation"])
    effective = np.select(
        [
            kind == "SavingsPlanCoveredUsage",
            kind == "DiscountedUsage",
            kind.isin(["SavingsPlanNegation", *PURCHASES[1:]]),
        ],
        [
            frame["savings_plan_savings_plan_effective_cost"],
            frame["reservation_effective_cost"],
            0,
        ],
        default=cost,
    )
    category = np.select(
        [kind == "Tax", kind == "Credit", kind.isin(PURCHASES), kind == "SavingsPlanNegation"],
        ["Tax", "Credit", "Purchase", "Adjustment"],
        default="Usage",
    )
    commitment = frame["savings_plan_savings_plan_a_r_n"].where(
        frame["savings_plan_savings_plan_a_r_n"] != "", frame["reservation_reservation_a_r_n"]
    )
    return pd.DataFrame(
        {
            "BilledCost": cost.where(~covered, 0),
            "EffectiveCost": effective,
            "ListCost": frame["pricing_public_on_demand_cost"],
            "BillingAccountId": frame["bill_payer_account_id"],
            "SubAccountId": frame["line_item_usage_account_id"],
            "BillingCurrency": frame["line_item_currency_code"],
            "BillingPeriodStart": frame["bill_billing_period_start_date"],
            "BillingPeriodEnd": frame["bill_billing_period_end_date"],
            "ChargePeriodStart": frame["line_item_usage_start_date"],
            "ChargePeriodEnd": frame["line_item_usage_end_date"],
            "ChargeCategory": category,
            "ChargeDescription": frame["line_item_line_item_description"],
            "CommitmentDiscountId": commitment,
            "ConsumedQuantity": frame["line_item_usage_amount"],
            "InvoiceId": frame["bill_invoice_id"],
            "PricingUnit": frame["pricing_unit"],
            "ResourceId": frame["line_item_resource_id"],
            "ServiceName": frame["line_item_product_code"],
            "SkuId": frame["product_sku"],
            "Tags": frame["resource_tags"],
            "x_UsageType": frame["line_item_usage_type"],
        }
    )


if __name__ == "__main__":
    charges(lines(sys.argv[1])).to_parquet(sys.argv[2])
