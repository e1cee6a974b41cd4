"""Places of invoices: a folder, and a bucket over a real connection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ingest.invoice import inbox
from ingest.invoice.inbox import Inbox
from ingest.paper.settings import Settings
from models.errors import SourceError

HOURS = "lab_invoice_hours.ubl.xml"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """Start a server with one bucket; return its address, and a client."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
    client.create_bucket(Bucket="billing")
    yield f"http://{host}:{port}", client
    client.close()
    server.stop()


@pytest.mark.once
def test_documents_and_messages_of_a_bucket_count_as_those_of_a_folder(
    desk: Any, oracle: Any, message: Any, bucket: tuple[str, Any]
) -> None:
    address, client = bucket
    desk.settings = {
        "location": "s3://billing/inbox",
        "endpoint_url": address,
        "senders": ["@labels.example"],
    }
    assert desk.errors() == [
        "labels: s3://billing/inbox: no file matches *.xml, *.pdf, *.json, *.eml, *.mbox, *.mbx"
    ]
    mail = message({"s.json": oracle("stripe_invoice.json")}, "x@labels.example")
    for key, data in (("acme/A.XML", oracle(HOURS)), ("m.eml", mail), ("logo.png", b"?")):
        client.put_object(Bucket="billing", Key=f"inbox/{key}", Body=data)

    assert desk.statuses() == [("ACME-0042", "counted"), ("LAB-2026-0312", "counted")]
    (delivery,) = desk.deliveries()
    assert [d.name for d in delivery.documents if d.name.endswith("XML")] == ["acme/A.XML"]
    assert [grant.title for grant in desk.source.grants()]


def test_a_folder_is_its_own_regular_files_of_the_pattern(desk: Any, oracle: Any) -> None:
    desk.put("A.XML", oracle(HOURS))
    desk.put("notes.txt", b"?")
    (desk.home / "inbox" / "below").mkdir()
    (desk.home / "inbox" / "below" / "b.xml").write_bytes(b"?")

    assert desk.statuses() == [("LAB-2026-0312", "counted")]


@pytest.mark.parametrize(
    ("make", "detail"),
    [
        (lambda path: path.symlink_to("elsewhere"), "is a link; put the file itself there"),
        (os.mkfifo, "is no regular file; remove it"),
        (lambda path: path.write_bytes(b"<" * 11), "is larger than 0 MiB; take it out of there"),
    ],
)
def test_what_is_no_file_of_a_sane_size_is_not_read(
    desk: Any, make: Any, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LIMIT", 10)
    make(desk.home / "inbox" / "a.xml")

    assert desk.errors() == [f"labels: a.xml: {detail}"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = Settings(kind="invoice_document", folder="nowhere")
    (error,) = _errors(settings, tmp_path)

    assert error == f"labels: {tmp_path}/nowhere: there is no such folder; make it"


def _errors(settings: Settings, home: Path) -> Iterator[str]:
    try:
        list(Inbox("labels", settings, home, settings.pattern).items())
    except SourceError as error:
        yield str(error)


@pytest.mark.parametrize("places", [{}, {"folder": "a", "location": "b"}])
def test_a_source_has_one_place(places: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a folder or the address of a bucket, once"):
        Settings(kind="invoice_document", **places)


@pytest.mark.parametrize("decisions", ["/etc", "../x"])
def test_decisions_lie_in_the_project(decisions: str) -> None:
    with pytest.raises(ValueError, match="leaves the project folder"):
        Settings(kind="invoice_document", location="a", decisions=decisions)
