"""Messages: what came with them, who says to have sent it, and what is never opened."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from ingest.invoice import mail
from ingest.invoice.mail import MailError, Sender
from ingest.invoice.trust import refusal, resembled

HOURS = "lab_invoice_hours.ubl.xml"
ALLOWED = {"senders": ["billing@annotators.example", "@labels.example"]}
Maker = Callable[..., bytes]


def vouched(domain: str, server: str = "mx.example.org") -> str:
    return f"{server}; dkim=pass header.d={domain}; dmarc=pass (p=none) header.from={domain}"


def test_attachments_of_allowed_senders_count_and_the_message_is_kept(
    desk: Any, oracle: Any, message: Maker
) -> None:
    desk.settings = ALLOWED
    raw = message({"invoice.xml": oracle(HOURS), "logo.png": b"png"})
    desk.put("march.eml", raw)

    (delivery,) = desk.deliveries()

    names = {document.name: document for document in delivery.documents}
    assert sorted(names) == ["march.eml", "march.eml!invoice.xml"]
    assert desk.archive.path(names["march.eml"].sha256).read_bytes() == raw
    assert desk.statuses() == [("LAB-2026-0312", "counted")]
    assert desk.problems()[0] == (
        "labels: march.eml!invoice.xml: came from billing@annotators.example, as its header "
        "says; no mail server vouches for that [sender]"
    )


def test_a_sender_that_our_own_mail_server_vouches_for_is_told_no_more(
    desk: Any, oracle: Any, message: Maker
) -> None:
    desk.settings = {**ALLOWED, "mail_server": "mx.example.org"}
    said = vouched("annotators.example")
    desk.put("march.eml", message({"a.xml": oracle(HOURS)}, Authentication_Results=said))

    assert not [problem for problem in desk.problems() if "[sender]" in problem]


@pytest.mark.parametrize(
    ("said", "server"),
    [
        (vouched("annotators.example", "mx.attacker.example"), "mx.example.org"),
        (vouched("attacker.example"), "mx.example.org"),
        (vouched("annotators.example.attacker.example"), "mx.example.org"),
        ("mx.example.org; dmarc=fail header.from=annotators.example", "mx.example.org"),
        (vouched("annotators.example"), ""),
    ],
)
def test_only_the_word_of_our_own_mail_server_on_that_domain_counts(
    message: Maker, said: str, server: str
) -> None:
    read = mail.read(message({}, Authentication_Results=said), server)

    assert read.sender == Sender("billing@annotators.example", proved=False)


@pytest.mark.failure("H15")
def test_what_an_unknown_sender_sent_is_not_opened_and_shown_with_the_way_out(
    desk: Any, message: Maker
) -> None:
    desk.settings = ALLOWED
    desk.put("march.eml", message({"a.xml": b"<!DOCTYPE bomb>"}, "Eve <eve@elsewhere.example>"))

    assert (desk.costs(), desk.statuses()) == ({}, [("a.xml", "rejected")])
    assert desk.notes() == [
        (
            "eve@elsewhere.example is not among `senders`; nothing in it was read: add "
            "'eve@elsewhere.example' to `senders` of the source if you know them"
        )
    ]
    told = [document for load in desk.loads() for document in load.documents if document.notes]
    assert [(each.notes, each.rejected_rows) for each in told] == [  # told, and no night fails
        ((("sender", desk.notes()[0]),), 0)
    ]


@pytest.mark.failure("H15")
def test_an_unknown_sender_cannot_dispute_an_invoice_that_is_here(
    desk: Any, oracle: Any, message: Maker
) -> None:
    desk.settings = ALLOWED
    desk.put("a.xml", oracle(HOURS))
    clash = oracle("lab_dup_conflict.ubl.xml")
    desk.put("march.eml", message({"b.xml": clash}, "eve@elsewhere.example"))
    desk.put("same.eml", message({"c.xml": oracle(HOURS)}, "eve@elsewhere.example"))

    assert desk.statuses() == [("LAB-2026-0312", "counted"), ("b.xml", "rejected")]


@pytest.mark.failure("H15")
@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("billing@annotator.example", "annotators.example"),
        ("billing@annotat0rs.example", "annotators.example"),
        ("billing@аnnotators.example", "annotators.example"),  # noqa: RUF001 - a letter of another alphabet
        ("billing@lables.example", "labels.example"),
        ("billing@iabels.example", "labels.example"),
        ("billing@labels.example.attacker.example", ""),
        ("ceo@annotators.example", ""),
        ("", ""),
    ],
)
def test_a_sender_that_only_looks_like_an_allowed_one_is_named(address: str, near: str) -> None:
    said = refusal(Sender(address), ALLOWED["senders"])

    assert said
    assert (f"is not {near}, and looks like it: probably a fraud" in said) == bool(near)


@pytest.mark.parametrize("address", ["billing@annotators.example", "any.one@labels.example"])
def test_addresses_and_whole_domains_are_allowed(address: str) -> None:
    assert refusal(Sender(address), ["Billing@Annotators.example", "@labels.example"]) == ""


def test_two_letters_that_look_like_one_are_one() -> None:
    assert resembled("rnodern.example", {"modern.example"}) == "modern.example"


@pytest.mark.parametrize(
    "sender",
    ["", "Billing", "billing@annotators.example, eve@elsewhere.example", "<@>", "a@b@c"],
)
def test_a_message_with_no_sender_or_two_is_of_nobody(message: Maker, sender: str) -> None:
    raw = message({}).replace(b"Billing <billing@annotators.example>", sender.encode())

    assert "states no sender, or more than one" in refusal(
        mail.read(raw).sender, ["@labels.example"]
    )


def test_an_mbox_is_its_messages(desk: Any, oracle: Any, message: Maker) -> None:
    desk.settings = ALLOWED
    stripe = oracle("stripe_invoice.json")
    mails = [message({"a.xml": oracle(HOURS)}), message({"s.json": stripe}, "x@labels.example")]
    desk.put("export.mbox", b"".join(b"From x Thu Mar 12\n" + each + b"\n\n" for each in mails))

    assert desk.statuses() == [("ACME-0042", "counted"), ("LAB-2026-0312", "counted")]
    (delivery,) = desk.deliveries()
    assert {document.name for document in delivery.documents} == {
        *("export.mbox!1", "export.mbox!1!a.xml", "export.mbox!2", "export.mbox!2!s.json"),
    }


def test_messages_inside_messages_are_followed_twice_and_no_deeper() -> None:
    inner: EmailMessage | None = None
    depths = []
    for _ in range(4):
        outer = EmailMessage()
        outer["From"] = "a@labels.example"
        outer.set_content("see below")
        outer.add_attachment(b"<a/>", maintype="text", subtype="xml", filename=None)
        if inner is not None:
            outer.add_attachment(inner)
        inner = outer
        read = mail.read(bytes(outer))
        depths.append((len(read.attachments), read.unfollowed))

    assert depths == [(1, 0), (2, 0), (3, 0), (3, 1)]


def test_names_of_attachments_are_made_harmless_and_told_apart(message: Maker) -> None:
    raw = message({"../../etc/in\u202evoice.xml": b"<a/>"}).replace(b"From:", b"X-From:")
    twice = EmailMessage()
    for _ in range(2):
        twice.add_attachment(b"<a/>", maintype="text", subtype="xml", filename="i.xml")

    assert [each.name for each in mail.read(raw).attachments] == ["invoice.xml"]
    assert [each.name for each in mail.read(bytes(twice)).attachments] == ["i.xml", "1-i.xml"]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\n\n" * 30, "has more than 20 parts with"),
        (b"From: a@b.c\n" + b"\n" * 600_001, "or more than 600000 lines; take the invoices out"),
    ],
)
def test_a_message_that_would_take_long_to_read_is_refused(raw: bytes, detail: str) -> None:
    with pytest.raises(MailError, match=detail):
        mail.read(raw)


@pytest.mark.failure("H15")
@pytest.mark.parametrize("sender", ["eve@elsewhere.example", "<@>"])
def test_a_message_of_a_stranger_that_cannot_be_read_stops_nothing(
    desk: Any, oracle: Any, message: Maker, sender: str
) -> None:
    desk.settings = ALLOWED
    desk.put("a.xml", oracle(HOURS))
    desk.put("bomb.eml", message({f"{n}.xml": b"" for n in range(51)}, "x@y.z").replace(
        b"x@y.z", sender.encode()))  # fmt: skip

    assert desk.statuses() == [("LAB-2026-0312", "counted"), ("bomb.eml", "rejected")]


def test_a_message_of_an_allowed_sender_that_cannot_be_read_stops_the_place(
    desk: Any, message: Maker
) -> None:
    desk.settings = ALLOWED
    desk.put("march.eml", message({f"{n}.xml": b"" for n in range(51)}))

    assert desk.errors() == [
        "labels: march.eml: has 51 attachments; at most 50 are read",
    ]


def test_too_many_attachments_and_too_much_in_them_are_refused(
    message: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MailError, match="has 51 attachments; at most 50 are read"):
        mail.read(message({f"{n}.xml": b"<a/>" for n in range(51)}))
    monkeypatch.setattr(mail, "HELD", 1 << 20)
    with pytest.raises(MailError, match="has attachments of more than 1 MiB"):
        mail.read(message({"a.xml": b"a" * (1 << 20), "b.xml": b"a"}))


def test_too_many_messages_in_one_file_are_refused(desk: Any) -> None:
    desk.put("export.mbox", b"From x\n\n\n" * 5_001)

    assert desk.errors() == [
        "labels: export.mbox: holds 5001 messages; export at most 5000 into one file"
    ]


@pytest.mark.parametrize("raw", [b"", b"\0\xff" * 500, b"From: =?x?q?=" + b"<" * 500])
def test_what_has_no_end_of_its_headers_is_no_message(raw: bytes) -> None:
    with pytest.raises(MailError, match="ends before its last part does; export it again"):
        mail.read(raw)


def test_a_message_that_was_cut_anywhere_loses_no_attachment_silently(message: Maker) -> None:
    raw = message({"a.csv": b"a,b\n1,2\n3,4\n" * 9}).rstrip(b"\n")

    for cut in range(0, len(raw), 7):
        with pytest.raises(MailError):
            mail.read(raw[:cut])
    assert len(mail.read(raw).attachments[0].data) == 108
