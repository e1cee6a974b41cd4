"""The real clients of accounts and price catalogue, against servers on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import grpc
import pytest

from ingest.gcp import reference
from ingest.gcp.access import Access
from ingest.gcp.billing import currency, projects
from ingest.gcp.catalog import prices
from ingest.gcp.reference import Wanted
from ingest.reference import Reference
from models import coverage, pricelist
from models.archive import Archive
from models.coverage import Account
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError
from models.period import Month

OCTOBER: Final = Month(2026, 10)
ACCOUNT: Final = "012345-567890-ABCDEF"
COMPUTE: Final = ("Compute Engine",)


@pytest.fixture
def way(billing: Any, access: Callable[[str], Access], no_waiting: None) -> Access:  # noqa: ARG001
    return access(billing.endpoint)


@pytest.mark.parametrize("transport", ["endpoint", "rest"])
def test_linked_projects_come_over_pages(transport: str, billing: Any, access: Any) -> None:
    billing.projects = [(f"p-{n}", n != 3) for n in range(5)]

    found = list(projects(access(getattr(billing, transport)), ACCOUNT))

    assert found == [Account(f"p-{n}", n != 3) for n in range(5)]


@pytest.mark.parametrize("transport", ["endpoint", "rest"])
def test_prices_are_exact_in_the_currency_of_the_account(
    transport: str, billing: Any, access: Any, make_sku: Any
) -> None:
    billing.currency = "EUR"
    billing.skus = [
        make_sku(1, "Nvidia A100 GPU running in Americas", "2.933000001"),
        make_sku(2, "N2 Instance Core running in Americas", "0.03", group="CPU"),
        make_sku(3, "Cloud TPU v5e running in Americas", "1.2", group="Cores"),
    ]
    way = access(getattr(billing, transport))

    found = prices(way, OCTOBER, COMPUTE, currency(way, ACCOUNT))

    assert (found.currency, found.at) == ("EUR", datetime(2026, 10, 1, 8, tzinfo=UTC))
    assert [each.sku_id for each in found.prices] == ["AAAA-0001", "AAAA-0003"]
    price = found.prices[0]
    assert price.list_price == Decimal("2.933000001")
    assert price.base_price == Fraction(2933000001, 10**9) / 3600
    assert (price.unit, price.base_unit, price.regions) == ("Hours", "second", ("us-central1",))


def test_skus_are_asked_for_the_first_hour_of_the_month(billing: Any, way: Access) -> None:
    prices(way, OCTOBER, COMPUTE, "EUR")

    asked = billing.requests[-1]
    assert asked.currency_code == "EUR"
    assert asked.start_time == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert asked.end_time == datetime(2026, 10, 1, 9, tzinfo=UTC)


def test_the_first_price_that_is_not_free_counts(
    billing: Any, way: Access, make_sku: Any, make_rate: Any
) -> None:
    tiers = [make_rate("0", "0.0"), make_rate("100", "0.25"), make_rate("1000", "0.2")]
    billing.skus = [make_sku(1, "GPU", "0.0", tiered_rates=tiers), make_sku(2, "GPU", "0.0")]

    tiered, free = prices(way, OCTOBER, COMPUTE, "USD").prices

    assert tiered.list_price == Decimal("0.25")
    assert [each.start for each in tiered.tiers] == [0, 100, 1000]
    assert free.list_price == 0


@pytest.mark.failure("K01")
@pytest.mark.parametrize(
    "request_",
    [("ListServices", ""), ("ListSkus", ""), ("ListSkus", "2")],
)
def test_the_catalogue_is_asked_again_on_every_page(
    request_: tuple[str, str], billing: Any, way: Access, make_sku: Any
) -> None:
    billing.skus = [make_sku(n, f"GPU {n}", "1.0") for n in range(4)]
    billing.due = {request_: [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL]}

    assert len(prices(way, OCTOBER, COMPUTE, "USD").prices) == 4
    assert billing.asked.count(request_) == 3


@pytest.mark.failure("K01")
def test_a_service_that_stays_away_is_given_up(billing: Any, way: Access) -> None:
    billing.always = grpc.StatusCode.UNAVAILABLE

    with pytest.raises(BrokenError) as error:
        list(projects(way, ACCOUNT))

    assert str(error.value) == (
        f"gcp: billingAccounts/{ACCOUNT}: the server answered 503; run again later"
    )


@pytest.mark.failure("K03")
@pytest.mark.parametrize(
    "call", [lambda way: list(projects(way, ACCOUNT)), lambda way: currency(way, ACCOUNT)]
)
def test_what_may_not_be_seen_says_what_to_grant(call: Any, billing: Any, way: Access) -> None:
    billing.always = grpc.StatusCode.PERMISSION_DENIED
    billing.message = "canary@example.com lacks billing.resourceAssociations.list on the account"

    with pytest.raises(ForbiddenError) as error:
        call(way)

    assert str(error.value) == (
        f"gcp: billingAccounts/{ACCOUNT}: may not be read: billing.resourceAssociations.list is "
        "missing; grant roles/billing.viewer on the billing account"
    )


def test_an_account_that_is_not_seen_names_those_that_are(billing: Any, way: Access) -> None:
    billing.accounts = ["AAAAAA-000000-000000", "BBBBBB-000000-000000", "CCCCCC-000000-000000"]

    with pytest.raises(AbsentError) as error:
        currency(way, ACCOUNT)

    assert error.value.detail == (
        "is not among the billing accounts that may be seen (AAAAAA-000000-000000, "
        "BBBBBB-000000-000000, CCCCCC-000000-000000); grant roles/billing.viewer on the "
        "billing account"
    )


def test_a_service_that_the_catalogue_does_not_know_is_named(way: Access) -> None:
    with pytest.raises(AbsentError, match="knows no service 'Compute'; write its name as the bill"):
        prices(way, OCTOBER, ("Compute",), "USD")


def test_a_month_that_has_not_begun_there_is_absent(billing: Any, way: Access) -> None:
    billing.failures = [grpc.StatusCode.INVALID_ARGUMENT]

    with pytest.raises(AbsentError, match="has no prices of 2026-10 in USD; a month has some from"):
        prices(way, OCTOBER, COMPUTE, "USD")


def brought(way: Access, archive: Archive, *known: str, **wanted: Any) -> list[Any]:
    given = {"account": ACCOUNT, "projects": True, "services": COMPUTE, **wanted}
    return list(reference.brought(way, Wanted(**given), [OCTOBER, OCTOBER + 1], archive, known))


def test_what_is_brought_lies_in_the_archive_in_our_own_form(way: Access, archive: Archive) -> None:
    accounts, october, november = brought(way, archive)

    assert [each.scope for each in (accounts, october, november)] == [
        "gcp/accounts",
        "gcp/prices/2026-10",
        "gcp/prices/2026-11",
    ]
    held = archive.path(accounts.document.sha256).read_bytes()
    assert coverage.read(held) == (ACCOUNT, (Account("llm-ft", enabled=True),))
    listed = pricelist.read(archive.path(october.document.sha256).read_bytes())
    assert listed == prices(way, OCTOBER, COMPUTE, "USD")


def test_prices_of_a_month_are_brought_once(billing: Any, way: Access, archive: Archive) -> None:
    found = brought(way, archive, "gcp/prices/2026-10", "gcp/prices/2026-11")

    assert [each.subject for each in found] == ["accounts"]
    assert {name for name, _ in billing.asked} == {"ListProjectBillingInfo"}


def test_nothing_is_asked_that_is_not_wanted(billing: Any, way: Access, archive: Archive) -> None:
    assert brought(way, archive, projects=False, services=()) == []
    assert not billing.asked


def test_a_failure_of_one_does_not_keep_the_other(
    billing: Any, way: Access, archive: Archive
) -> None:
    billing.failures = [grpc.StatusCode.PERMISSION_DENIED]

    error, *lists = brought(way, archive)

    assert isinstance(error, ForbiddenError)
    assert [each.subject for each in lists if isinstance(each, Reference)] == ["prices", "prices"]


def test_a_currency_that_is_not_known_brings_no_price(
    billing: Any, way: Access, archive: Archive
) -> None:
    billing.accounts = []

    (error,) = brought(way, archive, projects=False)

    assert isinstance(error, SourceError)


@pytest.mark.parametrize("module", [pricelist, coverage])
@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"form": "2"}'])
def test_another_form_is_refused(module: Any, data: bytes) -> None:
    with pytest.raises(ValueError, match="of this version; fetch it again"):
        module.read(data)
