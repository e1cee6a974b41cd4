"""Servers on this machine that the real clients talk to; each can be told to misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.gcp.access import Access
from models.archive import Archive

Serving = Callable[[type[BaseHTTPRequestHandler]], Iterator[str]]


@pytest.fixture(autouse=True)
def _no_machine_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in, and the machine has no account of its own."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats follow each other at once; the budget still ends them."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def served() -> Callable[[type[BaseHTTPRequestHandler]], object]:
    """Run a server for as long as a block lasts."""
    return _served


@pytest.fixture
def access() -> Callable[[str], Access]:
    return lambda endpoint: Access(source="gcp", endpoint=endpoint, retry_seconds=1)
