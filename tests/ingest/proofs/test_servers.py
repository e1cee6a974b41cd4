"""Kinds that are read from object stores, end to end over real ones: `make test-servers`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.server

Put = Callable[[str, bytes], object]


def module_of(name: str) -> ModuleType:
    """Return the tests that know how to start a server."""
    path = Path(__file__).parent.parent / name
    spec = importlib.util.spec_from_file_location(f"_server_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, tuple[str, Put]]]:
    """Start both stores; return the address of each, and how an object comes there."""
    simple = module_of("aws/test_aws_server.py")
    google = module_of("gcp/clients/test_object_server.py")
    started = [each.endpoint.__wrapped__(tmp_path_factory) for each in (simple, google)]
    addresses = [next(each) for each in started]
    client = simple.client(addresses[0])

    def put(key: str, content: bytes) -> object:
        return client.put_object(Bucket="billing", Key=f"exports/{key}", Body=content)

    yield {
        "s3": (addresses[0], put),
        "gs": (addresses[1], lambda key, content: google.put(addresses[1], key, content)),
    }
    for each in started:
        next(each, None)


@pytest.mark.usefixtures("keys_in_environment")
@pytest.mark.parametrize(
    ("name", "store"),
    [
        ("legacy CUR gz", "s3"),
        ("legacy CUR zip", "s3"),
        ("CUR 2.0 CSV.gz", "s3"),
        ("FOCUS CSV", "s3"),
        ("FOCUS Parquet", "gs"),
        ("GCP Parquet", "gs"),
        ("GCP NDJSON", "gs"),
    ],
)
def test_a_month_loads_over_a_real_connection(
    named: Any, name: str, store: str, stores: Any, trial: Any, refused: Any
) -> None:
    endpoint, put = stores[store]
    home = name.replace(" ", "-")
    settings = {"location": f"{store}://billing/exports/{home}", "endpoint_url": endpoint}
    case = replace(named[name], settings={**named[name].settings, **settings})
    document = case.document()
    objects = case.objects(document)
    for key, content in objects.items():
        moved = content.replace(b"s3://billing/exports/", f"s3://billing/exports/{home}/".encode())
        moved = moved.replace(b"billing/reports/", f"exports/{home}/".encode())
        put(f"{home}/{key}", content if content == document else moved)

    found = trial.fetched(case)

    assert not isinstance(found, refused), found
    figures = trial.loaded(case, found)
    assert (figures.rows, figures.sums[0]) == (2, Decimal("99.57"))
