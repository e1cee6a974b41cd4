"""Tables that come in messages, and what doctor says about the place where they lie."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from ingest.source import Delivery
from models.errors import SourceError

LINE = "R-1,2026-10-05,100.00,EUR,19.00,2026-10-01,2026-10-31,Invoice"
HEADINGS = "Invoice,Date,Net,Currency,Tax,From,To,Type"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def letter(sender: str, number: str) -> bytes:
    """Return a message with a table, and a logo that is none."""
    message = EmailMessage()
    message["From"], message["Date"] = sender, "Mon, 05 Oct 2026 10:00:00 +0000"
    message.set_content("See the file.")
    table = f"{HEADINGS}\n{LINE.replace('R-1', number)}\n".encode()
    message.add_attachment(table, maintype="text", subtype="csv", filename="bill.csv")
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="logo.gif")
    return message.as_bytes()


@pytest.mark.failure("H15")
def test_tables_of_allowed_senders_count_and_others_stop_nothing(vendor: Any) -> None:
    vendor.given["senders"] = ["@labels.example"]
    vendor.put_bytes("a.eml", letter("Billing <billing@labels.example>", "R-1"))
    vendor.put_bytes("b.eml", letter("billing@labeis.example", "R-2"))

    found = vendor.found()

    (delivery,) = [each for each in found if isinstance(each, Delivery)]
    (error,) = [each for each in found if isinstance(each, SourceError)]
    assert [document.name for document in delivery.documents] == ["a.eml!bill.csv"]
    assert str(error).startswith(
        "labeling: b.eml: billing@labeis.example is not labels.example, and looks like it"
    )


def test_a_message_is_no_table_where_no_sender_is_allowed(vendor: Any) -> None:
    vendor.put("a.csv", LINE)
    vendor.put_bytes("a.eml", letter("billing@labels.example", "R-2"))

    (delivery,) = vendor.deliveries()

    assert [document.name for document in delivery.documents] == ["a.csv"]


def test_doctor_tells_what_lies_in_the_folder_and_whether_it_may_be_read(
    vendor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.put("a.csv", LINE)

    open_ = [(each.check, each.state, each.detail) for each in vendor.source.probe([], NOW)]
    monkeypatch.setattr(os, "access", lambda *_: False)
    (_, closed, _) = vendor.source.probe([], NOW)

    assert open_ == [
        *(("list", "ok", "allowed"), ("read", "ok", "allowed"), ("delivery", "ok", "1 files")),
    ]
    assert (closed.state, closed.detail) == ("fail", "a.csv: may not be read")
    assert closed.fix == "let the user that runs trueup read it"


def test_doctor_tells_a_folder_that_is_not_there(vendor: Any) -> None:
    (finding,) = vendor.source.probe([], NOW)

    assert (finding.check, finding.state) == ("list", "fail")
    assert finding.detail.endswith("in: there is no such folder; make it")


def test_a_bucket_needs_what_reading_it_needs_and_a_folder_nothing(vendor: Any) -> None:
    assert list(vendor.source.grants()) == []

    vendor.given |= {"folder": None, "location": "s3://bills/labeling"}

    assert "bills" in "".join(grant.text for grant in vendor.source.grants())
