"""Every cut and every flipped bit, in each kind and form: told, or without effect.

What no form can know is a whole file with other content. A folder states no checksum, so a
digit that flips in text, or a value in a Parquet file without checksums of its pages, is
what the file says; a place that states the checksum of an object tells each of these.
"""

from __future__ import annotations

import gzip
import hashlib
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from polars.exceptions import PanicException, PolarsError

from ingest.arrival import whole
from ingest.bucket import Body, Folder, place
from ingest.files import stored
from ingest.source import Delivery
from ingest.unpack import is_packed, unpacked
from models.errors import BrokenError, SourceError

pytestmark = pytest.mark.once

EDGE: Final = 64
FLIPS: Final = 60


def chance(case: Any) -> random.Random:
    return random.Random(case.name)  # noqa: S311 - a test's own


def data_keys(objects: dict[str, bytes], document: bytes) -> list[str]:
    return [key for key, content in objects.items() if content == document]


def cuts(case: Any, document: bytes) -> list[int]:
    """Return every cut of a text; of Parquet those at both ends, and some between."""
    size = len(document)
    if case.is_text:
        return list(range(size))
    between = chance(case).sample(range(EDGE, size - EDGE), EDGE)
    return sorted({*range(EDGE), *between, *range(size - EDGE, size)})


def flips(case: Any, document: bytes, count: int = FLIPS) -> Iterator[tuple[int, bytes]]:
    """Yield copies of a document in which one bit differs, with its place."""
    drawn = chance(case)
    for at in sorted(drawn.sample(range(len(document)), count)):
        damaged = bytearray(document)
        damaged[at] ^= 1 << drawn.randrange(8)
        yield at, bytes(damaged)


@dataclass(frozen=True)
class Single(Folder):
    """A place of one object."""

    content: bytes = b""

    def read(self, key: str) -> Body:
        del key
        return Body(chunks=iter([self.content]), size=len(self.content), etag="")


def arrives(trial: Any, key: str, content: bytes) -> bool:
    """Say whether an object is whole by its own form."""
    try:
        if is_packed(key):
            unpacked(Single("acme", trial.folder, content), key, trial.archive, "acme")
        else:
            body = Single("acme", trial.folder, content).read(key)
            deque(whole(body, "acme", key), maxlen=0)
    except BrokenError:
        return False
    return True


@pytest.mark.failure("A04")
@pytest.mark.failure("B10")
def test_every_cut_is_told_but_where_a_row_of_bare_text_ends(
    case: Any, trial: Any, refused: Any
) -> None:
    """What the form cannot tell, the source can where a manifest states the size."""
    document = case.document()
    trial.lay(objects := case.objects(document))
    key = data_keys(objects, document)[0]
    every = cuts(case, document)
    unseen = {cut for cut in every if arrives(trial, key, document[:cut])}
    assert unseen <= (set() if case.knows == "all" else row_ends(document))

    silent = {}
    for cut in sorted({*unseen, *chance(case).sample(every, 6)}):
        trial.put(key, document[:cut])
        if not isinstance(found := trial.fetched(case), refused):
            silent[cut] = trial.loaded(case, found)

    assert set(silent) <= (unseen if case.knows == "cuts" else set())
    assert all(isinstance(found, refused) or found.rows == 1 for found in silent.values())


def row_ends(document: bytes) -> set[int]:
    return {at + 1 for at, byte in enumerate(document) if byte == ord("\n")}


@pytest.mark.failure("A06")
@pytest.mark.parametrize("name", ["CUR 2.0 CSV.gz", "legacy CUR gz", "legacy CUR zip"])
def test_a_bit_that_flips_in_what_has_a_checksum_is_told_or_without_effect(
    named: Any, name: str, trial: Any, refused: Any
) -> None:
    """The checksum in gzip and zip is of what is inside; times and systems may differ."""
    case = named[name]
    document = case.document()
    trial.lay(objects := case.objects(document))
    (key,) = data_keys(objects, document)
    sound, told = trial.fetched(case), 0
    assert isinstance(sound, Delivery)

    for at, damaged in flips(case, document):
        trial.put(key, damaged)
        answer = trial.fetched(case)
        if isinstance(answer, refused):
            told += 1
        else:
            assert texts(trial, answer) == texts(trial, sound), at

    assert told > FLIPS * 3 // 4


def texts(trial: Any, delivery: Delivery) -> list[bytes]:
    """Return what the documents hold, no longer compressed."""
    contents = [trial.archive.path(each.sha256).read_bytes() for each in delivery.documents]
    return [gzip.decompress(c) if c.startswith(b"\x1f\x8b") else c for c in contents]


def reads(trial: Any, case: Any, delivery: Delivery) -> bool:
    """Say whether the first reader makes charges of a delivery, as the loader asks it."""
    source = case.source(trial.folder)
    for document in delivery.documents:
        path = trial.archive.path(document.sha256)
        try:
            source.convert(path, document, delivery).charges.collect(engine="streaming")
        except (SourceError, PolarsError, PanicException):
            return False
    return True


@pytest.mark.parametrize(
    "name", ["CUR 2.0 Parquet", "GCP Parquet", "Azure FOCUS Parquet", "FOCUS Parquet"]
)
def test_a_bit_that_flips_in_parquet_from_a_folder_never_stops_a_run(
    named: Any, name: str, trial: Any, refused: Any
) -> None:
    """No page of these has a checksum: a value that flips is what the file says."""
    case = named[name]
    document = case.document()
    trial.lay(objects := case.objects(document))
    (key,) = data_keys(objects, document)
    read = []

    for _, damaged in flips(case, document, 24):
        trial.put(key, damaged)
        found = trial.fetched(case)
        if not isinstance(found, refused) and reads(trial, case, found):
            read.append(found)

    for found in read[::10]:
        trial.loaded(case, found)
    assert 0 < len(read) < 24


@pytest.mark.failure("A04")
@pytest.mark.failure("K06")
def test_a_checksum_that_the_place_states_tells_every_flip_of_every_form(
    case: Any, trial: Any, script: Any, answer: Any
) -> None:
    document = case.document()
    stated = f'"{hashlib.md5(document).hexdigest()}"'  # noqa: S324 - as the place states it
    served = [document]
    script.reply = lambda _key, _n: answer(served[0], etag=stated)
    bucket = place(
        "s3://billing/exports",
        source="acme",
        folder=trial.folder,
        endpoint_url=script.endpoint,
        region="us-east-1",
    )
    assert stored(bucket, ["x"], trial.archive, "acme", unlooked)

    for _, damaged in list(flips(case, document))[::6]:
        served[0] = damaged
        with pytest.raises(BrokenError, match="MD5"):
            stored(bucket, ["x"], trial.archive, "acme", unlooked)


def unlooked(body: Any, _source: str, _name: str) -> Iterator[bytes]:
    """Pass on what arrives: the checksum alone must tell."""
    return iter(body.chunks)
