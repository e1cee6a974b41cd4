"""Billing accounts and the projects they pay for; the clients of google-cloud-billing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import grpc
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud.billing_v1 import CloudBillingClient

from ingest.gcp.access import READ_SECONDS, Access
from ingest.gcp.fault import FAULTS, fault
from models.coverage import Account
from models.errors import AbsentError

NEEDS: Final = "roles/billing.viewer on the billing account"
_PASSING: Final = if_exception_type(
    exceptions.ServiceUnavailable,
    exceptions.InternalServerError,
    exceptions.TooManyRequests,
    exceptions.GatewayTimeout,
    ConnectionError,
)
Client = TypeVar("Client")


def retry(access: Access) -> Retry:
    """Return how long a request is repeated; the price catalogue repeats none by itself."""
    return Retry(predicate=_PASSING, initial=0.25, maximum=10, timeout=access.retry_seconds)


def client(kind: type[Client], access: Access) -> Client:
    """Return a client; one of another server speaks HTTP, or gRPC where it says `grpc://`.

    Raises:
        SourceError: when there is no way in.
    """
    make: Any = kind
    if not access.endpoint:
        return make(credentials=access.credentials())  # type: ignore[no-any-return]
    if access.local and access.endpoint.startswith("grpc://"):
        channel = grpc.insecure_channel(urlsplit(access.endpoint).netloc)
        return make(transport=make.get_transport_class("grpc")(channel=channel))  # type: ignore[no-any-return]
    options = ClientOptions(api_endpoint=access.endpoint)
    return make(  # type: ignore[no-any-return]
        credentials=access.credentials(), transport="rest", client_options=options
    )


def currency(access: Access, account: str) -> str:
    """Return the currency that a billing account is invoiced in.

    Raises:
        SourceError: when the account cannot be seen.
    """
    name = f"billingAccounts/{account}"
    asked = client(CloudBillingClient, access)
    try:
        found = list(asked.list_billing_accounts(retry=retry(access), timeout=READ_SECONDS))
    except FAULTS as error:
        raise fault(access.source, name, error, NEEDS) from error
    for each in found:
        if each.name == name:
            return str(each.currency_code)
    seen = ", ".join(sorted(each.name.rpartition("/")[2] for each in found)) or "none"
    said = f"is not among the billing accounts that may be seen ({seen}); grant {NEEDS}"
    raise AbsentError(access.source, name, said)


def projects(access: Access, account: str) -> Iterator[Account]:
    """Yield the projects that are linked to a billing account.

    Raises:
        SourceError: when they cannot be listed.
    """
    name = f"billingAccounts/{account}"
    asked = client(CloudBillingClient, access)
    try:
        for each in asked.list_project_billing_info(
            name=name, retry=retry(access), timeout=READ_SECONDS
        ):
            yield Account(str(each.project_id), bool(each.billing_enabled))
    except FAULTS as error:
        raise fault(access.source, name, error, NEEDS) from error
