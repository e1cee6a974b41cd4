"""The bucket that machines share, on a server that is played, and on a real one."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.aws.client import Login
from ingest.aws.depot import BucketDepot, depot
from ingest.depot import depot as named
from models.archive import Archive
from models.errors import ConfigError, StoreError
from models.lake import Lake
from models.settings import load

ONE, TWO = "1" * 64, "2" * 64
BODY = b"account,cost\n1,2.50\n"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> BucketDepot:
    login = Login(source="storage", endpoint_url=endpoint, region="us-east-1")
    return depot(f"s3://billing/d{abs(hash(request.node.nodeid)):x}/", login)


@pytest.fixture
def machines(bucket: BucketDepot, tmp_path: Path) -> tuple[Lake, Lake]:
    return Lake(tmp_path / "a" / "lake", bucket), Lake(tmp_path / "b" / "lake", bucket)


def fill(lake: Lake, name: str, data: bytes = b"rows") -> Path:
    return lake.write("charges", name, lambda path: path.write_bytes(data) and None)


def test_what_one_machine_writes_another_reads(machines: tuple[Lake, Lake]) -> None:
    here, there = machines

    written = fill(here, ONE)

    assert there.path("charges", ONE).read_bytes() == b"rows"
    assert there.path("charges", ONE).stat().st_mode & 0o777 == 0o600
    assert not there.path("charges", TWO).exists()
    assert (there.has(there.place("charges", ONE)), there.size(written)) == (True, 4)
    assert here.digest() == there.digest() == here.digest({written})


def test_the_cache_may_be_deleted_at_any_time(machines: tuple[Lake, Lake]) -> None:
    here, _ = machines
    path = fill(here, ONE)
    before = here.digest()

    shutil.rmtree(here.folder)

    assert here.digest() == before
    assert path.read_bytes() == b"rows"
    assert fill(here, ONE, b"never asked for") == path
    assert path.read_bytes() == b"rows"


def test_of_two_writers_of_one_name_the_first_one_counts_everywhere(
    machines: tuple[Lake, Lake], bucket: BucketDepot
) -> None:
    here, there = machines

    def late(path: Path) -> None:  # the other machine is quicker, after we looked
        fill(there, ONE, b"first")
        path.write_bytes(b"second")

    path = here.write("charges", ONE, late)

    assert path.read_bytes() == b"first"
    assert list(bucket.keys("")) == [f"lake/charges/{ONE}.parquet"]


def test_many_writers_at_once_leave_one_whole_file(bucket: BucketDepot, tmp_path: Path) -> None:
    files = [tmp_path / str(n) for n in range(6)]
    for n, file in enumerate(files):
        file.write_bytes(str(n).encode() * 100_000)
    won: list[bool] = []

    threads = [
        threading.Thread(target=lambda file=file: won.append(bucket.put("x", file)))
        for file in files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 6
    assert sum(won) >= 1
    assert bucket.fetch("x", tmp_path / "got")
    assert len(set((tmp_path / "got").read_bytes())) == 1


def test_a_file_that_was_sent_and_not_named_is_there_next_time(
    machines: tuple[Lake, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = machines

    def killed(_part: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("models.depot.place", killed)
        with pytest.raises(KeyboardInterrupt):
            fill(here, ONE)

    assert not here.place("charges", ONE).exists()
    assert here.path("charges", ONE).read_bytes() == b"rows"


def test_what_was_here_before_there_was_a_bucket_is_brought_there(
    bucket: BucketDepot, tmp_path: Path
) -> None:
    fill(Lake(tmp_path / "lake"), ONE)
    Archive(tmp_path / "archive").put([BODY])
    (tmp_path / "archive" / SHA256[:2] / ".x.part").touch()
    lake, archive = Lake(tmp_path / "lake", bucket), Archive(tmp_path / "archive", bucket)

    lake.settle()
    archive.settle()

    assert list(bucket.keys("")) == [
        f"archive/{SHA256[:2]}/{SHA256}",
        f"lake/charges/{ONE}.parquet",
    ]
    with pytest.raises(StoreError) as caught:
        Lake(tmp_path / "lake", replace(bucket, prefix="elsewhere")).settle()
    assert str(caught.value) == (
        f"{tmp_path}/lake: is a cache of {bucket.root}, not of s3://billing/elsewhere; "
        "delete the folder, or correct `storage` in trueup.yaml"
    )


def test_what_is_removed_is_gone_everywhere(machines: tuple[Lake, Lake]) -> None:
    here, there = machines
    one, two = fill(here, ONE), fill(here, TWO)

    there.remove(there.place("charges", ONE))
    assert not there.has(there.place("charges", ONE))
    here.clear()

    assert not one.exists()
    assert not here.has(two)
    assert here.digest() == Lake(here.folder / "none").digest()


def test_documents_are_proved_by_their_hash_and_a_damaged_cache_is_mended(
    bucket: BucketDepot, tmp_path: Path
) -> None:
    here, there = (Archive(tmp_path / name / "archive", bucket) for name in "ab")
    here.put([BODY])

    assert SHA256 in there
    assert there.size(SHA256) == len(BODY)
    assert there.beginning(SHA256[:12]) == [SHA256]
    assert there.path(SHA256).read_bytes() == BODY
    there.path(SHA256).write_bytes(b"rot")
    assert there.path(SHA256).read_bytes() == BODY
    here.remove(SHA256)
    with pytest.raises(
        StoreError, match="not in the archive; restore it from a backup or its source"
    ):
        here.path(SHA256)


def test_an_object_that_somebody_put_there_is_refused(bucket: BucketDepot, tmp_path: Path) -> None:
    key = f"{bucket.prefix}/lake/charges/{ONE}.parquet"
    bucket._client.put_object(Bucket="billing", Key=key, Body=b"forged")

    with pytest.raises(StoreError) as caught:
        Lake(tmp_path / "lake", bucket).path("charges", ONE)

    assert str(caught.value) == (
        f"{bucket.root}/lake/charges/{ONE}.parquet: is damaged, or not of trueup; "
        "remove that object, run again"
    )


def test_a_large_file_goes_in_parts_and_counts_once(bucket: BucketDepot, tmp_path: Path) -> None:
    file, body = tmp_path / "large", bytes(range(256)) * 50_000
    file.write_bytes(body)
    parts = replace(bucket, whole=1 << 20, part=5 << 20)

    assert parts.put("x", file)
    assert not parts.put("x", file)
    assert bucket.fetch("x", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == body


@pytest.mark.parametrize("endpoint", ["real"], indirect=True)
@pytest.mark.server
def test_a_bucket_that_is_closed_to_us_is_named(
    bucket: BucketDepot, object_store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    closed = replace(bucket.login, region="eu-central-1")  # a client of its own
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", object_store.READER)

    with pytest.raises(StoreError) as caught:
        replace(bucket, login=closed).put("x", file)

    assert str(caught.value).startswith(f"{bucket.root}/x: may not be read: AccessDenied")
    assert str(caught.value).endswith("; correct `storage`, or run again")


@pytest.mark.parametrize("endpoint", ["played"], indirect=True)  # the other one makes it
def test_a_bucket_that_is_not_there_is_named(bucket: BucketDepot, tmp_path: Path) -> None:
    gone = replace(bucket, bucket="elsewhere")
    file = tmp_path / "file"
    file.touch()

    for ask in (
        lambda: gone.put("x", file),
        lambda: replace(gone, whole=-1).put("x", file),
        lambda: list(gone.keys("")),
    ):
        with pytest.raises(
            StoreError, match=r"^s3://elsewhere/\S*: is not there \(NoSuchBucket\);"
        ):
            ask()


def test_without_credentials_nothing_is_asked(
    bucket: BucketDepot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    login = replace(bucket.login, profile="nobody")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    with pytest.raises(StoreError) as caught:
        replace(bucket, login=login).fetch("x", tmp_path / "x")

    assert str(caught.value) == "storage: nobody: there is no such profile; see `aws configure`"


def test_only_a_store_that_machines_can_share_is_one(tmp_path: Path) -> None:
    (tmp_path / "trueup.yaml").write_text(
        "name: n\nreporting_currency: USD\nstorage: {location: 'file://srv/trueup'}\n"
    )
    settings, tree = load(tmp_path, {})
    assert settings.storage is not None

    with pytest.raises(ConfigError) as caught:
        named(settings.storage, tree)

    assert str(caught.value).endswith(
        "trueup.yaml:3:21: storage.location: 'file://srv/trueup' is no store that machines can "
        "share; write s3://BUCKET/PREFIX"
    )


def test_a_depot_is_the_same_in_another_process(bucket: BucketDepot, tmp_path: Path) -> None:
    fill(Lake(tmp_path / "a", bucket), ONE)

    again = pickle.loads(pickle.dumps(Lake(tmp_path / "b", bucket)))  # noqa: S301 - our own bytes

    assert again.path("charges", ONE).read_bytes() == b"rows"
    assert again.depot.id == bucket.id
