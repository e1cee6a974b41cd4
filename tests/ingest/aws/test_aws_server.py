"""Against a real object store, which checks signatures: `make test-servers`."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import boto3
import polars as pl
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from ingest.source import Delivery
from ingest.sources.aws_data_export import DataExport
from models.archive import Archive
from models.errors import AbsentError, ForbiddenError
from models.period import Month

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("keys_in_environment")]

Build = Callable[..., DataExport]
Fetch = Callable[..., Any]
ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "canary-secret-in-no-message"
READER: Final = "AKIAIOSFODNNREADONLY"
READY_SECONDS: Final = 60


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def command(folder: Path, port: int) -> list[str]:
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or "weed"
    names = ("master", "volume", "filer")
    others = iter(free_ports(2 * len(names) + 3))
    ports = [f"-{name}.{kind}={next(others)}" for name in names for kind in ("port", "port.grpc")]
    return [
        *(weed, "server", "-s3", f"-dir={folder / 'data'}", f"-s3.config={folder / 's3.json'}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=8", "-master.volumeSizeLimitMB=64"),
        *(f"-s3.port={port}", f"-s3.port.grpc={next(others)}"),
        *(f"-s3.port.iceberg={next(others)}", f"-s3.port.lance={next(others)}"),
        *ports,
    ]


def client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
    )


def wait_for(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    probe = client(endpoint)
    for _ in range(READY_SECONDS * 2):
        assert server.poll() is None, "the server ended"
        try:
            probe.create_bucket(Bucket="billing")
            probe.put_object(Bucket="billing", Key="ready", Body=b"")
        except (BotoCoreError, ClientError):
            time.sleep(0.5)
        else:
            return
    pytest.fail("the server did not start")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("weed")
    (folder / "data").mkdir()
    keys = {"accessKey": ACCESS, "secretKey": SECRET}
    actions = ["Admin", "Read", "Write", "List"]
    identity = {"name": "billing", "credentials": [keys], "actions": actions}
    reading = {
        "name": "reader",
        "credentials": [{"accessKey": READER, "secretKey": SECRET}],
        "actions": ["Read", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity, reading]}))
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command(folder, port), stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(address, server)
            yield address
        finally:
            server.kill()  # it takes half a minute to end by itself
            server.wait(30)


def put(endpoint: str, exported: Any) -> None:
    for key, content in exported.objects.items():
        client(endpoint).put_object(Bucket="billing", Key=f"exports/{key}", Body=content)


def source(build: Build, endpoint: str, **settings: Any) -> DataExport:
    return build("s3://billing/exports", endpoint_url=endpoint, **settings)


def test_both_tables_of_a_month_load(
    endpoint: str, make: Any, export: Any, build: Build, fetch: Fetch, archive: Archive
) -> None:
    costs = [n / 7 for n in range(500)]
    cur = [
        make.cur([{"line_item_unblended_cost": cost} for cost in part])
        for part in (costs[:99], costs[99:])
    ]
    put(endpoint, export(tuple(make.bytes(part) for part in cur)))
    focus = make.focus([{"BilledCost": cost} for cost in costs])
    put(endpoint, export((make.bytes(focus),), name="ff", columns=("BilledCost",)))

    expected = sum((round(Decimal(repr(cost)), 12) for cost in costs), Decimal(0))
    for name in ("ft", "ff"):
        found = source(build, endpoint, export=name)
        delivery = fetch(found)
        assert isinstance(delivery, Delivery)
        charges = pl.concat(
            found.convert(archive.path(d.sha256), d, delivery).charges for d in delivery.documents
        )
        assert charges.select(pl.col("billed_cost").sum()).collect().item() == expected


@pytest.mark.failure("K03")
def test_a_wrong_secret_is_forbidden_and_not_absent(
    endpoint: str,
    export: Any,
    make: Any,
    build: Build,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(endpoint, export((make.bytes(make.cur([{}])),)))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-that-is-wrong")

    error = fetch(source(build, endpoint))

    assert isinstance(error, ForbiddenError)
    assert error.detail == "may not be read: SignatureDoesNotMatch"
    assert "canary" not in str(error)


@pytest.mark.failure("K03")
def test_an_unknown_key_is_forbidden(
    endpoint: str,
    build: Build,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNUNKNOWNUN")

    assert isinstance(fetch(source(build, endpoint)), ForbiddenError)


def test_a_month_that_is_not_there_is_absent(endpoint: str, build: Build, fetch: Fetch) -> None:
    assert isinstance(fetch(source(build, endpoint, export="nothing")), AbsentError)


@pytest.mark.failure("A07")
def test_a_condition_on_the_version_is_kept_by_the_server(endpoint: str, build: Build) -> None:
    client(endpoint).put_object(Bucket="billing", Key="exports/x", Body=b"one")
    export = source(build, endpoint)
    place = export.settings.place(export.name, export.folder)
    etag = place.read("x").etag
    client(endpoint).put_object(Bucket="billing", Key="exports/x", Body=b"two")

    with pytest.raises(ClientError) as error:
        place.client.get_object(Bucket="billing", Key="exports/x", IfMatch=etag)  # type: ignore[attr-defined]

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


@pytest.mark.parametrize(("key", "state"), [(ACCESS, "warn"), (READER, "ok")])
def test_whether_we_could_write_is_found_out_without_writing(
    key: str,
    state: str,
    endpoint: str,
    build: Build,
    make: Any,
    export: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(endpoint, export((make.bytes(make.cur([{}])),)))
    listed = client(endpoint).list_objects_v2
    before = [item["Key"] for item in listed(Bucket="billing")["Contents"]]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)

    found = {
        each.check: each.state
        for each in source(build, endpoint).probe([Month(2026, 10)], datetime.now(UTC))
    }

    assert found["write"] == state, found
    assert (found["clock"], found["list"], found["read"]) == ("ok", "ok", "ok")
    assert [item["Key"] for item in listed(Bucket="billing")["Contents"]] == before
