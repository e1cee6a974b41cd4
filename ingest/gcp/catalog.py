"""Public list prices of accelerators from the price catalogue, at the start of a month."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from google.api_core.exceptions import InvalidArgument
from google.cloud.billing_v1 import CloudCatalogClient, ListSkusRequest

from ingest.gcp.access import READ_SECONDS, Access
from ingest.gcp.billing import client, retry
from ingest.gcp.fault import FAULTS, fault
from ingest.gcp.service import UNITS
from models.errors import AbsentError
from models.money import exact
from models.period import Month
from models.pricelist import Price, PriceList, Tier

PAGE: Final = 5000
NANOS: Final = 9
# The catalogue counts in Pacific time: 08:00 UTC is the first of the month there, summer or not.
OPENING: Final = timedelta(hours=8)
_ACCELERATOR: Final = re.compile(r"\b(GPU|TPU|Nvidia)\b", re.IGNORECASE)


def prices(access: Access, month: Month, services: Sequence[str], currency: str) -> PriceList:
    """Return what accelerators cost by list when a month began.

    Args:
        access: The way in.
        month: A month that has begun.
        services: Display names of the services whose SKUs are looked through.
        currency: ISO 4217 code of the prices.

    Raises:
        SourceError: when they cannot be read; absent when the month has not begun there.
    """
    asked = client(CloudCatalogClient, access)
    try:
        found = [
            _price(sku)
            for service in _services(asked, access, services)
            for sku in _skus(asked, access, service, month, currency)
            if _is_accelerator(sku) and sku.pricing_info
        ]
    except InvalidArgument as error:
        said = f"has no prices of {month} in {currency}; a month has some from 08:00 UTC on"
        raise AbsentError(access.source, "price catalogue", said) from error
    except FAULTS as error:
        raise fault(access.source, "price catalogue", error) from error
    return PriceList(currency=currency, at=month.start + OPENING, prices=tuple(found))


def _services(asked: Any, access: Access, wanted: Sequence[str]) -> list[str]:  # noqa: ANN401
    """Return the resource names of services by their display names."""
    listed = asked.list_services(
        request={"page_size": PAGE}, retry=retry(access), timeout=READ_SECONDS
    )
    names = {each.display_name: each.name for each in listed}
    lacking = [service for service in wanted if service not in names]
    if lacking:
        said = f"knows no service {lacking[0]!r}; write its name as the bill does"
        raise AbsentError(access.source, "price catalogue", said)
    return [names[service] for service in wanted]


def _skus(
    asked: Any,  # noqa: ANN401 - the library has no types
    access: Access,
    service: str,
    month: Month,
    currency: str,
) -> Iterator[Any]:
    start = month.start + OPENING
    request = ListSkusRequest(
        parent=service,
        start_time=start,
        end_time=start + timedelta(hours=1),
        currency_code=currency,
        page_size=PAGE,
    )
    yield from asked.list_skus(request=request, retry=retry(access), timeout=READ_SECONDS)


def _is_accelerator(sku: Any) -> bool:  # noqa: ANN401
    group = sku.category.resource_group
    return group in {"GPU", "TPU"} or bool(_ACCELERATOR.search(sku.description))


def _price(sku: Any) -> Price:  # noqa: ANN401
    """Return the price that holds last of those that were asked for."""
    expression = max(sku.pricing_info, key=lambda info: info.effective_time).pricing_expression
    unit = expression.usage_unit_description
    return Price(
        sku_id=sku.sku_id,
        description=sku.description,
        service=sku.category.service_display_name,
        regions=tuple(sku.service_regions),
        unit=str(UNITS.get(unit, unit)),
        base_unit=expression.base_unit_description,
        base_factor=exact(repr(expression.base_unit_conversion_factor)),
        tiers=tuple(
            Tier(exact(repr(rate.start_usage_amount)), _amount(rate.unit_price))
            for rate in expression.tiered_rates
        ),
    )


def _amount(money: Any) -> Decimal:  # noqa: ANN401
    """Return units and nanos as one exact amount; both have one sign."""
    return Decimal(money.units) + Decimal(money.nanos).scaleb(-NANOS)
