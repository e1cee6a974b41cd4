from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import pytest

from ingest.source import Finding
from scheduler.commands.doctor import line
from scheduler.doctor import Answer, private

Trueup = Callable[..., Any]
TODAY: Final = "2026-11-22"
# what a secret looks like, one of each kind; none may be seen anywhere
CANARIES: Final = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY0000000001",
    "AWS_SECRET_ACCESS_KEY": "canary/secret+key",
    "AWS_SESSION_TOKEN": "canary-session-token",
    "CANARY_WORD": "canary-external-id",
    "CANARY_SAS": "sv=2024-11-04&sig=canary%2Fsignature",
    "CANARY_HOOK": "https://hooks.example.com/T0/canary-hook",
    "CANARY_KEY": "canary-webhook-key",
}
SECRETIVE: Final = """\
sources:
  bills:
    kind: aws_data_export
    location: s3://billing/exports
    export: ft
    role_arn: arn:aws:iam::000123456789:role/bills
    external_id: ${CANARY_WORD}
    endpoint_url: http://127.0.0.1:PORT
    max_attempts: 1
  files:
    kind: focus
    location: s3://billing/focus
    pattern: "{month}.csv"
    endpoint_url: http://127.0.0.1:PORT
    max_attempts: 1
  blobs:
    kind: azure_export
    focus: http://127.0.0.1:PORT/account/costs/focus
    sas: ${CANARY_SAS}
    max_attempts: 1
channels:
- kind: webhook
  url: ${CANARY_HOOK}
  secret: ${CANARY_KEY}
  allow_hosts: [hooks.example.com]
"""


def states(out: str) -> dict[tuple[str, str], str]:
    """Return the state of each line, by source and check."""
    found = [re.split(r"\s{2,}", row, maxsplit=3) for row in out.splitlines()]
    return {(cells[1], cells[2]): cells[0] for cells in found}


def test_a_folder_of_invoices_is_checked_before_and_after_the_first_run(
    trueup: Trueup, small: Path
) -> None:
    before = trueup("-C", str(small), "doctor")
    assert not (small / ".trueup" / "ledger.sqlite").exists()
    trueup("-q", "-C", str(small), "ingest", "--today", TODAY)

    after = trueup("-C", str(small), "doctor")

    assert (before.code, after.code) == (0, 0), before.out + after.out
    first, second = states(before.out), states(after.out)
    assert first["labeling", "loaded"] == "unknown"
    assert second["labeling", "loaded"] == "ok"
    assert second["labeling", "currency"] == "ok"
    assert {name for name, _ in second} == {"project", "labeling"}
    assert first["labeling", "list"] == first["project", "disk"] == "ok"


def test_a_check_that_fails_ends_with_4_and_says_the_fix(trueup: Trueup, small: Path) -> None:
    trueup("-q", "-C", str(small), "ingest", "--today", TODAY)
    (small / ".trueup").chmod(0o755)
    settings = small / "trueup.yaml"
    settings.write_text(
        settings.read_text().replace("reporting_currency: USD", "reporting_currency: EUR")
    )
    for plan in (small / "plans").iterdir():
        plan.unlink()

    said = trueup("-C", str(small), "doctor", "labeling")

    assert said.code == 4
    assert f"chmod 700 {small}/.trueup" in said.out
    assert (
        "fail     labeling  currency     no rate USD to EUR for 2026-10 -> add {currency: USD,"
        " to: EUR, from: 2026-10, rate: ..., source: ...}" in said.out
    )


def test_answers_are_one_json_document(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "doctor", "--json")

    document = json.loads(said.out)
    assert (document["schema_version"], document["ok"]) == ("1", True)
    assert {"source", "check", "state", "detail", "fix"} == set(document["checks"][0])


def test_a_source_that_is_not_there_is_told(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "doctor", "labelling")

    assert said.code == 5
    assert "no source 'labelling'. Did you mean 'labeling'?" in said.err


def test_the_policy_of_a_configuration_names_its_bucket_and_asks_nobody(
    trueup: Trueup, small: Path
) -> None:
    settings = small / "trueup.yaml"
    cloud = (
        "  bills: {kind: aws_data_export, location: 's3://acme/exports', export: ft,"
        " role_arn: 'arn:aws:iam::1:role/r'}\n"
    )
    settings.write_text(settings.read_text().replace("sources:\n", f"sources:\n{cloud}"))

    said = trueup("-C", str(small), "doctor", "--policy")
    none = trueup("-C", str(small), "doctor", "--policy", "labeling")

    assert said.code == 0
    assert '"arn:aws:s3:::acme/exports/ft/*"' in said.out
    assert "# bills: trust policy of arn:aws:iam::1:role/r" in said.out
    assert none.out == "no source needs a grant\n"


@pytest.mark.failure("M12")
def test_a_state_folder_that_others_can_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)

    assert private(folder).state == "ok"
    folder.chmod(0o750)
    assert (private(folder).state, private(folder).fix) == ("fail", f"chmod 700 {folder}")


@pytest.mark.failure("M19")
def test_what_a_server_says_cannot_begin_a_line_of_its_own() -> None:
    shown = line(Answer("aws", Finding("list", "fail", "a\nok  aws", "b\x1b[2J")))

    assert len(shown.splitlines()) == 1
    assert "\x1b" not in shown


@pytest.fixture
def secretive(small: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a project whose every secret is a canary, and whose servers are at a port."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)

    def configured(port: int) -> None:
        settings = small / "trueup.yaml"
        text = re.sub(r"(?s)sources:.*?(?=\n\w)", "", settings.read_text())
        text = re.sub(r"(?s)channels:.*?(?=\n\w|\Z)", "", text)
        settings.write_text(text + SECRETIVE.replace("PORT", str(port)))

    return configured


@pytest.fixture
def echo() -> Iterator[Callable[[int], int]]:
    """Return a maker of servers that refuse, and say back all that they were told."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int) -> int:
        class Echo(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                words = escape(f"{self.path} {self.headers} {told}")
                error = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
                body = f"<ErrorResponse>{error}</ErrorResponse>".encode()
                self.send_response(status, "canary-reason")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-ms-error-code", "AuthenticationFailed")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - the names of the base

            def log_message(self, *_: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Echo))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return int(servers[-1].server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.failure("M11")
@pytest.mark.parametrize("status", [0, 200, 403, 500])
def test_no_secret_is_in_any_output_whatever_the_servers_answer(
    status: int,
    secretive: Callable[[int], None],
    echo: Callable[[int], int],
    trueup: Trueup,
    small: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secretive(echo(status) if status else 9)
    commands = (("doctor",), ("doctor", "--json"), ("doctor", "--policy"), ("ingest",), ("status",))

    shown = [trueup("-C", str(small), *command) for command in commands]
    written = [path for path in small.rglob("*") if path.is_file() and path.name != "trueup.yaml"]

    texts = [text for said in shown for text in (said.out, said.err)]
    texts += [caplog.text, *(path.read_bytes().decode("utf-8", "replace") for path in written)]
    assert any("bills" in text for text in texts)
    assert [value for value in CANARIES.values() if any(value in text for text in texts)] == []
    assert not any("canary" in text.casefold() for text in texts)
