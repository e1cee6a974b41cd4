"""What is asked again and what is not, what a job may cost, and what every refusal says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from pydantic import ValidationError

from ingest.gcp import access as ways_in
from ingest.gcp import bigquery
from ingest.gcp.export import TRIES
from ingest.source import Delivery
from ingest.sources.gcp_bigquery import Settings
from models.archive import Archive
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
TABLE: Final = "llm-billing.costs.gcp_billing_export_resource_v1_012345_567890_ABCDEF"
GRANT: Final = (
    "grant roles/bigquery.dataViewer on the data set and roles/bigquery.jobUser on the project "
    "llm-billing"
)
Fetch = Callable[..., list[Any]]
Read = Callable[[Any], pl.DataFrame]

pytestmark = pytest.mark.usefixtures("no_waiting")


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - as the table stores it


def known(delivery: Delivery) -> dict[Month, str]:
    assert delivery.manifest
    return {delivery.period: delivery.manifest.sha256}


@pytest.fixture
def days(warehouse: Any, row: Any) -> None:
    """Fill in three days of arrival; the last has rows of two invoice months."""
    warehouse.fill(
        row(usage_start_time=at(2026, 10, 5, 3)),
        row(usage_start_time=at(2026, 10, 6, 3)),
        row(usage_start_time=at(2026, 10, 31, 23), export_time=at(2026, 11, 1, 6)),
        row(
            usage_start_time=at(2026, 10, 31, 23),
            export_time=at(2026, 11, 1, 6),
            invoice={"month": "202611", "publisher_type": "GOOGLE"},
        ),
    )


@pytest.fixture
def refusal(fetch: Fetch) -> Callable[..., SourceError]:
    def refused(**settings: Any) -> SourceError:
        (error,) = fetch(**settings)
        assert isinstance(error, SourceError)
        assert "canary" not in str(error)
        assert "example.com" not in str(error)
        return error

    return refused


@pytest.mark.usefixtures("days")
def test_each_day_of_arrival_is_a_document_of_each_invoice_month(
    warehouse: Any, fetch: Fetch
) -> None:
    october, november = fetch(OCTOBER, NOVEMBER)

    assert [each.name for each in october.documents] == [
        f"{TABLE}/2026-10/2026-10-05.parquet",
        f"{TABLE}/2026-10/2026-10-06.parquet",
        f"{TABLE}/2026-10/2026-11-01.parquet",
    ]
    assert [each.name for each in november.documents] == [f"{TABLE}/2026-11/2026-11-01.parquet"]
    assert len(warehouse.configurations) == 1 + 4


@pytest.mark.failure("A18")
@pytest.mark.usefixtures("days")
def test_nothing_is_yielded_where_nothing_changed(warehouse: Any, fetch: Fetch) -> None:
    (first,) = fetch()
    warehouse.configurations.clear()

    assert fetch(known=known(first)) == []
    assert len(warehouse.configurations) == 1
    assert warehouse.asked == []


@pytest.mark.failure("A18")
@pytest.mark.usefixtures("days")
def test_only_a_day_whose_newest_row_moved_is_read_again(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    (first,) = fetch()
    warehouse.configurations.clear()
    late = at(2026, 10, 6, 20)
    warehouse.add(row(usage_start_time=at(2026, 10, 2, 1), export_time=late, cost=-1.5))

    (second,) = fetch(known=known(first))

    assert warehouse.asked == [("2026-10-06", "202610")]
    assert [a == b for a, b in zip(first.documents, second.documents, strict=True)] == [
        True,
        False,
        True,
    ]
    before, after = (read(each).select(pl.col("cost").sum()).item() for each in (first, second))
    assert after - before == Decimal("-1.5")


@pytest.mark.failure("A18")
@pytest.mark.usefixtures("days")
def test_a_day_that_was_written_anew_with_the_same_count_is_read_again(
    warehouse: Any, row: Any, fetch: Fetch
) -> None:
    (first,) = fetch()
    warehouse.configurations.clear()
    other = row(usage_start_time=at(2026, 10, 5, 3), cost=7.0)
    warehouse.fill(*warehouse.rows[1:], other)

    fetch(known=known(first))

    assert warehouse.asked == [("2026-10-05", "202610")]


@pytest.mark.failure("A18")
@pytest.mark.usefixtures("days")
def test_a_new_day_is_added_to_those_that_are_held(warehouse: Any, row: Any, fetch: Fetch) -> None:
    (first,) = fetch()
    warehouse.configurations.clear()
    warehouse.add(row(usage_start_time=at(2026, 10, 9, 3), export_time=at(2026, 11, 20)))

    (second,) = fetch(known=known(first))

    assert warehouse.asked == [("2026-11-20", "202610")]
    assert second.documents[:3] == first.documents
    assert second.version != first.version


@pytest.mark.usefixtures("days")
def test_a_document_that_the_archive_lost_is_asked_for_again(
    warehouse: Any, fetch: Fetch, archive: Archive
) -> None:
    (first,) = fetch()
    archive.path(first.documents[1].sha256).unlink()
    warehouse.configurations.clear()

    assert fetch(known=known(first)) == []
    assert warehouse.asked == [("2026-10-06", "202610")]
    assert first.documents[1].sha256 in archive


def test_a_manifest_of_something_else_is_no_shortcut(
    warehouse: Any, fetch: Fetch, archive: Archive
) -> None:
    (first,) = fetch()
    others = [b"\xff{", b"[]", b'{"form": "another"}']

    for other in others:
        assert fetch(known={OCTOBER: archive.put([other]).sha256}) == [first]
    assert fetch(known={OCTOBER: "0" * 64}) == [first]
    assert len(warehouse.asked) == 1 + len(others) + 1


def test_the_manifest_states_what_it_was_compared_by(fetch: Fetch, archive: Archive) -> None:
    (delivery,) = fetch()

    content = json.loads(archive.path(delivery.manifest.sha256).read_bytes())

    assert (content["table"], content["month"]) == (TABLE, "2026-10")
    (found,) = content["partitions"]
    document = delivery.documents[0]
    assert found == {
        "day": "2026-10-05",
        "newest": "2026-10-05T08:00:00+00:00",
        "lines": 1,
        "cost": "2.933000000",
        "credits": "0",
        "document": document.name,
        "sha256": document.sha256,
        "size": document.size,
    }


@pytest.mark.failure("A18")
def test_rows_that_arrive_while_it_is_read_start_it_anew(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    def arrive(n: int) -> None:
        if n == 2:
            warehouse.add(row(cost=5.0, export_time=at(2026, 10, 5, 20)))

    warehouse.before_query = arrive

    (delivery,) = fetch()

    assert read(delivery)["cost"].sum() == Decimal("7.933")
    assert len(warehouse.asked) == 2


@pytest.mark.failure("A18")
def test_a_row_that_changes_its_amount_meanwhile_is_noticed(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    def change(n: int) -> None:
        if n == 2:
            warehouse.fill(row(cost=4.0))

    warehouse.before_query = change

    (delivery,) = fetch()

    assert read(delivery)["cost"].sum() == 4


@pytest.mark.failure("A18")
def test_a_credit_that_changes_meanwhile_is_noticed(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    def change(n: int) -> None:
        if n == 2:
            warehouse.fill(row(credits=[{"type": "PROMOTION", "name": "x", "amount": -1.0}]))

    warehouse.before_query = change

    (delivery,) = fetch()

    assert read(delivery)["credits"].list.len().to_list() == [1]


def test_a_table_that_never_stands_still_is_given_up(
    warehouse: Any, row: Any, refusal: Any
) -> None:
    warehouse.before_query = lambda n: warehouse.add(row(cost=float(n)))

    error = refusal()

    assert (
        str(error)
        == f"gcp: {TABLE}: kept changing while it was read, {TRIES} times; run again later"
    )
    assert error.scope == "gcp/2026-10"


def test_a_month_without_rows_is_absent_and_others_arrive(fetch: Fetch) -> None:
    october, november = fetch(OCTOBER, NOVEMBER)

    assert isinstance(october, Delivery)
    assert isinstance(november, AbsentError)
    assert str(november) == f"gcp: {TABLE}: holds no row of the invoice month 2026-11"
    assert november.scope == "gcp/2026-11"


@pytest.mark.failure("A19")
def test_rows_that_arrived_beyond_the_window_are_not_left_out_in_silence(
    warehouse: Any, row: Any, fetch: Fetch
) -> None:
    warehouse.fill(row(), row(export_time=at(2027, 1, 15)))

    october, november = fetch(OCTOBER, NOVEMBER)

    assert isinstance(october, BrokenError)
    assert str(october) == (
        f"gcp: {TABLE}: rows of the invoice month 2026-10 arrived on 2027-01-15; "
        "set window_days to 76"
    )
    (delivery,) = fetch(window_days=76)
    assert len(delivery.documents) == 2
    assert isinstance(november, AbsentError)


@pytest.mark.failure("K08")
def test_every_job_is_bounded_and_named(warehouse: Any, fetch: Fetch) -> None:
    fetch(maximum_bytes_billed=123_456, query_seconds=77, location="EU")

    assert len(warehouse.configurations) == 2
    for configuration in warehouse.configurations:
        query = configuration["query"]
        assert query["maximumBytesBilled"] == "123456"
        assert query["useLegacySql"] is False
        assert "WHERE _PARTITIONTIME >= @start AND _PARTITIONTIME < @end" in query["query"]
        assert configuration["jobTimeoutMs"] == "77000"
        assert configuration["labels"] == {"trueup": "gcp"}
        assert "2026" not in query["query"]  # values are parameters


@pytest.mark.failure("K08")
def test_a_query_that_would_read_too_much_says_what_to_raise(warehouse: Any, refusal: Any) -> None:
    warehouse.bytes_a_row = 2000

    error = refusal(maximum_bytes_billed=1999)

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"gcp: {TABLE}: the query would read more than maximum_bytes_billed; raise it, "
        "or ask for fewer months (bytesBilledLimitExceeded)"
    )


@pytest.mark.failure("K08")
@pytest.mark.parametrize("given", [0, -1])
def test_no_query_may_be_without_a_limit(given: int) -> None:
    with pytest.raises(ValidationError, match="maximum_bytes_billed"):
        Settings.model_validate(
            {
                "kind": "gcp_bigquery",
                "project": "llm-billing",
                "dataset": "costs",
                "table": "t",
                "maximum_bytes_billed": given,
            }
        )


@pytest.mark.failure("K01")
@pytest.mark.parametrize("request_", ["table", "insert", "results"])
@pytest.mark.parametrize("trouble", [503, (403, "rateLimitExceeded"), (500, "backendError")])
def test_a_busy_service_is_asked_again(
    request_: str, trouble: Any, warehouse: Any, fetch: Fetch
) -> None:
    warehouse.troubles = {request_: [trouble, trouble]}

    (delivery,) = fetch()

    assert isinstance(delivery, Delivery)
    assert warehouse.troubles == {request_: []}


@pytest.mark.failure("K01")
@pytest.mark.parametrize("request_", ["table", "insert", "results"])
def test_a_service_that_stays_busy_is_given_up_in_the_time_given(
    request_: str, warehouse: Any, refusal: Any
) -> None:
    warehouse.always = {request_: 503}
    before = datetime.now(UTC)

    error = refusal()

    assert isinstance(error, BrokenError)
    assert str(error) == f"gcp: {TABLE}: the server answered 503 backendError; run again later"
    assert datetime.now(UTC) - before < timedelta(seconds=20)


@pytest.mark.failure("K01")
def test_a_job_that_failed_for_a_passing_reason_is_run_again(warehouse: Any, fetch: Fetch) -> None:
    warehouse.failures = ["backendError", "rateLimitExceeded"]

    (delivery,) = fetch()

    assert isinstance(delivery, Delivery)
    assert len(warehouse.configurations) == 2 + 2


@pytest.mark.failure("K09")
@pytest.mark.parametrize("request_", ["table", "insert"])
def test_a_service_that_never_answers_is_given_up(
    request_: str, warehouse: Any, refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bigquery, "READ_SECONDS", 0.1)
    warehouse.always = {request_: "hang"}

    error = refusal()

    assert isinstance(error, BrokenError)
    assert error.detail == "the server cannot be reached (ReadTimeout); run again later"


@pytest.mark.failure("K04")
@pytest.mark.parametrize("request_", ["table", "insert", "results"])
def test_a_dropped_connection_is_asked_again(request_: str, warehouse: Any, fetch: Fetch) -> None:
    warehouse.troubles = {request_: ["cut"]}

    (delivery,) = fetch()

    assert isinstance(delivery, Delivery)


@pytest.mark.failure("K04")
def test_a_connection_that_drops_between_pages_loses_no_row(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    warehouse.fill(*(row(labels=[{"key": "run", "value": str(n)}]) for n in range(9)))
    fetched = warehouse.before_query

    def cut(n: int) -> None:
        fetched(n)
        if n == 2:
            warehouse.troubles["results"] = [None, "cut", None, "cut"]

    warehouse.before_query = cut

    (delivery,) = fetch()

    assert read(delivery).height == 9


@pytest.mark.failure("K04")
def test_a_connection_that_always_drops_is_given_up(warehouse: Any, refusal: Any) -> None:
    warehouse.always = {"results": "cut"}

    assert refusal().detail.startswith("the server cannot be reached (")


@pytest.mark.failure("K03")
@pytest.mark.parametrize(
    ("request_", "message", "missing"),
    [
        (
            "table",
            "Access Denied: Permission bigquery.tables.get denied on canary table",
            ": bigquery.tables.get is missing",
        ),
        (
            "insert",
            "canary@example.com does not have bigquery.jobs.create permission in project p",
            ": bigquery.jobs.create is missing",
        ),
        ("results", "Access Denied: canary", ""),
    ],
)
def test_what_may_not_be_asked_names_the_permission(
    request_: str, message: str, missing: str, warehouse: Any, refusal: Any
) -> None:
    warehouse.always, warehouse.message = {request_: (403, "accessDenied")}, message

    error = refusal()

    assert isinstance(error, ForbiddenError)
    assert str(error) == f"gcp: {TABLE}: may not be read{missing}; {GRANT}"


@pytest.mark.parametrize("request_", ["table", "insert"])
def test_a_table_that_is_not_there_says_what_to_check(
    request_: str, warehouse: Any, refusal: Any
) -> None:
    warehouse.always = {request_: (404, "notFound")}

    error = refusal()

    assert isinstance(error, AbsentError)
    assert str(error) == (
        f"gcp: {TABLE}: there is no such table; check project, dataset, table and location, "
        "and that the export is enabled"
    )


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        ((403, "quotaExceeded"), BrokenError, "a quota is used up; run again later, or raise"),
        ((403, "accessNotConfigured"), ForbiddenError, "the API is not enabled in the project"),
        ((403, "billingNotEnabled"), ForbiddenError, "the project has no billing account; link"),
        ((400, "invalidQuery"), BrokenError, "the server refused the request: 400 invalidQuery"),
        ((400, "resourcesExceeded"), BrokenError, "the query needs more memory than there is"),
    ],
)
def test_other_refusals_say_the_way_out(
    trouble: Any, kind: type[SourceError], said: str, warehouse: Any, refusal: Any
) -> None:
    warehouse.always = {"insert": trouble}

    error = refusal()

    assert isinstance(error, kind)
    assert error.detail.startswith(said)


@pytest.mark.failure("K02")
@pytest.mark.parametrize("again", [True, False])
def test_expired_credentials_are_renewed_once_and_else_said(
    again: bool, warehouse: Any, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals = []

    class Expiring(AnonymousCredentials):
        def refresh(self, request: object) -> None:
            del request
            renewals.append(1)
            if not again:
                raise RefreshError("canary-token is expired")

    made: Any = Expiring
    monkeypatch.setattr(ways_in.Access, "credentials", lambda _self: made())
    warehouse.troubles = {"results": [401]}

    (found,) = fetch()

    assert len(renewals) == 1
    if again:
        assert isinstance(found, Delivery)
        return
    assert isinstance(found, ForbiddenError)
    assert str(found) == (
        f"gcp: {TABLE}: the credentials are refused or expired; run `gcloud auth "
        "application-default login`, or give the machine a service account"
    )


def test_without_credentials_it_is_said_how_to_get_some(refusal: Any) -> None:
    error = refusal(endpoint="")

    assert isinstance(error, ForbiddenError)
    assert error.detail.startswith("no credentials found; run `gcloud auth application-default")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"type": "VIEW"}, "is no table partitioned by day of arrival; name the export's own"),
        ({"timePartitioning": None}, "is no table partitioned by day of arrival"),
        ({"schema": {"fields": []}}, "has no column billing_account_id; name a usage cost export"),
    ],
)
def test_another_table_is_refused(
    table: dict[str, Any], said: str, warehouse: Any, refusal: Any
) -> None:
    warehouse.table = table

    error = refusal()

    assert isinstance(error, BrokenError)
    assert error.detail.startswith(said)


def test_a_way_of_reading_that_is_not_installed_is_named(
    refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery_storage", None)

    error = refusal(storage_api=True)

    assert isinstance(error, ForbiddenError)
    assert str(error) == (
        "gcp: google.cloud.bigquery_storage: is not installed; run: pip install "
        "'google-cloud-bigquery-storage'"
    )


def test_a_client_that_is_not_installed_is_named(
    refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ingest.gcp.bigquery", raising=False)
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery", None)

    assert refusal().detail == "is not installed; run: pip install 'trueup[gcp]'"


def test_a_job_runs_where_the_table_lies(build: Any) -> None:
    assert build()._table().location == "EU"
    assert build(location="us-east1")._table().location == "us-east1"


def test_an_export_in_another_project_is_named_with_it(build: Any) -> None:
    settings = build(dataset="company-billing.costs", table="export").settings

    assert settings.address == "company-billing.costs.export"


@pytest.mark.parametrize(
    "wrong",
    [
        {"billing_account": None},
        {"table": "t` WHERE 1=1; --"},
        {"dataset": "costs`"},
        {"project": "Bad Project"},
        {"billing_account": "012345_567890_ABCDEF"},
    ],
)
def test_names_that_are_none_are_refused(wrong: dict[str, Any], build: Any) -> None:
    with pytest.raises(ValidationError):
        build(**wrong)


def test_the_doctor_is_told_what_works_without_running_a_query(warehouse: Any, build: Any) -> None:
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    modified = int((moment - timedelta(hours=5)).timestamp() * 1000)
    warehouse.table = {"lastModifiedTime": str(modified)}

    found = {each.check: each for each in build().probe([OCTOBER], moment)}

    assert {name: each.state for name, each in found.items()} == {
        "credentials": "unknown",
        "schema": "ok",
        "read": "ok",
        "delivery": "ok",
        "write": "ok",
    }
    assert found["read"].detail == "looking for changes reads 100 bytes"
    assert found["delivery"].detail == "rows were last written 5 hours ago"
    assert found["schema"].detail == "20 columns, none is lacking"
    assert [each["dryRun"] for each in warehouse.configurations] == [True]


def test_the_doctor_is_told_what_does_not_work(warehouse: Any, build: Any) -> None:
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    warehouse.table = {
        "lastModifiedTime": str(int((moment - timedelta(days=4)).timestamp() * 1000))
    }
    warehouse.may = ["bigquery.tables.updateData"]
    warehouse.always = {"insert": (403, "accessDenied")}

    found = {each.check: each for each in build().probe([OCTOBER], moment)}

    assert found["delivery"].state == found["write"].state == "warn"
    assert found["delivery"].fix == "see whether the export is still enabled"
    assert found["read"].state == "fail"
    warehouse.always = {"table": (404, "notFound")}
    (only,) = build().probe([OCTOBER], moment)
    assert (only.check, only.state) == ("read", "fail")
    assert "there is no such table" in only.detail


def test_the_doctor_is_told_of_a_limit_that_is_too_low(warehouse: Any, build: Any) -> None:
    warehouse.bytes_a_row = 2000

    found = {
        each.check: each
        for each in build(maximum_bytes_billed=1999).probe(
            [OCTOBER], datetime(2026, 11, 2, tzinfo=UTC)
        )
    }

    assert found["read"].state == "fail"
    assert found["delivery"].state == "unknown"
