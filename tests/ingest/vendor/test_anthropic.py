"""An organization's costs in cents, by two reports, and its tokens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest

from ingest.source import Delivery
from models.errors import BrokenError, SourceError
from models.period import Month

OCTOBER: Final = Month(2026, 10)
COSTS: Final = "/v1/organizations/cost_report"
USAGE: Final = "/v1/organizations/usage_report/messages"
ANALYTICS: Final = "/v1/organizations/analytics/cost"


def line(amount: Any, **more: Any) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": "USD",
        "description": "Claude Sonnet 4.5 Usage - Input Tokens",
        "cost_type": "tokens",
        "model": "claude-sonnet-4-5",
        "token_type": "uncached_input_tokens",
        "workspace_id": "wrkspc_1",
        **more,
    }


def day(number: int) -> dict[str, str]:
    return {
        "starting_at": f"2026-10-{number:02}T00:00:00Z",
        "ending_at": f"2026-10-{number + 1:02}T00:00:00Z",
    }


def page(*entries: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"data": [*entries], "has_more": following is not None, "next_page": following}


@pytest.fixture
def given(server: Any) -> dict[str, Any]:
    return {
        "kind": "anthropic_costs",
        "key": "sk-ant-admin-1",
        "organization": "acme",
        "base_url": server.base,
    }


CENTS: Final = (
    ("123.78912", "1.2378912"),
    ("1", "0.01"),
    ("-250", "-2.5"),
    (41, "0.41"),
    (0.5, "0.005"),
    ("0", "0"),
    ("1.5e2", "1.5"),
    ("0.12345678901234565", "0.001234567890123457"),
)


def test_amounts_are_cents(server: Any, reader: Any, given: Any) -> None:
    server.on(COSTS, page({**day(1), "results": [line(cents) for cents, _ in CENTS]}))

    found = reader.load(reader.source(given))

    dollars = [Decimal(dollars) for _, dollars in CENTS]
    assert found.charges["billed_cost"].to_list() == dollars
    assert found.charges["list_cost"].to_list() == dollars


def test_rows_say_what_and_whose_they_are(server: Any, reader: Any, given: Any, reply: Any) -> None:
    search = line("1000", description="Web Search Usage", cost_type="web_search", model=None)
    plain = line("2", token_type=None, description=None, workspace_id=None, model=None)
    first = page({**day(1), "results": [line("5"), search | {"token_type": None}]}, following="p2")
    last = page({**day(2), "results": [plain]})
    server.on(COSTS, lambda query: reply(last if "page" in query else first))

    charges = reader.load(reader.source(given)).charges.sort("billed_cost")

    shown = charges.select("sub_account_id", "x_usage_type", "x_workload", "x_service_code")
    assert shown.rows() == [
        ("default", "tokens", "inference", None),
        ("wrkspc_1", "uncached_input_tokens", "inference", "claude-sonnet-4-5"),
        ("wrkspc_1", "web_search", "other", None),
    ]
    assert charges["charge_description"].to_list() == [
        "tokens",
        "Claude Sonnet 4.5 Usage - Input Tokens",
        "Web Search Usage",
    ]


def test_a_month_is_asked_as_documented(server: Any, reader: Any, given: Any) -> None:
    server.on(COSTS, page({**day(1), "results": [line("5")]}))

    reader.load(reader.source(given))

    assert server.queries(COSTS) == [
        {
            "starting_at": ["2026-10-01T00:00:00Z"],
            "ending_at": ["2026-11-01T00:00:00Z"],
            "bucket_width": ["1d"],
            "limit": ["31"],
            "group_by[]": ["workspace_id", "description"],
        }
    ]
    sent = server.headers[0]
    assert (sent["x-api-key"], sent["anthropic-version"]) == ("sk-ant-admin-1", "2023-06-01")
    assert "anthropic-beta" not in sent


def test_the_newer_report_tells_list_prices(server: Any, reader: Any, given: Any) -> None:
    group = {"workspace_id": None, "model": "claude-opus-5", "token_type": "output_tokens"}
    cost = {"amount": "80.5", "list_amount": "100", "currency": "USD"}
    server.on(ANALYTICS, page({**day(3), "group": group | {"cost_type": "tokens"}, "cost": cost}))

    charges = reader.load(reader.source({**given, "report": "analytics"})).charges

    row = charges.row(0, named=True)
    assert (row["billed_cost"], row["list_cost"]) == (Decimal("0.805"), Decimal(1))
    assert row["charge_description"] == "claude-opus-5, tokens, output_tokens"
    assert row["sub_account_id"] == "default"
    assert server.headers[0]["anthropic-beta"] == "analytics-usage-cost-2026-08-24"
    (asked,) = server.queries(ANALYTICS)
    assert asked["time_bucket_width"] == ["1d"]


def test_tokens_come_from_the_usage_report(server: Any, reader: Any, given: Any) -> None:
    used = {
        "uncached_input_tokens": 1500,
        "cache_read_input_tokens": 200,
        "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 0},
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 10},
        "workspace_id": None,
        "model": "claude-sonnet-4-5",
    }
    server.on(COSTS, page({**day(1), "results": [line("5")]}))
    server.on(USAGE, page({**day(1), "results": [used]}))

    found = reader.load(reader.source({**given, "usage": True, "default_workspace": "main"}))

    assert found.quantities("unit", "detail") == {
        ("main", "input"): 1500,
        ("main", "cached input"): 200,
        ("main", "cache write"): 1000,
        ("main", "output"): 500,
    }
    assert found.charges.height == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (line(None), "data[0].results[0].uncached_input_tokens: is missing"),
        (line("x"), 'data[0].results[0].amount: "x" is not a number'),
        (line("1", currency=None), "data[0].results[0].currency: is missing"),
        (line("1", model={}), "data[0].results[0].model: {} is not text"),
    ],
)
def test_a_row_that_breaks_its_contract_refuses_the_month_with_its_path(
    server: Any, reader: Any, given: Any, row: Any, said: str
) -> None:
    server.on(COSTS, page({**day(1), "results": [row]}))

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(given))

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ({"starting_at": "yesterday"}, 'starting_at: "yesterday" is not a moment'),
        ({"starting_at": "2026-13-01T00:00:00Z"}, "is not a moment such as"),
        ({"starting_at": "2026-09-30T00:00:00Z"}, "is from 2026-09-30, outside 2026-10"),
        ({"ending_at": "2026-10-01T00:00:00Z"}, "outside 2026-10"),
    ],
)
def test_a_time_that_is_none_refuses_the_month(
    server: Any, reader: Any, given: Any, time: Any, said: str
) -> None:
    server.on(COSTS, page({**day(1), **time, "results": [line("1")]}))

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(given))

    assert said in str(caught.value)


@pytest.mark.failure("K01")
def test_a_busy_server_is_waited_for_as_it_asks(
    server: Any, reader: Any, given: Any, reply: Any, slept: list[float]
) -> None:
    busy = reply({"error": "rate"}, 429, {"retry-after": "7"})
    server.on(COSTS, busy, page({**day(1), "results": [line("5")]}))

    assert reader.load(reader.source(given)).charges.height == 1
    assert [int(wait) for wait in slept] == [7]


def test_a_known_month_is_left_and_an_empty_one_is_absent(
    server: Any, reader: Any, given: Any
) -> None:
    server.on(COSTS, page({**day(1), "results": [line("5")]}))
    source = reader.source(given)
    (delivery,) = reader.fetched(source)
    assert isinstance(delivery, Delivery)
    assert delivery.manifest is not None
    known = {OCTOBER: delivery.manifest.sha256}
    again = reader.fetched(source, known=known)
    server.on(COSTS, page({**day(1), "results": []}))
    (absent,) = reader.fetched(source, known=known)

    assert again == []
    assert isinstance(absent, SourceError)
    assert (absent.state, absent.period) == ("absent", "2026-10")


@pytest.mark.failure("M11")
def test_the_check_up_never_shows_the_key(server: Any, reader: Any, given: Any, reply: Any) -> None:
    source = reader.source(given)
    server.on(COSTS, reply({"error": "sk-ant-admin-1"}, 401))
    (refused,) = source.probe([OCTOBER], None)
    server.on(COSTS, page({**day(1), "results": [line("5")]}))
    good = [*source.probe([OCTOBER], None)]

    assert (refused.check, refused.state) == ("credentials", "fail")
    assert "make an admin key of the organization" in refused.fix
    assert "sk-ant" not in f"{refused} {good} {source!r} {[*source.grants()]} {source.fingerprint}"
    assert [each.detail for each in good][:2] == ["accepted", "2026-10: 1 rows"]
    assert source.due(OCTOBER) is None
    assert source.settlement.after.days == 5
