from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from scheduler.notify import DeliveryError, Webhook, signature, to_file, to_webhook

EVENT = {"id": "A-1:1", "type": "dev.trueup.alert.opened", "data": {"eac": "2177000.00"}}


def hook(server: HTTPServer, **changes: Any) -> Webhook:
    given = {
        "url": f"http://127.0.0.1:{server.server_port}/in/secret-path?x=1",
        "secret": "whsec_" + base64.b64encode(b"key").decode(),
        "allow_hosts": ("127.0.0.1",),
        "allow_http_loopback": True,
    }
    return Webhook(**{**given, **changes})


def test_a_webhook_carries_the_event_and_a_signature_the_receiver_can_check(
    webhooks: Callable[[int], Any],
) -> None:
    server = webhooks(204)

    to_webhook(hook(server), EVENT, timestamp=1_790_000_000)

    [(path, headers, body)] = server.received
    expected = hmac.new(b"key", b"A-1:1.1790000000." + body, hashlib.sha256).digest()
    assert path == "/in/secret-path?x=1"
    assert json.loads(body) == EVENT
    assert headers["webhook-id"] == headers["idempotency-key"] == "A-1:1"
    assert headers["webhook-timestamp"] == "1790000000"
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_the_signature_follows_the_standard_webhooks_example() -> None:
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (302, False), (410, True)]
)
def test_any_answer_but_2xx_is_a_failure_without_the_secret_path(
    webhooks: Callable[[int], Any], status: int, permanent: bool
) -> None:
    server = webhooks(status)

    with pytest.raises(DeliveryError) as failed:
        to_webhook(hook(server), EVENT, timestamp=0)

    assert str(failed.value) == f"127.0.0.1: answered {status}"
    assert failed.value.permanent is permanent
    assert len(server.received) == 1


@pytest.mark.failure("M11")
def test_a_refused_connection_names_the_host_and_not_the_path(
    webhooks: Callable[[int], Any],
) -> None:
    server = webhooks(204)
    url = f"http://127.0.0.1:{server.server_port}/canary-secret"
    server.shutdown()
    server.server_close()

    with pytest.raises(DeliveryError) as failed:
        to_webhook(hook(server, url=url), EVENT, timestamp=0)

    assert str(failed.value) == "127.0.0.1: ConnectionRefusedError"
    assert failed.value.__cause__ is None


@pytest.mark.failure("M09")
@pytest.mark.parametrize(
    "url",
    [
        "https://2852039166/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[::1]/",
        "https://100.64.0.1/",
        "https://192.0.0.192/",
        "https://10.0.0.1/",
        "https://localhost/",
    ],
)
def test_an_inside_address_is_refused_however_it_is_written(url: str) -> None:
    host = url.removeprefix("https://").removesuffix("/").strip("[]")

    with pytest.raises(DeliveryError, match="resolves to no address that may be reached"):
        to_webhook(Webhook(url=url, secret="s", allow_hosts=(host,)), EVENT, timestamp=0)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://evil.example/x", "evil.example: not in allow_hosts of the channel; add it"),
        ("http://hooks.example.com/x", "hooks.example.com: a webhook must be https"),
    ],
)
def test_a_host_must_be_allowed_and_https(url: str, says: str) -> None:
    with pytest.raises(DeliveryError, match=says) as failed:
        to_webhook(
            Webhook(url=url, secret="s", allow_hosts=("hooks.example.com",)), EVENT, timestamp=0
        )

    assert failed.value.permanent


def test_a_file_gets_one_private_line_an_event(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "alerts.jsonl"

    to_file(path, EVENT)
    to_file(path, EVENT)

    assert [json.loads(line) for line in path.read_text().splitlines()] == [EVENT, EVENT]
    assert path.stat().st_mode & 0o777 == 0o600
