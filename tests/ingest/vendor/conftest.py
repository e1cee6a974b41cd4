"""Servers of vendors on this machine, scripted by path, and sources that ask them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from ingest.load import Loaded, load_delivery
from ingest.source import Delivery, Source
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

Query = Mapping[str, list[str]]
OCTOBER = Month(2026, 10)


@dataclass(frozen=True)
class Reply:
    """What a server answers: `length` may promise more than comes, `hang` drops the line."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Reply | Callable[[Query], Reply]


@dataclass
class Server:
    """A server that answers each path with what it was told, the last of it for good."""

    base: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, Query]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def on(self, path: str, *answers: Answer | dict[str, Any]) -> None:
        self.answers[path] = [Reply(each) if isinstance(each, dict) else each for each in answers]

    def queries(self, path: str) -> list[Query]:
        return [query for asked, query in self.asked if asked == path]

    def reply(self, path: str, query: Query) -> Reply:
        self.asked.append((path, query))
        answers = self.answers.get(path)
        if not answers:
            return Reply({"error": "not found"}, 404)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(query)


class Handler(BaseHTTPRequestHandler):
    told: Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self._answer(self.told.reply(address.path, parse_qs(address.query)))

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", 0))
        question = json.loads(self.rfile.read(size))
        self._answer(self.told.reply(urlsplit(self.path).path, question))

    def _answer(self, reply: Reply) -> None:
        self.told.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response_only(reply.status)  # and no Date of its own
        for name, value in reply.headers.items():
            self.send_header(name, value)
        size = len(reply.data) if reply.length is None else reply.length
        self.send_header("content-length", str(size))
        self.end_headers()
        self.wfile.write(reply.data)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        del format, args


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()
    handler = type("Told", (Handler,), {"told": told})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever, args=(0.005,), daemon=True).start()
        told.base = f"http://127.0.0.1:{listening.server_address[1]}"
        yield told
        listening.shutdown()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; what would have been waited is noted."""
    waits: list[float] = []
    monkeypatch.setattr("ingest.api.sleep", waits.append)
    return waits


@dataclass(frozen=True)
class Found:
    """What a delivery became."""

    delivery: Delivery
    documents: Sequence[Loaded]
    charges: pl.DataFrame
    usage: pl.DataFrame

    def quantities(self, *by: str) -> dict[Any, Any]:
        sums = self.usage.group_by(by).agg(pl.col("quantity").sum()).rows()
        return {row[:-1] if len(by) > 1 else row[0]: row[-1] for row in sums}


@dataclass
class Reader:
    """Builds sources of a kind and loads what they fetch."""

    home: Path

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    def source(self, given: Mapping[str, Any], name: str = "vendor") -> Source:
        module = import_module(f"ingest.sources.{given['kind']}")
        settings = module.Settings.model_validate(dict(given))
        source: Source = module.SOURCE(name=name, settings=settings, folder=self.home)
        return source

    def fetched(
        self,
        source: Source,
        periods: Sequence[Month] = (OCTOBER,),
        known: Mapping[Month, str] | None = None,
    ) -> list[Delivery | SourceError]:
        return list(source.fetch(periods, self.archive, known or {}))

    def load(self, source: Source, period: Month = OCTOBER) -> Found:
        (delivery,) = self.fetched(source, [period])
        assert isinstance(delivery, Delivery), delivery
        return self.loaded(source, delivery)

    def loaded(self, source: Source, delivery: Delivery) -> Found:
        documents = load_delivery(source, delivery, self.archive, self.lake).documents
        frames = {
            table: [
                pl.read_parquet(self.lake.path(table, each.charges), glob=False)
                for each in documents
                if table == "charges" or table in each.beside
            ]
            for table in ("charges", "usage")
        }
        charges, usage = (
            pl.concat(frames[table]) if frames[table] else pl.DataFrame()
            for table in ("charges", "usage")
        )
        return Found(delivery, documents, charges, usage)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def reply() -> type[Reply]:
    return Reply
