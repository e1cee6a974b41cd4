"""Over a real connection, against a server that behaves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from boto3.s3.transfer import TransferConfig

from ingest.aws.s3 import Bucket
from ingest.bucket import place
from ingest.source import Delivery
from ingest.sources.aws_data_export import DataExport
from models.archive import Archive
from models.errors import AbsentError, BrokenError, ForbiddenError

Build = Callable[..., DataExport]
Fetch = Callable[..., Any]
PLAN: Final = "arn:aws:savingsplans::1:savingsplan/1"
S3: Final = "s3://billing/exports"


def lines() -> list[dict[str, Any]]:
    usage = [
        {"line_item_unblended_cost": n / 7, "line_item_usage_amount": n / 3} for n in range(99)
    ]
    covered = [
        {
            "line_item_line_item_type": "SavingsPlanCoveredUsage",
            "line_item_unblended_cost": n / 11,
            "savings_plan_savings_plan_a_r_n": PLAN,
            "savings_plan_savings_plan_effective_cost": n / 13,
        }
        for n in range(50)
    ]
    others = [("Tax", 19.19), ("Credit", -3.000000000007), ("Refund", -1e-12), ("Fee", 12345678.9)]
    return [
        *usage,
        *covered,
        *(
            {"line_item_line_item_type": kind, "line_item_unblended_cost": cost}
            for kind, cost in others
        ),
    ]


def summed(content: pa.Table, name: str) -> Decimal:
    """Sum a column of doubles with Python's own numbers: shortest text, twelve places."""
    texts = (repr(value) for value in content.column(name).to_pylist() if value is not None)
    return sum((round(Decimal(text), 12) for text in texts), Decimal(0))


def test_both_tables_of_a_month_load_to_the_last_digit(
    bucket: Any, make: Any, export: Any, build: Build, fetch: Fetch, archive: Archive
) -> None:
    cur = make.cur(lines())
    focus = make.focus([{"BilledCost": n / 7, "EffectiveCost": n / 9} for n in range(200)])
    halves = [cur.slice(0, 80), cur.slice(80)]
    bucket.put(export(tuple(make.bytes(half) for half in halves)))
    bucket.put(export((make.bytes(focus),), name="ff", columns=("BilledCost",)))

    sums = {}
    for name in ("ft", "ff"):
        source = build(S3, export=name, endpoint_url=bucket.endpoint)
        delivery = fetch(source)
        assert isinstance(delivery, Delivery)
        frames = [
            source.convert(archive.path(d.sha256), d, delivery).charges for d in delivery.documents
        ]
        costs = pl.concat(frames).select(pl.col("billed_cost", "effective_cost").sum()).collect()
        sums[name] = costs.row(0)
        for document, frame in zip(delivery.documents, frames, strict=True):
            control = source.control(archive.path(document.sha256), document, delivery)
            billed = sum(Decimal(total.billed_cost) for total in control.totals)
            assert frame.select(pl.col("billed_cost").sum()).collect().item() == billed

    usual = cur.filter(pc.not_equal(cur["line_item_line_item_type"], "SavingsPlanCoveredUsage"))
    assert sums["ft"] == (
        summed(cur, "line_item_unblended_cost"),
        summed(usual, "line_item_unblended_cost")
        + summed(cur, "savings_plan_savings_plan_effective_cost"),
    )
    assert sums["ff"] == (summed(focus, "BilledCost"), summed(focus, "EffectiveCost"))


