"""Servers on this machine that the real clients talk to; each can be told to misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlparse

import grpc
import pytest
from google.cloud import billing_v1 as api
from google.type import money_pb2

from ingest.gcp.access import Access
from models.archive import Archive

Serving = Callable[[type[BaseHTTPRequestHandler]], Iterator[str]]


@pytest.fixture(autouse=True)
def _no_machine_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in, and the machine has no account of its own."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats follow each other at once; the budget still ends them."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def served() -> Callable[[type[BaseHTTPRequestHandler]], object]:
    """Run a server for as long as a block lasts."""
    return _served


@pytest.fixture
def access() -> Callable[[str], Access]:
    return lambda endpoint: Access(source="gcp", endpoint=endpoint, retry_seconds=1)


ACCOUNT: Final = "012345-567890-ABCDEF"
COMPUTE: Final = "services/6F81-5844-456A"


def sku(
    number: int, description: str, price: str, group: str = "GPU", **expression: Any
) -> api.Sku:
    """Return a SKU with one price, or with the tiers of its expression."""
    given = {
        "usage_unit": "h",
        "usage_unit_description": "hour",
        "base_unit": "s",
        "base_unit_description": "second",
        "base_unit_conversion_factor": 3600,
        "tiered_rates": [rate("0", price)],
        **expression,
    }
    return api.Sku(
        name=f"{COMPUTE}/skus/AAAA-{number:04}",
        sku_id=f"AAAA-{number:04}",
        description=description,
        category=api.Category(service_display_name="Compute Engine", resource_group=group),
        service_regions=["us-central1"],
        pricing_info=[
            api.PricingInfo(
                effective_time=datetime(2026, 10, 1, 7, tzinfo=UTC),
                pricing_expression=api.PricingExpression(**given),
            )
        ],
    )


def rate(start: str, price: str) -> api.PricingExpression.TierRate:
    units, _, fraction = price.partition(".")
    money = money_pb2.Money(
        units=int(units), nanos=int(fraction.ljust(9, "0")), currency_code="USD"
    )
    return api.PricingExpression.TierRate(start_usage_amount=Decimal(start), unit_price=money)


@dataclass
class Billing:
    """The server's state.

    `failures` are the status codes of the next requests, `due` those of the next ones for a
    method and page token.
    """

    projects: list[tuple[str, bool]] = field(default_factory=lambda: [("llm-ft", True)])
    accounts: list[str] = field(default_factory=lambda: [ACCOUNT])
    currency: str = "USD"
    skus: list[api.Sku] = field(
        default_factory=lambda: [sku(1, "Nvidia A100 GPU running in Americas", "3.5")]
    )
    services: list[str] = field(default_factory=lambda: ["Compute Engine", "Vertex AI"])
    page: int = 2
    failures: list[grpc.StatusCode] = field(default_factory=list)
    due: dict[tuple[str, str], list[grpc.StatusCode]] = field(default_factory=dict)
    always: grpc.StatusCode | None = None
    message: str = "canary-message of someone@example.com"
    asked: list[tuple[str, str]] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    endpoint: str = ""
    rest: str = ""

    def list_services(self, request: Any) -> Any:
        found = [
            api.Service(
                name=COMPUTE if name == "Compute Engine" else f"services/{n}", display_name=name
            )
            for n, name in enumerate(self.services)
        ]
        part, token = self.part(found, request)
        return api.ListServicesResponse(services=part, next_page_token=token)

    def list_skus(self, request: Any) -> Any:
        part, token = self.part(self.skus if request.parent == COMPUTE else [], request)
        return api.ListSkusResponse(skus=part, next_page_token=token)

    def list_accounts(self, request: Any) -> Any:
        found = [
            api.BillingAccount(name=f"billingAccounts/{name}", currency_code=self.currency)
            for name in self.accounts
        ]
        part, token = self.part(found, request)
        return api.ListBillingAccountsResponse(billing_accounts=part, next_page_token=token)

    def list_projects(self, request: Any) -> Any:
        found = [
            api.ProjectBillingInfo(project_id=name, billing_enabled=enabled)
            for name, enabled in self.projects
        ]
        part, token = self.part(found, request)
        return api.ListProjectBillingInfoResponse(project_billing_info=part, next_page_token=token)

    def part(self, found: Sequence[Any], request: Any) -> tuple[Sequence[Any], str]:
        start = int(request.page_token or 0)
        end = start + self.page
        return found[start:end], str(end) if end < len(found) else ""

    def call(self, name: str, answer: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        def called(request: Any, context: grpc.ServicerContext) -> Any:
            self.asked.append((name, request.page_token))
            self.requests.append(request)
            failures = self.due.get((name, request.page_token)) or self.failures
            trouble = failures.pop(0) if failures else self.always
            if trouble is not None:
                context.abort(trouble, self.message)
            return answer(request)

        return called


def _handlers(state: Billing) -> list[grpc.GenericRpcHandler]:
    catalog: dict[str, tuple[Any, Any, Any]] = {
        "ListServices": (state.list_services, api.ListServicesRequest, api.ListServicesResponse),
        "ListSkus": (state.list_skus, api.ListSkusRequest, api.ListSkusResponse),
    }
    accounts: dict[str, tuple[Any, Any, Any]] = {
        "ListBillingAccounts": (
            state.list_accounts,
            api.ListBillingAccountsRequest,
            api.ListBillingAccountsResponse,
        ),
        "ListProjectBillingInfo": (
            state.list_projects,
            api.ListProjectBillingInfoRequest,
            api.ListProjectBillingInfoResponse,
        ),
    }
    return [
        grpc.method_handlers_generic_handler(
            f"google.cloud.billing.v1.{service}",
            {
                name: grpc.unary_unary_rpc_method_handler(
                    state.call(name, answer),
                    request_deserializer=asked.deserialize,
                    response_serializer=said.serialize,
                )
                for name, (answer, asked, said) in methods.items()
            },
        )
        for service, methods in (("CloudCatalog", catalog), ("CloudBilling", accounts))
    ]


def _rest(state: Billing) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlparse(self.path)
            query = parse_qs(url.query)
            token = query.get("pageToken", [""])[0]
            parent = url.path.removeprefix("/v1/").removesuffix("/skus")
            if url.path.endswith("/skus"):
                request = api.ListSkusRequest(parent=parent, page_token=token)
                body = api.ListSkusResponse.to_json(state.list_skus(request))
            elif url.path == "/v1/services":
                request = api.ListServicesRequest(page_token=token)
                body = api.ListServicesResponse.to_json(state.list_services(request))
            elif url.path == "/v1/billingAccounts":
                request = api.ListBillingAccountsRequest(page_token=token)
                body = api.ListBillingAccountsResponse.to_json(state.list_accounts(request))
            else:
                request = api.ListProjectBillingInfoRequest(page_token=token)
                body = api.ListProjectBillingInfoResponse.to_json(state.list_projects(request))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    return Handler


@pytest.fixture
def billing() -> Iterator[Billing]:
    """Run accounts and price catalogue as gRPC, and the same as HTTP."""
    state = Billing()
    with futures.ThreadPoolExecutor(2) as pool, _served(_rest(state)) as rest:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers(_handlers(state))
        state.endpoint = f"grpc://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        state.rest = rest
        server.start()
        yield state
        server.stop(None).wait()


@pytest.fixture
def make_sku() -> Callable[..., api.Sku]:
    return sku


@pytest.fixture
def make_rate() -> Callable[[str, str], api.PricingExpression.TierRate]:
    return rate
