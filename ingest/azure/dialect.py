"""How Azure writes FOCUS: 1.0, 1.0r2 and 1.2-preview, with columns of its own."""

from __future__ import annotations

from typing import Final

from ingest.azure.words import PROVIDER, TAGGED
from ingest.focus.dialect import Dialect

# Its own columns, which are not used; `x_SkuDetails` is JSON about the resource.
_KNOWN: Final = (
    *("x_AccountId", "x_AccountName", "x_AccountOwnerId", "x_AmortizationClass"),
    *("x_BilledCostInUsd", "x_BilledUnitPrice", "x_BillingAccountId", "x_BillingAccountName"),
    *("x_BillingExchangeRate", "x_BillingExchangeRateDate", "x_BillingProfileId"),
    *("x_BillingProfileName", "x_ContractedCostInUsd", "x_CostAllocationRuleName"),
    *("x_CustomerId", "x_CustomerName", "x_EffectiveCostInUsd", "x_EffectiveUnitPrice"),
    *("x_InvoiceIssuerId", "x_InvoiceSectionId", "x_ListCostInUsd", "x_OnDemandCost"),
    *("x_OnDemandCostInUsd", "x_OnDemandUnitPrice", "x_PartnerCreditApplied"),
    *("x_PartnerCreditRate", "x_PricingBlockSize", "x_PricingSubcategory"),
    *("x_PricingUnitDescription", "x_PublisherCategory", "x_PublisherId", "x_ResellerId"),
    *("x_ResellerName", "x_ResourceType", "x_ServiceModel", "x_ServicePeriodEnd"),
    *("x_ServicePeriodStart", "x_SkuDescription", "x_SkuDetails", "x_SkuIsCreditEligible"),
    *("x_SkuMeterId", "x_SkuOfferId", "x_SkuOrderId", "x_SkuOrderName", "x_SkuPartNumber"),
    *("x_SkuPlanName", "x_SkuRegion", "x_SkuServiceFamily", "x_SkuTerm", "x_SkuTier"),
)

DIALECT: Final = Dialect(
    provider=PROVIDER,
    account_type="Billing Account",
    sub_account_type="Subscription",
    stand_ins={
        "invoice_id": ("x_InvoiceId",),  # 1.0 has no column of FOCUS for it
        "pricing_currency": ("x_PricingCurrency",),
        "x_operation": ("x_SkuMeterSubcategory",),
        "x_service_code": ("x_SkuMeterCategory",),
        "x_usage_type": ("x_SkuMeterName",),
    },
    tagged=tuple(TAGGED.values()),
    known=_KNOWN,
    moments=("%m/%d/%Y", "%Y-%m-%d", "%Y-%m-%dT%H:%MZ"),  # 1.0 has no seconds
    placeholders=("-2", "Unassigned", "unassigned"),
)