def test_a_file_of_many_parts_arrives_whole(
    bucket: Any,
    make: Any,
    export: Any,
    build: Build,
    fetch: Fetch,
    archive: Archive,
    tmp_path: Path,
) -> None:
    path = tmp_path / "large"
    pq.write_table(make.cur([{}]), path)
    content = path.read_bytes()
    content = content[:4] + bytes(6 << 20) + content[4:]  # no reader looks into it here
    laid = export((content,))
    bucket.put(laid)
    bucket.client.upload_file(
        _written(tmp_path / "up", content),
        "billing",
        f"exports/{laid.data_keys[0]}",
        Config=TransferConfig(multipart_threshold=1 << 20, multipart_chunksize=5 << 20),
    )

    delivery = fetch(build(S3, endpoint_url=bucket.endpoint))

    assert archive.path(delivery.documents[0].sha256).read_bytes() == content


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def test_a_role_is_assumed_first(
    bucket: Any, make: Any, export: Any, build: Build, fetch: Fetch
) -> None:
    bucket.put(export((make.bytes(make.cur([{}])),)))
    role = "arn:aws:iam::123456789012:role/billing-reader"

    delivery = fetch(build(S3, endpoint_url=bucket.endpoint, role_arn=role))

    assert isinstance(delivery, Delivery)


def test_a_manifest_of_another_name_is_found_by_listing(
    bucket: Any, make: Any, export: Any, build: Build, fetch: Fetch
) -> None:
    laid = export((make.bytes(make.cur([{}])),))
    bucket.put(laid)
    usual = f"exports/{laid.manifest_key}"
    other = usual.replace("ft-Manifest", "Manifest")
    bucket.client.copy_object(Bucket="billing", Key=other, CopySource=f"billing/{usual}")
    bucket.client.delete_object(Bucket="billing", Key=usual)

    assert fetch(build(S3, endpoint_url=bucket.endpoint)).manifest.name.endswith("/Manifest.json")


def test_a_bucket_without_a_prefix_works_too(
    bucket: Any, make: Any, export: Any, build: Build, fetch: Fetch
) -> None:
    bucket.prefix = ""
    laid = export((make.bytes(make.cur([{}])),), root="s3://billing")
    for key, content in laid.objects.items():
        bucket.client.put_object(Bucket="billing", Key=key, Body=content)

    for location in ("s3://billing", "s3://billing/"):
        assert isinstance(fetch(build(location, endpoint_url=bucket.endpoint)), Delivery)


@pytest.mark.failure("M02")
def test_a_manifest_of_a_bucket_that_names_another_is_refused(
    bucket: Any, make: Any, export: Any, build: Build, fetch: Fetch
) -> None:
    bucket.put(export((make.bytes(make.cur([{}])),), root="s3://another/exports"))

    error = fetch(build(S3, endpoint_url=bucket.endpoint))

    assert isinstance(error, BrokenError)
    assert "which lies outside s3://billing/exports/ft/data/BILLING_PERIOD=2026-10/" in error.detail


def test_keys_are_listed_past_one_page(bucket: Any, tmp_path: Path) -> None:
    for n in range(5):
        bucket.client.put_object(Bucket="billing", Key=f"exports/a/{n}", Body=b"")
    found = place(S3, source="aws", folder=tmp_path, endpoint_url=bucket.endpoint)
    assert isinstance(found, Bucket)
    found.client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: params.update(MaxKeys=2)
    )

    assert list(found.keys("a/")) == [f"a/{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("location", "document"),
    [
        (S3, "ft/metadata/BILLING_PERIOD=2026-10/ft-Manifest.json"),
        ("s3://nowhere/x", "s3://nowhere/x/ft/metadata/BILLING_PERIOD=2026-10/"),
    ],
)
def test_nothing_delivered_is_absent(
    location: str, document: str, bucket: Any, build: Build, fetch: Fetch
) -> None:
    error = fetch(build(location, endpoint_url=bucket.endpoint))

    assert isinstance(error, AbsentError)
    assert error.document == document


def test_without_credentials_it_is_forbidden(played_store: str, build: Build, fetch: Fetch) -> None:
    error = fetch(build(S3, endpoint_url=played_store, region="us-east-1"))

    assert isinstance(error, ForbiddenError)
    assert error.detail == "no credentials found; set profile or log in"


def test_a_profile_that_is_not_there_is_named(
    played_store: str, build: Build, fetch: Fetch
) -> None:
    error = fetch(build(S3, endpoint_url=played_store, profile="biling"))

    assert isinstance(error, ForbiddenError)
    assert str(error) == "aws: biling: there is no such profile; see `aws configure`"
