"""Servers, and a month of several documents to load on engines."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from scheduler.engine.cluster import Cluster

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "canary-secret-in-no-message"
DOCUMENTS, ROWS = 4, 20_000  # enough for half a second of work each


@pytest.fixture(scope="session")
def bills(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Return an export of one month in several documents."""
    folder = tmp_path_factory.mktemp("bills")
    script = root / "benchmarks" / "generate.py"
    sizes = [f"--rows={DOCUMENTS * ROWS}", f"--file-rows={ROWS}"]
    command = [sys.executable, str(script), *sizes, f"--out={folder}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Any]:
    """Start the tests' object store; return the module that knows it, with its address."""
    path = root / "tests" / "ingest" / "aws" / "test_aws_server.py"
    spec = importlib.util.spec_from_file_location("_object_store", path)
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started = module.endpoint.__wrapped__(tmp_path_factory)
    module.endpoint = next(started)
    yield module
    next(started, None)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the credentials of the store where a machine has its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(params=["played", pytest.param("real", marks=pytest.mark.server)])
def endpoint(request: pytest.FixtureRequest, keys: None) -> Iterator[str]:  # noqa: ARG001
    """Return the address of each kind of store, with a bucket `billing`."""
    if request.param == "real":
        yield request.getfixturevalue("object_store").endpoint
        return
    address = request.getfixturevalue("played_store")
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket="billing")
    yield address
    client.close()


@pytest.fixture(scope="module")
def cluster(object_store: Any) -> Iterator[Cluster]:
    """Return a cluster of two processes on this machine, which may use the object store."""
    before = dict(os.environ)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": object_store.ACCESS,
        "AWS_SECRET_ACCESS_KEY": object_store.SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    engine = Cluster(None, 2, small=0)
    engine._started()  # while the credentials are there for it
    yield engine
    engine.close()
    os.environ.clear()
    os.environ.update(before)
