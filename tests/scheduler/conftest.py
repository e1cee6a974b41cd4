from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reconcile.report import page
from scheduler.cli import main


@dataclass(frozen=True)
class Said:
    """What one call of the command returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def _undrawn() -> Iterator[None]:
    """Leave the charts out: they have tests of their own, and take most of a small night."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "drawings", lambda _: ())
        yield


@pytest.fixture
def trueup(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Return the command as a function: arguments in; exit code, stdout and stderr out."""

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def fresh(tmp_path: Path, trueup: Callable[..., Said]) -> Path:
    """Return a project folder as `trueup init` writes it."""
    folder = tmp_path / "project"
    said = trueup("-C", str(folder), "init", "--name", "n", "--currency", "USD",
                  "--project", "support-bot", "--owner", "o@example.com")  # fmt: skip
    assert said.code == 0, said.err
    return folder


INVOICES = """\
Invoice,Date,Line,Net,Currency,From,To,Project
L-1,2026-10-31,1,100.00,USD,2026-10-01,2026-10-31,support-bot
L-1,2026-10-31,2,50.25,USD,2026-10-01,2026-10-31,nobody
"""

SOURCE = """\
sources:
  labeling:
    kind: invoice_csv
    folder: invoices
    issuer: Acme Labels
    service: Data labeling
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              service_start: From, service_end: To, tags: {project: Project}}
    dates: "%Y-%m-%d"
"""


@pytest.fixture
def small(fresh: Path) -> Path:
    """Return a project folder with one source of two invoice lines in October."""
    settings = fresh / "trueup.yaml"
    quiet = "allocation: {unallocated_over: 100}\n"  # one of the lines has no project
    settings.write_text(settings.read_text().replace("sources: {}\n", SOURCE + quiet))
    plan = fresh / "plans" / "support-bot.yaml"
    plan.write_text(re.sub(r"start: \d{4}-\d{2}", "start: 2026-09", plan.read_text()))
    (fresh / "invoices").mkdir()
    (fresh / "invoices" / "october.csv").write_text(INVOICES)
    return fresh


@pytest.fixture
def demo(told_demo: tuple[Path, str], tmp_path: Path) -> Path:
    """Return a copy of the demo that a test may change; its warehouse looks at its own lake."""
    told, folder = told_demo[0], Path(shutil.copytree(told_demo[0], tmp_path / "demo"))
    views = "SELECT sql FROM duckdb_views() WHERE view_name = 'charges'"
    with duckdb.connect(str(folder / ".trueup" / "trueup.duckdb")) as session:
        [(charges,)] = session.execute(views).fetchall()
        assert str(told) in charges
        anew = charges.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        session.execute(anew.replace(str(told), str(folder)))
    return folder


@pytest.fixture
def webhooks() -> Iterator[Callable[[int], HTTPServer]]:
    """Return a maker of real HTTP servers that answer one status and keep what they got."""
    servers: list[HTTPServer] = []

    def start(status: int) -> HTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                server.received.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
                self.send_response(server.status)  # type: ignore[attr-defined]
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.received = []  # type: ignore[attr-defined]
        server.status = status  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
