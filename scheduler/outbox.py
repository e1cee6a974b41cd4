"""The outbox: a message is in the ledger before it is sent, and sent at least once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from models.channel import Channel, FileChannel
from models.ledger import Entry, Ledger, Record
from scheduler.notify import DeliveryError, Webhook, to_file, to_webhook

GIVE_UP: Final = timedelta(days=7)
PENDING: Final = ("new", "sending", "failed")
Send = Callable[[Mapping[str, Any], int], None]


def queued(channels: Sequence[Channel], event: Mapping[str, Any]) -> list[Entry]:
    """Return one ledger entry a channel for an event; append them with what caused it."""
    return [
        Entry("message", f"{event['id']}/{address(channel)}", {"state": "new", "event": event})
        for channel in channels
    ]


def address(channel: Channel) -> str:
    """Return the name of a channel that is safe to store and show."""
    if isinstance(channel, FileChannel):
        return f"file:{channel.path}"
    return f"webhook:{','.join(channel.allow_hosts)}"


def pending(ledger: Ledger) -> dict[str, Record]:
    """Return the messages that have not arrived and are not given up, oldest first."""
    newest = ledger.latest("message")
    return {key: record for key, record in newest.items() if record.body["state"] in PENDING}


def deliver(
    ledger: Ledger, channels: Sequence[Channel], folder: Path, now: Callable[[], datetime]
) -> tuple[int, int]:
    """Send what is pending; return how many messages arrived and how many did not.

    A message found as `sending` was interrupted: it may have arrived. It is sent again
    under the same id and marked as a repeat, so that a receiver can drop it.
    """
    by_address = {address(channel): _sender(channel, folder) for channel in channels}
    arrived = failed = 0
    for key, record in pending(ledger).items():
        send = by_address.get(key.partition("/")[2])
        if send is None:
            ledger.append(_state(record, "dead", error="its channel is no longer configured"))
            failed += 1
        elif _sent(ledger, record, send, now):
            arrived += 1
        else:
            failed += 1
    return arrived, failed


def _sent(ledger: Ledger, record: Record, send: Send, now: Callable[[], datetime]) -> bool:
    interrupted = record.body["state"] == "sending"
    event = {**record.body["event"], **({"repeat": True} if interrupted else {})}
    first = record.body.get("first_tried") or now().isoformat()
    ledger.append(_state(record, "sending", first_tried=first))
    try:
        send(event, int(now().timestamp()))
    except DeliveryError as error:
        tired = now() - datetime.fromisoformat(first) > GIVE_UP
        state = "dead" if error.permanent or tired else "failed"
        ledger.append(_state(record, state, first_tried=first, error=str(error)))
        return False
    ledger.append(_state(record, "sent", first_tried=first))
    return True


def _state(record: Record, state: str, **more: str) -> Entry:
    return Entry("message", record.subject, {**record.body, "state": state, **more})


def _sender(channel: Channel, folder: Path) -> Send:
    if isinstance(channel, FileChannel):
        path = folder / channel.path
        return lambda event, _: to_file(path, event)
    hook = Webhook(
        url=channel.url.get_secret_value(),
        secret=channel.secret.get_secret_value(),
        allow_hosts=tuple(channel.allow_hosts),
        allow_http_loopback=channel.allow_http_loopback,
    )
    return lambda event, timestamp: to_webhook(hook, event, timestamp=timestamp)
