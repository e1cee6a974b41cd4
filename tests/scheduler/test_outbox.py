from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from models.channel import FileChannel, WebhookChannel
from models.ledger import Entry, Ledger
from scheduler import outbox
from scheduler.notify import DeliveryError
from scheduler.outbox import GIVE_UP, deliver, pending, queued

START = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
EVENT = {"id": "A-1:1", "type": "dev.trueup.alert.opened"}
FILE = FileChannel(kind="file", path="reports/alerts.jsonl")
HOOK = WebhookChannel(
    kind="webhook",
    url=SecretStr("https://hooks.example.com/canary-path"),
    secret=SecretStr("canary-key"),
    allow_hosts=("hooks.example.com",),
)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as opened:
        yield opened


def told(folder: Path) -> list[dict[str, Any]]:
    path = folder / "reports" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.failure("L01")
def test_a_message_is_stored_before_it_is_sent_and_sent_once(
    tmp_path: Path, ledger: Ledger, clock: Clock
) -> None:
    ledger.append(Entry("alert", "k", {"state": "open"}), *queued([FILE], EVENT))
    assert told(tmp_path) == []

    nights = [deliver(ledger, [FILE], tmp_path, clock) for _ in range(3)]

    assert nights == [(1, 0), (0, 0), (0, 0)]
    assert told(tmp_path) == [EVENT]
    assert pending(ledger) == {}


@pytest.mark.failure("L03")
def test_a_message_whose_outcome_is_unknown_is_sent_again_as_a_repeat(
    tmp_path: Path, ledger: Ledger, clock: Clock
) -> None:
    [queue] = queued([FILE], EVENT)
    ledger.append(Entry("message", queue.subject, {**queue.body, "state": "sending"}))

    deliver(ledger, [FILE], tmp_path, clock)

    assert told(tmp_path) == [{**EVENT, "repeat": True}]


@pytest.mark.failure("L12")
@pytest.mark.parametrize(("permanent", "state"), [(False, "failed"), (True, "dead")])
def test_a_failure_is_kept_and_only_a_lasting_one_is_given_up(
    tmp_path: Path,
    ledger: Ledger,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    permanent: bool,
    state: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DeliveryError("hooks.example.com: answered 503", permanent=permanent)

    monkeypatch.setattr(outbox, "to_webhook", fail)
    ledger.append(*queued([HOOK], EVENT))

    assert deliver(ledger, [HOOK], tmp_path, clock) == (0, 1)

    [record] = ledger.latest("message").values()
    assert record.body["state"] == state
    assert record.body["error"] == "hooks.example.com: answered 503"


def test_a_message_is_given_up_after_a_week_of_trying(
    tmp_path: Path, ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DeliveryError("hooks.example.com: answered 503")

    monkeypatch.setattr(outbox, "to_webhook", fail)
    ledger.append(*queued([HOOK], EVENT))
    deliver(ledger, [HOOK], tmp_path, clock)

    clock.at += GIVE_UP
    assert deliver(ledger, [HOOK], tmp_path, clock) == (0, 1)
    clock.at += timedelta(seconds=1)
    assert deliver(ledger, [HOOK], tmp_path, clock) == (0, 1)
    assert deliver(ledger, [HOOK], tmp_path, clock) == (0, 0)


def test_a_message_of_a_channel_that_is_gone_is_given_up_in_words(
    tmp_path: Path, ledger: Ledger, clock: Clock
) -> None:
    ledger.append(*queued([FILE], EVENT))

    assert deliver(ledger, [], tmp_path, clock) == (0, 1)

    [record] = ledger.latest("message").values()
    assert (record.body["state"], record.body["error"]) == (
        "dead",
        "its channel is no longer configured",
    )


@pytest.mark.failure("M11")
def test_the_ledger_never_holds_the_address_or_the_key_of_a_webhook(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.append(*queued([HOOK], EVENT))

    assert all(b"canary" not in path.read_bytes() for path in tmp_path.iterdir())
