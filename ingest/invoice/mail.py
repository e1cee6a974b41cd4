"""Messages of a mailbox export: what came with them, and who says they sent it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import (
    CloseBoundaryNotFoundDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import EmailMessage
from email.policy import default
from typing import Final, cast

BOX: Final = b"From "  # what an mbox begins with, and each of its messages
MESSAGES: Final = 5_000  # in one mbox
ATTACHMENTS: Final = 50  # of one message
CONTAINERS: Final = 20  # parts of parts of one message; each line is compared with all of them
LINES: Final = 600_000  # of one message
HELD: Final = 64 << 20  # bytes of all attachments of one message
HEAD: Final = 1 << 16  # bytes in which the headers end
DEPTH: Final = 2  # messages inside messages that are followed
WANTED: Final = (".xml", ".pdf", ".json", ".csv", ".xlsx")
_TYPES: Final = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "text/xml": ".xml",
}
_LONGEST: Final = 120
_START: Final = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
_HEADERS_END: Final = re.compile(rb"\n\r?\n")
_CUT: Final = (
    CloseBoundaryNotFoundDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
_BOUNDARY: Final = re.compile(rb"boundary\s*=", re.IGNORECASE)
# what the parser of the standard library raises for headers that no mail program writes
_ODD: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class MailError(ValueError):
    """The message cannot be read within bounds."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message, as its header states it: anyone can write that.

    Attributes:
        address: In small letters; empty when the header states none, or more than one.
        proved: The mail server that the settings name says that the domain is right.
    """

    address: str
    proved: bool = False

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that came with a message; `name` is the sender's, made printable."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    Attributes:
        sent: What it says of itself; None when that cannot be read.
        unfollowed: Messages that lie too deep inside others.
        fault: Why nothing but its sender was read; empty when all was.
    """

    sender: Sender
    sent: datetime | None
    attachments: tuple[Attachment, ...]
    unfollowed: int = 0
    fault: str = ""


def messages(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the messages of an mbox with their names, `box.mbox!3`; or the one of an `.eml`.

    Raises:
        MailError: when there are too many.
    """
    if not data.startswith(BOX):
        yield name, data
        return
    starts = list(_START.finditer(data))
    if len(starts) > MESSAGES:
        raise MailError(f"holds {len(starts)} messages; export at most {MESSAGES} into one file")
    ends = [*(found.start() for found in starts[1:]), len(data)]
    for number, (found, end) in enumerate(zip(starts, ends, strict=True), start=1):
        yield f"{name}!{number}", data[found.end() : end]


def read(data: bytes, server: str = "") -> Message:
    """Return a message with the files that may be invoices; pictures and texts are passed over.

    Args:
        data: The message.
        server: The mail server whose word on the sender counts; none unless given.

    Raises:
        MailError: when it is no message, is cut, or is too large or too deep to be one.
    """
    if len(_BOUNDARY.findall(data)) > CONTAINERS or data.count(b"\n") > LINES:
        raise MailError(
            f"has more than {CONTAINERS} parts with parts of their own, or more than {LINES} "
            "lines; take the invoices out of it"
        )
    try:
        message = message_from_bytes(data, policy=default)
        _refuse_cut(message, data)
        leaves = list(_leaves(message, 0))
        return Message(
            sender=_sender(message, server),
            sent=_sent(message),
            attachments=tuple(_attachments([leaf for leaf in leaves if leaf is not None])),
            unfollowed=leaves.count(None),
        )
    except MailError:
        raise
    except _ODD as error:
        raise MailError("is not a message that can be read; export it again") from error


def _refuse_cut(message: EmailMessage, data: bytes) -> None:
    """Refuse a message that ends early: of its attachments a part, or none, would be read."""
    cut = any(isinstance(each, _CUT) for part in message.walk() for each in part.defects)
    if cut or not _HEADERS_END.search(data):
        raise MailError("ends before its last part does; export it again")


def headed(data: bytes, server: str, fault: str) -> Message:
    """Return a message that cannot be read, by its headers alone."""
    head = data[:HEAD].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    try:
        sender = _sender(message_from_bytes(head, policy=default), server)
    except _ODD:
        sender = Sender("")
    return Message(sender=sender, sent=None, attachments=(), fault=fault)


def _leaves(part: EmailMessage, depth: int) -> Iterator[EmailMessage | None]:
    """Yield what is no container; None for a message that is not followed."""
    if part.get_content_type() == "message/rfc822":
        if depth == DEPTH:
            yield None
            return
        depth += 1
    if not part.is_multipart():
        yield part
        return
    for inner in cast(list[EmailMessage], part.get_payload()):
        yield from _leaves(inner, depth)


def _attachments(leaves: list[EmailMessage]) -> Iterator[Attachment]:
    named = [(part, name) for part in leaves if (name := _name(part))]
    if len(named) > ATTACHMENTS:
        raise MailError(f"has {len(named)} attachments; at most {ATTACHMENTS} are read")
    held, seen = 0, set[str]()
    for part, name in named:
        content = cast(bytes, part.get_payload(decode=True) or b"")
        held += len(content)
        if held > HELD:
            raise MailError(f"has attachments of more than {HELD >> 20} MiB")
        own = name if name not in seen else f"{len(seen)}-{name}"
        seen.add(own)
        yield Attachment(own, content)


def _name(part: EmailMessage) -> str:
    """Return the name of a file that may be an invoice; empty for all else."""
    kind = part.get_content_type()
    given = (part.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in given if sign.isprintable()).strip()[-_LONGEST:]
    if name.lower().endswith(WANTED):
        return name
    return f"{name or 'attachment'}{_TYPES[kind]}" if kind in _TYPES else ""


def _sender(message: EmailMessage, server: str) -> Sender:
    found = message.get_all("from", [])
    addresses = [each.addr_spec for header in found for each in header.addresses]
    address = addresses[0].strip().lower() if len(addresses) == 1 else ""
    return Sender(address if address.count("@") == 1 else "", _proved(message, address, server))


def _proved(message: EmailMessage, address: str, server: str) -> bool:
    """Return whether the named server wrote that the domain of the sender is right.

    A header of any other name may have been written by the sender.
    """
    domain = re.escape(address.rpartition("@")[2])
    said = f"dmarc=pass .*header.from={domain}(?![\\w.-])"
    for header in message.get_all("authentication-results", []) if server else ():
        words = " ".join(str(header).lower().split())
        if re.match(f"{re.escape(server.lower())}(?: \\d+)? ?;", words):
            return re.search(said, words) is not None
    return False


def _sent(message: EmailMessage) -> datetime | None:
    header = message.get("date")
    return None if header is None else header.datetime
