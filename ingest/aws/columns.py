"""The columns of CUR 2.0: which are used, how each is typed, and which are known and unused."""

from __future__ import annotations

from typing import Final

from ingest.table import MAP, MOMENT, NUMBER, RATE, TEXT, Field

_REQUIRED: Final = (
    ("bill_billing_period_start_date", MOMENT),
    ("bill_billing_period_end_date", MOMENT),
    ("bill_payer_account_id", TEXT),
    ("bill_invoice_id", TEXT),
    ("line_item_line_item_type", TEXT),
    ("line_item_line_item_description", TEXT),
    ("line_item_usage_start_date", MOMENT),
    ("line_item_usage_end_date", MOMENT),
    ("line_item_usage_account_id", TEXT),
    ("line_item_product_code", TEXT),
    ("line_item_usage_type", TEXT),
    ("line_item_operation", TEXT),
    ("line_item_usage_amount", NUMBER),
    ("line_item_currency_code", TEXT),
    ("line_item_unblended_cost", NUMBER),
)

_OPTIONAL: Final = (
    ("bill_billing_entity", TEXT),
    ("bill_payer_account_name", TEXT),
    ("capacity_reservation_capacity_reservation_arn", TEXT),
    ("capacity_reservation_capacity_reservation_status", TEXT),
    ("cost_category", MAP),
    ("discount_total_discount", NUMBER),
    ("line_item_availability_zone", TEXT),
    ("line_item_legal_entity", TEXT),
    ("line_item_net_unblended_cost", NUMBER),
    ("line_item_resource_id", TEXT),
    ("line_item_unblended_rate", RATE),
    ("line_item_usage_account_name", TEXT),
    ("pricing_public_on_demand_cost", NUMBER),
    ("pricing_public_on_demand_rate", RATE),
    ("pricing_rate_code", TEXT),
    ("pricing_rate_id", TEXT),
    ("pricing_unit", TEXT),
    ("product", MAP),
    ("product_location", TEXT),
    ("product_product_family", TEXT),
    ("product_region_code", TEXT),
    ("product_sku", TEXT),
    ("reservation_effective_cost", NUMBER),
    ("reservation_net_effective_cost", NUMBER),
    ("reservation_net_unused_amortized_upfront_fee_for_billing_period", NUMBER),
    ("reservation_net_unused_recurring_fee", NUMBER),
    ("reservation_reservation_a_r_n", TEXT),
    ("reservation_unused_amortized_upfront_fee_for_billing_period", NUMBER),
    ("reservation_unused_recurring_fee", NUMBER),
    ("resource_tags", MAP),
    ("savings_plan_net_savings_plan_effective_cost", NUMBER),
    ("savings_plan_savings_plan_a_r_n", TEXT),
    ("savings_plan_savings_plan_effective_cost", NUMBER),
    ("savings_plan_total_commitment_to_date", NUMBER),
    ("savings_plan_used_commitment", NUMBER),
    ("tags", MAP),
)

FIELDS: Final = (
    *(Field(name, kind, required=True) for name, kind in _REQUIRED),
    *(Field(name, kind) for name, kind in _OPTIONAL),
)

# A line of these types cannot be costed without these columns, so an export without them
# is refused as soon as it holds one; an account that never bought any need not select them.
_PLAN: Final = ("savings_plan_savings_plan_a_r_n",)
_RESERVATION: Final = ("reservation_reservation_a_r_n",)
NEEDED: Final = {
    "SavingsPlanCoveredUsage": (*_PLAN, "savings_plan_savings_plan_effective_cost"),
    "SavingsPlanNegation": _PLAN,
    "SavingsPlanRecurringFee": (
        *_PLAN,
        "savings_plan_total_commitment_to_date",
        "savings_plan_used_commitment",
    ),
    "SavingsPlanUpfrontFee": _PLAN,
    "DiscountedUsage": (*_RESERVATION, "reservation_effective_cost"),
    "RIFee": (
        *_RESERVATION,
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_recurring_fee",
    ),
    "Fee": _RESERVATION,
}

_UNUSED_BY_GROUP: Final = {
    "bill": "bill_type invoicing_entity",
    "capacity_reservation": "capacity_reservation_type",
    "discount": "bundled_discount",
    "identity": "line_item_id time_interval",
    "line_item": """blended_cost blended_rate iam_principal net_unblended_rate
        normalization_factor normalized_usage_amount tax_type user_identifier""",
    "pricing": "currency lease_contract_length offering_class purchase_option term",
    "product": """comment fee_code fee_description from_location from_location_type
        from_region_code instance_family instance_type instancesku location_type operation
        pricing_unit servicecode to_location to_location_type to_region_code usagetype""",
    "reservation": """amortized_upfront_cost_for_usage amortized_upfront_fee_for_billing_period
        availability_zone end_time modification_status net_amortized_upfront_cost_for_usage
        net_amortized_upfront_fee_for_billing_period net_recurring_fee_for_usage
        net_upfront_value normalized_units_per_reservation number_of_reservations
        recurring_fee_for_usage start_time subscription_id total_reserved_normalized_units
        total_reserved_units units_per_reservation unused_normalized_unit_quantity
        unused_quantity upfront_value""",
    "savings_plan": """amortized_upfront_commitment_for_billing_period end_time
        instance_type_family net_amortized_upfront_commitment_for_billing_period
        net_recurring_commitment_for_billing_period offering_type payment_option purchase_term
        recurring_commitment_for_billing_period region savings_plan_rate start_time""",
    "split_line_item": """actual_usage net_split_cost net_unused_cost parent_resource_id
        public_on_demand_split_cost public_on_demand_unused_cost reserved_usage split_cost
        split_usage split_usage_ratio unused_cost""",
}
UNUSED: Final = (
    "discount",
    *(f"{group}_{name}" for group, names in _UNUSED_BY_GROUP.items() for name in names.split()),
)
